/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mailbox.h"

#include <pthread.h>
#include <stdbool.h>

#include "common/cleanup.h"

#define N_THREADS 4U
#define N_MAILS 5000U

typedef struct Fixture {
        sd_event *event;
        Mailbox *mailbox;
} Fixture;

static void fixture_init(Fixture *f, const void *unused) {
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(mailbox_new(f->event, &f->mailbox), >=, 0);
}

static void fixture_done(Fixture *f, const void *unused) {
        f->mailbox = mailbox_free(f->mailbox);
        f->event = sd_event_unref(f->event);
}

static void turn(Fixture *f) {
        g_assert_cmpint(sd_event_run(f->event, 5 * G_TIME_SPAN_SECOND), >, 0);
}

static void count_up(void *data) {
        ++*(unsigned *) data;
}

typedef struct Sender {
        Mailbox *mailbox;
        unsigned last; /* what was delivered */
        unsigned posted;
} Sender;

typedef struct Mail {
        Sender *sender;
        unsigned number;
        pthread_t receiver;
} Mail;

/* Frees the mail: a second delivery would show as a double free. */
static void mail_check(void *data) {
        g_autofree Mail *mail = data;

        g_assert_true(pthread_equal(pthread_self(), mail->receiver));
        g_assert_cmpuint(mail->number, ==, mail->sender->last + 1);
        mail->sender->last = mail->number;
}

static pthread_t receiver;

static void *sender_run(void *data) {
        Sender *sender = data;

        for (unsigned i = 1; i <= N_MAILS; i++) {
                Mail *mail = g_new(Mail, 1);

                *mail = (Mail){ .sender = sender, .number = i, .receiver = receiver };
                mailbox_post(sender->mailbox, mail_check, mail);
        }

        return NULL;
}

static bool all_arrived(const Sender *senders) {
        for (unsigned i = 0; i < N_THREADS; i++)
                if (senders[i].last < N_MAILS)
                        return false;

        return true;
}

static void test_each_threads_mail_arrives_once_in_order_on_the_main_thread(Fixture *f, const void *unused) {
        Sender senders[N_THREADS] = { 0 };
        pthread_t threads[N_THREADS];

        receiver = pthread_self();
        for (unsigned i = 0; i < N_THREADS; i++) {
                senders[i].mailbox = f->mailbox;
                g_assert_cmpint(pthread_create(&threads[i], NULL, sender_run, &senders[i]), ==, 0);
        }

        while (!all_arrived(senders))
                turn(f);
        for (unsigned i = 0; i < N_THREADS; i++)
                pthread_join(threads[i], NULL);

        g_assert_cmpint(sd_event_run(f->event, 0), ==, 0); /* and nothing is left */
}

static void test_nothing_is_delivered_before_the_loop_runs(Fixture *f, const void *unused) {
        unsigned n = 0;

        mailbox_post(f->mailbox, count_up, &n);
        g_assert_cmpuint(n, ==, 0);
        turn(f);
        g_assert_cmpuint(n, ==, 1);
}

static void test_deliver_does_not_wait_for_the_loop(Fixture *f, const void *unused) {
        unsigned n = 0;

        mailbox_post(f->mailbox, count_up, &n);
        mailbox_deliver(f->mailbox);
        g_assert_cmpuint(n, ==, 1);

        /* The loop wakes once for nothing, and then sleeps again. */
        (void) sd_event_run(f->event, 0);
        g_assert_cmpint(sd_event_run(f->event, 0), ==, 0);
        g_assert_cmpuint(n, ==, 1);

        mailbox_post(f->mailbox, count_up, &n);
        turn(f);
        g_assert_cmpuint(n, ==, 2);
}

typedef struct Chain {
        Mailbox *mailbox;
        unsigned left; /* deliveries to come */
} Chain;

static void chain_deliver(void *data) {
        Chain *chain = data;

        if (--chain->left > 0)
                mailbox_post(chain->mailbox, chain_deliver, chain);
}

static void test_what_a_delivery_posts_is_delivered(Fixture *f, const void *unused) {
        Chain chain = { f->mailbox, 10 };

        mailbox_post(f->mailbox, chain_deliver, &chain);
        while (chain.left > 0)
                turn(f);
}

/* Mail owns things: none may be lost at the end, nor what it posts in turn. */
static void test_free_delivers_what_is_left(Fixture *f, const void *unused) {
        Chain chain = { f->mailbox, 10 };
        unsigned n = 0;

        mailbox_post(f->mailbox, count_up, &n);
        mailbox_post(f->mailbox, chain_deliver, &chain);
        f->mailbox = mailbox_free(f->mailbox);
        g_assert_null(f->mailbox);
        g_assert_cmpuint(n, ==, 1);
        g_assert_cmpuint(chain.left, ==, 0);
}

static void add(const char *name, void (*test)(Fixture *, const void *)) {
        g_test_add(name, Fixture, NULL, fixture_init, test, fixture_done);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        add("/mailbox/each-threads-mail-arrives-once-in-order-on-the-main-thread",
            test_each_threads_mail_arrives_once_in_order_on_the_main_thread);
        add("/mailbox/nothing-is-delivered-before-the-loop-runs",
            test_nothing_is_delivered_before_the_loop_runs);
        add("/mailbox/deliver-does-not-wait-for-the-loop", test_deliver_does_not_wait_for_the_loop);
        add("/mailbox/what-a-delivery-posts-is-delivered", test_what_a_delivery_posts_is_delivered);
        add("/mailbox/free-delivers-what-is-left", test_free_delivers_what_is_left);
        return g_test_run();
}
