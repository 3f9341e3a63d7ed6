/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On the real machine: its own programs, and what may hang. */
#include <errno.h>
#include <unistd.h>

#include "check-test.h"
#include "deadline.h"

static char *run(Host *host, const char *program, const char *argument) {
        const char *const command[] = { program, argument, NULL };
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        return host_run(host, &verdict, command);
}

static void test_what_a_program_says(void) {
        g_autoptr(Host) host = host_new("/");
        g_autofree char *said = run(host, "/usr/bin/printf", "a b\n\n");
        g_autofree char *environment = run(host, "/usr/bin/env", NULL);

        g_assert_cmpstr(said, ==, "a b");
        g_assert_cmpstr(environment, ==, "");
}

static void test_programs_that_are_not_there_or_fail(void) {
        g_autoptr(Host) host = host_new("/");

        g_assert_null(run(host, "/usr/bin/no-such-program", NULL));
        g_assert_cmpint(errno, ==, ENOENT);
        g_assert_null(run(host, "/usr/bin/false", NULL));
        g_assert_cmpint(errno, ==, geteuid() == 0 ? EIO : EACCES);
}

static void test_programs_that_do_not_end(void) {
        g_autoptr(Host) host = host_new("/");
        int64_t begin = g_get_monotonic_time();

        g_assert_null(run(host, "/usr/bin/sleep", "60"));
        g_assert_cmpint(errno, ==, ETIMEDOUT);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 10 * G_TIME_SPAN_SECOND);
        g_assert_null(run(host, "/usr/bin/yes", NULL));
        g_assert_cmpint(errno, ==, EFBIG);
}

static void add_one(gpointer p) {
        *(int *) p += 1;
}

static void wait_until_released(gpointer p) {
        GMutex *held = p;

        g_mutex_lock(held);
        g_mutex_unlock(held);
}

static void test_a_deadline(void) {
        static GMutex held; /* of the thread, too, whose end nobody waits for */
        int number = 1;

        g_assert_true(deadline_run(10 * G_TIME_SPAN_SECOND, add_one, &number));
        g_assert_cmpint(number, ==, 2);

        g_mutex_lock(&held);
        g_assert_false(deadline_run(20 * G_TIME_SPAN_MILLISECOND, wait_until_released, &held));
        g_mutex_unlock(&held);
}

static void test_a_filesystem(void) {
        g_autoptr(Host) host = host_new("/");
        uint64_t free = 1, size = 0;
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        g_assert_cmpint(host_filesystem(host, &verdict, "/", &free, &size), ==, 0);
        g_assert_cmpuint(size, >, 0);
        g_assert_cmpuint(free, <=, size);
        g_assert_cmpint(host_filesystem(host, &verdict, "/no-such-folder", &free, &size), ==, -ENOENT);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/host-program/what-a-program-says", test_what_a_program_says);
        g_test_add_func("/host-program/programs-that-are-not-there-or-fail",
                        test_programs_that_are_not_there_or_fail);
        g_test_add_func("/host-program/programs-that-do-not-end", test_programs_that_do_not_end);
        g_test_add_func("/host-program/a-deadline", test_a_deadline);
        g_test_add_func("/host-program/a-filesystem", test_a_filesystem);
        return g_test_run();
}
