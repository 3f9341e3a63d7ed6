/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <systemd/sd-bus.h>

#include "common/names.h"
#include "state.h"

Machine *machine_new(const char *uuid) {
        Machine *machine = g_new(Machine, 1);

        *machine = (Machine){ .name = g_strdup(""),
                              .accelerator = "",
                              .config = config_new(),
                              .unit = g_strdup(""),
                              .ready_state = "" };
        unit_facts_copy(&machine->unit_facts, &(const UnitFacts){ 0 });
        g_strlcpy(machine->uuid, uuid, sizeof(machine->uuid));
        if (sd_bus_path_encode(PATH_MACHINES, machine->uuid, &machine->path) < 0)
                g_error("out of memory");

        return machine;
}

Machine *machine_free(Machine *machine) {
        if (!machine)
                return NULL;

        free(machine->path); /* of sd-bus */
        g_free(machine->name);
        config_unref(machine->config);
        machine_statistics_free(machine->statistics);
        g_strfreev(machine->addresses);
        failure_done(&machine->start_failure);
        g_free(machine->unit);
        unit_facts_done(&machine->unit_facts);
        g_free(machine);
        return NULL;
}

bool machine_is_active(const Machine *machine) {
        return machine->id != 0;
}

void unit_facts_copy(UnitFacts *target, const UnitFacts *source) {
        UnitFacts copy = { .active = g_strdup(source->active ?: ""),
                           .sub = g_strdup(source->sub ?: ""),
                           .result = g_strdup(source->result ?: ""),
                           .status = g_strdup(source->status ?: ""),
                           .code = source->code,
                           .exit = source->exit };

        unit_facts_done(target);
        *target = copy;
}

void unit_facts_done(UnitFacts *facts) {
        g_free(facts->active);
        g_free(facts->sub);
        g_free(facts->result);
        g_free(facts->status);
        *facts = (UnitFacts){ 0 };
}

const char *machine_unit(const Machine *machine) {
        return machine->unit;
}

const char *machine_unit_state(const Machine *machine) {
        return machine->unit_facts.active;
}

const ServiceSettings *machine_settings(const Machine *machine) {
        static const ServiceSettings defaults = { .ready_timeout = READY_TIMEOUT_DEFAULT };

        return machine->settings ?: &defaults;
}

/* Sets a field and yields the bit if it changed. */
#define SET(machine, field, value, property)                                                                \
        ((machine)->field == (value) ? 0 : ((machine)->field = (value), MACHINE_BIT(property)))

/* The same for a string, which is copied. */
static uint64_t set_string(char **field, const char *value, MachineProperty property) {
        if (g_str_equal(*field, value ?: ""))
                return 0;

        g_free(*field);
        *field = g_strdup(value ?: "");
        return MACHINE_BIT(property);
}

/* A start that failed is no run, and a libvirtd that was restarted forgets why a machine is off. */
static bool is_crash(int state, int reason, bool before) {
        if (state == VIR_DOMAIN_CRASHED)
                return true;
        if (state != VIR_DOMAIN_SHUTOFF || reason == VIR_DOMAIN_SHUTOFF_UNKNOWN ||
            reason == VIR_DOMAIN_SHUTOFF_FAILED)
                return before;

        return reason == VIR_DOMAIN_SHUTOFF_CRASHED;
}

static uint64_t machine_set_state(Machine *machine, int state, int reason) {
        const char *old = state_reason_to_string(machine->state, machine->reason);
        uint64_t mask = SET(machine, state, state, MACHINE_STATE);

        machine->reason = reason;
        machine->crashed = is_crash(state, reason, machine->crashed);
        if (state_reason_to_string(state, reason) != old)
                mask |= MACHINE_BIT(MACHINE_STATE_REASON);
        return mask;
}

static uint64_t machine_set_id(Machine *machine, unsigned id) {
        uint64_t mask = SET(machine, id, id, MACHINE_DOMAIN_ID);

        /* A restarted libvirtd may count from a lower number again. */
        if (id != 0 && id < machine->announced_id)
                machine->announced_id = 0;

        /* The process was that of another run, and so was the guest. */
        if (mask != 0)
                mask |= machine_apply_process(machine, /* pid= */ 0, /* started_at= */ 0) |
                        machine_apply_addresses(machine, /* addresses= */ NULL);
        if (id != 0) /* a start takes it, or drops it */
                mask |= SET(machine, managed_save, false, MACHINE_MANAGED_SAVE);
        return mask;
}

