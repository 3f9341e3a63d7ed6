/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mirror.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "test-sync-fixture.h"
#include "unit-start.h"
#include "units.h"

/* What comes in which order between libvirt, systemd and the agent: libvirt is that of test-sync-world.h,
 * and systemd does as the test says. */

/* Starts that systemd has been asked for, and that are under way. */
struct UnitStart {
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned adopt;
        void (*done)(void *userdata, int result, Failure *failure);
        void *userdata;
};

static GPtrArray *starts; /* of UnitStart */
static unsigned n_starts;
static bool known;

bool configuration_boolean(Configuration *configuration, const char *section, const char *key,
                           bool otherwise) {
        return otherwise;
}

bool units_are_known(const Units *units) {
        return known;
}

static UnitStart *find_start(const char *uuid) {
        for (guint i = 0; i < starts->len; i++) {
                UnitStart *start = starts->pdata[i];

                if (g_str_equal(start->uuid, uuid))
                        return start;
        }

        return NULL;
}

bool unit_starts_any(const UnitStarts *unused, const char *uuid) {
        return find_start(uuid) != NULL;
}

int unit_start_new(UnitStarts *unused, const Machine *machine, const StartRequest *request,
                   void (*done)(void *userdata, int result, Failure *failure), void *userdata,
                   UnitStart **ret, Failure *failure) {
        UnitStart *start = g_new(UnitStart, 1);

        *start = (UnitStart){ .adopt = request->adopt, .done = done, .userdata = userdata };
        g_strlcpy(start->uuid, machine->uuid, sizeof(start->uuid));
        g_assert_null(find_start(machine->uuid));
        g_ptr_array_add(starts, start);
        n_starts++;
        *ret = start;
        return 0;
}

static void unit_is(World *w, const Domain *d, const char *active) {
        const UnitFacts facts = { .active = (char *) active };
        Machine *machine = world_machine(w, d);

        (void) machine_apply_unit(machine, "hatago-vm@x.service", &facts);
        mirror_look(w->machines->mirror, machine);
}

/* systemd's job is over. */
static void start_ends(const Domain *d, ErrorCode code) {
        UnitStart *start = find_start(d->uuid);
        g_auto(Failure) failure = { 0 };
        int r = 0;

        g_assert_nonnull(start);
        g_assert_true(g_ptr_array_remove(starts, start));
        if (code != ERROR_NONE)
                r = failure_set(&failure, code, "It is so.");
        start->done(start->userdata, r, &failure);
        g_free(start);
}

/* All answers of libvirt come, and no timer fires. */
static void deliver_all(World *w) {
        do {
                world_deliver_mails(w);
                while (w->calls->len > 0)
                        world_deliver(w, w->calls->pdata[0]);
        } while (w->mails.length > 0);
}

/* Each test has a systemd of its own. */
static void systemd_init(void) {
        g_assert_cmpuint(starts->len, ==, 0);
        n_starts = 0;
        known = true;
}

static void mirror_fixture(Fixture *f, bool runs) {
        systemd_init();
        unit_is(f->w, f->d, runs ? "active" : "inactive");
        if (runs) {
                world_start(f->w, f->d);
                deliver_all(f->w);
        }
        g_assert_cmpuint(n_starts, ==, 0);
}

/*
 * Beginnings
 */

static void test_what_runs_is_adopted_once(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        world_start(f->w, f->d);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);
        g_assert_cmpuint(find_start(f->d->uuid)->adopt, ==, f->d->id);

        /* All that follows is known already. */
        unit_is(f->w, f->d, "activating");
        world_suspend(f->w, f->d);
        deliver_all(f->w);
        unit_is(f->w, f->d, "active");
        start_ends(f->d, ERROR_NONE);
        world_resume(f->w, f->d);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);
}

static void test_one_that_ended_at_once_is_not(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        world_start(f->w, f->d);
        world_stop(f->w, f->d);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);

        /* Its start has been told, its end has not, and libvirt knows better. */
        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        world_stop(f->w, f->d);
        while (f->w->calls->len > 0)
                world_deliver(f->w, f->w->calls->pdata[0]);
        g_assert_cmpuint(n_starts, ==, 0);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);
}

static void test_another_run_is_adopted_after_the_first(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        world_start(f->w, f->d);
        deliver_all(f->w);
        world_stop(f->w, f->d);
        world_start(f->w, f->d);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);

        /* The first is gone: the unit's program starts nothing. */
        start_ends(f->d, ERROR_NONE);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 2);
        g_assert_cmpuint(find_start(f->d->uuid)->adopt, ==, f->d->id);
        unit_is(f->w, f->d, "active");
        start_ends(f->d, ERROR_NONE);
}

