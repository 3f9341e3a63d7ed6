/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin.h"

#include "host-model.h"
#include "node.h"
#include "probe-triggers.h"
#include "report-watch.h"

static int plugin_create(const Services *services, void **ret) {
        *ret = host_model_new(services);
        return 0;
}

/* In a user's session there is no unit to start. A report that the system's agent has asked for tells of the
 * same host, and is shown. */
static int plugin_start(void *plugin) {
        HostModel *model = plugin;
        int r;

        r = validation_publish(model);
        if (r >= 0)
                r = host_check_publish(model);
        if (r >= 0)
                r = node_start(model->node);
        if (r >= 0 && !model->services->user_session)
                r = probe_triggers_start(model->triggers);
        if (r >= 0)
                report_watch_look(model->watch);
        return r;
}

/* Checks are about the host: what the hypervisor says does not wait for them. */
static bool plugin_synced(const void *plugin) {
        return true;
}

static int plugin_can(void *plugin, const char *object, const char *verb, CanAnswer *ret, Failure *failure) {
        return host_model_can(plugin, object, verb, ret, failure);
}

static void plugin_subscribed(void *plugin, bool subscribed) {
        HostModel *model = plugin;

        if (!model->services->user_session)
                probe_triggers_set_subscribed(model->triggers, subscribed);
}

static void *plugin_free(void *plugin) {
        return host_model_free(plugin);
}

static const char *const features[] = { "checks", "query-checks", NULL };

const PluginDescriptor hatago_plugin = {
        .abi = PLUGIN_ABI,
        .name = "host",
        .features = features,
        .create = plugin_create,
        .start = plugin_start,
        .synced = plugin_synced,
        .can = plugin_can,
        .subscribed = plugin_subscribed,
        .free = plugin_free,
};
