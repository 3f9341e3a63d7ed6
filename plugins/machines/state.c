/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include <glib.h>
#include <libvirt/libvirt.h>

static const char *const state_names[] = {
        [VIR_DOMAIN_NOSTATE] = "unknown",   [VIR_DOMAIN_RUNNING] = "running",
        [VIR_DOMAIN_BLOCKED] = "blocked",   [VIR_DOMAIN_PAUSED] = "paused",
        [VIR_DOMAIN_SHUTDOWN] = "shutdown", [VIR_DOMAIN_SHUTOFF] = "shutoff",
        [VIR_DOMAIN_CRASHED] = "crashed",   [VIR_DOMAIN_PMSUSPENDED] = "pmsuspended",
};

static const char *const running_reasons[] = {
        [VIR_DOMAIN_RUNNING_UNKNOWN] = "unknown",
        [VIR_DOMAIN_RUNNING_BOOTED] = "booted",
        [VIR_DOMAIN_RUNNING_MIGRATED] = "migrated",
        [VIR_DOMAIN_RUNNING_RESTORED] = "restored",
        [VIR_DOMAIN_RUNNING_FROM_SNAPSHOT] = "from-snapshot",
        [VIR_DOMAIN_RUNNING_UNPAUSED] = "unpaused",
        [VIR_DOMAIN_RUNNING_MIGRATION_CANCELED] = "migration-canceled",
        [VIR_DOMAIN_RUNNING_SAVE_CANCELED] = "save-canceled",
        [VIR_DOMAIN_RUNNING_WAKEUP] = "wakeup",
        [VIR_DOMAIN_RUNNING_CRASHED] = "crashed",
        [VIR_DOMAIN_RUNNING_POSTCOPY] = "postcopy",
        [VIR_DOMAIN_RUNNING_POSTCOPY_FAILED] = "postcopy-failed",
};

static const char *const paused_reasons[] = {
        [VIR_DOMAIN_PAUSED_UNKNOWN] = "unknown",
        [VIR_DOMAIN_PAUSED_USER] = "user",
        [VIR_DOMAIN_PAUSED_MIGRATION] = "migration",
        [VIR_DOMAIN_PAUSED_SAVE] = "save",
        [VIR_DOMAIN_PAUSED_DUMP] = "dump",
        [VIR_DOMAIN_PAUSED_IOERROR] = "io-error",
        [VIR_DOMAIN_PAUSED_WATCHDOG] = "watchdog",
        [VIR_DOMAIN_PAUSED_FROM_SNAPSHOT] = "from-snapshot",
        [VIR_DOMAIN_PAUSED_SHUTTING_DOWN] = "shutting-down",
        [VIR_DOMAIN_PAUSED_SNAPSHOT] = "snapshot",
        [VIR_DOMAIN_PAUSED_CRASHED] = "crashed",
        [VIR_DOMAIN_PAUSED_STARTING_UP] = "starting-up",
        [VIR_DOMAIN_PAUSED_POSTCOPY] = "postcopy",
        [VIR_DOMAIN_PAUSED_POSTCOPY_FAILED] = "postcopy-failed",
        [14] = "api-error", /* VIR_DOMAIN_PAUSED_API_ERROR of newer libvirt than 9.0 */
};

static const char *const shutdown_reasons[] = {
        [VIR_DOMAIN_SHUTDOWN_UNKNOWN] = "unknown",
        [VIR_DOMAIN_SHUTDOWN_USER] = "user",
};

static const char *const shutoff_reasons[] = {
        [VIR_DOMAIN_SHUTOFF_UNKNOWN] = "unknown",     [VIR_DOMAIN_SHUTOFF_SHUTDOWN] = "shutdown",
        [VIR_DOMAIN_SHUTOFF_DESTROYED] = "destroyed", [VIR_DOMAIN_SHUTOFF_CRASHED] = "crashed",
        [VIR_DOMAIN_SHUTOFF_MIGRATED] = "migrated",   [VIR_DOMAIN_SHUTOFF_SAVED] = "saved",
        [VIR_DOMAIN_SHUTOFF_FAILED] = "failed",       [VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT] = "from-snapshot",
        [VIR_DOMAIN_SHUTOFF_DAEMON] = "daemon",
};

static const char *const crashed_reasons[] = {
        [VIR_DOMAIN_CRASHED_UNKNOWN] = "unknown",
        [VIR_DOMAIN_CRASHED_PANICKED] = "panicked",
};

#define REASONS(names)                                                                                      \
        { names, G_N_ELEMENTS(names) }

static const struct {
        const char *const *names;
        size_t count;
} reason_names[] = {
        [VIR_DOMAIN_RUNNING] = REASONS(running_reasons),   [VIR_DOMAIN_PAUSED] = REASONS(paused_reasons),
        [VIR_DOMAIN_SHUTDOWN] = REASONS(shutdown_reasons), [VIR_DOMAIN_SHUTOFF] = REASONS(shutoff_reasons),
        [VIR_DOMAIN_CRASHED] = REASONS(crashed_reasons),
};

const char *state_to_string(int state) {
        return state >= 0 && (size_t) state < G_N_ELEMENTS(state_names) ? state_names[state] : "unknown";
}