static void test_a_unit_that_is_not_off_is_left_alone(Fixture *f, const void *unused) {
        static const char *const states[] = { "", "activating", "active", "deactivating", "reloading" };

        systemd_init();
        for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
                unit_is(f->w, f->d, states[i]);
                world_start(f->w, f->d);
                deliver_all(f->w);
                world_stop(f->w, f->d);
                deliver_all(f->w);
        }
        g_assert_cmpuint(n_starts, ==, 0);
}

static void test_an_incoming_migration_waits(void) {
        Machine *machine = machine_new("6695eb01-f6a4-8304-79aa-97f2502e1000");
        const UnitFacts off = { .active = (char *) "inactive" }, failed = { .active = (char *) "failed" };
        MachineEvent event = { .id = 7,
                               .event = VIR_DOMAIN_EVENT_STARTED,
                               .detail = VIR_DOMAIN_EVENT_STARTED_MIGRATED };

        (void) machine_apply_unit(machine, "hatago-vm@x.service", &off);
        (void) machine_apply_event(machine, &event);
        g_assert_false(mirror_wants(machine));

        machine->reason = VIR_DOMAIN_PAUSED_STARTING_UP;
        g_assert_false(mirror_wants(machine));

        /* It goes on here; or it was paused where it came from, and stays so. */
        event.event = VIR_DOMAIN_EVENT_RESUMED;
        event.detail = VIR_DOMAIN_EVENT_RESUMED_MIGRATED;
        (void) machine_apply_event(machine, &event);
        g_assert_true(mirror_wants(machine));
        event.event = VIR_DOMAIN_EVENT_SUSPENDED;
        event.detail = VIR_DOMAIN_EVENT_SUSPENDED_PAUSED;
        (void) machine_apply_event(machine, &event);
        g_assert_true(mirror_wants(machine));

        (void) machine_apply_unit(machine, "hatago-vm@x.service", &failed);
        g_assert_true(mirror_wants(machine));
        machine_free(machine);
}

/*
 * Ends
 */

static void test_a_unit_that_ends_before_libvirt_tells(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ true);
        world_stop(f->w, f->d);
        unit_is(f->w, f->d, "inactive");
        g_assert_cmpuint(shown_id(f, f->d), !=, 0);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(n_starts, ==, 0);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);
}

static void test_libvirt_that_tells_before_the_unit_ends(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ true);
        world_stop(f->w, f->d);
        deliver_all(f->w);
        unit_is(f->w, f->d, "deactivating");
        unit_is(f->w, f->d, "inactive");
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);
}

/* A revert to a snapshot: the next run is there before the unit has seen the end of the one before. */
static void test_another_process_of_the_same_machine(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ true);
        world_stop(f->w, f->d);
        world_start(f->w, f->d);
        deliver_all(f->w);
        unit_is(f->w, f->d, "deactivating");
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);
        unit_is(f->w, f->d, "inactive");
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);
        g_assert_cmpuint(find_start(f->d->uuid)->adopt, ==, f->d->id);
        unit_is(f->w, f->d, "active");
        start_ends(f->d, ERROR_NONE);
}

static void test_a_machine_that_goes_while_it_is_adopted(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        world_start(f->w, f->d);
        deliver_all(f->w);
        world_undefine(f->w, f->d);
        world_stop(f->w, f->d);
        deliver_all(f->w);
        g_assert_null(world_machine(f->w, f->d));
        start_ends(f->d, ERROR_NONE);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);
}

/*
 * What is not known
 */

static void test_nothing_is_adopted_while_one_side_is_away(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        known = false;
        world_start(f->w, f->d);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);

        world_lose(f->w);
        world_deliver_mails(f->w);
        known = true;
        mirror_look_all(f->w->machines->mirror);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);

        world_open(f->w);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);
        unit_is(f->w, f->d, "active");
        start_ends(f->d, ERROR_NONE);
}

static void test_libvirt_goes_while_it_is_asked(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        world_lose(f->w);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 0);
        world_open(f->w);
        deliver_all(f->w);
        while (n_starts == 0 && f->w->timers->len > 0) {
                world_fire(f->w);
                deliver_all(f->w);
        }
        g_assert_cmpuint(n_starts, ==, 1);
        unit_is(f->w, f->d, "active");
        start_ends(f->d, ERROR_NONE);
}

/*
 * How often, and how many
 */

static void fire_all(World *w) {
        while (w->timers->len > 0) {
                world_fire(w);
                deliver_all(w);
        }
}

