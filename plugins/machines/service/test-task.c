/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "task.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#define SOON (20 * G_TIME_SPAN_MILLISECOND)
#define PATIENCE (30 * G_TIME_SPAN_SECOND)

static void set_true(gpointer p) {
        *(bool *) p = true;
}

/* Until somebody writes. */
static void wait_for_byte(gpointer p) {
        char byte;

        g_assert_cmpint(read(*(int *) p, &byte, 1), ==, 1);
}

static int64_t in(int64_t span) {
        return g_get_monotonic_time() + span;
}

static void test_what_ends_is_the_callers_again(void) {
        bool done = false;

        g_assert_cmpint(task_run(set_true, &done, PATIENCE), ==, TASK_DONE);
        g_assert_true(done);
        done = false;
        g_assert_cmpint(task_run(set_true, &done, /* span= */ 0), ==, TASK_DONE);
        g_assert_true(done);
}

static void test_what_hangs_is_waited_for_once_more(void) {
        int fds[2];
        Task *task;

        g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
        task = task_start(wait_for_byte, fds);
        g_assert_cmpint(task_wait(task, -1, in(SOON)), ==, TASK_LATE);
        g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
        g_assert_cmpint(task_wait(task, -1, in(PATIENCE)), ==, TASK_DONE);
        (void) close(fds[0]);
        (void) close(fds[1]);
}

static void test_a_descriptor_ends_a_wait(void) {
        int hangs[2], fds[2];
        Task *task;
        TaskEnd end;

        g_assert_cmpint(pipe2(hangs, O_CLOEXEC), ==, 0);
        g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
        task = task_start(wait_for_byte, hangs);
        g_assert_cmpint(task_wait(/* task= */ NULL, fds[0], in(SOON)), ==, TASK_LATE);
        g_assert_cmpint(write(fds[1], "x", 1), ==, 1);
        g_assert_cmpint(task_wait(task, fds[0], in(PATIENCE)), ==, TASK_FD_READY);
        g_assert_cmpint(task_wait(/* task= */ NULL, fds[0], /* deadline= */ 0), ==, TASK_FD_READY);

        /* What has ended comes first: it may have led to the other. */
        g_assert_cmpint(write(hangs[1], "x", 1), ==, 1);
        while ((end = task_wait(task, fds[0], in(PATIENCE))) == TASK_FD_READY)
                g_usleep(SOON);
        g_assert_cmpint(end, ==, TASK_DONE);
        for (int i = 0; i < 2; i++) {
                (void) close(hangs[i]);
                (void) close(fds[i]);
        }
}

static void test_a_deadline_that_has_passed(void) {
        g_assert_cmpint(task_wait(/* task= */ NULL, -1, in(-SOON)), ==, TASK_LATE);
}

/* Last: a signal that came stays. */
static void test_the_signal_to_stop(void) {
        bool done = false;

        stop_signal_catch();
        g_assert_false(stop_signal_came());
        g_assert_cmpint(task_wait(/* task= */ NULL, -1, in(SOON)), ==, TASK_LATE);

        g_assert_cmpint(kill(getpid(), SIGTERM), ==, 0);
        g_assert_cmpint(task_wait(/* task= */ NULL, -1, in(PATIENCE)), ==, TASK_STOPPED);
        g_assert_cmpint(task_wait(/* task= */ NULL, -1, /* deadline= */ 0), ==, TASK_STOPPED);
        g_assert_true(stop_signal_came());

        stop_signal_heed(false);
        g_assert_cmpint(task_wait(/* task= */ NULL, -1, in(SOON)), ==, TASK_LATE);
        g_assert_cmpint(task_run(set_true, &done, PATIENCE), ==, TASK_DONE);
        g_assert_true(stop_signal_came());
        stop_signal_heed(true);
        g_assert_cmpint(task_wait(/* task= */ NULL, -1, in(PATIENCE)), ==, TASK_STOPPED);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);

#define TEST(name) g_test_add_func("/task/" #name, test_##name)
        TEST(what_ends_is_the_callers_again);
        TEST(what_hangs_is_waited_for_once_more);
        TEST(a_descriptor_ends_a_wait);
        TEST(a_deadline_that_has_passed);
        TEST(the_signal_to_stop);
#undef TEST
        return g_test_run();
}
