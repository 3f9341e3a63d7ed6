/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <errno.h>

static void test_words_go_both_ways(void) {
        for (int i = 0; i < _CHECK_RESULT_MAX; i++)
                g_assert_cmpint(check_result_from_string(check_result_to_string(i)), ==, i);
        g_assert_cmpint(check_result_from_string("PASS"), ==, -EINVAL);
        g_assert_cmpint(check_result_from_string(""), ==, -EINVAL);
        g_assert_null(check_result_to_string(_CHECK_RESULT_MAX));
}

static void test_a_new_verdict_is_empty(void) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        g_assert_cmpstr(verdict.reason, ==, "");
        g_assert_cmpstr(verdict.value, ==, "");
        g_assert_cmpuint(verdict.arguments->len, ==, 0);
        g_assert_cmpuint(verdict.sources->len, ==, 0);
        g_assert_false(verdict.fixable);
}

static void test_the_last_call_counts(void) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        verdict_set(&verdict, CHECK_PASS, "", "%s", "first");
        verdict_set(&verdict, CHECK_FAIL, "missing", "%d", 2);
        g_assert_cmpint(verdict.result, ==, CHECK_FAIL);
        g_assert_cmpstr(verdict.reason, ==, "missing");
        g_assert_cmpstr(verdict.value, ==, "2");
}

static void test_an_argument_is_there_once(void) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        verdict_add(&verdict, "module", "%s", "kvm");
        verdict_add(&verdict, "error", "%s", "none");
        verdict_add(&verdict, "module", "kvm_%s", "amd");
        g_assert_cmpuint(verdict.arguments->len, ==, 4);
        g_assert_cmpstr(verdict.arguments->pdata[0], ==, "module");
        g_assert_cmpstr(verdict.arguments->pdata[1], ==, "kvm_amd");
        g_assert_cmpstr(verdict.arguments->pdata[3], ==, "none");
}

static void test_a_number_that_moves_is_coarse(void) {
        static const struct {
                uint64_t number;
                const char *told;
        } rows[] = {
                { 0, "0" },
                { 127, "127" },
                { 129, "128" },
                { 1023, "1016" },
                { UINT64_MAX, "18302628885633695744" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Verdict) verdict;

                verdict_init(&verdict);
                verdict_add_coarse(&verdict, "free", rows[i].number);
                g_assert_cmpstr(verdict.arguments->pdata[1], ==, rows[i].told);
        }
}

static void test_a_source_is_named_once_in_order(void) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        verdict_read(&verdict, "/b");
        verdict_read(&verdict, "/a");
        verdict_read(&verdict, "/b");
        verdict_read(&verdict, "/\x1b[1m");
        verdict_read(&verdict, "/\x1b[1m");
        g_assert_cmpuint(verdict.sources->len, ==, 3);
        g_assert_cmpstr(verdict.sources->pdata[0], ==, "/b");
        g_assert_cmpstr(verdict.sources->pdata[1], ==, "/a");
        g_assert_cmpstr(verdict.sources->pdata[2], ==, "/\\x1b[1m");
}

static void test_what_comes_from_outside_is_made_printable(void) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        verdict_set(&verdict, CHECK_WARN, "low", "a\xff%s", "\nb");
        verdict_add(&verdict, "path", "%s", "/srv/\x1b]0;x\a");
        g_assert_cmpstr(verdict.value, ==, "a\\xff\\x0ab");
        g_assert_cmpstr(verdict.arguments->pdata[1], ==, "/srv/\\x1b]0;x\\x07");
        g_assert_true(g_utf8_validate(verdict.value, -1, NULL));
}

static void unread_is(int error, const char *reason) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        verdict_set_unread(&verdict, "/etc/shadow", error);
        g_assert_cmpint(verdict.result, ==, CHECK_SKIP);
        g_assert_cmpstr(verdict.reason, ==, reason);
        g_assert_cmpstr(verdict.arguments->pdata[0], ==, "what");
        g_assert_cmpstr(verdict.arguments->pdata[1], ==, "/etc/shadow");
        g_assert_cmpstr(verdict.arguments->pdata[2], ==, "error");
        g_assert_cmpstr(verdict.arguments->pdata[3], ==, g_strerror(ABS(error)));
}

static void test_what_was_not_read_says_whether_rights_would_help(void) {
        unread_is(EACCES, "denied");
        unread_is(-EPERM, "denied");
        unread_is(-ENOENT, "unreadable");
        unread_is(EIO, "unreadable");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/verdict/words-go-both-ways", test_words_go_both_ways);
        g_test_add_func("/verdict/a-new-verdict-is-empty", test_a_new_verdict_is_empty);
        g_test_add_func("/verdict/the-last-call-counts", test_the_last_call_counts);
        g_test_add_func("/verdict/an-argument-is-there-once", test_an_argument_is_there_once);
        g_test_add_func("/verdict/a-number-that-moves-is-coarse", test_a_number_that_moves_is_coarse);
        g_test_add_func("/verdict/a-source-is-named-once-in-order", test_a_source_is_named_once_in_order);
        g_test_add_func("/verdict/what-comes-from-outside-is-made-printable",
                        test_what_comes_from_outside_is_made_printable);
        g_test_add_func("/verdict/what-was-not-read-says-whether-rights-would-help",
                        test_what_was_not_read_says_whether_rights_would_help);
        return g_test_run();
}
