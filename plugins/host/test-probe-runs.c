/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe-runs.h"

#include <errno.h>

#include "common/cleanup.h"

/* Short, for the test; at least these are kept, however busy the machine is. */
static const ProbePace pace = { .delay = 20000, .interval = 60000 };

typedef struct Fixture {
        sd_event *event;
        ProbeRuns *runs;
        UnitOrder order;                    /* of the unit that was started last */
        unsigned n_started, n_done, n_late; /* n_done: who asked and was told */
        uint64_t began[16];                 /* of each start */
        int result;                         /* that was told last */
        ErrorCode code;
        uint64_t n_reports;
        bool leaves_report;
} Fixture;

static Fixture *current;

/* In place of systemd and of the folder. */

void unit_runner_order(UnitRunner *runner, const UnitOrder *order) {
        g_assert_cmpstr(order->unit, ==, PROBE_UNIT);
        g_assert_cmpuint(current->n_started, <, G_N_ELEMENTS(current->began));
        g_assert_true(sd_event_now(current->event, CLOCK_BOOTTIME, &current->began[current->n_started]) >=
                      0);
        current->n_started++;
        current->order = *order;
}

void report_watch_look(ReportWatch *watch) {
        if (current->leaves_report)
                current->n_reports++;
}

uint64_t report_watch_count(const ReportWatch *watch) {
        return current->n_reports;
}

static void set_up(Fixture *f, const void *data) {
        *f = (Fixture){ .leaves_report = true, .result = 1 };
        current = f;
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->runs = probe_runs_new(f->event, /* units= */ NULL, /* watch= */ NULL, &pace);
}

static void tear_down(Fixture *f, const void *data) {
        probe_runs_free(f->runs);
        sd_event_unref(f->event);
}

static void on_done(void *userdata, int result, const Failure *failure) {
        Fixture *f = userdata;

        f->n_done++;
        f->result = result;
        f->code = failure->code;
}

/* Lets time pass. */
static void spend(Fixture *f, uint64_t usec) {
        uint64_t end = (uint64_t) g_get_monotonic_time() + usec, now;

        while ((now = (uint64_t) g_get_monotonic_time()) < end)
                g_assert_cmpint(sd_event_run(f->event, end - now), >=, 0);
}

static void wait_started(Fixture *f, unsigned n) {
        while (f->n_started < n)
                g_assert_cmpint(sd_event_run(f->event, UINT64_MAX), >=, 0);
}

static void end_run(Fixture *f, ErrorCode code) {
        g_auto(Failure) failure = { 0 };
        int r = code == ERROR_NONE ? 0 : failure_set(&failure, code, "because");

        f->order.done(f->order.userdata, r, &failure);
}

static void test_nobody_wants_none(Fixture *f, const void *data) {
        spend(f, 3 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 0);
}

static void test_a_crowd_of_signs_is_one_run_a_while_later(Fixture *f, const void *data) {
        uint64_t before;

        g_assert_true(sd_event_now(f->event, CLOCK_BOOTTIME, &before) >= 0);
        for (unsigned i = 0; i < 1000; i++)
                probe_runs_want(f->runs);
        wait_started(f, 1);
        g_assert_cmpuint(f->began[0], >=, before + pace.delay);
        end_run(f, ERROR_NONE);
        spend(f, 3 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 1);
}

/* Signs that never end do not put it off for ever. */
static void test_signs_without_end_are_run_after_run(Fixture *f, const void *data) {
        while (f->n_started < 4) {
                probe_runs_want(f->runs);
                g_assert_cmpint(sd_event_run(f->event, 1000), >=, 0);
                if (f->order.done) {
                        end_run(f, ERROR_NONE);
                        f->order.done = NULL;
                }
        }
        for (unsigned i = 1; i < f->n_started; i++)
                g_assert_cmpuint(f->began[i], >=, f->began[i - 1] + pace.interval);
}

