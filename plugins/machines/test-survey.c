/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "survey.h"

#include "common/log.h"
#include "test-sync-fixture.h"

/*
 * All domains
 */

/* A reading of all that ran now; its answer is yet to be delivered. */
static WorldCall *read_all_now(Fixture *f) {
        WorldCall *call;

        reconnect(f);
        call = call_of(f, NULL);
        world_run(f->w, call);
        return call;
}

static void test_a_touched_machine_is_not_overwritten_by_a_reading_of_all(Fixture *f, const void *unused) {
        WorldCall *all = read_all_now(f);

        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, all);
        g_assert_cmpuint(shown_id(f, f->d), ==, 1);
        settle_to_truth(f);

        /* Nor is what its own reading brought. */
        all = read_all_now(f);
        world_suspend(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmphex(f->w->last_want, ==, FACTS_ALL);
        world_deliver(f->w, all);
        g_assert_cmpint(world_machine(f->w, f->d)->state, ==, VIR_DOMAIN_PAUSED);
        settle_to_truth(f);
}

static void test_a_touched_machine_is_not_removed_by_a_reading_of_all(Fixture *f, const void *unused) {
        Domain *d = &f->w->domains[1];
        WorldCall *all = read_all_now(f);

        world_define(f->w, d);
        world_deliver_mails(f->w);
        world_deliver(f->w, call_of(f, d));
        g_assert_nonnull(world_machine(f->w, d));
        world_deliver(f->w, all); /* does not know it */
        g_assert_nonnull(world_machine(f->w, d));
        settle_to_truth(f);
}