static bool strings_equal(const char *const *a, const char *const *b) {
        const char *const none[] = { NULL };

        return g_strv_equal(a ?: none, b ?: none);
}

uint64_t machine_apply_addresses(Machine *machine, const char *const *addresses) {
        if (strings_equal((const char *const *) machine->addresses, addresses))
                return 0;

        g_strfreev(machine->addresses);
        machine->addresses = g_strdupv((char **) addresses);
        return MACHINE_BIT(MACHINE_ADDRESSES);
}

uint64_t machine_apply_process(Machine *machine, uint32_t pid, uint64_t started_at) {
        return SET(machine, pid, pid, MACHINE_PID) |
               SET(machine, started_at, started_at, MACHINE_STARTED_AT);
}

uint64_t machine_apply_unit(Machine *machine, const char *name, const UnitFacts *facts) {
        UnitFacts *old = &machine->unit_facts;
        uint64_t mask = set_string(&machine->unit, name, MACHINE_UNIT);

        /* Of these nobody is told. */
        old->code = facts->code;
        old->exit = facts->exit;
        (void) set_string(&old->sub, facts->sub, MACHINE_UNIT_STATE);

        return mask | set_string(&old->active, facts->active, MACHINE_UNIT_STATE) |
               set_string(&old->result, facts->result, MACHINE_SERVICE_UNIT_RESULT) |
               set_string(&old->status, facts->status, MACHINE_SERVICE_UNIT_STATUS);
}

uint64_t machine_apply_ready(Machine *machine, const char *state) {
        return SET(machine, ready_state, state, MACHINE_SERVICE_READY_STATE);
}

uint64_t machine_apply_autostart(Machine *machine, AutostartBy by, bool starts) {
        uint32_t bit = UINT32_C(1) << by, before = machine->autostart_by;

        machine->autostart_by = starts ? before | bit : before & ~bit;
        if (machine->autostart_by == before)
                return 0;

        return MACHINE_BIT(MACHINE_SERVICE_AUTOSTART_BY) |
               (before != 0 && machine->autostart_by != 0 ? 0 : MACHINE_BIT(MACHINE_AUTOSTART));
}

#define STRING_BIT(a, b, field, property) (g_str_equal((a)->field, (b)->field) ? 0 : MACHINE_BIT(property))
#define NUMBER_BIT(a, b, field, property) ((a)->field == (b)->field ? 0 : MACHINE_BIT(property))
#define ITEMS_BIT(a, b, field, kind, property)                                                              \
        (items_equal(&(kind), &(a)->field, &(b)->field) ? 0 : MACHINE_BIT(property))

static uint64_t config_compare(const Config *a, const Config *b) {
        return STRING_BIT(a, b, title, MACHINE_TITLE) | STRING_BIT(a, b, description, MACHINE_DESCRIPTION) |
               NUMBER_BIT(a, b, vcpus_maximum, MACHINE_VCPUS_MAXIMUM) |
               NUMBER_BIT(a, b, memory_maximum, MACHINE_MEMORY_MAXIMUM) |
               STRING_BIT(a, b, architecture, MACHINE_ARCHITECTURE) |
               STRING_BIT(a, b, machine_type, MACHINE_MACHINE_TYPE) |
               NUMBER_BIT(a, b, pending, MACHINE_PENDING_CHANGES) |
               STRING_BIT(a, b, firmware, MACHINE_FIRMWARE) | STRING_BIT(a, b, os_info, MACHINE_OS_INFO) |
               ITEMS_BIT(a, b, disks, disk_kind, MACHINE_DISKS) |
               ITEMS_BIT(a, b, interfaces, interface_kind, MACHINE_INTERFACES) |
               ITEMS_BIT(a, b, displays, display_kind, MACHINE_DISPLAYS);
}

static uint64_t machine_set_config(Machine *machine, Config *config) {
        Config *old = machine->config;
        uint64_t mask;

        machine->config = config ? config_ref(config) : config_new();
        mask = config_compare(old, machine->config);
        config_unref(old);
        return mask;
}

static uint64_t machine_set_stored(Machine *machine, uint64_t digest) {
        if (machine->configuration_serial > 0 && machine->stored_digest == digest)
                return 0;

        machine->stored_digest = digest;
        machine->configuration_serial++;
        return MACHINE_BIT(MACHINE_CONFIGURATION_SERIAL);
}

