/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include <errno.h>
#include <pthread.h>

#include "common/cleanup.h"

enum { LANE_NARROW, LANE_WIDE, N_LANES };

static const unsigned limits[N_LANES] = { [LANE_NARROW] = 1, [LANE_WIDE] = 3 };

/* Pieces stop in their run() until the gate opens. */
static struct {
        GMutex lock;
        GCond changed;
        bool open;
        unsigned running[N_LANES], most[N_LANES];
        GPtrArray *order; /* of Piece, as they began to run */
} gate;

typedef struct Piece {
        unsigned lane;
        const char *key;
        bool holds; /* waits for the gate */
        uint64_t id;
        unsigned n_run, n_began, n_done, n_canceled; /* n_run by a thread, under the gate's lock */
        pthread_t runner;
} Piece;

typedef struct Fixture {
        sd_event *event;
        Mailbox *mailbox;
        WorkerPool *pool;
} Fixture;

static void fixture_init(Fixture *f, const void *unused) {
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(mailbox_new(f->event, &f->mailbox), >=, 0);
        f->pool = worker_pool_new(f->mailbox, limits, N_LANES);

        gate.open = false;
        gate.order = g_ptr_array_new();
        for (unsigned i = 0; i < N_LANES; i++)
                gate.running[i] = gate.most[i] = 0;
}

static void gate_set(bool open) {
        g_mutex_lock(&gate.lock);
        gate.open = open;
        g_cond_broadcast(&gate.changed);
        g_mutex_unlock(&gate.lock);
}

/* Ends all that is under way: each test does so before its pieces go out of scope. */
static void drain(Fixture *f) {
        gate_set(true);
        g_assert_cmpint(worker_pool_stop(f->pool, 5 * G_TIME_SPAN_SECOND), ==, 0);
        mailbox_deliver(f->mailbox);
        f->pool = worker_pool_free(f->pool);
}

static void fixture_done(Fixture *f, const void *unused) {
        g_assert_null(f->pool);
        mailbox_free(f->mailbox);
        sd_event_unref(f->event);
        g_ptr_array_unref(gate.order);
}

static void piece_run(void *data) {
        Piece *piece = data;

        g_mutex_lock(&gate.lock);
        piece->n_run++;
        piece->runner = pthread_self();
        g_ptr_array_add(gate.order, piece);
        gate.running[piece->lane]++;
        gate.most[piece->lane] = MAX(gate.most[piece->lane], gate.running[piece->lane]);
        g_cond_broadcast(&gate.changed);
        while (piece->holds && !gate.open)
                g_cond_wait(&gate.changed, &gate.lock);
        gate.running[piece->lane]--;
        g_mutex_unlock(&gate.lock);
}

static void piece_began(void *data) {
        Piece *piece = data;

        g_assert_cmpuint(piece->n_done, ==, 0);
        piece->n_began++;
}

static void piece_done(void *data, bool canceled) {
        Piece *piece = data;

        g_assert_cmpuint(piece->n_done, ==, 0);
        piece->n_done++;
        piece->n_canceled += canceled;
}

static int piece_submit_with(Fixture *f, Piece *piece, bool finish) {
        Work work = {
                .lane = piece->lane,
                .key = piece->key,
                .run = piece_run,
                .began = piece_began,
                .done = piece_done,
                .data = piece,
                .finish = finish,
        };

        return worker_pool_submit(f->pool, &work, &piece->id);
}

static void piece_submit(Fixture *f, Piece *piece) {
        g_assert_cmpint(piece_submit_with(f, piece, /* finish= */ false), ==, 0);
        g_assert_cmpuint(piece->id, !=, 0);
}

/* Waits until n pieces began to run, in all. */
static void wait_for_runs(guint n) {
        gint64 deadline = g_get_monotonic_time() + 5 * G_TIME_SPAN_SECOND;

        g_mutex_lock(&gate.lock);
        while (gate.order->len < n)
                g_assert_true(g_cond_wait_until(&gate.changed, &gate.lock, deadline));
        g_mutex_unlock(&gate.lock);
}

static guint runs_so_far(void) {
        guint n;

        g_mutex_lock(&gate.lock);
        n = gate.order->len;
        g_mutex_unlock(&gate.lock);
        return n;
}

static void wait_for_done(Fixture *f, const Piece *piece) {
        while (piece->n_done == 0)
                g_assert_cmpint(sd_event_run(f->event, 5 * G_TIME_SPAN_SECOND), >, 0);
}

