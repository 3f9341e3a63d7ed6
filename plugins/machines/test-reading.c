/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reading.h"

#include "common/log.h"
#include "test-sync-fixture.h"

/* Who waits for a reading. */
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

/* What the event is not about is no older than what is known. */
static void test_an_event_makes_void_only_what_it_is_about(Fixture *f, const void *unused) {
        WorldCall *first;

        world_start(f->w, f->d);
        f->d->vcpus = 77;
        world_deliver_mails(f->w);
        first = call_of(f, f->d);
        world_run(f->w, first);
        world_suspend(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, first);

        g_assert_cmpuint(world_machine(f->w, f->d)->vcpus, ==, 77);
        g_assert_cmpint(world_machine(f->w, f->d)->state, ==, VIR_DOMAIN_PAUSED);
        settle_to_truth(f);
}

/* What was asked before is asked again too: nobody took that answer. */
static void test_a_void_answer_is_read_again_with_all_it_was_to_bring(Fixture *f, const void *unused) {
        WorldCall *first;

        world_start(f->w, f->d);
        world_settle(f->w);
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_STATE | FACTS_PERSISTENT, NULL, NULL);
        first = call_of(f, f->d);
        world_run(f->w, first);
        world_undefine(f->w, f->d);
        world_suspend(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, first);

        g_assert_false(world_machine(f->w, f->d)->persistent);
        g_assert_cmpint(world_machine(f->w, f->d)->state, ==, VIR_DOMAIN_PAUSED);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmphex(f->w->last_want, ==, FACTS_STATE | FACTS_PERSISTENT);
        settle_to_truth(f);
}

/* A save ends with its machine off, which the event tells, and with a mark, which only the answer does. */
static void test_what_no_event_says_is_waited_for(Fixture *f, const void *unused) {
        Waiting waiting = { .f = f };
        WorldCall *call;

        world_start(f->w, f->d);
        world_settle(f->w);
        world_save(f->w, f->d);
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_STATE | FACTS_MANAGED_SAVE, on_read, &waiting);
        call = call_of(f, f->d);
        world_run(f->w, call);
        world_deliver_mails(f->w); /* the event comes after the question */
        world_deliver(f->w, call);
        g_assert_cmpuint(waiting.n_done, ==, 1);
        g_assert_true(world_machine(f->w, f->d)->managed_save);
        settle_to_truth(f);
}

/* That it has a new name libvirt tells by events without it. */
static void test_a_new_name_is_waited_for(Fixture *f, const void *unused) {
        Waiting waiting = { .f = f };
        WorldCall *call;

        world_define(f->w, f->d);
        world_settle(f->w);
        world_rename(f->w, f->d, "another");
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_ALL, on_read, &waiting);
        call = call_of(f, f->d);
        world_run(f->w, call);
        world_deliver_mails(f->w); /* the events come after the question */
        world_deliver(f->w, call);
        g_assert_cmpuint(waiting.n_done, ==, 1);
        g_assert_cmpstr(world_machine(f->w, f->d)->name, ==, "another");
        settle_to_truth(f);
}

/* An event of a run that is past takes nothing from the answer about the one that is. */
static void test_an_event_of_an_older_run_makes_nothing_void(Fixture *f, const void *unused) {
        Waiting waiting = { .f = f, .id = 2 };
        WorldCall *call;

        world_start(f->w, f->d);
        world_settle(f->w);
        world_stop(f->w, f->d);
        world_start(f->w, f->d);
        g_free(g_queue_pop_tail(&f->w->mails)); /* told late */
        sync_read(f->w->machines->sync, f->d->uuid, FACTS_STATE, NULL, NULL);
        world_deliver(f->w, call_of(f, f->d));
        g_assert_cmpuint(shown_id(f, f->d), ==, 2);

        read_and_wait(f, &waiting);
        call = call_of(f, f->d);
        world_run(f->w, call);
        world_deliver_mails(f->w);
        world_deliver(f->w, call);
        g_assert_cmpuint(waiting.n_done, ==, 1);
        settle_to_truth(f);
}

/* However many events come while it waits for a thread: it is not begun yet. */
static void test_what_comes_before_a_thread_has_begun_costs_no_other_reading(Fixture *f,
                                                                             const void *unused) {
        WorldCall *call;

        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        call = call_of(f, f->d);
        for (unsigned i = 0; i < 5; i++) {
                world_suspend(f->w, f->d);
                world_resume(f->w, f->d);
        }
        world_deliver_mails(f->w);
        world_deliver(f->w, call);
        g_assert_cmpuint(f->w->calls->len, ==, 0);
        settle_to_truth(f);
}

static void test_an_unknown_machines_event_reads_what_it_leaves_open(Fixture *f, const void *unused) {
        Domain *d = &f->w->domains[1];

        world_start(f->w, d);
        world_deliver_mails(f->w);
        g_assert_null(world_machine(f->w, d));
        world_deliver(f->w, call_of(f, d));
        g_assert_cmphex(f->w->last_want, ==, FACTS_STATE | FACTS_CONFIG);
        g_assert_cmpuint(f->w->calls->len, ==, 0);
        g_assert_false(world_machine(f->w, d)->persistent);
        settle_to_truth(f);

        /* ... and what events say counts, in their order. */
        d = &f->w->domains[2];
        world_define(f->w, d);
        world_start(f->w, d);
        world_deliver_mails(f->w);
        world_deliver(f->w, call_of(f, d));
        g_assert_true(world_machine(f->w, d)->persistent);
        g_assert_cmpuint(f->w->calls->len, ==, 0);
        settle_to_truth(f);
}

