/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machines.h"

#include <string.h>

#include "common/getter.h"
#include "common/names.h"
#include "pending.h"
#include "service.h"
#include "state.h"
#include "statistics.h"
#include "verbs.h"
#include "warnings.h"

/* The face of one machine on the bus: org.hatago.Host1.Machine. The userdata of a found object is the
 * Machine. */

/* The one list of them: the getter of each, with its type, and how others learn of a change. What is bulky
 * is told by name alone, and read when it is wanted. */
#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define TOLD SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define BULKY (SD_BUS_VTABLE_PROPERTY_EXPLICIT | SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION)
#define MACHINE_PROPERTIES(P)                                                                               \
        P(MACHINE_UUID, "UUID", "s", get_uuid, CONST)                                                       \
        P(MACHINE_NAME, "Name", "s", get_name, TOLD)                                                        \
        P(MACHINE_DOMAIN_ID, "DomainId", "u", get_domain_id, TOLD)                                          \
        P(MACHINE_STATE, "State", "s", get_state, TOLD)                                                     \
        P(MACHINE_STATE_REASON, "StateReason", "s", get_state_reason, TOLD)                                 \
        P(MACHINE_PERSISTENT, "Persistent", "b", get_persistent, TOLD)                                      \
        P(MACHINE_AUTOSTART, "Autostart", "b", get_autostart, TOLD)                                         \
        P(MACHINE_MANAGED_SAVE, "ManagedSave", "b", get_managed_save, TOLD)                                 \
        P(MACHINE_VCPUS, "VCPUs", "u", get_vcpus, TOLD)                                                     \
        P(MACHINE_MEMORY, "Memory", "t", get_memory, TOLD)                                                  \
        P(MACHINE_ACCELERATOR, "Accelerator", "s", get_accelerator, TOLD)                                   \
        P(MACHINE_TITLE, "Title", "s", get_title, TOLD)                                                     \
        P(MACHINE_DESCRIPTION, "Description", "s", get_description, TOLD)                                   \
        P(MACHINE_VCPUS_MAXIMUM, "VCPUsMaximum", "u", get_vcpus_maximum, TOLD)                              \
        P(MACHINE_MEMORY_MAXIMUM, "MemoryMaximum", "t", get_memory_maximum, TOLD)                           \
        P(MACHINE_ARCHITECTURE, "Architecture", "s", get_architecture, TOLD)                                \
        P(MACHINE_MACHINE_TYPE, "MachineType", "s", get_machine_type, TOLD)                                 \
        P(MACHINE_FIRMWARE, "Firmware", "s", get_firmware, TOLD)                                            \
        P(MACHINE_OS_INFO, "OSInfo", "s", get_os_info, TOLD)                                                \
        P(MACHINE_UNIT, "Unit", "s", get_unit, TOLD)                                                        \
        P(MACHINE_UNIT_STATE, "UnitState", "s", get_unit_state, TOLD)                                       \
        P(MACHINE_WARNINGS, "Warnings", "as", get_warnings, TOLD)                                           \
        P(MACHINE_PENDING_CHANGES, "PendingChanges", "as", get_pending_changes, TOLD)                       \
        P(MACHINE_DISKS, "Disks", "aa{sv}", get_disks, BULKY)                                               \
        P(MACHINE_INTERFACES, "Interfaces", "aa{sv}", get_interfaces, BULKY)                                \
        P(MACHINE_DISPLAYS, "Displays", "aa{sv}", get_displays, BULKY)                                      \
        P(MACHINE_PID, "PID", "u", get_pid, TOLD)                                                           \
        P(MACHINE_STARTED_AT, "StartedAt", "t", get_started_at, TOLD)                                       \
        P(MACHINE_START_FAILURE, "StartFailure", "(ssa{ss})", get_start_failure, TOLD)                      \
        P(MACHINE_ADDRESSES, "Addresses", "as", get_addresses, TOLD)                                        \
        P(MACHINE_CONFIGURATION_SERIAL, "ConfigurationSerial", "u", get_configuration_serial, TOLD)

#define PROPERTY_NAME(property, name, type, getter, flags) [property] = (name),
#define PROPERTY_ROW(property, name, type, getter, flags) SD_BUS_PROPERTY(name, type, getter, 0, flags),

static const char *const machine_properties[_MACHINE_PROPERTY_MAX + 1] = {
        MACHINE_PROPERTIES(PROPERTY_NAME) /* and NULL */
};

const ObjectInterface machine_interface = { .name = IFACE_MACHINE, .properties = machine_properties };

BUS_GETTER(get_name, Machine, m, "s", m->name)
BUS_GETTER(get_uuid, Machine, m, "s", m->uuid)
BUS_GETTER(get_domain_id, Machine, m, "u", m->id)
BUS_GETTER(get_state, Machine, m, "s", state_to_string(m->state))
BUS_GETTER(get_state_reason, Machine, m, "s", state_reason_to_string(m->state, m->reason))
BUS_GETTER(get_persistent, Machine, m, "b", (int) m->persistent)
BUS_GETTER(get_autostart, Machine, m, "b", m->autostart_by != 0)
BUS_GETTER(get_managed_save, Machine, m, "b", (int) m->managed_save)
BUS_GETTER(get_vcpus, Machine, m, "u", m->vcpus)
BUS_GETTER(get_memory, Machine, m, "t", m->memory)
BUS_GETTER(get_accelerator, Machine, m, "s", m->accelerator)
BUS_GETTER(get_title, Machine, m, "s", m->config->title)
BUS_GETTER(get_description, Machine, m, "s", m->config->description)
BUS_GETTER(get_vcpus_maximum, Machine, m, "u", m->config->vcpus_maximum)
BUS_GETTER(get_memory_maximum, Machine, m, "t", m->config->memory_maximum)
BUS_GETTER(get_architecture, Machine, m, "s", m->config->architecture)
BUS_GETTER(get_machine_type, Machine, m, "s", m->config->machine_type)
BUS_GETTER(get_firmware, Machine, m, "s", m->config->firmware)
BUS_GETTER(get_os_info, Machine, m, "s", m->config->os_info)
BUS_GETTER(get_unit, Machine, m, "s", machine_unit(m))
BUS_GETTER(get_unit_state, Machine, m, "s", machine_unit_state(m))
BUS_GETTER(get_pid, Machine, m, "u", m->pid)
BUS_GETTER(get_started_at, Machine, m, "t", m->started_at)
BUS_GETTER(get_configuration_serial, Machine, m, "u", m->configuration_serial)