static void test_who_asks_first_does_not_wait(Fixture *f, const void *data) {
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        g_assert_cmpuint(f->n_started, ==, 0);
        g_assert_cmpint(sd_event_run(f->event, 0), >=, 0);
        g_assert_cmpuint(f->n_started, ==, 1);
        g_assert_cmpuint(f->n_done, ==, 0);
        end_run(f, ERROR_NONE);
        g_assert_cmpuint(f->n_done, ==, 1);
        g_assert_cmpint(f->result, ==, 0);
}

static void test_who_asks_during_a_run_gets_the_next(Fixture *f, const void *data) {
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        wait_started(f, 1);
        for (unsigned i = 0; i < 3; i++)
                probe_runs_ask(f->runs, /* at_once= */ true, on_done, f);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 1);

        end_run(f, ERROR_NONE);
        g_assert_cmpuint(f->n_done, ==, 1);
        wait_started(f, 2);
        g_assert_cmpuint(f->n_done, ==, 1);
        end_run(f, ERROR_NONE);
        g_assert_cmpuint(f->n_done, ==, 4);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 2);
}

static void test_one_after_the_other_keeps_the_interval(Fixture *f, const void *data) {
        for (unsigned i = 1; i <= 3; i++) {
                probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
                wait_started(f, i);
                end_run(f, ERROR_NONE);
        }
        g_assert_cmpuint(f->began[1], >=, f->began[0] + pace.interval);
        g_assert_cmpuint(f->began[2], >=, f->began[1] + pace.interval);
}

static void test_at_once_is_at_once(Fixture *f, const void *data) {
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        wait_started(f, 1);
        end_run(f, ERROR_NONE);
        probe_runs_ask(f->runs, /* at_once= */ true, on_done, f);
        g_assert_cmpint(sd_event_run(f->event, 0), >=, 0);
        g_assert_cmpuint(f->n_started, ==, 2);
}

static void test_a_failure_is_told(Fixture *f, const void *data) {
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        wait_started(f, 1);
        end_run(f, ERROR_TIMED_OUT);
        g_assert_cmpint(f->result, ==, -ETIMEDOUT);
        g_assert_cmpint(f->code, ==, ERROR_TIMED_OUT);
}

static void test_a_run_that_leaves_nothing_has_failed(Fixture *f, const void *data) {
        f->leaves_report = false;
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        wait_started(f, 1);
        end_run(f, ERROR_NONE);
        g_assert_cmpint(f->code, ==, ERROR_PROBE_FAILED);
}

/* Who is told asks again. */
static void on_done_ask(void *userdata, int result, const Failure *failure) {
        Fixture *f = userdata;

        f->n_late++;
        probe_runs_ask(f->runs, /* at_once= */ true, on_done, f);
}

static void test_who_is_told_may_ask_again(Fixture *f, const void *data) {
        probe_runs_ask(f->runs, /* at_once= */ false, on_done_ask, f);
        wait_started(f, 1);
        end_run(f, ERROR_NONE);
        g_assert_cmpuint(f->n_late, ==, 1);
        wait_started(f, 2);
        end_run(f, ERROR_NONE);
        g_assert_cmpuint(f->n_done, ==, 1);
}

static void test_the_end_is_told(Fixture *f, const void *data) {
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        wait_started(f, 1);
        probe_runs_ask(f->runs, /* at_once= */ false, on_done, f);
        f->runs = probe_runs_free(f->runs);
        g_assert_cmpuint(f->n_done, ==, 2);
        g_assert_cmpint(f->result, ==, -ECANCELED);
}

#define ADD(name, function) g_test_add("/probe-runs/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("none", test_nobody_wants_none);
        ADD("crowd", test_a_crowd_of_signs_is_one_run_a_while_later);
        ADD("without-end", test_signs_without_end_are_run_after_run);
        ADD("first", test_who_asks_first_does_not_wait);
        ADD("next", test_who_asks_during_a_run_gets_the_next);
        ADD("interval", test_one_after_the_other_keeps_the_interval);
        ADD("at-once", test_at_once_is_at_once);
        ADD("failure", test_a_failure_is_told);
        ADD("nothing", test_a_run_that_leaves_nothing_has_failed);
        ADD("again", test_who_is_told_may_ask_again);
        ADD("end", test_the_end_is_told);
        return g_test_run();
}