static void test_a_piece_runs_on_a_thread_and_is_done_on_the_main_one(Fixture *f, const void *unused) {
        Piece piece = { .lane = LANE_WIDE };

        piece_submit(f, &piece);
        g_assert_cmpuint(piece.n_done, ==, 0);
        wait_for_done(f, &piece);
        g_assert_cmpuint(piece.n_run, ==, 1);
        g_assert_cmpuint(piece.n_began, ==, 1);
        g_assert_cmpuint(piece.n_canceled, ==, 0);
        g_assert_false(pthread_equal(piece.runner, pthread_self()));
        drain(f);
}

static void test_a_lane_has_its_limit_and_holds_up_no_other(Fixture *f, const void *unused) {
        Piece wide[9] = { 0 }, narrow = { .lane = LANE_NARROW };

        for (size_t i = 0; i < G_N_ELEMENTS(wide); i++) {
                wide[i] = (Piece){ .lane = LANE_WIDE, .holds = true };
                piece_submit(f, &wide[i]);
        }
        wait_for_runs(3);

        /* The lane is full, and six wait in it. */
        piece_submit(f, &narrow);
        wait_for_done(f, &narrow);
        g_assert_cmpuint(runs_so_far(), ==, 4);

        gate_set(true);
        for (size_t i = 0; i < G_N_ELEMENTS(wide); i++)
                wait_for_done(f, &wide[i]);
        g_assert_cmpuint(gate.most[LANE_WIDE], ==, 3);
        g_assert_cmpuint(gate.most[LANE_NARROW], ==, 1);
        drain(f);
}

static void test_a_lane_of_one_keeps_the_order(Fixture *f, const void *unused) {
        Piece pieces[50] = { 0 };

        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
                pieces[i] = (Piece){ .lane = LANE_NARROW };
                piece_submit(f, &pieces[i]);
        }

        wait_for_done(f, &pieces[G_N_ELEMENTS(pieces) - 1]);
        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++)
                g_assert_true(gate.order->pdata[i] == &pieces[i]);
        drain(f);
}

/* What hangs on one machine holds up no other machine. */
static void test_a_key_runs_once_at_a_time_and_lets_others_pass(Fixture *f, const void *unused) {
        Piece first = { .lane = LANE_WIDE, .key = "a", .holds = true },
              second = { .lane = LANE_WIDE, .key = "a" }, other = { .lane = LANE_WIDE, .key = "b" },
              none = { .lane = LANE_WIDE };

        piece_submit(f, &first);
        wait_for_runs(1);
        piece_submit(f, &second);
        piece_submit(f, &other);
        piece_submit(f, &none);
        wait_for_done(f, &other);
        wait_for_done(f, &none);
        g_assert_cmpuint(runs_so_far(), ==, 3);
        g_assert_cmpuint(second.n_began, ==, 0);

        gate_set(true);
        wait_for_done(f, &second);
        g_assert_true(gate.order->pdata[3] == &second);
        drain(f);
}

/* A hung save never blocks a power off of the same machine. */
static void test_a_key_is_free_in_another_lane(Fixture *f, const void *unused) {
        Piece save = { .lane = LANE_WIDE, .key = "a", .holds = true },
              power_off = { .lane = LANE_NARROW, .key = "a" };

        piece_submit(f, &save);
        wait_for_runs(1);
        piece_submit(f, &power_off);
        wait_for_done(f, &power_off);
        g_assert_cmpuint(save.n_done, ==, 0);
        drain(f);
}

static void test_the_key_is_copied(Fixture *f, const void *unused) {
        char key[] = "a";
        Piece first = { .lane = LANE_WIDE, .key = key, .holds = true },
              second = { .lane = LANE_WIDE, .key = "a" }, other = { .lane = LANE_WIDE, .key = "b" };

        piece_submit(f, &first);
        wait_for_runs(1);
        key[0] = 'b';
        piece_submit(f, &second);
        piece_submit(f, &other);
        wait_for_done(f, &other);
        g_assert_cmpuint(second.n_began, ==, 0);
        drain(f);
}

