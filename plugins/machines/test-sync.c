/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

#include "common/log.h"
#include "test-sync-world.h"

typedef struct Fixture {
        World *w;
        Domain *d; /* the one that most tests are about */
} Fixture;

static void connect_and_read(World *w) {
        world_open(w);
        world_settle(w);
        g_assert_true(sync_is_synced(w->machines->sync));
        world_assert_true(w);
}

/* A connection, and one domain that is defined and off. */
static void fixture_init(Fixture *f, const void *unused) {
        f->w = world_new();
        f->d = &f->w->domains[0];
        world_define(f->w, f->d);
        connect_and_read(f->w);
}

static void fixture_done(Fixture *f, const void *unused) {
        world_free(f->w);
}

static bool is_synced(Fixture *f) {
        return sync_is_synced(f->w->machines->sync);
}

static unsigned shown_id(Fixture *f, const Domain *d) {
        const Machine *machine = world_machine(f->w, d);

        g_assert_nonnull(machine);
        return machine->id;
}

static WorldCall *call_of(Fixture *f, const Domain *d) {
        WorldCall *call = world_find_call(f->w, d);

        g_assert_nonnull(call);
        return call;
}

static void reconnect(Fixture *f) {
        world_lose(f->w);
        world_open(f->w);
        world_deliver_mails(f->w);
}

static void settle_to_truth(Fixture *f) {
        world_settle(f->w);
        world_assert_true(f->w);
        g_assert_true(is_synced(f));
}

/*
 * One domain
 */

static void test_an_event_during_a_reading_makes_its_answer_void(Fixture *f, const void *unused) {
        WorldCall *first;

        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        first = call_of(f, f->d);
        world_run(f->w, first); /* it saw run 1 */

        world_stop(f->w, f->d);
        world_deliver_mails(f->w);
        g_assert_cmpuint(f->w->calls->len, ==, 1); /* one reading at a time */
        world_deliver(f->w, first);
        g_assert_cmpuint(shown_id(f, f->d), ==, 0);

        g_assert_cmpuint(f->w->calls->len, ==, 1); /* it is read again */
        settle_to_truth(f);
}

/* What was asked before is asked again too: nobody took that answer. */
static void test_a_void_answer_is_read_again_with_all_it_was_to_bring(Fixture *f, const void *unused) {
        WorldCall *first;

        world_start(f->w, f->d);
        f->d->vcpus = 77;
        world_deliver_mails(f->w);
        first = call_of(f, f->d);
        world_suspend(f->w, f->d); /* wants the state alone */
        world_deliver_mails(f->w);
        world_deliver(f->w, first);

        g_assert_cmpuint(world_machine(f->w, f->d)->vcpus, !=, 77);
        settle_to_truth(f);
}

static void test_an_unknown_machines_event_reads_everything(Fixture *f, const void *unused) {
        Domain *d = &f->w->domains[1];

        world_start(f->w, d);
        world_deliver_mails(f->w);
        g_assert_null(world_machine(f->w, d));
        world_deliver(f->w, call_of(f, d));
        g_assert_cmphex(f->w->last_want, ==, FACTS_ALL);
        settle_to_truth(f);
}

static void test_an_event_of_a_known_machine_reads_what_it_leaves_open(Fixture *f, const void *unused) {
        world_start(f->w, f->d);
        world_settle(f->w);
        world_suspend(f->w, f->d);
        world_settle(f->w);
        g_assert_cmphex(f->w->last_want, ==, FACTS_STATE);
        world_set_memory(f->w, f->d, 4711);
        world_settle(f->w);
        g_assert_cmphex(f->w->last_want, ==, FACTS_CONFIG);
        settle_to_truth(f);
}

/* libvirt drops the mark with the definition, and has no event for it. */
static void test_a_definition_takes_autostart_with_it(Fixture *f, const void *unused) {
        f->d->autostart = true;
        reconnect(f);
        settle_to_truth(f);

        world_start(f->w, f->d);
        world_undefine(f->w, f->d);
        settle_to_truth(f);
        g_assert_false(world_machine(f->w, f->d)->autostart);
}

