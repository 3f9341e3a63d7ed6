/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event-log.h"

#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

static bool ready;
static GString *told; /* "event detail; " of each */
static int64_t now;

gint64 g_get_real_time(void) {
        return ++now;
}

static bool is_ready(void *userdata) {
        return ready;
}

void machines_tell_event(Machines *machines, const EventRecord *record) {
        g_string_append_printf(told, "%s%s%s%s", told->len > 0 ? "; " : "", record->event,
                               *record->detail ? " " : "", record->detail);
}

typedef struct Fixture {
        Services services;
        Machines machines;
        Machine *machine;
        EventLog *log;
} Fixture;

static void fixture_init(Fixture *f, const void *unused) {
        ready = true;
        now = 1000;
        told = g_string_new(NULL);
        f->services.is_ready = is_ready;
        f->machines.services = &f->services;
        f->log = event_log_new(&f->machines);
        f->machine = machine_new(UUID);
        g_free(f->machine->name);
        f->machine->name = g_strdup("web");
        f->machine->persistent = true;
        f->machine->state = VIR_DOMAIN_SHUTOFF;
}

static void fixture_done(Fixture *f, const void *unused) {
        machine_free(f->machine);
        event_log_free(f->log);
        g_string_free(told, TRUE);
        g_assert_null(event_log_free(NULL));
}

/* What was told since the last time. */
static void tells(const char *expected) {
        g_assert_cmpstr(told->str, ==, expected);
        g_string_truncate(told, 0);
}

static void is(Fixture *f, unsigned run, int state, int reason) {
        f->machine->id = run;
        f->machine->state = state;
        f->machine->reason = reason;
        event_log_look(f->log, f->machine, 0);
        event_log_look(f->log, f->machine, 0); /* and the same again is nothing */
}

static void known(Fixture *f) {
        event_log_look(f->log, f->machine, 0);
        g_string_truncate(told, 0);
}

