/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-runner.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/systemd-test.h"

typedef struct Fixture {
        sd_event *event;
        TestSystemd systemd;
        UnitRunner *runner;
        unsigned n_done;
        int result;
        char *text;
        bool again; /* whoever is told starts another one */
} Fixture;

static void set_up(Fixture *f, const void *data) {
        g_assert_cmpint(sd_event_new(&f->event), >=, 0);
        test_systemd_init(&f->systemd, f->event);
        f->runner = unit_runner_new(f->event, f->systemd.bus);
        g_assert_cmpint(unit_runner_listen(f->runner), >=, 0);
}

static void tear_down(Fixture *f, const void *data) {
        unit_runner_free(f->runner);
        test_systemd_done(&f->systemd);
        sd_event_unref(f->event);
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

/*
 * systemd replaces itself
 */

#define JOB SYSTEMD_PATH "/job/1"

/* A start or stop without end, and systemd has made a job of it. */
static void order(Fixture *f, UnitVerb verb) {
        sd_bus_message *call;

        unit_runner_order(f->runner, &(UnitOrder){ .unit = "a.service",
                                                   .verb = verb,
                                                   .failed = ERROR_FAILED,
                                                   .done = on_done,
                                                   .userdata = f });
        call = test_systemd_take(&f->systemd, verb == UNIT_START ? "StartUnit" : "StopUnit");
        test_systemd_answer(call, "o", JOB);
        sd_bus_message_unref(call);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "GetAll"), ==, 0);
}

static void replace(Fixture *f) {
        test_systemd_replace(&f->systemd, "");
        test_systemd_replace(&f->systemd, ":1.9");
}

static void answer_state(Fixture *f, const char *active, const char *type, const char *job) {
        sd_bus_message *call = test_systemd_take(&f->systemd, "GetAll");

        g_assert_cmpstr(sd_bus_message_get_path(call), ==, SYSTEMD_PATH "/unit/a_2eservice");
        test_systemd_answer(call, "a{sv}", 4, "Id", "s", "a.service", "ActiveState", "s", active, "Job",
                            "(uo)", 1, job, "Type", "s", type);
        sd_bus_message_unref(call);
}

static void answer_status(Fixture *f) {
        sd_bus_message *call = test_systemd_take(&f->systemd, "Get");

        test_systemd_answer(call, "v", "s", "It is broken");
        sd_bus_message_unref(call);
}

static void tell_removed(Fixture *f, const char *result) {
        test_systemd_tell(&f->systemd, SYSTEMD_PATH, SYSTEMD_MANAGER, "JobRemoved", "uoss", 1, JOB,
                          "a.service", result);
}

static void test_an_end_that_nobody_heard(Fixture *f, const void *data) {
        static const struct {
                UnitVerb verb;
                const char *active, *type;
                int result;
        } rows[] = {
                { UNIT_START, "active", "notify", 0 },      { UNIT_START, "failed", "notify", -EIO },
                { UNIT_START, "inactive", "notify", -EIO }, /* it may have been stopped */
                { UNIT_START, "inactive", "oneshot", 0 },   { UNIT_START, "deactivating", "notify", -EIO },
                { UNIT_STOP, "inactive", "notify", 0 },     { UNIT_STOP, "failed", "notify", 0 },
                { UNIT_STOP, "active", "notify", -EIO },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                order(f, rows[i].verb);
                replace(f);
                answer_state(f, rows[i].active, rows[i].type, "/");
                if (rows[i].result < 0)
                        answer_status(f);
                wait_done(f, (unsigned) i + 1);
                g_assert_cmpint(f->result < 0, ==, rows[i].result < 0);
        }
        /* Whoever does not ask for them is told no ends. */
        g_assert_cmpuint(test_systemd_count(&f->systemd, "Subscribe"), ==, 1 + G_N_ELEMENTS(rows));
}

static void test_a_job_that_goes_on_is_waited_for(Fixture *f, const void *data) {
        order(f, UNIT_START);
        replace(f);
        answer_state(f, "activating", "notify", JOB);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "Get"), ==, 0);
        g_assert_cmpuint(f->n_done, ==, 0);
        tell_removed(f, "done");
        wait_done(f, 1);
        g_assert_cmpint(f->result, ==, 0);
}

/* It is told while the answer is on its way. */
static void test_an_end_is_told_once_however_it_is_heard(Fixture *f, const void *data) {
        order(f, UNIT_START);
        replace(f);
        tell_removed(f, "done");
        answer_state(f, "active", "notify", "/");
        wait_done(f, 1);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "GetAll"), ==, 0);
        g_assert_cmpuint(f->n_done, ==, 1);
}

static void test_what_was_not_read_is_asked_again(Fixture *f, const void *data) {
        sd_bus_message *call;

        start(f, "a.service", /* patience= */ 0);
        call = test_systemd_take(&f->systemd, "StartUnit");
        test_systemd_replace(&f->systemd, "");
        test_systemd_refuse(call, SD_BUS_ERROR_NO_REPLY);
        sd_bus_message_unref(call);
        g_assert_cmpuint(test_systemd_count(&f->systemd, "StartUnit"), ==, 0);
        start(f, "a.service", /* patience= */ 0); /* while it is away */
        g_assert_cmpuint(test_systemd_count(&f->systemd, "StartUnit"), ==, 0);
        g_assert_cmpuint(f->n_done, ==, 0);

        test_systemd_replace(&f->systemd, ":1.9");
        for (unsigned i = 0; i < 2; i++) {
                call = test_systemd_take(&f->systemd, "StartUnit");
                test_systemd_answer(call, "o", JOB);
                sd_bus_message_unref(call);
        }
        g_assert_cmpuint(test_systemd_count(&f->systemd, "StartUnit"), ==, 0);
        tell_removed(f, "done");
        wait_done(f, 2);
}

static void test_what_became_of_it_may_not_be_told(Fixture *f, const void *data) {
        sd_bus_message *call;

        order(f, UNIT_START);
        replace(f);
        call = test_systemd_take(&f->systemd, "GetAll");
        test_systemd_refuse(call, SD_BUS_ERROR_ACCESS_DENIED);
        sd_bus_message_unref(call);
        wait_done(f, 1);
        g_assert_cmpint(f->result, <, 0);
}

#define ADD(name, function) g_test_add("/unit-runner/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("patience", test_patience_ends);
        ADD("once", test_each_is_told_once);
        ADD("again", test_who_is_told_may_start_another);
        ADD("end", test_the_end_is_told);
        ADD("replaced/unheard", test_an_end_that_nobody_heard);
        ADD("replaced/goes-on", test_a_job_that_goes_on_is_waited_for);
        ADD("replaced/once", test_an_end_is_told_once_however_it_is_heard);
        ADD("replaced/not-read", test_what_was_not_read_is_asked_again);
        ADD("replaced/not-told", test_what_became_of_it_may_not_be_told);
        return g_test_run();
}
