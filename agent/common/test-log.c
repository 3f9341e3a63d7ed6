/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <glib/gstdio.h>
#include <unistd.h>

static void test_the_kernel_is_told_who_speaks_and_how_bad_it_is(void) {
        g_autofree char *device = NULL, *said = NULL, *expected = NULL;
        int fd = g_file_open_tmp("log-XXXXXX", &device, NULL);

        g_assert_cmpint(fd, >=, 0);
        close(fd);

        log_to_kernel(device, "program");
        log_warning("%s is wrong", "this");
        log_error("And that");
        log_debug("Nobody asked");
        g_assert_true(g_file_get_contents(device, &said, NULL, NULL));
        expected = g_strdup_printf("<28>program[%d]: this is wrong\n<27>program[%d]: And that\n",
                                   (int) getpid(), (int) getpid());
        g_assert_cmpstr(said, ==, expected);
        (void) g_unlink(device);
}

static void test_a_limit_is_told(void) {
        if (g_test_subprocess()) {
                log_set_limit(2);
                for (int i = 1; i < 5; i++)
                        log_warning("message %d", i);
                return;
        }

        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*message 1\nmessage 2\nThere is more to say, which is left out\n");
}

static void test_without_a_kernel_log_there_is_standard_error(void) {
        if (g_test_subprocess()) {
                log_to_kernel("/nonexistent/kmsg", "program");
                log_warning("still told");
                return;
        }

        g_test_trap_subprocess(NULL, 0, 0);
        g_test_trap_assert_passed();
        g_test_trap_assert_stderr("*still told*");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/log/without_a_kernel_log_there_is_standard_error",
                        test_without_a_kernel_log_there_is_standard_error);
        g_test_add_func("/log/the_kernel_is_told_who_speaks_and_how_bad_it_is",
                        test_the_kernel_is_told_who_speaks_and_how_bad_it_is);
        g_test_add_func("/log/a_limit_is_told", test_a_limit_is_told);
        return g_test_run();
}