static void test_what_is_found_at_first_is_no_event(Fixture *f, const void *unused) {
        ready = false;
        is(f, 7, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        tells("");
        ready = true;
        event_log_look(f->log, f->machine, 0);
        tells("");
        g_assert_cmpuint(event_log_count(f->log), ==, 0);
        is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
        tells("stopped shutdown");
}

static void test_definitions(Fixture *f, const void *unused) {
        event_log_look(f->log, f->machine, 0);
        tells("defined");
        g_free(f->machine->name);
        f->machine->name = g_strdup("db");
        event_log_look(f->log, f->machine, 0);
        tells("renamed web");
        event_log_removed(f->log, f->machine);
        tells("undefined");
        event_log_removed(f->log, f->machine);
        tells("");

        /* Undefined while it runs. */
        event_log_look(f->log, f->machine, 0);
        is(f, 7, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        f->machine->persistent = false;
        event_log_look(f->log, f->machine, 0);
        tells("defined; started booted; undefined");
        event_log_removed(f->log, f->machine);
        tells("stopped unknown");
}

static void test_runs(Fixture *f, const void *unused) {
        known(f);
        is(f, 3, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        is(f, 3, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
        is(f, 3, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
        is(f, 3, VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER);
        is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
        tells("started booted; suspended user; resumed unpaused; stopped shutdown");

        is(f, 4, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER); /* with --paused */
        is(f, 4, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
        is(f, 4, VIR_DOMAIN_PMSUSPENDED, 0);
        is(f, 4, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_WAKEUP);
        is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
        tells("started user; resumed unpaused; suspended pmsuspended; resumed wakeup; stopped destroyed");

        /* An end that nobody saw; and a run that nobody saw at all. */
        is(f, 5, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        is(f, 6, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        tells("started booted; stopped unknown; started booted");
        is(f, 6, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNKNOWN); /* libvirtd has forgotten why */
        tells("");
}

static void test_what_libvirt_stops_for_a_moment_is_not_suspended(Fixture *f, const void *unused) {
        known(f);
        is(f, 3, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        is(f, 3, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE);
        is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SAVED);
        tells("started booted; saved");
        is(f, 4, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP);
        is(f, 4, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_RESTORED);
        is(f, 4, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SNAPSHOT);
        is(f, 4, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
        tells("restored");
}

static void event(Fixture *f, unsigned id, int which, int detail) {
        MachineEvent e = { .uuid = UUID, .id = id, .event = which, .detail = detail };

        (void) machine_apply_event(f->machine, &e);
        event_log_look(f->log, f->machine, 0);
}

static void reading(Fixture *f, unsigned id, int state, int reason) {
        MachineFacts facts = { .have = FACTS_STATE, .id = id, .state = state, .reason = reason };

        (void) machine_apply_facts(f->machine, &facts);
        event_log_look(f->log, f->machine, 0);
}

/* As QEMU has it: the event of a pause does not say what for, and that of a start is the second one. */
static void test_what_an_event_leaves_open_is_waited_for(Fixture *f, const void *unused) {
        known(f);
        event(f, 3, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
        tells("");
        event(f, 3, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
        tells("started booted");

        event(f, 3, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
        tells("");
        reading(f, 3, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
        tells("suspended user");
        event(f, 3, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
        reading(f, 3, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
        tells("resumed unpaused");

        event(f, 3, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
        reading(f, 3, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE);
        event(f, 0, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED);
        tells("saved");
        event(f, 4, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
        event(f, 0, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED);
        tells(""); /* of that run nothing has been told */
}

static void test_crashes(Fixture *f, const void *unused) {
        known(f);
        is(f, 3, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED);
        tells("started booted; crashed crashed");

        is(f, 4, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
        is(f, 4, VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED);
        is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED);
        tells("started booted; crashed panicked");
}

static void test_migrations(Fixture *f, const void *unused) {
        MachineEvent gone = { .uuid = UUID,
                              .event = VIR_DOMAIN_EVENT_STOPPED,
                              .detail = VIR_DOMAIN_EVENT_STOPPED_MIGRATED };

        f->machine->persistent = false;
        is(f, 3, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION);
        tells(""); /* it may never come */
        event_log_removed(f->log, f->machine);
        tells("");

        is(f, 4, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION);
        is(f, 4, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_MIGRATED);
        tells("migrated in");
        is(f, 4, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION);
        tells("");

        /* It has no definition, and goes with its run. */
        event_log_note_end(f->log, f->machine, &gone);
        event_log_removed(f->log, f->machine);
        tells("migrated out");
        event_log_note_end(f->log, f->machine, &gone); /* of one that is not known */
}

static void test_starts_that_fail(Fixture *f, const void *unused) {
        known(f);
        (void) failure_set(&f->machine->start_failure, ERROR_NETWORK_INACTIVE, "no");
        event_log_look(f->log, f->machine, MACHINE_BIT(MACHINE_START_FAILURE));
        event_log_look(f->log, f->machine, MACHINE_BIT(MACHINE_TITLE));
        event_log_look(f->log, f->machine, MACHINE_BIT(MACHINE_START_FAILURE));
        tells("failed-start NetworkInactive; failed-start NetworkInactive");
        failure_done(&f->machine->start_failure);
        event_log_look(f->log, f->machine, MACHINE_BIT(MACHINE_START_FAILURE));
        tells("");
}

static void test_the_last_are_kept(Fixture *f, const void *unused) {
        const EventRecord *record;

        known(f);
        for (unsigned i = 1; i <= EVENT_LOG_MAX; i++) {
                is(f, i, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
                is(f, 0, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_SHUTDOWN);
        }
        g_assert_cmpuint(event_log_count(f->log), ==, EVENT_LOG_MAX);
        for (unsigned i = 0; i < EVENT_LOG_MAX; i++) {
                record = event_log_get(f->log, i);
                g_assert_cmpstr(record->event, ==, i % 2 ? "stopped" : "started");
                g_assert_cmpuint(record->when, ==, (uint64_t) now - EVENT_LOG_MAX + 1 + i);
                g_assert_cmpstr(record->name, ==, "web");
                g_assert_cmpstr(record->path, ==, f->machine->path);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/event-log/" name, Fixture, NULL, fixture_init, test, fixture_done)
        ADD("what is found at first is no event", test_what_is_found_at_first_is_no_event);
        ADD("definitions", test_definitions);
        ADD("runs", test_runs);
        ADD("what libvirt stops for a moment is not suspended",
            test_what_libvirt_stops_for_a_moment_is_not_suspended);
        ADD("what an event leaves open is waited for", test_what_an_event_leaves_open_is_waited_for);
        ADD("crashes", test_crashes);
        ADD("migrations", test_migrations);
        ADD("starts that fail", test_starts_that_fail);
        ADD("the last are kept", test_the_last_are_kept);
#undef ADD
        return g_test_run();
}
