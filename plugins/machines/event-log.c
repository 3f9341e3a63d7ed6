/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event-log.h"

#include <string.h>

#include "state.h"

/* What a machine was like when it was looked at last. */
typedef struct Known {
        char *name;
        bool persistent;
        unsigned run;
        bool arrives; /* this run has not been told of: it is only being prepared */
        bool stands;  /* it was told that it stands still; */
        bool crashed; /* that it has crashed */
        int end_state, end_reason;
} Known;

struct EventLog {
        Machines *machines;
        GHashTable *known; /* from UUID */
        GPtrArray *records;
        guint first; /* of a full ring: the oldest */
};

static void known_free(gpointer p) {
        Known *known = p;

        g_free(known->name);
        g_free(known);
}

static void record_free(gpointer p) {
        EventRecord *record = p;

        g_free(record->path);
        g_free(record->name);
        g_free(record->detail);
        g_free(record);
}

static void log_record(EventLog *log, const Machine *machine, const char *event, const char *detail) {
        const Services *services = log->machines->services;
        EventRecord *record;

        if (!services->is_ready(services->userdata))
                return;

        record = g_new(EventRecord, 1);
        *record = (EventRecord){ .when = (uint64_t) g_get_real_time(),
                                 .path = g_strdup(machine->path),
                                 .name = g_strdup(machine->name),
                                 .event = event,
                                 .detail = g_strdup(detail) };
        if (log->records->len < EVENT_LOG_MAX)
                g_ptr_array_add(log->records, record);
        else {
                record_free(log->records->pdata[log->first]);
                log->records->pdata[log->first] = record;
                log->first = (log->first + 1) % EVENT_LOG_MAX;
        }
        machines_tell_event(log->machines, record);
}

/*
 * Runs
 */

static void log_end(EventLog *log, const Machine *machine, const Known *known, int state, int reason) {
        bool crash = state == VIR_DOMAIN_CRASHED ||
                     (state == VIR_DOMAIN_SHUTOFF && reason == VIR_DOMAIN_SHUTOFF_CRASHED);

        /* Of a crash it was told already; one that never came has not gone. */
        if (known->arrives || (crash && known->crashed))
                return;

        if (crash)
                log_record(log, machine, "crashed", state_reason_to_string(state, reason));
        else if (state == VIR_DOMAIN_SHUTOFF && reason == VIR_DOMAIN_SHUTOFF_SAVED)
                log_record(log, machine, "saved", "");
        else if (state == VIR_DOMAIN_SHUTOFF && reason == VIR_DOMAIN_SHUTOFF_MIGRATED)
                log_record(log, machine, "migrated", "out");
        else
                log_record(log, machine, "stopped", state_reason_to_string(state, reason));
}

static void log_begin(EventLog *log, const Machine *machine) {
        bool running = machine->state == VIR_DOMAIN_RUNNING;

        if (running && machine->reason == VIR_DOMAIN_RUNNING_MIGRATED)
                log_record(log, machine, "migrated", "in");
        else if (running && machine->reason == VIR_DOMAIN_RUNNING_RESTORED)
                log_record(log, machine, "restored", "");
        else
                log_record(log, machine, "started", state_reason_to_string(machine->state, machine->reason));
}

/* Whether it stands still for as long as nobody has it go on: not while libvirt does something with it. */
static bool machine_stands(const Machine *machine) {
        static const int lasting[] = { VIR_DOMAIN_PAUSED_UNKNOWN,
                                       VIR_DOMAIN_PAUSED_USER,
                                       VIR_DOMAIN_PAUSED_IOERROR,
                                       VIR_DOMAIN_PAUSED_WATCHDOG,
                                       VIR_DOMAIN_PAUSED_CRASHED,
                                       VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
                                       VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
                                       14 /* VIR_DOMAIN_PAUSED_API_ERROR of newer libvirt than 9.0 */ };

        if (machine->state == VIR_DOMAIN_PMSUSPENDED)
                return true;
        for (size_t i = 0; machine->state == VIR_DOMAIN_PAUSED && i < G_N_ELEMENTS(lasting); i++)
                if (machine->reason == lasting[i])
                        return true;
        return false;
}

