/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warnings.h"

#include "acceleration.h"
#include "common/log.h"
#include "common/text.h"
#include "reading.h"

struct Warnings {
        Machines *machines;
        char **accelerated; /* NULL: not read yet */
        sd_event_source *timer;
        int64_t due; /* of the timer, monotonic; 0: none is set */
};

static const char *const warning_words[_WARNING_MAX] = {
        [WARNING_EMULATED_FALLBACK] = "emulated-fallback",
        [WARNING_EMULATED] = "emulated",
        [WARNING_DISK_MISSING] = "disk-missing",
        [WARNING_NETWORK_INACTIVE] = "network-inactive",
        [WARNING_IMAGE_OUTGROWS_FILESYSTEM] = "image-outgrows-filesystem",
        [WARNING_NO_GUEST_AGENT] = "no-guest-agent",
        [WARNING_CRASHED_BEFORE] = "crashed-before",
        [WARNING_SETTINGS_INVALID] = "settings-invalid",
};

const char *warning_to_string(unsigned warning) {
        return warning < _WARNING_MAX ? warning_words[warning] : NULL;
}

/* libvirt itself never falls back: a machine set to KVM fails to start without it. Those who make machines
 * do, and what they made stays emulated. */
static uint32_t find_emulated(const Machine *machine, const char *const *accelerated) {
        if (!accelerated || !g_str_equal(machine->accelerator, "tcg"))
                return 0;

        return g_strv_contains(accelerated, machine->config->architecture)
                               ? WARNING_BIT(WARNING_EMULATED_FALLBACK)
                               : WARNING_BIT(WARNING_EMULATED);
}

static bool lacks_agent(const Machine *machine) {
        return machine_is_active(machine) && machine->config->agent != AGENT_CONNECTED;
}

uint32_t warnings_find(const Machine *machine, const char *const *accelerated, bool late) {
        return machine->host_warnings | find_emulated(machine, accelerated) |
               (lacks_agent(machine) && late ? WARNING_BIT(WARNING_NO_GUEST_AGENT) : 0) |
               (machine->crashed ? WARNING_BIT(WARNING_CRASHED_BEFORE) : 0) |
               (machine->settings_wrong ? WARNING_BIT(WARNING_SETTINGS_INVALID) : 0);
}

static void warnings_renew(Warnings *warnings) {
        g_autoptr(GPtrArray) list = machines_list(warnings->machines);

        for (guint i = 0; i < list->len; i++)
                machines_changed(warnings->machines, list->pdata[i], /* mask= */ 0);
}

static int warnings_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Warnings *warnings = userdata;

        warnings->timer = sd_event_source_disable_unref(warnings->timer);
        warnings->due = 0;
        warnings_renew(warnings);
        return 0;
}

/* One timer for all: the first that is due; the others set it again. */
static void warnings_come_back(Warnings *warnings, int64_t due) {
        if (warnings->due != 0 && warnings->due <= due)
                return;

        warnings->timer = sd_event_source_disable_unref(warnings->timer);
        warnings->due = due;
        (void) sd_event_add_time(warnings->machines->services->event, &warnings->timer, CLOCK_MONOTONIC,
                                 (uint64_t) due, /* accuracy= */ 10 * G_TIME_SPAN_SECOND, warnings_on_timer,
                                 warnings);
}

/* Whether the run has lasted long enough: as machined has it, or for as long as it is known here. */
static bool run_is_late(Warnings *warnings, Machine *machine) {
        int64_t now = g_get_monotonic_time();

        if (machine->watched_id != machine->id) {
                machine->watched_id = machine->id;
                machine->watched_since = now;
        }
        if (!lacks_agent(machine))
                return false;
        if (machine->started_at != 0 &&
            g_get_real_time() - (int64_t) machine->started_at >= AGENT_GRACE_USEC)
                return true;
        if (now - machine->watched_since >= AGENT_GRACE_USEC)
                return true;

        warnings_come_back(warnings, machine->watched_since + AGENT_GRACE_USEC);
        return false;
}

uint64_t warnings_apply(Warnings *warnings, Machine *machine) {
        uint32_t found = warnings_find(machine, (const char *const *) warnings->accelerated,
                                       run_is_late(warnings, machine));

        if (machine->warnings == found)
                return 0;

        machine->warnings = found;
        return MACHINE_BIT(MACHINE_WARNINGS);
}

typedef struct Question {
        Warnings *warnings;
        char **accelerated;
} Question;

static int question_run(void *data, virConnect *connection, Failure *failure) {
        Question *question = data;
        return acceleration_read(connection, &question->accelerated, failure);
}

static void question_done(void *data, int result, Failure *failure) {
        g_autofree Question *question = data;
        Warnings *warnings = question->warnings;

        if (result >= 0) {
                g_strfreev(warnings->accelerated);
                warnings->accelerated = question->accelerated;
                warnings_renew(warnings);
        } else if (!reading_is_disconnected(result)) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot read what this host can accelerate, ignoring: %s", reason);
        }
}

void warnings_on_connected(void *userdata) {
        Warnings *warnings = userdata;
        g_auto(Failure) failure = { 0 };
        Question *question = g_new(Question, 1);
        Request request = {
                .lane = LANE_READ, .run = question_run, .done = question_done, .data = question
        };
        int r;

        *question = (Question){ .warnings = warnings };
        r = hypervisor_submit(warnings->machines->services->hypervisor, &request, /* ret_id= */ NULL,
                              &failure);
        if (r < 0)
                question_done(question, r, &failure);
}

Warnings *warnings_new(Machines *machines) {
        Warnings *warnings = g_new(Warnings, 1);

        *warnings = (Warnings){ .machines = machines };
        return warnings;
}

Warnings *warnings_free(Warnings *warnings) {
        if (!warnings)
                return NULL;

        sd_event_source_disable_unref(warnings->timer);
        g_strfreev(warnings->accelerated);
        g_free(warnings);
        return NULL;
}
