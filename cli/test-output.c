/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

/* What is printed goes to the descriptor; the exit status of output_finish() becomes that of the process. */
static void finish_to(int fd, int status) {
        g_assert_cmpint(fd, >=, 0);
        (void) fflush(stdout);
        g_assert_cmpint(dup2(fd, STDOUT_FILENO), ==, STDOUT_FILENO);
        puts("text");
        _exit(output_finish(status));
}

static void child_ended(int status) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
        if (status == EXIT_SUCCESS)
                g_test_trap_assert_passed();
        else
                g_test_trap_assert_failed();
}

static void test_output_that_is_written_keeps_the_status(void) {
        if (g_test_subprocess())
                finish_to(open("/dev/null", O_WRONLY | O_CLOEXEC), EXIT_SUCCESS);
        child_ended(EXIT_SUCCESS);
        g_test_trap_assert_stderr("");
}

static void test_a_full_disk_is_said(void) {
        if (g_test_subprocess())
                finish_to(open("/dev/full", O_WRONLY | O_CLOEXEC), EXIT_SUCCESS);
        child_ended(EXIT_FAILURE);
        g_test_trap_assert_stderr("hatago: cannot write the output: No space left on device\n");
}

static void test_a_reader_that_has_gone_is_not(void) {
        int pipes[2];

        if (g_test_subprocess()) {
                g_assert_cmpint(pipe2(pipes, O_CLOEXEC), ==, 0);
                g_assert_cmpint(close(pipes[0]), ==, 0);
                (void) signal(SIGPIPE, SIG_IGN);
                finish_to(pipes[1], EXIT_SUCCESS);
        }
        child_ended(EXIT_FAILURE);
        g_test_trap_assert_stderr("");
}

static void test_closed_descriptors_are_not_taken_by_others(void) {
        if (g_test_subprocess()) {
                g_assert_cmpint(close(STDIN_FILENO), ==, 0);
                g_assert_cmpint(close(STDOUT_FILENO), ==, 0);
                output_init();
                g_assert_cmpint(open("/dev/null", O_RDONLY | O_CLOEXEC), >, STDERR_FILENO);
                /* As it would be without the other descriptors. */
                g_assert_cmpint(write(STDOUT_FILENO, "x", 1), ==, -1);
                g_assert_cmpint(errno, ==, EBADF);
                _exit(EXIT_SUCCESS);
        }
        child_ended(EXIT_SUCCESS);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/output/output-that-is-written-keeps-the-status",
                        test_output_that_is_written_keeps_the_status);
        g_test_add_func("/output/a-full-disk-is-said", test_a_full_disk_is_said);
        g_test_add_func("/output/a-reader-that-has-gone-is-not", test_a_reader_that_has_gone_is_not);
        g_test_add_func("/output/closed-descriptors-are-not-taken-by-others",
                        test_closed_descriptors_are_not_taken_by_others);
        return g_test_run();
}
