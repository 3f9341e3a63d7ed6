/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "facts.h"
#include "machine-statistics.h"
#include "service/settings.h"

/* What starts a machine at the boot of the host. */
typedef enum AutostartBy {
        AUTOSTART_HATAGO,  /* its settings */
        AUTOSTART_LIBVIRT, /* libvirt's own flag */
        AUTOSTART_SYSTEMD, /* an administrator: its unit is enabled */
        _AUTOSTART_BY_MAX,
} AutostartBy;

/* What systemd says of a unit; all "" and 0 where it has not loaded it, or has not told yet. */
typedef struct UnitFacts {
        char *active, *sub;    /* ActiveState, SubState */
        char *result, *status; /* Result, StatusText */
        int code, exit; /* how its main process ended: ExecMainCode (CLD_EXITED, …), ExecMainStatus */
} UnitFacts;

/* One virtual machine as the agent knows it: values only, no call to anybody. Main thread. */
typedef struct Machine {
        char uuid[VIR_UUID_STRING_BUFLEN];
        char *path;
        char *name;
        unsigned id;           /* of the run; 0: off */
        unsigned announced_id; /* the run whose start is past: an event without id that says "stopped" is
                                  about it */
        int state, reason;
        bool reason_open; /* an event that tells too little of it; the reading that follows does */
        bool persistent;
        bool managed_save;               /* a running machine has none */
        uint32_t autostart_by;           /* bits: 1 << AutostartBy */
        const ServiceSettings *settings; /* of the SettingsStore; NULL: the default ones */
        bool settings_wrong;             /* a file that is ignored is all there is */
        unsigned vcpus;
        uint64_t memory;
        const char *accelerator;
        Config *config;                   /* never NULL */
        uint64_t stored_digest;           /* of the stored XML that was read last, */
        uint32_t configuration_serial;    /* and how many different ones were; 0: none yet */
        bool crashed;                     /* the run that ended last */
        uint32_t warnings, host_warnings; /* bits of warnings.h; the first has the second in it */
        unsigned watched_id;              /* of warnings.c: the run, and since when it is known, monotonic */
        int64_t watched_since;
        unsigned status_run;  /* of status-lines.c: the run, and what its line tells, */
        uint32_t status_told; /* as a number; 0: it is off */
        char **addresses;     /* of its guest: NULL: none is known */
        uint32_t pid;
        uint64_t started_at;
        MachineStatistics *statistics; /* NULL: never sampled */
        Failure start_failure;         /* of the last start; none after one that worked */
        char *unit;                    /* its systemd unit; "" where units are not used */
        UnitFacts unit_facts;
        const char *ready_state; /* ReadyState of .Machine.Service: static */
} Machine;

/* The properties of org.hatago.Host1.Machine, as bits of the masks below. */
typedef enum MachineProperty {
        MACHINE_UUID,
        MACHINE_NAME,
        MACHINE_DOMAIN_ID,
        MACHINE_STATE,
        MACHINE_STATE_REASON,
        MACHINE_PERSISTENT,
        MACHINE_AUTOSTART,
        MACHINE_MANAGED_SAVE,
        MACHINE_VCPUS,
        MACHINE_MEMORY,
        MACHINE_ACCELERATOR,
        MACHINE_TITLE,
        MACHINE_DESCRIPTION,
        MACHINE_VCPUS_MAXIMUM,
        MACHINE_MEMORY_MAXIMUM,
        MACHINE_ARCHITECTURE,
        MACHINE_MACHINE_TYPE,
        MACHINE_FIRMWARE,
        MACHINE_OS_INFO,
        MACHINE_UNIT,
        MACHINE_UNIT_STATE,
        MACHINE_WARNINGS,
        MACHINE_PENDING_CHANGES,
        MACHINE_DISKS,
        MACHINE_INTERFACES,
        MACHINE_DISPLAYS,
        MACHINE_PID,
        MACHINE_STARTED_AT,
        MACHINE_START_FAILURE,
        MACHINE_ADDRESSES,
        MACHINE_CONFIGURATION_SERIAL,
        _MACHINE_PROPERTY_MAX,

        /* Those of org.hatago.Host1.Machine.Service, in the same masks. */
        MACHINE_SERVICE_AUTOSTART_BY = _MACHINE_PROPERTY_MAX,
        MACHINE_SERVICE_START_AFTER,
        MACHINE_SERVICE_START_DELAY,
        MACHINE_SERVICE_READY_WHEN,
        MACHINE_SERVICE_READY_PORT,
        MACHINE_SERVICE_READY_TIMEOUT,
        MACHINE_SERVICE_READY_STATE,
        MACHINE_SERVICE_STOP_TIMEOUT,
        MACHINE_SERVICE_HOST_SHUTDOWN,
        MACHINE_SERVICE_UNIT_RESULT,
        MACHINE_SERVICE_UNIT_STATUS,
        _MACHINE_SERVICE_PROPERTY_MAX,
} MachineProperty;

#define MACHINE_BIT(property) (UINT64_C(1) << (property))

/* Makes target the same as source, whose strings may be NULL; what it held is replaced, and { 0 } is none.
 */
void unit_facts_copy(UnitFacts *target, const UnitFacts *source);
void unit_facts_done(UnitFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UnitFacts, unit_facts_done)

/* A machine that has no facts yet but who it is. */
Machine *machine_new(const char *uuid);
Machine *machine_free(Machine *machine); /* NULL is none */

/* Whether it has a hypervisor process. */
bool machine_is_active(const Machine *machine);

/* Its systemd unit, and its ActiveState: empty where it has none. */
const char *machine_unit(const Machine *machine);
const char *machine_unit_state(const Machine *machine);

/* How it is a service: never NULL. */
const ServiceSettings *machine_settings(const Machine *machine);

/* Takes over what was read; returns the mask of what changed. */
uint64_t machine_apply_facts(Machine *machine, const MachineFacts *facts);

/* A lifecycle event of libvirt, as it came. */
typedef struct MachineEvent {
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned id; /* of the run it is about; 0: not told */
        int event, detail;
} MachineEvent;

/*
 * Takes over what an event says, unless it may be about an older run than the one that is known already:
 * events and answers come on different ways. The numbers of libvirt's runs only grow. Returns the mask of
 * what changed; what the event left open, the reading that follows it settles.
 */
uint64_t machine_apply_event(Machine *machine, const MachineEvent *event);

/* How the last start ended: failure is none for a good end. */
uint64_t machine_apply_start(Machine *machine, const Failure *failure);

/* What systemd says of its unit, whose name this is. */
uint64_t machine_apply_unit(Machine *machine, const char *name, const UnitFacts *facts);

/* How its readiness is waited for: a static word of ReadyState. */
uint64_t machine_apply_ready(Machine *machine, const char *state);

/* Whether this one starts it at boot. */
uint64_t machine_apply_autostart(Machine *machine, AutostartBy by, bool starts);

/* Its settings are these now, NULL the default ones. Those before are looked at once more. */
uint64_t machine_apply_settings(Machine *machine, const ServiceSettings *settings);

/* The addresses of its guest; NULL, or empty: none. */
uint64_t machine_apply_addresses(Machine *machine, const char *const *addresses);

/* The process of its run, from machined; 0, 0 when there is none. */
uint64_t machine_apply_process(Machine *machine, uint32_t pid, uint64_t started_at);