const char *state_reason_to_string(int state, int reason) {
        if (state < 0 || (size_t) state >= G_N_ELEMENTS(reason_names) || reason < 0 ||
            (size_t) reason >= reason_names[state].count)
                return "unknown";

        return reason_names[state].names[reason];
}

/* For each detail of an event, in libvirt's order, the reason it leaves behind. */
static const int started_reasons[] = {
        [VIR_DOMAIN_EVENT_STARTED_BOOTED] = VIR_DOMAIN_RUNNING_BOOTED,
        [VIR_DOMAIN_EVENT_STARTED_RESTORED] = VIR_DOMAIN_RUNNING_RESTORED,
        [VIR_DOMAIN_EVENT_STARTED_FROM_SNAPSHOT] = VIR_DOMAIN_RUNNING_FROM_SNAPSHOT,
        [VIR_DOMAIN_EVENT_STARTED_WAKEUP] = VIR_DOMAIN_RUNNING_WAKEUP,
};

static const int suspended_reasons[] = {
        [VIR_DOMAIN_EVENT_SUSPENDED_PAUSED] = VIR_DOMAIN_PAUSED_USER,
        [VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED] = VIR_DOMAIN_PAUSED_MIGRATION,
        [VIR_DOMAIN_EVENT_SUSPENDED_IOERROR] = VIR_DOMAIN_PAUSED_IOERROR,
        [VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG] = VIR_DOMAIN_PAUSED_WATCHDOG,
        [VIR_DOMAIN_EVENT_SUSPENDED_RESTORED] = VIR_DOMAIN_PAUSED_USER,
        [VIR_DOMAIN_EVENT_SUSPENDED_FROM_SNAPSHOT] = VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
        [VIR_DOMAIN_EVENT_SUSPENDED_API_ERROR] = 14, /* see paused_reasons */
        [VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY] = VIR_DOMAIN_PAUSED_POSTCOPY,
        [VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED] = VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
};

static const int resumed_reasons[] = {
        [VIR_DOMAIN_EVENT_RESUMED_UNPAUSED] = VIR_DOMAIN_RUNNING_UNPAUSED,
        [VIR_DOMAIN_EVENT_RESUMED_MIGRATED] = VIR_DOMAIN_RUNNING_MIGRATED,
        [VIR_DOMAIN_EVENT_RESUMED_FROM_SNAPSHOT] = VIR_DOMAIN_RUNNING_FROM_SNAPSHOT,
        [VIR_DOMAIN_EVENT_RESUMED_POSTCOPY] = VIR_DOMAIN_RUNNING_POSTCOPY,
        [VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED] = VIR_DOMAIN_RUNNING_POSTCOPY_FAILED,
};

static const int stopped_reasons[] = {
        [VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = VIR_DOMAIN_SHUTOFF_SHUTDOWN,
        [VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = VIR_DOMAIN_SHUTOFF_DESTROYED,
        [VIR_DOMAIN_EVENT_STOPPED_CRASHED] = VIR_DOMAIN_SHUTOFF_CRASHED,
        [VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = VIR_DOMAIN_SHUTOFF_MIGRATED,
        [VIR_DOMAIN_EVENT_STOPPED_SAVED] = VIR_DOMAIN_SHUTOFF_SAVED,
        [VIR_DOMAIN_EVENT_STOPPED_FAILED] = VIR_DOMAIN_SHUTOFF_CRASHED, /* of a run: its process is gone */
        [VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT,
};

static const int crashed_event_reasons[] = {
        [VIR_DOMAIN_EVENT_CRASHED_PANICKED] = VIR_DOMAIN_CRASHED_PANICKED,
        [VIR_DOMAIN_EVENT_CRASHED_CRASHLOADED] = VIR_DOMAIN_CRASHED_PANICKED,
};

#define DETAILS(reasons) reasons, G_N_ELEMENTS(reasons)

/* Not here: SHUTDOWN (the guest is off, its process not yet: STOPPED follows at once) and those about
 * definitions. */
static const struct {
        int event, state;
        const int *reasons;
        size_t count;
} event_states[] = {
        { VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_RUNNING, DETAILS(started_reasons) },
        { VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_PAUSED, DETAILS(suspended_reasons) },
        { VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_RUNNING, DETAILS(resumed_reasons) },
        { VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_SHUTOFF, DETAILS(stopped_reasons) },
        { VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_PMSUSPENDED, NULL, 0 },
        { VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_CRASHED, DETAILS(crashed_event_reasons) },
};

bool state_after_event(int event, int detail, int *ret_state, int *ret_reason) {
        /* An incoming migration is only prepared: it runs where it comes from, until it is resumed here. */
        if (event == VIR_DOMAIN_EVENT_STARTED && detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED) {
                *ret_state = VIR_DOMAIN_PAUSED;
                *ret_reason = VIR_DOMAIN_PAUSED_MIGRATION;
                return true;
        }

        for (size_t i = 0; i < G_N_ELEMENTS(event_states); i++)
                if (event_states[i].event == event) {
                        *ret_state = event_states[i].state;
                        *ret_reason = detail >= 0 && (size_t) detail < event_states[i].count
                                                      ? event_states[i].reasons[detail]
                                                      : 0;
                        return true;
                }

        return false;
}
