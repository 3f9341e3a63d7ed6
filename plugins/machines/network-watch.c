/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network-watch.h"

#include <libvirt/virterror.h>

#include "common/log.h"
#include "common/text.h"
#include "reading.h"
#include "warnings.h"

#define INACTIVE WARNING_BIT(WARNING_NETWORK_INACTIVE)

struct NetworkWatch {
        Machines *machines;
        GHashTable *active; /* set of names; NULL: not known */
        bool reading;
        bool again; /* an event came meanwhile */
};

static GHashTable *names_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

uint32_t network_watch_find(const NetworkWatch *watch, const Machine *machine) {
        const Items *list = &machine->config->interfaces;

        for (uint32_t i = 0; watch->active && i < list->n; i++) {
                const MachineInterface *interface = items_get(list, MachineInterface, i);

                if (g_str_equal(interface->type, "network") &&
                    !g_hash_table_contains(watch->active, interface->source))
                        return INACTIVE;
        }

        return 0;
}

void network_watch_look(NetworkWatch *watch, Machine *machine) {
        machines_set_host_warnings(watch->machines, machine, INACTIVE, network_watch_find(watch, machine));
}

static void network_watch_tell(NetworkWatch *watch) {
        g_autoptr(GPtrArray) list = machines_list(watch->machines);

        for (guint i = 0; i < list->len; i++)
                network_watch_look(watch, list->pdata[i]);
}

/*
 * The list
 */

typedef struct NetworkList {
        NetworkWatch *watch;
        GHashTable *active;
} NetworkList;

static int list_run(void *data, virConnect *connection, Failure *failure) {
        NetworkList *list = data;
        virNetworkPtr *networks;
        int n;

        n = virConnectListAllNetworks(connection, &networks, VIR_CONNECT_LIST_NETWORKS_ACTIVE);
        if (n < 0)
                return hypervisor_failure(failure);

        list->active = names_new();
        for (int i = 0; i < n; i++) {
                g_hash_table_add(list->active, g_strdup(virNetworkGetName(networks[i])));
                (void) virNetworkFree(networks[i]);
        }
        free(networks);
        return 0;
}

static void network_watch_read(NetworkWatch *watch);

static void list_done(void *data, int result, Failure *failure) {
        g_autofree NetworkList *list = data;
        NetworkWatch *watch = list->watch;
        bool again = watch->again;

        watch->reading = watch->again = false;
        if (result < 0 && failure->code != ERROR_NOT_SUPPORTED && !reading_is_disconnected(result)) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot read which networks are active, ignoring: %s", reason);
        }

        g_clear_pointer(&watch->active, g_hash_table_unref);
        watch->active = list->active;
        if (again && hypervisor_is_connected(watch->machines->services->hypervisor))
                network_watch_read(watch);
        else
                network_watch_tell(watch);
}

static void network_watch_read(NetworkWatch *watch) {
        g_auto(Failure) failure = { 0 };
        NetworkList *list;
        Request request;

        watch->again = watch->reading;
        if (watch->reading)
                return;

        list = g_new(NetworkList, 1);
        *list = (NetworkList){ .watch = watch };
        request = (Request){ .lane = LANE_READ, .run = list_run, .done = list_done, .data = list };
        if (hypervisor_submit(watch->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure) < 0) {
                log_warning("Cannot read which networks are active, ignoring: %s", failure.message);
                g_free(list);
                return;
        }
        watch->reading = true;
}

void network_watch_on_connected(void *userdata) {
        network_watch_read(userdata);
}

/*
 * Events
 */

typedef struct NetworkMail {
        NetworkWatch *watch;
        char *name;
        bool active;
} NetworkMail;

static void deliver(void *data) {
        g_autofree NetworkMail *mail = data;
        g_autofree char *name = mail->name;
        NetworkWatch *watch = mail->watch;

        if (watch->reading)
                watch->again = true; /* which of the two is older? */
        if (!watch->active)
                return;

        if (mail->active)
                g_hash_table_add(watch->active, g_steal_pointer(&name));
        else
                g_hash_table_remove(watch->active, name);
        network_watch_tell(watch);
}

/* On libvirt's thread. */
static void on_lifecycle(virConnectPtr connection, virNetworkPtr network, int event, int detail,
                         void *opaque) {
        NetworkWatch *watch = opaque;
        NetworkMail *mail;

        if (event != VIR_NETWORK_EVENT_STARTED && event != VIR_NETWORK_EVENT_STOPPED)
                return;

        mail = g_new(NetworkMail, 1);
        *mail = (NetworkMail){
                .watch = watch,
                .name = g_strdup(virNetworkGetName(network)),
                .active = event == VIR_NETWORK_EVENT_STARTED,
        };
        hypervisor_post(watch->machines->services->hypervisor, deliver, mail);
}

int network_watch_opened(virConnect *connection, void *userdata, void **ret_registration, Failure *failure) {
        int *callback = g_new(int, 1);

        *callback = virConnectNetworkEventRegisterAny(connection, /* net= */ NULL,
                                                      VIR_NETWORK_EVENT_ID_LIFECYCLE,
                                                      VIR_NETWORK_EVENT_CALLBACK(on_lifecycle), userdata,
                                                      /* freecb= */ NULL);
        if (*callback < 0)
                log_debug("libvirt tells of no networks, ignoring: %s", virGetLastErrorMessage());

        *ret_registration = callback;
        return 0;
}

void network_watch_closing(virConnect *connection, void *registration) {
        g_autofree int *callback = registration;

        if (*callback >= 0)
                (void) virConnectNetworkEventDeregisterAny(connection, *callback);
}

NetworkWatch *network_watch_new(Machines *machines) {
        NetworkWatch *watch = g_new0(NetworkWatch, 1);

        watch->machines = machines;
        return watch;
}

NetworkWatch *network_watch_free(NetworkWatch *watch) {
        if (!watch)
                return NULL;

        g_clear_pointer(&watch->active, g_hash_table_unref);
        g_free(watch);
        return NULL;
}