static void test_one_that_fails_is_tried_four_times(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        log_set_level(LOG_ERR); /* that it is given up is a warning */
        world_start(f->w, f->d);
        deliver_all(f->w);
        for (unsigned i = 1; i <= 4; i++) {
                g_assert_cmpuint(n_starts, ==, i);
                unit_is(f->w, f->d, "failed");
                start_ends(f->d, ERROR_FAILED);
                fire_all(f->w);
        }
        unit_is(f->w, f->d, "inactive");
        fire_all(f->w);
        g_assert_cmpuint(n_starts, ==, 4);

        world_stop(f->w, f->d);
        world_start(f->w, f->d);
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 5);
        start_ends(f->d, ERROR_UNIT_UNAVAILABLE);
        fire_all(f->w);
        g_assert_cmpuint(n_starts, ==, 5);
        log_set_level(LOG_INFO);
}

/* Read anew meanwhile, or somebody else was at it: that was no try. */
static void test_what_was_not_tried_does_not_count(Fixture *f, const void *unused) {
        mirror_fixture(f, /* runs= */ false);
        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        for (unsigned i = 0; i < 10; i++) {
                if (i % 2 == 0)
                        known = false;
                else
                        unit_is(f->w, f->d, "activating");
                deliver_all(f->w);
                g_assert_cmpuint(n_starts, ==, 0);
                known = true;
                unit_is(f->w, f->d, "inactive");
        }
        deliver_all(f->w);
        g_assert_cmpuint(n_starts, ==, 1);
        unit_is(f->w, f->d, "active");
        start_ends(f->d, ERROR_NONE);
}

static void test_eight_at_once_and_one_that_waits_holds_up_nobody(Fixture *f, const void *unused) {
        World *w = f->w;

        systemd_init();
        for (unsigned i = 0; i < 20; i++) {
                if (i > 0)
                        world_define(w, &w->domains[i]);
                deliver_all(w);
                unit_is(w, &w->domains[i], "inactive");
                world_start(w, &w->domains[i]);
        }
        deliver_all(w);
        g_assert_cmpuint(n_starts, ==, 8);

        for (unsigned i = 0; i < 4; i++) {
                unit_is(w, &w->domains[i], "active");
                start_ends(&w->domains[i], ERROR_NONE);
                deliver_all(w);
        }
        g_assert_cmpuint(n_starts, ==, 12);

        /* systemd has these eight wait. */
        fire_all(w);
        g_assert_cmpuint(n_starts, ==, 20);

        for (unsigned i = 4; i < 20; i++) {
                unit_is(w, &w->domains[i], "active");
                start_ends(&w->domains[i], ERROR_NONE);
        }
        deliver_all(w);
        g_assert_cmpuint(n_starts, ==, 20);
}

int main(int argc, char **argv) {
        g_setenv("HATAGO_UNITS", "1", /* overwrite= */ TRUE);
        g_test_init(&argc, &argv, NULL);
        starts = g_ptr_array_new();
        fixture_add("/mirror/what-runs-is-adopted-once", test_what_runs_is_adopted_once);
        fixture_add("/mirror/one-that-ended-at-once-is-not", test_one_that_ended_at_once_is_not);
        fixture_add("/mirror/another-run-is-adopted-after-the-first",
                    test_another_run_is_adopted_after_the_first);
        fixture_add("/mirror/a-unit-that-is-not-off-is-left-alone",
                    test_a_unit_that_is_not_off_is_left_alone);
        fixture_add("/mirror/a-unit-that-ends-before-libvirt-tells",
                    test_a_unit_that_ends_before_libvirt_tells);
        fixture_add("/mirror/libvirt-that-tells-before-the-unit-ends",
                    test_libvirt_that_tells_before_the_unit_ends);
        fixture_add("/mirror/another-process-of-the-same-machine", test_another_process_of_the_same_machine);
        fixture_add("/mirror/a-machine-that-goes-while-it-is-adopted",
                    test_a_machine_that_goes_while_it_is_adopted);
        fixture_add("/mirror/nothing-is-adopted-while-one-side-is-away",
                    test_nothing_is_adopted_while_one_side_is_away);
        fixture_add("/mirror/libvirt-goes-while-it-is-asked", test_libvirt_goes_while_it_is_asked);
        fixture_add("/mirror/one-that-fails-is-tried-four-times", test_one_that_fails_is_tried_four_times);
        fixture_add("/mirror/what-was-not-tried-does-not-count", test_what_was_not_tried_does_not_count);
        fixture_add("/mirror/eight-at-once-and-one-that-waits-holds-up-nobody",
                    test_eight_at_once_and_one_that_waits_holds_up_nobody);
        g_test_add_func("/mirror/an-incoming-migration-waits", test_an_incoming_migration_waits);
        return g_test_run();
}
