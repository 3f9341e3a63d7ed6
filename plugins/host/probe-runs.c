/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-runs.h"

#include <errno.h>
#include <stdbool.h>

#include "common/log.h"
#include "common/text.h"

#define PATIENCE (30 * G_USEC_PER_SEC)

const ProbePace probe_pace = { .delay = G_USEC_PER_SEC, .interval = 2 * G_USEC_PER_SEC };

typedef struct Waiter {
        probe_done_t done;
        void *userdata;
} Waiter;

struct ProbeRuns {
        sd_event *event;
        UnitRunner *units;
        ReportWatch *watch;
        ProbePace pace;
        sd_event_source *timer; /* for the next run */
        uint64_t due;           /* when that begins, of CLOCK_BOOTTIME; UINT64_MAX: nobody wants one */
        uint64_t began;         /* when the last one did; 0: there was none */
        bool running;
        bool complained;           /* that it does not work, since it last did */
        uint64_t count;            /* of reports, when the run began */
        GArray *current, *waiting; /* of Waiter: for the run under way, and for the next */
};

static GArray *waiters_new(void) {
        return g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Waiter));
}

/* Takes the array: what is called may ask again. */
static void waiters_tell(GArray *waiters, int result, const Failure *failure) {
        for (guint i = 0; i < waiters->len; i++) {
                const Waiter *waiter = &g_array_index(waiters, Waiter, i);
                waiter->done(waiter->userdata, result, failure);
        }
        g_array_unref(waiters);
}

static uint64_t runs_now(const ProbeRuns *runs) {
        uint64_t now;
        int r = sd_event_now(runs->event, CLOCK_BOOTTIME, &now);

        g_assert(r >= 0);
        return now;
}

static void runs_arm(ProbeRuns *runs) {
        bool armed = !runs->running && runs->due != UINT64_MAX;

        if (armed)
                (void) sd_event_source_set_time(runs->timer, runs->due);
        (void) sd_event_source_set_enabled(runs->timer, armed ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* Not before the interval is over. */
static uint64_t runs_earliest(const ProbeRuns *runs, uint64_t when) {
        return runs->began == 0 ? when : MAX(when, runs->began + runs->pace.interval);
}

static void runs_complain(ProbeRuns *runs, const Failure *failure) {
        g_autofree char *text = text_printable(failure->message);

        if (!runs->complained)
                log_warning("Cannot look whether this host is fit, ignoring: %s", text);
        runs->complained = true;
}

static void runs_on_done(void *userdata, int result, Failure *failure) {
        ProbeRuns *runs = userdata;
        GArray *waiters = g_steal_pointer(&runs->current);

        runs->running = false;
        runs->current = waiters_new();
        if (result == 0) {
                /* The file has come, but the kernel may not have told of it yet. */
                report_watch_look(runs->watch);
                if (report_watch_count(runs->watch) == runs->count)
                        result = failure_set(failure, ERROR_PROBE_FAILED,
                                             PROBE_UNIT " has left no report that can be read.");
        }

        if (result == 0)
                runs->complained = false;
        else if (result != -ECANCELED)
                runs_complain(runs, failure);
        waiters_tell(waiters, result, failure);
        runs_arm(runs);
}

static int runs_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        ProbeRuns *runs = userdata;
        const UnitOrder order = {
                .unit = PROBE_UNIT,
                .failed = ERROR_PROBE_FAILED,
                .patience = PATIENCE,
                .done = runs_on_done,
                .userdata = runs,
        };
        GArray *none = g_steal_pointer(&runs->current);

        runs->current = g_steal_pointer(&runs->waiting);
        runs->waiting = none;
        runs->running = true;
        runs->due = UINT64_MAX;
        runs->began = runs_now(runs);
        runs->count = report_watch_count(runs->watch);
        unit_runner_order(runs->units, &order);
        return 0;
}

ProbeRuns *probe_runs_new(sd_event *event, UnitRunner *units, ReportWatch *watch, const ProbePace *pace) {
        ProbeRuns *runs = g_new(ProbeRuns, 1);
        int r;

        *runs = (ProbeRuns){
                .event = sd_event_ref(event),
                .units = units,
                .watch = watch,
                .pace = *pace,
                .due = UINT64_MAX,
                .current = waiters_new(),
                .waiting = waiters_new(),
        };
        r = sd_event_add_time(event, &runs->timer, CLOCK_BOOTTIME, /* usec= */ 0, /* accuracy= */ 1,
                              runs_on_timer, runs);
        g_assert(r >= 0);
        runs_arm(runs);
        return runs;
}

ProbeRuns *probe_runs_free(ProbeRuns *runs) {
        g_auto(Failure) failure = { 0 };
        int r;

        if (!runs)
                return NULL;

        r = failure_set(&failure, ERROR_CANCELED, "The agent stops.");
        waiters_tell(runs->current, r, &failure);
        waiters_tell(runs->waiting, r, &failure);
        sd_event_source_disable_unref(runs->timer);
        sd_event_unref(runs->event);
        g_free(runs);
        return NULL;
}

void probe_runs_want(ProbeRuns *runs) {
        runs->due = MIN(runs->due, runs_earliest(runs, runs_now(runs) + runs->pace.delay));
        runs_arm(runs);
}

void probe_runs_ask(ProbeRuns *runs, bool at_once, probe_done_t done, void *userdata) {
        const Waiter waiter = { .done = done, .userdata = userdata };
        uint64_t now = runs_now(runs);

        g_array_append_val(runs->waiting, waiter);
        runs->due = MIN(runs->due, at_once ? now : runs_earliest(runs, now));
        runs_arm(runs);
}
