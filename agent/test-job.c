/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "plugin.h"

/* Jobs on a bus with nobody at its other end: what is sent waits for ever. */
typedef struct Fixture {
        Services services;
        Caller *caller, *other;
        int other_end;
} Fixture;

static void set_up(Fixture *f, const void *data) {
        int ends[2];

        f->caller = caller_new(1000, /* unit= */ NULL);
        f->other = caller_new(1001, /* unit= */ NULL);
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
        f->other_end = ends[1];
        g_assert_cmpint(sd_event_new(&f->services.event), >=, 0);
        g_assert_cmpint(sd_bus_new(&f->services.bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(f->services.bus, ends[0], ends[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(f->services.bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(f->services.bus, f->services.event, SD_EVENT_PRIORITY_NORMAL),
                        >=, 0);
        g_assert_cmpint(objects_new(f->services.bus, &f->services.objects), >=, 0);
        g_assert_cmpint(jobs_new(&f->services, &f->services.jobs), >=, 0);
        g_assert_cmpint(sd_bus_add_object_manager(f->services.bus, NULL, PATH_ROOT), >=, 0);
        g_assert_cmpint(jobs_publish(&f->services), >=, 0);
}

static void tear_down(Fixture *f, const void *data) {
        jobs_free(f->services.jobs);
        objects_free(f->services.objects);
        sd_bus_detach_event(f->services.bus);
        sd_bus_unref(f->services.bus);
        sd_event_unref(f->services.event);
        close(f->other_end);
        caller_unref(f->caller);
        caller_unref(f->other);
}

/* A job of nobody's call. */
static int begin(Fixture *f, Caller *caller, const char *operation, Job **ret, Failure *failure) {
        JobInfo info = {
                .operation = operation,
                .action = ACTION_MACHINE_CONTROL,
                .object = PATH_MACHINES "/x",
                .name = "web",
                .caller = caller,
                .answer = JOB_ANSWER_EMPTY,
        };

        return job_begin(f->services.jobs, &info, ret, failure);
}

static Job *begin_well(Fixture *f, const char *operation) {
        g_auto(Failure) failure = { 0 };
        Job *job = NULL;

        g_assert_cmpint(begin(f, f->caller, operation, &job, &failure), >=, 0);
        return job;
}

static void test_running_jobs_of_a_user_have_a_limit(Fixture *f, const void *data) {
        g_auto(Failure) failure = { 0 };
        Job *first = NULL, *job = NULL;

        for (unsigned i = 0; i < JOBS_RUNNING_PER_USER_MAX; i++) {
                g_assert_cmpint(begin(f, f->caller, "start", &job, &failure), >=, 0);
                first = first ?: job;
        }
        g_assert_cmpint(begin(f, f->caller, "start", &job, &failure), <, 0);
        g_assert_cmpint(failure.code, ==, ERROR_LIMITS_EXCEEDED);

        /* Not the limit of others, and an end makes room. */
        g_assert_cmpint(begin(f, f->other, "start", &job, &failure), >=, 0);
        job_end(first, JOB_DONE, NULL);
        g_assert_cmpint(begin(f, f->caller, "start", &job, &failure), >=, 0);
        g_assert_cmpint(begin(f, f->caller, "start", &job, &failure), <, 0);
}

static void test_what_is_abandoned_has_failed_and_is_recorded(Fixture *f, const void *data) {
        if (g_test_subprocess()) {
                Job *ended = begin_well(f, "reset"), *save = begin_well(f, "suspend"), *start;

                job_end(ended, JOB_DONE, NULL);
                start = begin_well(f, "start");
                jobs_abandon(f->services.jobs);
                g_assert_cmpstr(job_facts(ended).result, ==, "done");
                for (Job **job = (Job *[]){ save, start, NULL }; *job; job++) {
                        g_assert_cmpstr(job_facts(*job).state, ==, "ended");
                        g_assert_cmpstr(job_facts(*job).result, ==, "failed");
                        g_assert_cmpstr(job_facts(*job).error_name, ==, ERROR_PREFIX "Interrupted");
                        g_assert_nonnull(strstr(job_facts(*job).error_message, "is not known"));
                }
                return;
        }

        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*suspend web by user 1000: failed: *is not known.*"
                                  "start web by user 1000: failed: *is not known.*");
        g_test_trap_assert_stderr_unmatched("*reset web by user 1000: failed*");
}

static void test_bytes_tell_progress(Fixture *f, const void *data) {
        Job *job = begin_well(f, "save");

        g_assert_false(job_facts(job).progress.valid);
        job_set_bytes(job, /* bytes= */ 25, /* total= */ 100);
        g_assert_true(job_facts(job).progress.valid);
        g_assert_cmpfloat(job_facts(job).progress.progress, ==, 0.25);
        g_assert_cmpuint(job_facts(job).progress.rate, ==, 0); /* of one sample there is none */
        g_assert_cmpuint(job_facts(job).progress.expected_end, ==, 0);

        /* More than all is all, and nothing of nothing is not known. */
        job_set_bytes(job, 101, 100);
        g_assert_cmpfloat(job_facts(job).progress.progress, ==, 1);
        job_set_bytes(job, 0, 0);
        g_assert_false(job_facts(job).progress.valid);
        g_assert_cmpfloat(job_facts(job).progress.progress, ==, 0);
        job_end(job, JOB_DONE, NULL);
        g_assert_cmpfloat(job_facts(job).progress.progress, ==, 0);
}

/* Lets a turn of the event loop pass, after this time. */
static void pass_time(Fixture *f, uint64_t usec) {
        g_usleep(usec);
        (void) sd_event_run(f->services.event, /* timeout= */ 0);
        (void) sd_event_run(f->services.event, /* timeout= */ 0);
}

static void test_the_rate_is_of_late_and_ends_with_the_job(Fixture *f, const void *data) {
        Job *job = begin_well(f, "save");
        const JobProgress *progress;
        JobFacts facts;
        uint64_t now;

        pass_time(f, 1000);
        job_set_bytes(job, 0, 100000000);
        pass_time(f, 20000);
        job_set_bytes(job, 1000000, 100000000);
        facts = job_facts(job);
        progress = &facts.progress;
        now = (uint64_t) g_get_real_time();
        g_assert_cmpuint(progress->rate, >, 1000000); /* a machine that is busy takes its time */
        g_assert_cmpuint(progress->rate, <=, 50000000);
        g_assert_cmpuint(progress->expected_end, >, now);

        /* What goes back tells no rate of its own. */
        pass_time(f, 1000);
        job_set_bytes(job, 500000, 100000000);
        g_assert_cmpuint(job_facts(job).progress.rate, ==, progress->rate);

        job_end(job, JOB_DONE, NULL);
        facts = job_facts(job);
        g_assert_cmpuint(facts.progress.rate, ==, 0);
        g_assert_cmpuint(facts.progress.expected_end, ==, 0);
        g_assert_cmpfloat(facts.progress.progress, ==, 1);
        g_assert_cmpuint(facts.progress.bytes, ==, 100000000);
}

#define ADD(name, function) g_test_add("/job/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        ADD("running-jobs-of-a-user-have-a-limit", test_running_jobs_of_a_user_have_a_limit);
        ADD("what-is-abandoned-has-failed-and-is-recorded",
            test_what_is_abandoned_has_failed_and_is_recorded);
        ADD("bytes-tell-progress", test_bytes_tell_progress);
        ADD("the-rate-is-of-late-and-ends-with-the-job", test_the_rate_is_of_late_and_ends_with_the_job);
        return g_test_run();
}
