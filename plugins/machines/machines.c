/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machines.h"

#include <stdlib.h>

#include "address-watch.h"
#include "autostart.h"
#include "common/text.h"
#include "console.h"
#include "event-log.h"
#include "flag-watch.h"
#include "image-watch.h"
#include "machined.h"
#include "mirror.h"
#include "network-watch.h"
#include "service-settings.h"
#include "statistics.h"
#include "status-lines.h"
#include "sync.h"
#include "unit-start.h"
#include "units.h"
#include "verbs.h"
#include "warnings.h"

static void machine_release(gpointer p) {
        machine_free(p);
}

/* Read once: who is asked is not changed while the agent lives. */
static bool services_have_units(const Services *services) {
        return !services->user_session &&
               (g_str_equal(hypervisor_uri(services->hypervisor), "qemu:///system") ||
                g_strcmp0(getenv("HATAGO_UNITS"), "1") == 0);
}

Machines *machines_new(const Services *services) {
        Machines *machines = g_new0(Machines, 1);

        machines->services = services;
        machines->use_units = services_have_units(services);
        machines->by_uuid = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, machine_release);
        machines->by_path = g_hash_table_new(g_str_hash, g_str_equal);
        machines->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        machines->events = event_log_new(machines);
        machines->sync = sync_new(machines);
        machines->images = image_watch_new(machines);
        machines->networks = network_watch_new(machines);
        machines->addresses = address_watch_new(machines);
        machines->machined = machined_new(machines);
        machines->units = units_new(machines);
        machines->settings = settings_store_new(machines);
        machines->autostart = autostart_new(machines);
        machines->flags = flag_watch_new(machines);
        machines->starts = unit_starts_new(machines);
        machines->mirror = mirror_new(machines);
        machines->verbs = verbs_new(machines);
        machines->statistics = statistics_new(machines);
        machines->status_lines = status_lines_new(
                        services->event, machines->use_units ? services->units : NULL, &status_pace);
        machines->warnings = warnings_new(machines);
        machines->definitions = user_count_new(DEFINITIONS_PER_USER_MAX);
        machines->consoles = user_count_new(CONSOLES_PER_USER_MAX);
        machines->console_calls = user_count_new(CONSOLE_CALLS_PER_USER_MAX);
        return machines;
}

Machines *machines_free(Machines *machines) {
        if (!machines)
                return NULL;

        statistics_free(machines->statistics);
        status_lines_free(machines->status_lines);
        warnings_free(machines->warnings);
        verbs_free(machines->verbs);
        flag_watch_free(machines->flags);
        autostart_free(machines->autostart);
        settings_store_free(machines->settings);
        mirror_free(machines->mirror);
        unit_starts_free(machines->starts);
        units_free(machines->units);
        machined_free(machines->machined);
        address_watch_free(machines->addresses);
        network_watch_free(machines->networks);
        image_watch_free(machines->images);
        sync_free(machines->sync);
        event_log_free(machines->events);
        user_count_free(machines->definitions);
        g_hash_table_unref(machines->by_name);
        user_count_free(machines->consoles);
        user_count_free(machines->console_calls);
        g_hash_table_unref(machines->by_path);
        g_hash_table_unref(machines->by_uuid);
        g_free(machines);
        return NULL;
}

bool machines_use_units(const Machines *machines) {
        return machines->use_units;
}

Machine *machines_find(Machines *machines, const char *uuid) {
        return g_hash_table_lookup(machines->by_uuid, uuid);
}

/* Two machines swap their names one after the other: of two that have one name, the one that was read last
 * has it. */
static void machines_index_name(Machines *machines, Machine *machine) {
        g_hash_table_insert(machines->by_name, g_strdup(machine->name), machine);
}

static gboolean entry_is_stale(gpointer name, gpointer entry, gpointer machine) {
        return entry == machine && !g_str_equal(((Machine *) machine)->name, name);
}