/* An incoming migration, or a start that is under way. */
static bool machine_is_prepared(const Machine *machine) {
        return machine->state == VIR_DOMAIN_PAUSED && (machine->reason == VIR_DOMAIN_PAUSED_MIGRATION ||
                                                       machine->reason == VIR_DOMAIN_PAUSED_STARTING_UP);
}

static void log_run(EventLog *log, const Machine *machine, Known *known) {
        if (known->arrives) {
                if (machine_is_prepared(machine))
                        return;
                log_begin(log, machine);
                known->arrives = false;
                known->stands = machine_stands(machine);
                return;
        }

        if (machine->state == VIR_DOMAIN_CRASHED && !known->crashed) {
                log_record(log, machine, "crashed", state_reason_to_string(machine->state, machine->reason));
                known->crashed = true;
        } else if (machine_stands(machine) && !known->stands) {
                log_record(log, machine, "suspended",
                           machine->state == VIR_DOMAIN_PMSUSPENDED
                                           ? state_to_string(machine->state)
                                           : state_reason_to_string(machine->state, machine->reason));
                known->stands = true;
        } else if (machine->state == VIR_DOMAIN_RUNNING && known->stands) {
                log_record(log, machine, "resumed", state_reason_to_string(machine->state, machine->reason));
                known->stands = false;
        }
}

static void log_runs(EventLog *log, const Machine *machine, Known *known) {
        if (known->run != machine->id) {
                bool off = !machine_is_active(machine);

                if (known->run != 0)
                        log_end(log, machine, known, off ? machine->state : VIR_DOMAIN_SHUTOFF,
                                off ? machine->reason : VIR_DOMAIN_SHUTOFF_UNKNOWN);
                known->run = machine->id;
                known->arrives = true;
                known->stands = known->crashed = false;
        }
        if (machine_is_active(machine) && !machine->reason_open)
                log_run(log, machine, known);
}

/*
 * All of it
 */

static void log_names(EventLog *log, const Machine *machine, Known *known) {
        if (!g_str_equal(known->name, machine->name)) {
                if (*known->name)
                        log_record(log, machine, "renamed", known->name);
                g_free(known->name);
                known->name = g_strdup(machine->name);
        }
        if (known->persistent != machine->persistent) {
                log_record(log, machine, machine->persistent ? "defined" : "undefined", "");
                known->persistent = machine->persistent;
        }
}

void event_log_look(EventLog *log, const Machine *machine, uint64_t mask) {
        const Failure *failure = &machine->start_failure;
        Known *known = g_hash_table_lookup(log->known, machine->uuid);

        if (!known) {
                known = g_new0(Known, 1);
                known->name = g_strdup("");
                known->end_state = VIR_DOMAIN_SHUTOFF;
                g_hash_table_insert(log->known, g_strdup(machine->uuid), known);
        }

        log_names(log, machine, known);
        log_runs(log, machine, known);
        if ((mask & MACHINE_BIT(MACHINE_START_FAILURE)) && failure->code != ERROR_NONE)
                log_record(log, machine, "failed-start",
                           strrchr(error_code_to_bus_name(failure->code), '.') + 1);
}

void event_log_note_end(EventLog *log, const Machine *machine, const MachineEvent *event) {
        Known *known = g_hash_table_lookup(log->known, machine->uuid);

        if (known)
                (void) state_after_event(event->event, event->detail, &known->end_state, &known->end_reason);
}

void event_log_removed(EventLog *log, const Machine *machine) {
        const Known *known = g_hash_table_lookup(log->known, machine->uuid);

        if (!known)
                return;
        if (known->run != 0)
                log_end(log, machine, known, known->end_state, known->end_reason);
        if (known->persistent)
                log_record(log, machine, "undefined", "");
        g_hash_table_remove(log->known, machine->uuid);
}

unsigned event_log_count(const EventLog *log) {
        return log->records->len;
}

const EventRecord *event_log_get(const EventLog *log, unsigned i) {
        return log->records->pdata[(log->first + i) % log->records->len];
}

EventLog *event_log_new(Machines *machines) {
        EventLog *log = g_new(EventLog, 1);

        *log = (EventLog){
                .machines = machines,
                .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free),
                .records = g_ptr_array_new_with_free_func(record_free),
        };
        return log;
}

EventLog *event_log_free(EventLog *log) {
        if (!log)
                return NULL;

        g_ptr_array_unref(log->records);
        g_hash_table_unref(log->known);
        g_free(log);
        return NULL;
}
