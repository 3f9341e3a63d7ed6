/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

#include "common/log.h"
#include "test-sync-fixture.h"

/*
 * What has no event
 */

static void test_a_save_is_asked_for_when_a_machine_was_saved(Fixture *f, const void *unused) {
        world_start(f->w, f->d);
        world_settle(f->w);
        world_save(f->w, f->d);
        world_settle(f->w);
        g_assert_cmphex(f->w->last_want, ==, FACTS_MANAGED_SAVE | FACTS_CONFIG);
        g_assert_true(world_machine(f->w, f->d)->managed_save);
        settle_to_truth(f);

        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        g_assert_false(world_machine(f->w, f->d)->managed_save);
        settle_to_truth(f);
}

/* libvirt tells of a device, and stores its configuration after that. */
static void test_a_device_is_read_once_more(Fixture *f, const void *unused) {
        sync_on_device_event(f->w->machines->sync, f->d->uuid);
        sync_on_device_event(f->w->machines->sync, f->d->uuid);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(f->w->calls->len, ==, 0);

        f->d->vcpus = 77;
        g_assert_cmpuint(f->w->timers->len, ==, 1);
        world_fire(f->w);
        settle_to_truth(f);
        g_assert_cmpuint(world_machine(f->w, f->d)->vcpus, ==, 77);
        g_assert_cmpuint(f->w->timers->len, ==, 0);
}

static void test_nothing_is_asked_while_nobody_has_subscribed(Fixture *f, const void *unused) {
        f->d->autostart = true;
        g_assert_cmpuint(f->w->timers->len, ==, 0);
        g_assert_cmpuint(f->w->calls->len, ==, 0);

        sync_set_subscribed(f->w->machines->sync, true);
        sync_set_subscribed(f->w->machines->sync, false);
        settle_to_truth(f);
        g_assert_cmpuint(f->w->n_read_marks, ==, 1);
        g_assert_cmpuint(f->w->timers->len, ==, 0);
}

static void test_marks_and_xml_are_reconciled_at_once_and_again(Fixture *f, const void *unused) {
        f->d->autostart = true;
        sync_set_subscribed(f->w->machines->sync, true);
        world_settle(f->w);
        g_assert_cmpuint(world_machine(f->w, f->d)->autostart_by, ==, 1 << AUTOSTART_LIBVIRT);

        f->d->managed_save = true;
        f->d->vcpus = 77;
        world_fire(f->w);
        world_settle(f->w);
        world_assert_true(f->w);
}

/* 16 a turn: 40 machines take three, whatever their order. */
static void test_all_xml_has_its_turn(Fixture *f, const void *unused) {
        for (unsigned i = 1; i < WORLD_DOMAINS; i++)
                world_define(f->w, &f->w->domains[i]);
        world_settle(f->w);

        sync_set_subscribed(f->w->machines->sync, true);
        while (f->w->calls->len > 0)
                world_deliver(f->w, f->w->calls->pdata[0]);
        for (unsigned i = 0; i < WORLD_DOMAINS; i++)
                f->w->domains[i].vcpus = 1000 + i;
        for (unsigned turn = 0; turn < 3; turn++) {
                world_fire(f->w);
                while (f->w->calls->len > 0)
                        world_deliver(f->w, f->w->calls->pdata[0]);
        }
        world_assert_true(f->w);
}

static void test_a_touched_machine_is_not_overwritten_by_its_marks(Fixture *f, const void *unused) {
        WorldCall *marks;

        f->d->autostart = true;
        sync_set_subscribed(f->w->machines->sync, true);
        marks = call_of(f, NULL);
        world_run(f->w, marks);
        world_undefine(f->w, f->d);
        world_define(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, marks);
        g_assert_cmpuint(world_machine(f->w, f->d)->autostart_by, ==, 0);
        settle_to_truth(f);
}

/* The answer of a verb is newer than marks that were asked for before. */
static void test_a_verbs_reading_is_not_overwritten_by_older_marks(Fixture *f, const void *unused) {
        WorldCall *marks;

        sync_set_subscribed(f->w->machines->sync, true);
        marks = call_of(f, NULL);
        world_run(f->w, marks);
        f->d->autostart = true;
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_AUTOSTART, NULL, NULL);
        world_deliver(f->w, call_of(f, f->d));
        world_deliver(f->w, marks);
        g_assert_cmpuint(world_machine(f->w, f->d)->autostart_by, ==, 1 << AUTOSTART_LIBVIRT);
        settle_to_truth(f);
}

static void test_a_lost_connection_ends_reconciling(Fixture *f, const void *unused) {
        sync_set_subscribed(f->w->machines->sync, true);
        g_assert_cmpuint(f->w->timers->len, ==, 1);
        world_lose(f->w);
        world_deliver_mails(f->w);
        g_assert_cmpuint(f->w->timers->len, ==, 0);

        /* ... and a new one reads all, though the answers of the old are still to come. */
        world_start(f->w, f->d);
        connect_and_read(f->w);
        g_assert_cmpuint(f->w->timers->len, ==, 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        log_set_level(LOG_ERR); /* failures are wanted here */

        fixture_add("/sync/a-save-is-asked-for-when-a-machine-was-saved",
                    test_a_save_is_asked_for_when_a_machine_was_saved);
        fixture_add("/sync/a-device-is-read-once-more", test_a_device_is_read_once_more);
        fixture_add("/sync/nothing-is-asked-while-nobody-has-subscribed",
                    test_nothing_is_asked_while_nobody_has_subscribed);
        fixture_add("/sync/marks-and-xml-are-reconciled-at-once-and-again",
                    test_marks_and_xml_are_reconciled_at_once_and_again);
        fixture_add("/sync/all-xml-has-its-turn", test_all_xml_has_its_turn);
        fixture_add("/sync/a-touched-machine-is-not-overwritten-by-its-marks",
                    test_a_touched_machine_is_not_overwritten_by_its_marks);
        fixture_add("/sync/a-verbs-reading-is-not-overwritten-by-older-marks",
                    test_a_verbs_reading_is_not_overwritten_by_older_marks);
        fixture_add("/sync/a-lost-connection-ends-reconciling", test_a_lost_connection_ends_reconciling);
        return g_test_run();
}
