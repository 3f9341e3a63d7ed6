/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin.h"

#include "address-watch.h"
#include "autostart.h"
#include "console.h"
#include "events.h"
#include "flag-watch.h"
#include "machined.h"
#include "machines.h"
#include "network-watch.h"
#include "service-settings.h"
#include "service.h"
#include "statistics.h"
#include "status-lines.h"
#include "sync.h"
#include "units.h"
#include "verbs.h"
#include "warnings.h"

/* The last but one is for what the configuration says. */
static const char *features[] = { "addresses",  "configuration-serial", "consoles",
                                  "events",     "expected-xml",         "query",
                                  "statistics", "statistics-history",   NULL,
                                  NULL };

static int plugin_create(const Services *services, void **ret) {
        Machines *machines = machines_new(services);

        if (machines->mirror)
                features[G_N_ELEMENTS(features) - 2] = "mirror";
        *ret = machines;
        return 0;
}

static int plugin_start(void *plugin) {
        Machines *machines = plugin;
        int r;

        hypervisor_listen(machines->services->hypervisor,
                          &(HypervisorListener){ .opened = events_opened,
                                                 .closing = events_closing,
                                                 .connected = sync_on_connected,
                                                 .disconnected = sync_on_disconnected,
                                                 .userdata = machines->sync });

        hypervisor_listen(machines->services->hypervisor,
                          &(HypervisorListener){ .connected = warnings_on_connected,
                                                 .userdata = machines->warnings });
        hypervisor_listen(machines->services->hypervisor,
                          &(HypervisorListener){ .opened = network_watch_opened,
                                                 .closing = network_watch_closing,
                                                 .connected = network_watch_on_connected,
                                                 .userdata = machines->networks });
        hypervisor_listen(machines->services->hypervisor,
                          &(HypervisorListener){ .connected = address_watch_on_connected,
                                                 .userdata = machines->addresses });
        hypervisor_listen(machines->services->hypervisor,
                          &(HypervisorListener){ .connected = status_lines_on_connected,
                                                 .userdata = machines->status_lines });

        settings_store_start(machines->settings);
        r = machines_publish(machines);
        if (r >= 0)
                r = machine_publish(machines);
        if (r >= 0)
                r = console_publish(machines);
        if (r >= 0)
                r = service_publish(machines);
        if (r >= 0)
                r = machined_start(machines->machined);
        if (r >= 0)
                r = units_start(machines->units);
        if (r >= 0)
                r = autostart_start(machines->autostart);
        if (r >= 0) {
                flag_watch_start(machines->flags);
                statistics_update(machines->statistics);
                verbs_adopt(machines->verbs);
        }
        return r;
}

static bool plugin_synced(const void *plugin) {
        const Machines *machines = plugin;
        return sync_is_synced(machines->sync);
}

static int plugin_can(void *plugin, const char *object, const char *verb, CanAnswer *ret, Failure *failure) {
        return machines_can(plugin, object, verb, ret, failure);
}

static void plugin_subscribed(void *plugin, bool subscribed) {
        Machines *machines = plugin;
        sync_set_subscribed(machines->sync, subscribed);
        statistics_update(machines->statistics);
}

static void *plugin_free(void *plugin) {
        return machines_free(plugin);
}

const PluginDescriptor hatago_plugin = {
        .abi = PLUGIN_ABI,
        .name = "machines",
        .features = features,
        .create = plugin_create,
        .start = plugin_start,
        .synced = plugin_synced,
        .subscribed = plugin_subscribed,
        .can = plugin_can,
        .free = plugin_free,
};