static void test_withdraw_takes_back_what_has_not_begun(Fixture *f, const void *unused) {
        Piece running = { .lane = LANE_NARROW, .holds = true }, waiting = { .lane = LANE_NARROW };

        piece_submit(f, &running);
        wait_for_runs(1);
        piece_submit(f, &waiting);

        g_assert_false(worker_pool_withdraw(f->pool, running.id));
        g_assert_true(worker_pool_withdraw(f->pool, waiting.id));
        g_assert_cmpuint(waiting.n_done, ==, 1);
        g_assert_cmpuint(waiting.n_canceled, ==, 1);
        g_assert_false(worker_pool_withdraw(f->pool, waiting.id));

        gate_set(true);
        wait_for_done(f, &running);
        g_assert_cmpuint(running.n_canceled, ==, 0);
        g_assert_cmpuint(waiting.n_run, ==, 0);
        g_assert_cmpuint(waiting.n_began, ==, 0);
        drain(f);
}

static void test_withdraw_of_an_id_that_never_was_takes_nothing(Fixture *f, const void *unused) {
        Piece running = { .lane = LANE_NARROW, .holds = true }, waiting = { .lane = LANE_NARROW };

        piece_submit(f, &running);
        piece_submit(f, &waiting);
        g_assert_false(worker_pool_withdraw(f->pool, 0));
        g_assert_false(worker_pool_withdraw(f->pool, waiting.id + 1));
        g_assert_cmpuint(waiting.n_done, ==, 0);

        gate_set(true);
        wait_for_done(f, &waiting);
        g_assert_cmpuint(waiting.n_run, ==, 1);
        drain(f);
}

static void test_what_waits_is_capped(Fixture *f, const void *unused) {
        g_autofree Piece *pieces = g_new0(Piece, 5000);
        Piece running = { .lane = LANE_NARROW, .holds = true };
        unsigned n = 0;
        int r = 0;

        piece_submit(f, &running);
        wait_for_runs(1);
        for (; n < 5000 && r == 0; n++) {
                pieces[n] = (Piece){ .lane = LANE_NARROW };
                r = piece_submit_with(f, &pieces[n], /* finish= */ false);
        }

        g_assert_cmpint(r, ==, -ENOBUFS);
        g_assert_cmpuint(n, ==, 4097);

        /* The one that was refused is never done, all others are. */
        g_assert_cmpint(worker_pool_stop(f->pool, /* timeout_usec= */ 0), ==, -ETIMEDOUT);
        for (unsigned i = 0; i < 4097; i++)
                g_assert_cmpuint(pieces[i].n_done, ==, i < 4096);
        drain(f);
}

static void test_stop_cancels_what_waits_and_refuses_more(Fixture *f, const void *unused) {
        Piece running = { .lane = LANE_NARROW, .holds = true }, waiting = { .lane = LANE_NARROW },
              late = { .lane = LANE_WIDE };

        piece_submit(f, &running);
        wait_for_runs(1);
        piece_submit(f, &waiting);

        g_assert_cmpint(worker_pool_stop(f->pool, /* timeout_usec= */ 1000), ==, -ETIMEDOUT);
        g_assert_cmpuint(waiting.n_canceled, ==, 1);
        g_assert_cmpint(piece_submit_with(f, &late, /* finish= */ false), ==, -ESHUTDOWN);
        g_assert_cmpuint(late.n_done, ==, 0);

        gate_set(true);
        g_assert_cmpint(worker_pool_stop(f->pool, 5 * G_TIME_SPAN_SECOND), ==, 0);
        wait_for_done(f, &running);
        g_assert_cmpuint(running.n_canceled, ==, 0);
        drain(f);
}

/* The agent must end at SIGTERM whatever hangs. */
static void test_stop_gives_up_on_a_hung_piece_in_time(Fixture *f, const void *unused) {
        Piece hung = { .lane = LANE_WIDE, .holds = true };
        gint64 begin, usec;

        piece_submit(f, &hung);
        wait_for_runs(1);

        begin = g_get_monotonic_time();
        g_assert_cmpint(worker_pool_stop(f->pool, 50 * G_TIME_SPAN_MILLISECOND), ==, -ETIMEDOUT);
        usec = g_get_monotonic_time() - begin;
        g_assert_cmpint(usec, >=, 50 * G_TIME_SPAN_MILLISECOND);
        g_assert_cmpint(usec, <, 2 * G_TIME_SPAN_SECOND);
        g_assert_cmpuint(hung.n_done, ==, 0);

        gate_set(true);
        drain(f);
}