static void test_an_event_of_a_known_machine_reads_what_it_leaves_open(Fixture *f, const void *unused) {
        world_start(f->w, f->d);
        world_settle(f->w);
        g_assert_cmphex(f->w->last_want, ==, FACTS_CONFIG);
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
        g_assert_cmpuint(world_machine(f->w, f->d)->autostart_by, ==, 0);
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

static void test_waiters_are_called_once_when_the_model_shows_the_answer(Fixture *f, const void *unused) {
        Waiting first = { .id = 0 }, second = { .id = 2 };
        WorldCall *call;

        read_and_wait(f, &first);
        call = call_of(f, f->d);
        world_run(f->w, call);
        start_unheard(f);
        f->d->id = f->w->last_id = 2;
        read_and_wait(f, &second); /* it must not be content with the answer of before */
        g_assert_cmpuint(first.n_done + second.n_done, ==, 0);

        world_deliver(f->w, call);
        g_assert_cmpuint(first.n_done, ==, 1);
        g_assert_cmpuint(second.n_done, ==, 0);
        world_settle(f->w);
        g_assert_cmpuint(first.n_done, ==, 1);
        g_assert_cmpuint(second.n_done, ==, 1);
        settle_to_truth(f);
}

/* What the answer lacks, the event brought. */
static void test_waiters_wait_for_one_answer_whatever_else_happens(Fixture *f, const void *unused) {
        Waiting waiting = { .id = 1 };
        WorldCall *call;

        read_and_wait(f, &waiting);
        call = call_of(f, f->d);
        world_run(f->w, call);
        world_start(f->w, f->d);
        world_deliver_mails(f->w);
        world_deliver(f->w, call);
        g_assert_cmpuint(waiting.n_done, ==, 1);
        settle_to_truth(f);
}

/* Not of a machine that has not been shown yet: a definition waits for it. */
static void test_waiters_for_a_new_machine_wait_until_it_is_shown(Fixture *f, const void *unused) {
        Domain *d = &f->w->domains[1];
        Waiting waiting = { .f = f };
        WorldCall *call;

        world_define(f->w, d);
        sync_read(f->w->machines->sync, d->uuid, FACTS_ALL, on_read, &waiting);
        call = call_of(f, d);
        world_run(f->w, call);
        world_start(f->w, d);
        world_deliver_mails(f->w);
        world_deliver(f->w, call);
        g_assert_null(world_machine(f->w, d));
        g_assert_cmpuint(waiting.n_done, ==, 0);
        settle_to_truth(f);
        g_assert_cmpuint(waiting.n_done, ==, 1);
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

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        log_set_level(LOG_ERR); /* failures are wanted here */

        fixture_add("/reading/an-event-during-a-reading-makes-its-answer-void",
                    test_an_event_during_a_reading_makes_its_answer_void);
        fixture_add("/reading/a-void-answer-is-read-again-with-all-it-was-to-bring",
                    test_a_void_answer_is_read_again_with_all_it_was_to_bring);
        fixture_add("/reading/what-no-event-says-is-waited-for", test_what_no_event_says_is_waited_for);
        fixture_add("/reading/a-new-name-is-waited-for", test_a_new_name_is_waited_for);
        fixture_add("/reading/an-event-of-an-older-run-makes-nothing-void",
                    test_an_event_of_an_older_run_makes_nothing_void);
        fixture_add("/reading/an-event-makes-void-only-what-it-is-about",
                    test_an_event_makes_void_only_what_it_is_about);
        fixture_add("/reading/what-comes-before-a-thread-has-begun-costs-no-other-reading",
                    test_what_comes_before_a_thread_has_begun_costs_no_other_reading);
        fixture_add("/reading/an-unknown-machines-event-reads-what-it-leaves-open",
                    test_an_unknown_machines_event_reads_what_it_leaves_open);
        fixture_add("/reading/an-event-of-a-known-machine-reads-what-it-leaves-open",
                    test_an_event_of_a_known_machine_reads_what_it_leaves_open);
        fixture_add("/reading/a-definition-takes-autostart-with-it",
                    test_a_definition_takes_autostart_with_it);
        fixture_add("/reading/a-transient-machine-that-stopped-is-never-shown-as-off",
                    test_a_transient_machine_that_stopped_is_never_shown_as_off);
        fixture_add("/reading/waiters-are-called-once-when-the-model-shows-the-answer",
                    test_waiters_are_called_once_when_the_model_shows_the_answer);
        fixture_add("/reading/waiters-wait-for-one-answer-whatever-else-happens",
                    test_waiters_wait_for_one_answer_whatever_else_happens);
        fixture_add("/reading/waiters-for-a-new-machine-wait-until-it-is-shown",
                    test_waiters_for_a_new_machine_wait_until_it_is_shown);
        fixture_add("/reading/a-waiter-may-read-again", test_a_waiter_may_read_again);
        fixture_add("/reading/waiters-are-called-when-a-reading-fails",
                    test_waiters_are_called_when_a_reading_fails);
        fixture_add("/reading/a-reading-asked-of-a-replaced-connection-is-asked-anew",
                    test_a_reading_asked_of_a_replaced_connection_is_asked_anew);
        fixture_add("/reading/a-reading-asked-of-a-replaced-connection-does-not-end-early",
                    test_a_reading_asked_of_a_replaced_connection_does_not_end_early);
        fixture_add("/reading/a-reading-while-disconnected-ends", test_a_reading_while_disconnected_ends);
        fixture_add("/reading/an-answer-of-a-replaced-connection-overwrites-nothing",
                    test_an_answer_of_a_replaced_connection_overwrites_nothing);
        return g_test_run();
}
