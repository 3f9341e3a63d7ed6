/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <errno.h>
#include <sys/wait.h>

static int run(const char *script, uint64_t timeout, size_t max, GBytes **ret_output, int *ret_status) {
        const char *argv[] = { "sh", "-c", script, NULL };

        return process_read(argv, timeout, max, ret_output, ret_status);
}

static void test_output_and_status_are_read(void) {
        g_autoptr(GBytes) output = NULL;
        int status;

        g_assert_cmpint(run("cat; echo one; exit 3", 10 * USEC_PER_SEC, 4, &output, &status), ==, 0);
        g_assert_cmpmem(g_bytes_get_data(output, NULL), g_bytes_get_size(output), "one\n", 4);
        g_assert_cmpint(WEXITSTATUS(status), ==, 3);
}

static void test_it_ends_in_time(void) {
        int64_t begin = g_get_monotonic_time();
        GBytes *output = NULL;
        int status;

        g_assert_cmpint(run("exec sleep 60", USEC_PER_SEC / 10, 4, &output, &status), ==, -ETIMEDOUT);
        g_assert_cmpint(run("exec >&- 2>&-; sleep 60", USEC_PER_SEC / 10, 4, &output, &status), ==,
                        -ETIMEDOUT);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 10 * (int64_t) USEC_PER_SEC);
        g_assert_null(output);
}

static void test_it_does_not_write_for_ever(void) {
        GBytes *output = NULL;
        int status;

        g_assert_cmpint(run("exec yes", 60 * USEC_PER_SEC, 100000, &output, &status), ==, -EFBIG);
        g_assert_null(output);
}

static void test_what_is_not_there_is_told(void) {
        const char *argv[] = { "/nonexistent/program", NULL };
        GBytes *output = NULL;
        int status;

        g_assert_cmpint(process_read(argv, USEC_PER_SEC, 4, &output, &status), ==, -ENOENT);
}

static void test_words_reach_the_other_host_whole(void) {
        const char *words[] = { "console", "--", "a b;'$(x)", NULL };
        g_autofree char *command = process_remote_command(words);
        g_auto(GStrv) parsed = NULL;

        g_assert_true(g_shell_parse_argv(command, NULL, &parsed, NULL));
        g_assert_cmpstr(parsed[4], ==, words[2]);
        g_assert_null(parsed[5]);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/process/output-and-status-are-read", test_output_and_status_are_read);
        g_test_add_func("/process/it-ends-in-time", test_it_ends_in_time);
        g_test_add_func("/process/it-does-not-write-for-ever", test_it_does_not_write_for_ever);
        g_test_add_func("/process/what-is-not-there-is-told", test_what_is_not_there_is_told);
        g_test_add_func("/process/words-reach-the-other-host-whole", test_words_reach_the_other_host_whole);
        return g_test_run();
}