static void machines_reindex_name(Machines *machines, Machine *machine) {
        g_hash_table_foreach_remove(machines->by_name, entry_is_stale, machine);
        machines_index_name(machines, machine);
}

int machines_find_by_name(Machines *machines, const char *name, Machine **ret, Failure *failure) {
        const Services *services = machines->services;
        g_autofree char *lower = g_ascii_strdown(name, /* len= */ -1), *printable = NULL;
        Machine *named = g_hash_table_lookup(machines->by_name, name),
                *identified = machines_find(machines, lower);

        if (named && identified && named != identified)
                return failure_set(failure, ERROR_AMBIGUOUS_NAME,
                                   "\"%s\" is the name of machine %s and the UUID of machine \"%s\".", name,
                                   named->uuid, identified->name);

        if (named || identified) {
                *ret = named ?: identified;
                return 0;
        }

        if (!services->is_ready(services->userdata))
                return hypervisor_is_connected(services->hypervisor)
                                       ? failure_set(failure, ERROR_NOT_READY,
                                                     "The agent has not read the machines of this host yet.")
                                       : hypervisor_unavailable(services->hypervisor, failure);

        printable = text_printable(name);
        return failure_set(failure, ERROR_NO_SUCH_MACHINE, "There is no machine \"%s\".", printable);
}

int machines_find_authorized(Machines *machines, const char *uuid, const Call *call, Machine **ret,
                             Failure *failure) {
        Machine *machine = machines_find(machines, uuid);

        if (!machine)
                return failure_set(failure, ERROR_NO_SUCH_MACHINE, "Machine \"%s\" is not there any more.",
                                   call_name(call));
        if (!g_str_equal(machine->name, call_name(call)))
                return failure_set(failure, ERROR_NO_SUCH_MACHINE,
                                   "Machine \"%s\" has become \"%s\" since this was asked for.",
                                   call_name(call), machine->name);

        *ret = machine;
        return 0;
}

static gint compare_machines(gconstpointer a, gconstpointer b) {
        const Machine *m = *(const Machine *const *) a, *n = *(const Machine *const *) b;
        return g_strcmp0(m->name, n->name);
}

GPtrArray *machines_list(Machines *machines) {
        GPtrArray *list = g_ptr_array_sized_new(g_hash_table_size(machines->by_uuid));
        GHashTableIter i;
        gpointer machine;

        g_hash_table_iter_init(&i, machines->by_uuid);
        while (g_hash_table_iter_next(&i, NULL, &machine))
                g_ptr_array_add(list, machine);

        g_ptr_array_sort(list, compare_machines);
        return list;
}

static void machines_remove(Machines *machines, Machine *machine) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        g_strlcpy(uuid, machine->uuid, sizeof(uuid));
        event_log_removed(machines->events, machine);
        objects_removed(machines->services->objects, machine->path);
        g_hash_table_remove(machines->by_path, machine->path);
        if (g_hash_table_lookup(machines->by_name, machine->name) == machine)
                g_hash_table_remove(machines->by_name, machine->name);
        g_hash_table_remove(machines->by_uuid, machine->uuid);
        mirror_forget(machines->mirror, uuid);
        address_watch_forget(machines->addresses, uuid);
        verbs_on_run_ended(machines->verbs, uuid, /* run= */ 0);
}

static void machines_add(Machines *machines, const MachineFacts *facts) {
        Machine *machine = machine_new(facts->uuid);

        (void) machine_apply_facts(machine, facts);
        machine->announced_id = machine->id;
        (void) machined_apply(machines->machined, machine);
        (void) units_apply(machines->units, machine);
        machine->host_warnings = network_watch_find(machines->networks, machine);
        (void) warnings_apply(machines->warnings, machine);
        g_hash_table_insert(machines->by_uuid, machine->uuid, machine);
        g_hash_table_insert(machines->by_path, machine->path, machine);
        machines_index_name(machines, machine);
        (void) settings_store_apply(machines->settings, machine);
        (void) autostart_apply(machines->autostart, machine);
        objects_added(machines->services->objects, machine->path);
        event_log_look(machines->events, machine, /* mask= */ 0);
        image_watch_look(machines->images, machine->uuid);
        address_watch_look(machines->addresses, machine, /* mask= */ 0);
        unit_starts_look(machines->starts, machine);
        mirror_look(machines->mirror, machine);
}

