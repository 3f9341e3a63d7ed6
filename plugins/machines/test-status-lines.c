/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-lines.h"

#include <errno.h>

#include "common/cleanup.h"

/* Short, for the test; at least these are kept, however busy the machine is. */
static const StatusPace pace = { .delay = 5000, .interval = 60000 };

typedef struct Fixture {
        sd_event *event;
        StatusLines *lines;
        Machine *machine;
        UnitOrder order;    /* of the last start */
        unsigned n_started; /* of the unit */
        uint64_t began;
} Fixture;

static Fixture *current;

/* In place of systemd. */
void unit_runner_order(UnitRunner *runner, const UnitOrder *order) {
        g_assert_cmpstr(order->unit, ==, STATUS_LINES_UNIT);
        g_assert_cmpint(order->verb, ==, UNIT_START);
        current->n_started++;
        current->order = *order;
        g_assert_cmpint(sd_event_now(current->event, CLOCK_BOOTTIME, &current->began), >=, 0);
}

static void set_up(Fixture *f, const void *units) {
        *f = (Fixture){ .machine = machine_new("be9c0000-0000-4000-8000-000000000001") };
        current = f;
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        f->lines = status_lines_new(f->event, (UnitRunner *) units, &pace);
        f->machine->id = 7;
        f->machine->state = VIR_DOMAIN_RUNNING;
}

static void tear_down(Fixture *f, const void *units) {
        status_lines_free(f->lines);
        machine_free(f->machine);
        sd_event_unref(f->event);
}

static void spend(Fixture *f, uint64_t usec) {
        uint64_t end = (uint64_t) g_get_monotonic_time() + usec, now;

        while ((now = (uint64_t) g_get_monotonic_time()) < end)
                g_assert_cmpint(sd_event_run(f->event, end - now), >=, 0);
}

static void wait_started(Fixture *f, unsigned n) {
        while (f->n_started < n)
                g_assert_cmpint(sd_event_run(f->event, UINT64_MAX), >=, 0);
        g_assert_cmpuint(f->n_started, ==, n);
}

static void end_run(Fixture *f) {
        g_auto(Failure) none = { 0 };

        f->order.done(f->order.userdata, 0, &none);
}

static void set_state(Fixture *f, int state) {
        f->machine->state = state;
        status_lines_look(f->lines, f->machine);
}

/* The start of its unit has told what there was to tell. */
static void test_a_run_that_begins_and_ends_is_none(Fixture *f, const void *units) {
        status_lines_look(f->lines, f->machine);
        status_lines_look(f->lines, f->machine);
        f->machine->id = 0;
        set_state(f, VIR_DOMAIN_SHUTOFF);
        f->machine->id = 8;
        set_state(f, VIR_DOMAIN_PAUSED);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 0);
}

static void test_what_the_line_tells_is_one(Fixture *f, const void *units) {
        status_lines_look(f->lines, f->machine);
        set_state(f, VIR_DOMAIN_PAUSED);
        wait_started(f, 1);
        end_run(f);
        f->machine->vcpus++;
        status_lines_look(f->lines, f->machine);
        wait_started(f, 2);
        end_run(f);
        f->machine->memory++;
        status_lines_look(f->lines, f->machine);
        wait_started(f, 3);
        end_run(f);
        f->machine->config->agent = AGENT_CONNECTED;
        status_lines_look(f->lines, f->machine);
        wait_started(f, 4);
        end_run(f);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 4);
}

static void test_a_crowd_is_one_and_none_is_lost(Fixture *f, const void *units) {
        uint64_t first;

        status_lines_look(f->lines, f->machine);
        for (unsigned i = 0; i < 100; i++)
                set_state(f, i % 2 ? VIR_DOMAIN_RUNNING : VIR_DOMAIN_PAUSED);
        wait_started(f, 1);
        first = f->began;

        /* The program may have looked before this. */
        set_state(f, VIR_DOMAIN_PAUSED);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 1);
        end_run(f);
        wait_started(f, 2);
        g_assert_cmpuint(f->began, >=, first + pace.interval);
        end_run(f);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 2);
}

static void test_a_failure_is_no_end(Fixture *f, const void *units) {
        g_auto(Failure) failure = { 0 };
        int r;

        status_lines_on_connected(f->lines);
        wait_started(f, 1);
        r = failure_set(&failure, ERROR_UNIT_UNAVAILABLE, "because");
        f->order.done(f->order.userdata, r, &failure);
        status_lines_on_connected(f->lines);
        wait_started(f, 2);
        end_run(f);
}

static void test_without_units_nothing_is_started(Fixture *f, const void *units) {
        status_lines_look(f->lines, f->machine);
        set_state(f, VIR_DOMAIN_PAUSED);
        status_lines_on_connected(f->lines);
        spend(f, 2 * pace.interval);
        g_assert_cmpuint(f->n_started, ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define ADD(name, units, test) g_test_add("/status-lines/" name, Fixture, units, set_up, test, tear_down)
        ADD("a run that begins and ends is none", &pace, test_a_run_that_begins_and_ends_is_none);
        ADD("what the line tells is one", &pace, test_what_the_line_tells_is_one);
        ADD("a crowd is one, and none is lost", &pace, test_a_crowd_is_one_and_none_is_lost);
        ADD("a failure is no end", &pace, test_a_failure_is_no_end);
        ADD("without units nothing is started", NULL, test_without_units_nothing_is_started);
#undef ADD
        return g_test_run();
}