/* The words of a mask. */
static int append_words(sd_bus_message *reply, uint32_t mask, const char *(*to_string)(unsigned bit)) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "s");
        for (unsigned i = 0; r >= 0 && to_string(i); i++)
                if (mask & (UINT32_C(1) << i))
                        r = sd_bus_message_append(reply, "s", to_string(i));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_warnings(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Machine *machine = userdata;
        return append_words(reply, machine->warnings, warning_to_string);
}

static int get_pending_changes(sd_bus *bus, const char *path, const char *interface, const char *property,
                               sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Machine *machine = userdata;
        return append_words(reply, machine->config->pending, pending_to_string);
}

static int get_addresses(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Machine *machine = userdata;
        return sd_bus_message_append_strv(reply, machine->addresses);
}

static int get_start_failure(sd_bus *bus, const char *path, const char *interface, const char *property,
                             sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const Failure *failure = &((const Machine *) userdata)->start_failure;
        int r;

        r = sd_bus_message_open_container(reply, 'r', "ssa{ss}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "ss", error_code_to_bus_name(failure->code) ?: "",
                                          failure->message ?: "");
        if (r >= 0)
                r = failure_append_arguments(failure, reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define ITEMS_GETTER(function, kind, field)                                                                 \
        static int function(sd_bus *bus, const char *path, const char *interface, const char *property,     \
                            sd_bus_message *reply, void *userdata, sd_bus_error *error) {                   \
                const Machine *machine = userdata;                                                          \
                                                                                                            \
                return items_append(&(kind), &machine->config->field, reply);                               \
        }

ITEMS_GETTER(get_disks, disk_kind, disks)
ITEMS_GETTER(get_interfaces, interface_kind, interfaces)
ITEMS_GETTER(get_displays, display_kind, displays)

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

static int method_set_autostart(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = service_on_call(current_machines(message), userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

static int method_set_xml(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = define_on_call(current_machines(message), userdata, message, &failure);
        return failure_or_result(&failure, r, error);
}

#define OPTIONS SD_BUS_ARGS("a{sv}", options)
#define VERB_WITH_JOB(name)                                                                                 \
        SD_BUS_METHOD_WITH_ARGS(name, OPTIONS, SD_BUS_RESULT("o", job), method_verb,                        \
                                SD_BUS_VTABLE_UNPRIVILEGED)
#define VERB_WITH_ARGUMENT(name, type, argument)                                                            \
        SD_BUS_METHOD_WITH_ARGS(name, SD_BUS_ARGS(type, argument, "a{sv}", options), SD_BUS_NO_RESULT,      \
                                method_verb, SD_BUS_VTABLE_UNPRIVILEGED)
#define VERB(name)                                                                                          \
        SD_BUS_METHOD_WITH_ARGS(name, OPTIONS, SD_BUS_NO_RESULT, method_verb, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable machine_vtable[] = {
        SD_BUS_VTABLE_START(0),
        MACHINE_PROPERTIES(PROPERTY_ROW) /* with commas */
        VERB_WITH_JOB("Start"),
        VERB_WITH_JOB("Shutdown"),
        VERB_WITH_JOB("PowerOff"),
        VERB("Reboot"),
        VERB("Reset"),
        VERB("Suspend"),
        VERB("Resume"),
        VERB_WITH_JOB("Save"),
        VERB("DiscardSave"),
        VERB_WITH_ARGUMENT("Rename", "s", name),
        SD_BUS_METHOD_WITH_ARGS("SetAutostart", SD_BUS_ARGS("b", autostart, "a{sv}", options),
                                SD_BUS_NO_RESULT, method_set_autostart, SD_BUS_VTABLE_UNPRIVILEGED),
        VERB("Undefine"),
        SD_BUS_METHOD_WITH_ARGS("GetHistory", OPTIONS,
                                SD_BUS_RESULT("t", start, "t", step, "a{sad}", series),
                                statistics_method_get_history, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetXML", SD_BUS_ARGS("s", xml, "a{sv}", options), SD_BUS_NO_RESULT,
                                method_set_xml, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetXML", OPTIONS, SD_BUS_RESULT("s", xml), method_get_xml,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

int machine_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                 sd_bus_error *error) {
        Machines *machines = userdata;

        *ret = g_hash_table_lookup(machines->by_path, path);
        return *ret != NULL;
}

int machine_publish(Machines *machines) {
        return objects_publish(machines->services->objects, &(ObjectKind){ .prefix = PATH_MACHINES,
                                                                           .interface = IFACE_MACHINE,
                                                                           .vtable = machine_vtable,
                                                                           .table = machines->by_path,
                                                                           .find = machine_find,
                                                                           .userdata = machines });
}