static void test_a_transient_machine_that_stopped_is_never_shown_as_off(Fixture *f, const void *unused) {
        Domain *d = &f->w->domains[1];

        world_start(f->w, d);
        world_settle(f->w);
        world_stop(f->w, d);
        world_deliver_mails(f->w);
        g_assert_cmpuint(shown_id(f, d), ==, d->id + f->w->last_id);
        g_assert_cmpint(world_machine(f->w, d)->state, ==, VIR_DOMAIN_RUNNING);

        world_deliver(f->w, call_of(f, d));
        g_assert_null(world_machine(f->w, d));
        settle_to_truth(f);
}

/*
 * Who waits for a reading
 */

typedef struct Waiting {
        Fixture *f;
        unsigned id; /* that the model must show when it is over */
        unsigned n_done;
        bool again; /* asks once more from within */
} Waiting;

static void on_read(void *data) {
        Waiting *waiting = data;

        waiting->n_done++;
        g_assert_cmpuint(shown_id(waiting->f, waiting->f->d), ==, waiting->id);
        if (waiting->again) {
                waiting->again = false;
                sync_read(waiting->f->w->machines->sync, waiting->f->d->uuid, FACTS_STATE, on_read, waiting);
        }
}

static void read_and_wait(Fixture *f, Waiting *waiting) {
        waiting->f = f;
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_STATE, on_read, waiting);
}

/* Starts it where no event tells of it. */
static void start_unheard(Fixture *f) {
        world_start(f->w, f->d);
        g_free(g_queue_pop_tail(&f->w->mails));
}

static void test_waiters_are_called_once_when_the_model_shows_the_answer(Fixture *f, const void *unused) {
        Waiting first = { .id = 2 }, second = { .id = 2 };
        WorldCall *call;

        read_and_wait(f, &first);
        call = call_of(f, f->d);
        world_run(f->w, call);
        start_unheard(f);
        f->d->id = f->w->last_id = 2;
        read_and_wait(f, &second); /* it must not be content with the answer of before */
        g_assert_cmpuint(first.n_done + second.n_done, ==, 0);

        world_deliver(f->w, call);
        g_assert_cmpuint(first.n_done + second.n_done, ==, 0);
        world_settle(f->w);
        g_assert_cmpuint(first.n_done, ==, 1);
        g_assert_cmpuint(second.n_done, ==, 1);
        settle_to_truth(f);
}

static void test_a_waiter_may_read_again(Fixture *f, const void *unused) {
        Waiting waiting = { .again = true };

        read_and_wait(f, &waiting);
        world_settle(f->w);
        g_assert_cmpuint(waiting.n_done, ==, 2);
}

static void test_waiters_are_called_when_a_reading_fails(Fixture *f, const void *unused) {
        Waiting waiting = { 0 };

        f->d->unreadable = true;
        waiting.f = f;
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_CONFIG, on_read, &waiting);
        world_settle(f->w);
        g_assert_cmpuint(waiting.n_done, ==, 1);

        f->w->full = true;
        read_and_wait(f, &waiting);
        g_assert_cmpuint(waiting.n_done, ==, 2);
}

/* The agent knows of the new connection already when the answer of the old one comes. */
static void test_a_reading_asked_of_a_replaced_connection_is_asked_anew(Fixture *f, const void *unused) {
        Waiting waiting = { .id = 1 };

        read_and_wait(f, &waiting);
        start_unheard(f);
        reconnect(f);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(waiting.n_done, ==, 0);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(waiting.n_done, ==, 1);
        settle_to_truth(f);
}

/* ... though all is not read of the new one yet: the old one's requests are under way still. */
static void test_a_reading_asked_of_a_replaced_connection_does_not_end_early(Fixture *f,
                                                                             const void *unused) {
        Waiting waiting = { .id = 1 };

        reconnect(f);
        read_and_wait(f, &waiting);
        start_unheard(f);
        reconnect(f);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(waiting.n_done, ==, 0);
        settle_to_truth(f);
        g_assert_cmpuint(waiting.n_done, ==, 1);
}

static void test_a_reading_while_disconnected_ends(Fixture *f, const void *unused) {
        Waiting waiting = { 0 };

        world_lose(f->w);
        world_deliver_mails(f->w);
        read_and_wait(f, &waiting);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(waiting.n_done, ==, 1);
        g_assert_cmpuint(f->w->calls->len, ==, 0);
        connect_and_read(f->w);
}

/* A thread that closes the old connection delivers what it read there late: after all was read anew. No
 * event tells what happened in between. */