uint64_t machine_apply_settings(Machine *machine, const ServiceSettings *settings) {
        const ServiceSettings *old = machine_settings(machine), *new;

        machine->settings = settings;
        new = machine_settings(machine);
        return (strings_equal((const char *const *) old->start_after, (const char *const *) new->start_after)
                                ? 0
                                : MACHINE_BIT(MACHINE_SERVICE_START_AFTER)) |
               NUMBER_BIT(old, new, start_delay, MACHINE_SERVICE_START_DELAY) |
               NUMBER_BIT(old, new, ready, MACHINE_SERVICE_READY_WHEN) |
               NUMBER_BIT(old, new, ready_port, MACHINE_SERVICE_READY_PORT) |
               NUMBER_BIT(old, new, ready_timeout, MACHINE_SERVICE_READY_TIMEOUT) |
               NUMBER_BIT(old, new, stop_timeout, MACHINE_SERVICE_STOP_TIMEOUT) |
               NUMBER_BIT(old, new, host_shutdown, MACHINE_SERVICE_HOST_SHUTDOWN) |
               machine_apply_autostart(machine, AUTOSTART_HATAGO, new->autostart);
}

uint64_t machine_apply_facts(Machine *machine, const MachineFacts *facts) {
        uint64_t mask = 0;

        if (facts->have & FACTS_NAME)
                mask |= set_string(&machine->name, facts->name, MACHINE_NAME);
        if (facts->have & FACTS_STATE) {
                mask |= machine_set_id(machine, facts->id);
                mask |= machine_set_state(machine, facts->state, facts->reason);
                machine->reason_open = false;
        }
        if (facts->have & FACTS_PERSISTENT)
                mask |= SET(machine, persistent, facts->persistent, MACHINE_PERSISTENT);
        if (facts->have & FACTS_AUTOSTART)
                mask |= machine_apply_autostart(machine, AUTOSTART_LIBVIRT, facts->autostart);
        if (facts->have & FACTS_MANAGED_SAVE)
                mask |= SET(machine, managed_save, facts->managed_save && !machine_is_active(machine),
                            MACHINE_MANAGED_SAVE);
        if (facts->have & FACTS_CONFIG) {
                mask |= SET(machine, vcpus, facts->vcpus, MACHINE_VCPUS);
                mask |= SET(machine, memory, facts->memory, MACHINE_MEMORY);
                mask |= SET(machine, accelerator, facts->accelerator, MACHINE_ACCELERATOR);
                mask |= machine_set_config(machine, facts->config);
                mask |= machine_set_stored(machine, facts->stored_digest);
        }

        return mask;
}

static uint64_t machine_apply_stopped(Machine *machine, const MachineEvent *event, int state, int reason) {
        /* A run that was read before the event of its start came: this end is of the run before it. */
        bool older = event->id != 0 ? event->id < machine->id : machine->id != machine->announced_id;

        /* A start that failed stops too; why, the reading tells. */
        if (older || !machine_is_active(machine))
                return 0;

        machine->reason_open = false;
        return machine_set_id(machine, 0) | machine_set_state(machine, state, reason);
}

uint64_t machine_apply_event(Machine *machine, const MachineEvent *event) {
        uint64_t mask = 0;
        int state, reason;

        if (event->event == VIR_DOMAIN_EVENT_DEFINED)
                return SET(machine, persistent, true, MACHINE_PERSISTENT);
        if (event->event == VIR_DOMAIN_EVENT_UNDEFINED &&
            event->detail == VIR_DOMAIN_EVENT_UNDEFINED_REMOVED)
                return SET(machine, persistent, false, MACHINE_PERSISTENT) |
                       machine_apply_autostart(machine, AUTOSTART_LIBVIRT, false) |
                       SET(machine, managed_save, false, MACHINE_MANAGED_SAVE);
        if (!state_after_event(event->event, event->detail, &state, &reason))
                return 0;

        if (event->event == VIR_DOMAIN_EVENT_STOPPED)
                return machine_apply_stopped(machine, event, state, reason);

        if (event->id < machine->id || event->id == 0)
                return 0; /* an older run */

        machine->announced_id = event->id;
        mask |= machine_set_id(machine, event->id);
        mask |= machine_set_state(machine, state, reason);
        /* A save and an administrator pause alike, and a boot goes on before it has started. */
        machine->reason_open = event->event == VIR_DOMAIN_EVENT_SUSPENDED ||
                               event->event == VIR_DOMAIN_EVENT_RESUMED;
        return mask;
}

uint64_t machine_apply_start(Machine *machine, const Failure *failure) {
        if (machine->start_failure.code == ERROR_NONE && failure->code == ERROR_NONE)
                return 0;

        failure_copy(&machine->start_failure, failure);
        return MACHINE_BIT(MACHINE_START_FAILURE);
}