static void test_stop_carries_out_what_must_be_finished(Fixture *f, const void *unused) {
        Piece first = { .lane = LANE_NARROW }, pieces[20] = { 0 };

        piece_submit(f, &first);
        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
                pieces[i] = (Piece){ .lane = i % 2 ? LANE_NARROW : LANE_WIDE, .key = "a" };
                g_assert_cmpint(piece_submit_with(f, &pieces[i], /* finish= */ true), ==, 0);
        }

        g_assert_cmpint(worker_pool_stop(f->pool, 5 * G_TIME_SPAN_SECOND), ==, 0);
        mailbox_deliver(f->mailbox);
        g_assert_cmpuint(first.n_done, ==, 1);
        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
                g_assert_cmpuint(pieces[i].n_run, ==, 1);
                g_assert_cmpuint(pieces[i].n_done, ==, 1);
                g_assert_cmpuint(pieces[i].n_canceled, ==, 0);
        }
        drain(f);
}

static void test_stop_of_an_idle_pool_is_at_once(Fixture *f, const void *unused) {
        gint64 begin = g_get_monotonic_time();
        Piece piece = { .lane = LANE_WIDE };

        piece_submit(f, &piece);
        wait_for_done(f, &piece);
        g_assert_cmpint(worker_pool_stop(f->pool, 30 * G_TIME_SPAN_SECOND), ==, 0);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_TIME_SPAN_SECOND);
        drain(f);
}

/* Whatever is submitted and withdrawn when: each piece is done once, and runs unless it was canceled. */
static void test_nothing_is_lost_or_done_twice(Fixture *f, const void *unused) {
        static const char *const keys[] = { NULL, "a", "b", "c" };
        Piece pieces[400] = { 0 };

        gate_set(true);
        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
                pieces[i].lane = (unsigned) g_test_rand_int_range(0, N_LANES);
                pieces[i].key = keys[g_test_rand_int_range(0, G_N_ELEMENTS(keys))];
                piece_submit(f, &pieces[i]);
                if (g_test_rand_bit())
                        (void) worker_pool_withdraw(f->pool, pieces[g_test_rand_int_range(0, i + 1)].id);
                if (g_test_rand_int_range(0, 16) == 0)
                        (void) sd_event_run(f->event, 0);
        }

        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++)
                wait_for_done(f, &pieces[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
                g_assert_cmpuint(pieces[i].n_done, ==, 1);
                g_assert_cmpuint(pieces[i].n_run, ==, pieces[i].n_canceled ? 0 : 1);
                g_assert_cmpuint(pieces[i].n_began, ==, pieces[i].n_run);
        }
        g_assert_cmpuint(gate.most[LANE_NARROW], <=, 1);
        g_assert_cmpuint(gate.most[LANE_WIDE], <=, 3);
        drain(f);
}

/* Races hide: each test runs this often. */
#define ROUNDS 20

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        for (int i = 1; i <= ROUNDS; i++) {
                g_autofree char *path = g_strdup_printf("%s/%d", name, i);
                g_test_add(path, Fixture, NULL, fixture_init, test, fixture_done);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/worker/a-piece-runs-on-a-thread-and-is-done-on-the-main-one",
            test_a_piece_runs_on_a_thread_and_is_done_on_the_main_one);
        add("/worker/a-lane-has-its-limit-and-holds-up-no-other",
            test_a_lane_has_its_limit_and_holds_up_no_other);
        add("/worker/a-lane-of-one-keeps-the-order", test_a_lane_of_one_keeps_the_order);
        add("/worker/a-key-runs-once-at-a-time-and-lets-others-pass",
            test_a_key_runs_once_at_a_time_and_lets_others_pass);
        add("/worker/a-key-is-free-in-another-lane", test_a_key_is_free_in_another_lane);
        add("/worker/the-key-is-copied", test_the_key_is_copied);
        add("/worker/withdraw-takes-back-what-has-not-begun", test_withdraw_takes_back_what_has_not_begun);
        add("/worker/withdraw-of-an-id-that-never-was-takes-nothing",
            test_withdraw_of_an_id_that_never_was_takes_nothing);
        add("/worker/what-waits-is-capped", test_what_waits_is_capped);
        add("/worker/stop-cancels-what-waits-and-refuses-more",
            test_stop_cancels_what_waits_and_refuses_more);
        add("/worker/stop-gives-up-on-a-hung-piece-in-time", test_stop_gives_up_on_a_hung_piece_in_time);
        add("/worker/stop-carries-out-what-must-be-finished", test_stop_carries_out_what_must_be_finished);
        add("/worker/stop-of-an-idle-pool-is-at-once", test_stop_of_an_idle_pool_is_at_once);
        add("/worker/nothing-is-lost-or-done-twice", test_nothing_is_lost_or_done_twice);
        return g_test_run();
}
