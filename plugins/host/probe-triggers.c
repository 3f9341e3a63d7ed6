/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-triggers.h"

#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"

#define RECONCILE_USEC (60 * G_USEC_PER_SEC)

/* Those that the checks ask about (checks/). */
static const char *const units[] = {
        "NetworkManager.service",
        "libvirt-guests.service",
        "libvirtd.service",
        "libvirtd.socket",
        "networking.service",
        "systemd-networkd.service",
        "virtnetworkd.service",
        "virtnetworkd.socket",
        "virtqemud.service",
        "virtqemud.socket",
        "virtstoraged.service",
        "virtstoraged.socket",
        NULL,
};

static const char *const matches[] = {
        "type='signal',sender='" SYSTEMD_NAME "',path='" SYSTEMD_PATH "',interface='" SYSTEMD_MANAGER
        "',member='UnitFilesChanged'",
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.NetworkManager'",
};

struct ProbeTriggers {
        const Services *services;
        ProbeRuns *runs;
        sd_bus_slot *slots[G_N_ELEMENTS(matches)];
        sd_event_source *reconcile;
};

ProbeTriggers *probe_triggers_new(const Services *services, ProbeRuns *runs) {
        ProbeTriggers *triggers = g_new(ProbeTriggers, 1);

        *triggers = (ProbeTriggers){ .services = services, .runs = runs };
        return triggers;
}

ProbeTriggers *probe_triggers_free(ProbeTriggers *triggers) {
        if (!triggers)
                return NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(matches); i++)
                sd_bus_slot_unref(triggers->slots[i]);
        sd_event_source_disable_unref(triggers->reconcile);
        g_free(triggers);
        return NULL;
}

static void triggers_fire(void *userdata) {
        const ProbeTriggers *triggers = userdata;
        probe_runs_want(triggers->runs);
}

/*
 * systemd and NetworkManager
 */

static void on_job_removed(void *userdata, const char *unit) {
        if (g_strv_contains(units, unit))
                triggers_fire(userdata);
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        triggers_fire(userdata);
        return 0;
}

/* sd-bus would leave the bus if nobody took a refusal. */
static int on_match(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                log_warning("Cannot listen to changes of the host, ignoring: %s",
                            sd_bus_message_get_error(m)->message);
        return 0;
}

/*
 * libvirt: what it tells of is on one of its threads
 */

typedef struct Registration {
        int network, pool; /* callbacks; less than 0: libvirt tells of none */
} Registration;

static void on_network(virConnectPtr connection, virNetworkPtr network, int event, int detail,
                       void *userdata) {
        const ProbeTriggers *triggers = userdata;
        hypervisor_post(triggers->services->hypervisor, triggers_fire, userdata);
}

static void on_pool(virConnectPtr connection, virStoragePoolPtr pool, int event, int detail,
                    void *userdata) {
        const ProbeTriggers *triggers = userdata;
        hypervisor_post(triggers->services->hypervisor, triggers_fire, userdata);
}

static int triggers_opened(virConnect *connection, void *userdata, void **ret_registration,
                           Failure *failure) {
        Registration *registration = g_new(Registration, 1);

        registration->network = virConnectNetworkEventRegisterAny(
                        connection, /* net= */ NULL, VIR_NETWORK_EVENT_ID_LIFECYCLE,
                        VIR_NETWORK_EVENT_CALLBACK(on_network), userdata, /* freecb= */ NULL);
        registration->pool = virConnectStoragePoolEventRegisterAny(
                        connection, /* pool= */ NULL, VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
                        VIR_STORAGE_POOL_EVENT_CALLBACK(on_pool), userdata, /* freecb= */ NULL);
        if (registration->network < 0 || registration->pool < 0)
                log_debug("libvirt tells of no networks or no pools, ignoring: %s",
                          virGetLastErrorMessage());

        *ret_registration = registration;
        return 0;
}

static void triggers_closing(virConnect *connection, void *data) {
        g_autofree Registration *registration = data;

        if (registration->network >= 0)
                (void) virConnectNetworkEventDeregisterAny(connection, registration->network);
        if (registration->pool >= 0)
                (void) virConnectStoragePoolEventDeregisterAny(connection, registration->pool);
}

/*
 * Time
 */

static int triggers_reconcile(ProbeTriggers *triggers);

static int on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        triggers_fire(userdata);
        return triggers_reconcile(userdata);
}

static int triggers_reconcile(ProbeTriggers *triggers) {
        triggers->reconcile = sd_event_source_disable_unref(triggers->reconcile);
        return sd_event_add_time_relative(triggers->services->event, &triggers->reconcile, CLOCK_BOOTTIME,
                                          RECONCILE_USEC, /* accuracy= */ 0, on_time, triggers);
}

void probe_triggers_set_subscribed(ProbeTriggers *triggers, bool subscribed) {
        int r;

        triggers->reconcile = sd_event_source_disable_unref(triggers->reconcile);
        if (!subscribed)
                return;

        triggers_fire(triggers);
        r = triggers_reconcile(triggers);
        if (r < 0)
                log_warning("Cannot look at the host again and again, ignoring: %s", g_strerror(-r));
}

int probe_triggers_start(ProbeTriggers *triggers) {
        const Services *services = triggers->services;
        int r;

        unit_runner_on_job_removed(services->units, on_job_removed, triggers);
        for (size_t i = 0; i < G_N_ELEMENTS(matches); i++) {
                r = sd_bus_add_match_async(services->bus, &triggers->slots[i], matches[i], on_signal,
                                           on_match, triggers);
                if (r < 0)
                        return r;
        }

        hypervisor_listen(services->hypervisor, &(HypervisorListener){ .opened = triggers_opened,
                                                                       .closing = triggers_closing,
                                                                       .connected = triggers_fire,
                                                                       .disconnected = triggers_fire,
                                                                       .userdata = triggers });
        triggers_fire(triggers);
        return 0;
}
