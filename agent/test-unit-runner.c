/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-runner.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"

/* A bus with nobody at its other end: no unit ever starts. */
typedef struct Fixture {
        sd_event *event;
        sd_bus *bus;
        UnitRunner *runner;
        int other_end;
        unsigned n_done;
        int result;
        char *text;
        bool again; /* whoever is told starts another one */
} Fixture;

static void set_up(Fixture *f, const void *data) {
        int ends[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
        f->other_end = ends[1];
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        g_assert_cmpint(sd_bus_new(&f->bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(f->bus, ends[0], ends[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(f->bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(f->bus, f->event, SD_EVENT_PRIORITY_NORMAL), >=, 0);
        f->runner = unit_runner_new(f->event, f->bus);
}

static void tear_down(Fixture *f, const void *data) {
        unit_runner_free(f->runner);
        sd_bus_detach_event(f->bus);
        sd_bus_unref(f->bus);
        sd_event_unref(f->event);
        close(f->other_end);
        g_free(f->text);
}

static void start(Fixture *f, const char *unit, uint64_t patience);

static void on_done(void *userdata, int result, Failure *failure) {
        Fixture *f = userdata;

        f->n_done++;
        f->result = result;
        g_free(f->text);
        f->text = g_strdup(failure->message);
        if (f->again) {
                f->again = false;
                start(f, "b.service", G_USEC_PER_SEC / 100);
        }
}

static void start(Fixture *f, const char *unit, uint64_t patience) {
        unit_runner_order(f->runner, &(UnitOrder){ .unit = unit,
                                                   .failed = ERROR_PROBE_FAILED,
                                                   .patience = patience,
                                                   .done = on_done,
                                                   .userdata = f });
}

static void wait_done(Fixture *f, unsigned n) {
        while (f->n_done < n)
                g_assert_cmpint(sd_event_run(f->event, UINT64_MAX), >=, 0);
}

static void test_patience_ends(Fixture *f, const void *data) {
        start(f, "a.service", G_USEC_PER_SEC / 100);
        g_assert_cmpuint(f->n_done, ==, 0);
        wait_done(f, 1);
        g_assert_cmpint(f->result, ==, -ETIMEDOUT);
        g_assert_nonnull(strstr(f->text, "a.service"));
}

static void test_each_is_told_once(Fixture *f, const void *data) {
        for (unsigned i = 0; i < 5; i++)
                start(f, "a.service", G_USEC_PER_SEC / 100);
        wait_done(f, 5);
        f->runner = unit_runner_free(f->runner);
        g_assert_cmpuint(f->n_done, ==, 5);
}

static void test_who_is_told_may_start_another(Fixture *f, const void *data) {
        f->again = true;
        start(f, "a.service", G_USEC_PER_SEC / 100);
        wait_done(f, 2);
        g_assert_nonnull(strstr(f->text, "b.service"));
}

static void test_the_end_is_told(Fixture *f, const void *data) {
        start(f, "a.service", G_USEC_PER_SEC);
        start(f, "b.service", G_USEC_PER_SEC);
        f->runner = unit_runner_free(f->runner);
        g_assert_cmpuint(f->n_done, ==, 2);
        g_assert_cmpint(f->result, ==, -ECANCELED);
}

#define ADD(name, function) g_test_add("/unit-runner/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("patience", test_patience_ends);
        ADD("once", test_each_is_told_once);
        ADD("again", test_who_is_told_may_start_another);
        ADD("end", test_the_end_is_told);
        return g_test_run();
}
