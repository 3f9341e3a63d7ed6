/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-lines.h"

#include "common/log.h"
#include "common/text.h"

/* The program has deadlines of its own, which end before this. */
#define PATIENCE (5 * 60 * G_USEC_PER_SEC)

const StatusPace status_pace = { .delay = G_USEC_PER_SEC / 20, .interval = G_USEC_PER_SEC };

struct StatusLines {
        sd_event *event;
        UnitRunner *units;
        StatusPace pace;
        sd_event_source *timer; /* for the next start */
        uint64_t began;         /* the last one, of CLOCK_BOOTTIME; 0: there was none */
        bool wanted, running;
        bool complained; /* that it does not work, since it last did */
};

static uint64_t lines_now(const StatusLines *lines) {
        uint64_t now;
        int r = sd_event_now(lines->event, CLOCK_BOOTTIME, &now);

        g_assert(r >= 0);
        return now;
}

/* Of what changes while the program runs it may have seen nothing: it is started once more. */
static void lines_arm(StatusLines *lines) {
        uint64_t due = lines_now(lines) + lines->pace.delay;

        if (lines->running || !lines->wanted ||
            sd_event_source_get_enabled(lines->timer, /* ret= */ NULL) > 0)
                return;

        if (lines->began > 0)
                due = MAX(due, lines->began + lines->pace.interval);
        (void) sd_event_source_set_time(lines->timer, due);
        (void) sd_event_source_set_enabled(lines->timer, SD_EVENT_ONESHOT);
}

static void lines_want(StatusLines *lines) {
        if (!lines->units)
                return;

        lines->wanted = true;
        lines_arm(lines);
}

static void lines_on_done(void *userdata, int result, Failure *failure) {
        StatusLines *lines = userdata;

        if (result < 0 && result != -ECANCELED && !lines->complained) {
                g_autofree char *text = text_printable(failure->message);
                log_warning("Cannot renew what units say of machines, ignoring: %s", text);
        }
        lines->complained = result < 0;
        lines->running = false;
        if (result != -ECANCELED)
                lines_arm(lines);
}

static int lines_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        StatusLines *lines = userdata;
        const UnitOrder order = {
                .unit = STATUS_LINES_UNIT,
                .failed = ERROR_UNIT_UNAVAILABLE,
                .patience = PATIENCE,
                .done = lines_on_done,
                .userdata = lines,
        };

        lines->wanted = false;
        lines->running = true;
        lines->began = lines_now(lines);
        unit_runner_order(lines->units, &order);
        return 0;
}

StatusLines *status_lines_new(sd_event *event, UnitRunner *units, const StatusPace *pace) {
        StatusLines *lines = g_new(StatusLines, 1);
        int r;

        *lines = (StatusLines){ .event = sd_event_ref(event), .units = units, .pace = *pace };
        r = sd_event_add_time(event, &lines->timer, CLOCK_BOOTTIME, /* usec= */ 0, /* accuracy= */ 1,
                              lines_on_timer, lines);
        g_assert(r >= 0);
        (void) sd_event_source_set_enabled(lines->timer, SD_EVENT_OFF);
        return lines;
}

StatusLines *status_lines_free(StatusLines *lines) {
        if (!lines)
                return NULL;

        sd_event_source_disable_unref(lines->timer);
        sd_event_unref(lines->event);
        g_free(lines);
        return NULL;
}

/* A number for all that the line tells; never 0. */
static uint32_t digest(const Machine *machine) {
        g_autofree char *text = g_strdup_printf("%d %d %u %" G_GUINT64_FORMAT " %d", machine->state,
                                                machine->reason, machine->vcpus, machine->memory,
                                                machine->config->agent == AGENT_CONNECTED);

        return MAX(g_str_hash(text), 1);
}

void status_lines_look(StatusLines *lines, Machine *machine) {
        uint32_t now = machine_is_active(machine) ? digest(machine) : 0;

        if (now != 0 && machine->status_run == machine->id && machine->status_told != now)
                lines_want(lines);
        machine->status_run = machine->id;
        machine->status_told = now;
}

void status_lines_on_connected(void *userdata) {
        lines_want(userdata);
}