void machines_apply_facts(Machines *machines, const MachineFacts *facts) {
        Machine *machine = machines_find(machines, facts->uuid);

        if (facts->gone) {
                if (machine) {
                        autostart_on_gone(machines->autostart, machine);
                        machines_remove(machines, machine);
                        settings_store_forget(machines->settings, facts->uuid);
                }
        } else if (!machine) {
                if (facts->have & FACTS_STATE)
                        machines_add(machines, facts);
        } else
                machines_changed(machines, machine, machine_apply_facts(machine, facts));
}

void machines_retain(Machines *machines, GHashTable *uuids) {
        g_autoptr(GPtrArray) list = machines_list(machines);

        for (guint i = 0; i < list->len; i++) {
                Machine *machine = list->pdata[i];
                if (!g_hash_table_contains(uuids, machine->uuid))
                        machines_remove(machines, machine);
        }

        settings_store_on_survey(machines->settings, uuids);
}

void machines_set_host_warnings(Machines *machines, Machine *machine, uint32_t which, uint32_t found) {
        machine->host_warnings = (machine->host_warnings & ~which) | (found & which);
        machines_changed(machines, machine, /* mask= */ 0);
}

/* What systemd says of its unit, and libvirt of its run. */
#define UNIT_BITS                                                                                           \
        (MACHINE_BIT(MACHINE_UNIT_STATE) | MACHINE_BIT(MACHINE_SERVICE_UNIT_RESULT) |                       \
         MACHINE_BIT(MACHINE_SERVICE_UNIT_STATUS))
#define RUN_BITS                                                                                            \
        (MACHINE_BIT(MACHINE_DOMAIN_ID) | MACHINE_BIT(MACHINE_STATE) | MACHINE_BIT(MACHINE_STATE_REASON))

void machines_changed(Machines *machines, Machine *machine, uint64_t mask) {
        if (mask & MACHINE_BIT(MACHINE_DOMAIN_ID)) {
                const Failure none = { 0 };

                mask |= machined_apply(machines->machined, machine);
                /* Whoever started it: what was wrong is not any more. */
                if (machine_is_active(machine))
                        mask |= machine_apply_start(machine, &none);
        }

        mask |= warnings_apply(machines->warnings, machine);
        if (mask & MACHINE_BIT(MACHINE_NAME)) {
                machines_reindex_name(machines, machine);
                mask |= units_apply(machines->units, machine);
                mask |= settings_store_apply(machines->settings, machine);
                mask |= autostart_apply_name(machines->autostart, machine);
        }

        objects_changed(machines->services->objects, machine->path, &machine_interface,
                        mask & (MACHINE_BIT(_MACHINE_PROPERTY_MAX) - 1));
        objects_changed(machines->services->objects, machine->path, &service_interface,
                        mask >> _MACHINE_PROPERTY_MAX);

        if (mask & MACHINE_BIT(MACHINE_INTERFACES))
                network_watch_look(machines->networks, machine);
        if (mask & MACHINE_BIT(MACHINE_DISKS))
                image_watch_look(machines->images, machine->uuid);
        if (mask & MACHINE_BIT(MACHINE_DOMAIN_ID))
                verbs_on_run_ended(machines->verbs, machine->uuid, machine->id);
        event_log_look(machines->events, machine, mask);
        status_lines_look(machines->status_lines, machine);
        address_watch_look(machines->addresses, machine, mask);
        if (mask & UNIT_BITS)
                unit_starts_look(machines->starts, machine);
        if (mask & (UNIT_BITS | RUN_BITS))
                mirror_look(machines->mirror, machine);
}