static void test_a_touched_machine_that_has_gone_is_not_added_again(Fixture *f, const void *unused) {
        WorldCall *all = read_all_now(f);

        world_undefine(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_null(world_machine(f->w, f->d));
        world_deliver(f->w, all); /* knows it still */
        g_assert_null(world_machine(f->w, f->d));
        settle_to_truth(f);
}

/* A reading that was under way when the reading of all began is as old as that or older, or it is newer and
 * its event is still to come: it is made anew, and counts. */
static void test_a_reading_under_way_outlasts_a_reading_of_all(Fixture *f, const void *unused) {
        WorldCall *all;

        sync_read(f->w->machines->sync, f->d->uuid, FACTS_STATE, NULL, NULL);
        all = read_all_now(f);
        world_undefine(f->w, f->d); /* its event is late */
        while (world_find_call(f->w, f->d))
                world_deliver(f->w, call_of(f, f->d));
        g_assert_null(world_machine(f->w, f->d));
        world_deliver(f->w, all);
        g_assert_null(world_machine(f->w, f->d));
        settle_to_truth(f);
}

static void test_a_touched_machine_is_not_overwritten_by_its_xml(Fixture *f, const void *unused) {
        WorldCall *configs;

        world_deliver(f->w, read_all_now(f));
        configs = call_of(f, NULL);
        world_run(f->w, configs);
        world_define(f->w, f->d); /* another definition */
        world_deliver_mails(f->w);
        world_deliver(f->w, call_of(f, f->d));
        world_deliver(f->w, configs);
        g_assert_cmpuint(world_machine(f->w, f->d)->vcpus, ==, f->d->vcpus);
        settle_to_truth(f);
}

static void test_what_was_untouched_is_taken_from_a_reading_of_all(Fixture *f, const void *unused) {
        world_lose(f->w);
        world_undefine(f->w, f->d);
        for (unsigned i = 1; i < WORLD_DOMAINS; i++)
                world_start(f->w, &f->w->domains[i]);
        connect_and_read(f->w);
}

static void test_a_reconnect_with_requests_under_way_leads_to_a_fresh_reading(Fixture *f,
                                                                              const void *unused) {
        WorldCall *old = read_all_now(f);
        unsigned n = f->w->n_read_all;

        world_lose(f->w);
        world_start(f->w, f->d);
        world_open(f->w);
        world_deliver_mails(f->w);
        world_deliver(f->w, old);
        g_assert_false(is_synced(f));
        settle_to_truth(f);
        g_assert_cmpuint(f->w->n_read_all, ==, n + 1);
}

/* Lost and found twice: still one fresh reading. */
static void test_a_connection_is_read_once(Fixture *f, const void *unused) {
        unsigned n = f->w->n_read_all;

        reconnect(f);
        reconnect(f); /* the request is of the first still */
        world_lose(f->w);
        world_deliver_mails(f->w);
        world_settle(f->w);
        connect_and_read(f->w);
        g_assert_cmpuint(f->w->n_read_all, ==, n + 1);
}

static void test_synced_is_false_until_all_xml_was_read(Fixture *f, const void *unused) {
        unsigned n = f->w->n_synced_changed;

        for (unsigned i = 1; i < WORLD_DOMAINS; i++)
                world_define(f->w, &f->w->domains[i]);
        world_settle(f->w);
        g_assert_true(is_synced(f));

        world_lose(f->w);
        world_deliver_mails(f->w);
        g_assert_false(is_synced(f));
        g_assert_cmpuint(f->w->n_synced_changed, ==, n + 1);

        world_open(f->w);
        world_deliver_mails(f->w);
        g_assert_false(is_synced(f));
        world_deliver(f->w, call_of(f, NULL));
        g_assert_cmpuint(f->w->calls->len, ==, 2); /* 40 domains, 32 a portion */
        world_deliver(f->w, f->w->calls->pdata[1]);
        g_assert_false(is_synced(f));
        world_deliver(f->w, call_of(f, NULL));
        g_assert_true(is_synced(f));
        g_assert_cmpuint(f->w->n_synced_changed, ==, n + 2);
        settle_to_truth(f);
}

static void test_a_failed_reading_of_all_is_retried(Fixture *f, const void *unused) {
        f->w->fail_all = true;
        reconnect(f);
        start_unheard(f);
        world_deliver(f->w, call_of(f, NULL));
        g_assert_false(is_synced(f));
        g_assert_cmpuint(f->w->calls->len, ==, 0);

        world_fire(f->w);
        world_deliver(f->w, call_of(f, NULL));
        g_assert_false(is_synced(f));

        f->w->fail_all = false;
        settle_to_truth(f);
        g_assert_cmpuint(f->w->timers->len, ==, 0);
}

/* The old connection's failure came before the news of its end. */
static void test_a_new_connection_makes_a_retry_needless(Fixture *f, const void *unused) {
        unsigned n = f->w->n_read_all;

        reconnect(f);
        world_lose(f->w);
        world_deliver(f->w, call_of(f, NULL));
        g_assert_cmpuint(f->w->timers->len, ==, 1);
        world_open(f->w);
        world_deliver_mails(f->w);
        g_assert_cmpuint(f->w->timers->len, ==, 0);
        settle_to_truth(f);
        g_assert_cmpuint(f->w->n_read_all, ==, n + 1);
}

static void test_a_reading_of_all_that_found_no_place_is_retried(Fixture *f, const void *unused) {
        f->w->full = true;
        reconnect(f);
        g_assert_false(is_synced(f));
        f->w->full = false;
        world_fire(f->w);

        world_run(f->w, call_of(f, NULL));
        f->w->full = true; /* its XML portions find none */
        world_deliver(f->w, call_of(f, NULL));
        g_assert_false(is_synced(f));
        f->w->full = false;
        settle_to_truth(f);
}

static void test_a_machine_whose_xml_fails_keeps_no_other_from_being_synced(Fixture *f, const void *unused) {
        Domain *d = &f->w->domains[1], *last = &f->w->domains[2];

        world_lose(f->w);
        d->unreadable = true;
        world_define(f->w, d);
        world_define(f->w, last);
        world_open(f->w);
        world_settle(f->w);
        g_assert_true(is_synced(f));
        g_assert_nonnull(world_machine(f->w, d));
        g_assert_cmpuint(world_machine(f->w, last)->vcpus, ==, last->vcpus);
}

static void test_nothing_is_told_when_a_resync_finds_nothing_changed(Fixture *f, const void *unused) {
        unsigned n;

        world_start(f->w, &f->w->domains[1]);
        world_settle(f->w);
        n = f->w->n_signals;
        reconnect(f);
        settle_to_truth(f);
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_ALL, NULL, NULL);
        settle_to_truth(f);
        g_assert_cmpuint(f->w->n_signals, ==, n);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        log_set_level(LOG_ERR); /* failures are wanted here */

        fixture_add("/survey/a-touched-machine-is-not-overwritten-by-a-reading-of-all",
                    test_a_touched_machine_is_not_overwritten_by_a_reading_of_all);
        fixture_add("/survey/a-touched-machine-is-not-removed-by-a-reading-of-all",
                    test_a_touched_machine_is_not_removed_by_a_reading_of_all);
        fixture_add("/survey/a-touched-machine-that-has-gone-is-not-added-again",
                    test_a_touched_machine_that_has_gone_is_not_added_again);
        fixture_add("/survey/a-reading-under-way-outlasts-a-reading-of-all",
                    test_a_reading_under_way_outlasts_a_reading_of_all);
        fixture_add("/survey/a-touched-machine-is-not-overwritten-by-its-xml",
                    test_a_touched_machine_is_not_overwritten_by_its_xml);
        fixture_add("/survey/what-was-untouched-is-taken-from-a-reading-of-all",
                    test_what_was_untouched_is_taken_from_a_reading_of_all);
        fixture_add("/survey/a-reconnect-with-requests-under-way-leads-to-a-fresh-reading",
                    test_a_reconnect_with_requests_under_way_leads_to_a_fresh_reading);
        fixture_add("/survey/a-connection-is-read-once", test_a_connection_is_read_once);
        fixture_add("/survey/synced-is-false-until-all-xml-was-read",
                    test_synced_is_false_until_all_xml_was_read);
        fixture_add("/survey/a-failed-reading-of-all-is-retried", test_a_failed_reading_of_all_is_retried);
        fixture_add("/survey/a-new-connection-makes-a-retry-needless",
                    test_a_new_connection_makes_a_retry_needless);
        fixture_add("/survey/a-reading-of-all-that-found-no-place-is-retried",
                    test_a_reading_of_all_that_found_no_place_is_retried);
        fixture_add("/survey/a-machine-whose-xml-fails-keeps-no-other-from-being-synced",
                    test_a_machine_whose_xml_fails_keeps_no_other_from_being_synced);
        fixture_add("/survey/nothing-is-told-when-a-resync-finds-nothing-changed",
                    test_nothing_is_told_when_a_resync_finds_nothing_changed);
        return g_test_run();
}
