/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machines.h"

#include <string.h>

#include "common/getter.h"
#include "common/names.h"
#include "state.h"
#include "verbs.h"

/* The face of one machine on the bus: org.hatago.Host1.Machine. The userdata of a found object is the
 * Machine. */

static const char *const machine_properties[] = {
        [MACHINE_NAME] = "Name",
        [MACHINE_DOMAIN_ID] = "DomainId",
        [MACHINE_STATE] = "State",
        [MACHINE_STATE_REASON] = "StateReason",
        [MACHINE_PERSISTENT] = "Persistent",
        [MACHINE_AUTOSTART] = "Autostart",
        [MACHINE_VCPUS] = "VCPUs",
        [MACHINE_MEMORY] = "Memory",
        [MACHINE_ACCELERATOR] = "Accelerator",
        [MACHINE_PID] = "PID",
        [MACHINE_STARTED_AT] = "StartedAt",
        NULL,
};

const ObjectInterface machine_interface = { .name = IFACE_MACHINE, .properties = machine_properties };

BUS_GETTER(get_name, Machine, m, "s", m->name)
BUS_GETTER(get_uuid, Machine, m, "s", m->uuid)
BUS_GETTER(get_domain_id, Machine, m, "u", m->id)
BUS_GETTER(get_state, Machine, m, "s", state_to_string(m->state))
BUS_GETTER(get_state_reason, Machine, m, "s", state_reason_to_string(m->state, m->reason))
BUS_GETTER(get_persistent, Machine, m, "b", (int) m->persistent)
BUS_GETTER(get_autostart, Machine, m, "b", (int) m->autostart)
BUS_GETTER(get_vcpus, Machine, m, "u", m->vcpus)
BUS_GETTER(get_memory, Machine, m, "t", m->memory)
BUS_GETTER(get_accelerator, Machine, m, "s", m->accelerator)
BUS_GETTER(get_pid, Machine, m, "u", m->pid)
BUS_GETTER(get_started_at, Machine, m, "t", m->started_at)

/* The plugin, of which the machine is one: sd-bus hands out what machine_find() found, and no more. */
static Machines *current_machines(sd_bus_message *message) {
        return sd_bus_slot_get_userdata(sd_bus_get_current_slot(sd_bus_message_get_bus(message)));
}

static int method_verb(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = verbs_on_call(current_machines(message), userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static int method_get_xml(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = get_xml_on_call(current_machines(message), userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

#define PROPERTY(name, type, getter)                                                                        \
        SD_BUS_PROPERTY(name, type, getter, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define OPTIONS SD_BUS_ARGS("a{sv}", options)
#define VERB_WITH_JOB(name)                                                                                 \
        SD_BUS_METHOD_WITH_ARGS(name, OPTIONS, SD_BUS_RESULT("o", job), method_verb,                        \
                                SD_BUS_VTABLE_UNPRIVILEGED)
#define VERB(name)                                                                                          \
        SD_BUS_METHOD_WITH_ARGS(name, OPTIONS, SD_BUS_NO_RESULT, method_verb, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable machine_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        PROPERTY("Name", "s", get_name),
        PROPERTY("DomainId", "u", get_domain_id),
        PROPERTY("State", "s", get_state),
        PROPERTY("StateReason", "s", get_state_reason),
        PROPERTY("Persistent", "b", get_persistent),
        PROPERTY("Autostart", "b", get_autostart),
        PROPERTY("VCPUs", "u", get_vcpus),
        PROPERTY("Memory", "t", get_memory),
        PROPERTY("Accelerator", "s", get_accelerator),
        PROPERTY("PID", "u", get_pid),
        PROPERTY("StartedAt", "t", get_started_at),
        VERB_WITH_JOB("Start"),
        VERB_WITH_JOB("Shutdown"),
        VERB_WITH_JOB("PowerOff"),
        VERB("Reboot"),
        VERB("Reset"),
        VERB("Suspend"),
        VERB("Resume"),
        VERB("Undefine"),
        SD_BUS_METHOD_WITH_ARGS("GetXML", OPTIONS, SD_BUS_RESULT("s", xml), method_get_xml,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int machine_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                        sd_bus_error *error) {
        Machines *machines = userdata;

        *ret = g_hash_table_lookup(machines->by_path, path);
        return *ret != NULL;
}

static int machines_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret,
                              sd_bus_error *error) {
        Machines *machines = userdata;
        char **paths = malloc((g_hash_table_size(machines->by_path) + 1) *
                              sizeof(char *)); /* for sd-bus to free() */
        GHashTableIter i;
        gpointer path;
        size_t n = 0;

        if (!paths)
                return -ENOMEM;

        g_hash_table_iter_init(&i, machines->by_path);
        while (g_hash_table_iter_next(&i, &path, NULL))
                paths[n++] = strdup(path);
        paths[n] = NULL;

        *ret = paths;
        return 1;
}

int machine_publish(Machines *machines) {
        sd_bus *bus = machines->services->bus;
        int r;

        r = sd_bus_add_fallback_vtable(bus, NULL, PATH_MACHINES, IFACE_MACHINE, machine_vtable, machine_find,
                                       machines);
        if (r < 0)
                return r;

        return sd_bus_add_node_enumerator(bus, NULL, PATH_MACHINES, machines_enumerate, machines);
}