static void test_an_answer_of_a_replaced_connection_overwrites_nothing(Fixture *f, const void *unused) {
        Waiting waiting = { .id = 1 };
        WorldCall *late;

        read_and_wait(f, &waiting);
        late = call_of(f, f->d);
        world_run(f->w, late);
        world_lose(f->w);
        world_start(f->w, f->d);
        world_open(f->w);
        world_deliver_mails(f->w);
        while (world_find_call(f->w, NULL))
                world_deliver(f->w, call_of(f, NULL));

        world_deliver(f->w, late);
        settle_to_truth(f);
        g_assert_cmpuint(waiting.n_done, ==, 1);
}

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

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_autofree char *path = g_strconcat("/sync/", name, NULL);
        g_test_add(path, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        log_set_level(LOG_ERR); /* failures are wanted here */

        add("an-event-during-a-reading-makes-its-answer-void",
            test_an_event_during_a_reading_makes_its_answer_void);
        add("a-void-answer-is-read-again-with-all-it-was-to-bring",
            test_a_void_answer_is_read_again_with_all_it_was_to_bring);
        add("an-unknown-machines-event-reads-everything", test_an_unknown_machines_event_reads_everything);
        add("an-event-of-a-known-machine-reads-what-it-leaves-open",
            test_an_event_of_a_known_machine_reads_what_it_leaves_open);
        add("a-definition-takes-autostart-with-it", test_a_definition_takes_autostart_with_it);
        add("a-transient-machine-that-stopped-is-never-shown-as-off",
            test_a_transient_machine_that_stopped_is_never_shown_as_off);
        add("waiters-are-called-once-when-the-model-shows-the-answer",
            test_waiters_are_called_once_when_the_model_shows_the_answer);
        add("a-waiter-may-read-again", test_a_waiter_may_read_again);
        add("waiters-are-called-when-a-reading-fails", test_waiters_are_called_when_a_reading_fails);
        add("a-reading-asked-of-a-replaced-connection-is-asked-anew",
            test_a_reading_asked_of_a_replaced_connection_is_asked_anew);
        add("a-reading-asked-of-a-replaced-connection-does-not-end-early",
            test_a_reading_asked_of_a_replaced_connection_does_not_end_early);
        add("a-reading-while-disconnected-ends", test_a_reading_while_disconnected_ends);
        add("an-answer-of-a-replaced-connection-overwrites-nothing",
            test_an_answer_of_a_replaced_connection_overwrites_nothing);
        add("a-touched-machine-is-not-overwritten-by-a-reading-of-all",
            test_a_touched_machine_is_not_overwritten_by_a_reading_of_all);
        add("a-touched-machine-is-not-removed-by-a-reading-of-all",
            test_a_touched_machine_is_not_removed_by_a_reading_of_all);
        add("a-touched-machine-that-has-gone-is-not-added-again",
            test_a_touched_machine_that_has_gone_is_not_added_again);
        add("a-reading-under-way-outlasts-a-reading-of-all",
            test_a_reading_under_way_outlasts_a_reading_of_all);
        add("a-touched-machine-is-not-overwritten-by-its-xml",
            test_a_touched_machine_is_not_overwritten_by_its_xml);
        add("what-was-untouched-is-taken-from-a-reading-of-all",
            test_what_was_untouched_is_taken_from_a_reading_of_all);
        add("a-reconnect-with-requests-under-way-leads-to-a-fresh-reading",
            test_a_reconnect_with_requests_under_way_leads_to_a_fresh_reading);
        add("a-connection-is-read-once", test_a_connection_is_read_once);
        add("synced-is-false-until-all-xml-was-read", test_synced_is_false_until_all_xml_was_read);
        add("a-failed-reading-of-all-is-retried", test_a_failed_reading_of_all_is_retried);
        add("a-new-connection-makes-a-retry-needless", test_a_new_connection_makes_a_retry_needless);
        add("a-reading-of-all-that-found-no-place-is-retried",
            test_a_reading_of_all_that_found_no_place_is_retried);
        add("a-machine-whose-xml-fails-keeps-no-other-from-being-synced",
            test_a_machine_whose_xml_fails_keeps_no_other_from_being_synced);
        add("nothing-is-told-when-a-resync-finds-nothing-changed",
            test_nothing_is_told_when_a_resync_finds_nothing_changed);
        return g_test_run();
}
