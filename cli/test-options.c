/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>

/* Splits the line at spaces and reads it. Words and options point into ret_argv. */
static int parse(const char *line, Options *ret_options, GPtrArray **ret_words, char ***ret_argv) {
        g_autofree char *complaint = NULL;
        char **argv = g_strsplit(line, " ", -1);
        int r;

        r = options_parse((int) g_strv_length(argv), argv, ret_options, ret_words, &complaint);
        g_assert_true(r == 0 ? !complaint : complaint && *complaint);
        *ret_argv = argv;
        return r;
}

static void test_options_stand_anywhere(void) {
        g_autoptr(GPtrArray) words = NULL;
        g_auto(GStrv) argv = NULL;
        Options options;

        g_assert_cmpint(parse("hatago --user start --paused web --json short db", &options, &words, &argv),
                        ==, 0);
        g_assert_cmpuint(words->len, ==, 3);
        g_assert_cmpstr(words->pdata[0], ==, "start");
        g_assert_cmpstr(words->pdata[2], ==, "db");
        g_assert_true(options.user && options.paused && !options.no_wait);
        g_assert_cmpint(options.json, ==, JSON_SHORT);
}

static void test_nothing_is_an_option_after_two_dashes(void) {
        g_autoptr(GPtrArray) words = NULL;
        g_auto(GStrv) argv = NULL;
        Options options;

        g_assert_cmpint(parse("hatago start -- -h --json=bad -- -", &options, &words, &argv), ==, 0);
        g_assert_cmpuint(words->len, ==, 5);
        g_assert_cmpstr(words->pdata[1], ==, "-h");
        g_assert_cmpstr(words->pdata[2], ==, "--json=bad");
        g_assert_cmpstr(words->pdata[3], ==, "--");
        g_assert_cmpint(options.json, ==, JSON_OFF);
}

static void test_one_dash_is_a_word(void) {
        g_autoptr(GPtrArray) words = NULL;
        g_auto(GStrv) argv = NULL;
        Options options;

        g_assert_cmpint(parse("hatago define -", &options, &words, &argv), ==, 0);
        g_assert_cmpstr(words->pdata[1], ==, "-");
}

static void test_mistakes_are_refused(void) {
        static const char *const lines[] = {
                "hatago -h",          "hatago --jso=short", /* an abbreviation */
                "hatago --json",      "hatago --json=",        "hatago --json=yes",       "hatago --user=1",
                "hatago --nosuch",    "hatago --state=runing", "hatago --state=running,", "hatago --state=",
                "hatago --timeout=0", "hatago --timeout=25h",  "hatago --timeout=soon",   "hatago ---",
                "hatago --=x",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autoptr(GPtrArray) words = NULL;
                g_auto(GStrv) argv = NULL;
                Options options;

                g_assert_cmpint(parse(lines[i], &options, &words, &argv), ==, -EINVAL);
                g_assert_cmpuint(words->len, ==, 0);
        }
}

static void test_a_mistake_does_not_hide_the_verb(void) {
        static const char *const lines[] = { "hatago list --nosuch web", "hatago --nosuch list --user web" };

        for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autoptr(GPtrArray) words = NULL;
                g_auto(GStrv) argv = NULL;
                Options options;

                g_assert_cmpint(parse(lines[i], &options, &words, &argv), ==, -EINVAL);
                g_assert_cmpuint(words->len, ==, 2);
                g_assert_cmpstr(words->pdata[0], ==, "list");
        }
}

static void test_complaints_are_escaped(void) {
        char name[] = "hatago", option[] = "--\033[2J";
        char *argv[] = { name, option, NULL };
        g_autofree char *complaint = NULL;
        g_autoptr(GPtrArray) words = NULL;
        Options options;

        g_assert_cmpint(options_parse(2, argv, &options, &words, &complaint), ==, -EINVAL);
        g_assert_null(strchr(complaint, '\033'));
}

static void test_values_are_read(void) {
        g_autoptr(GPtrArray) words = NULL;
        g_auto(GStrv) argv = NULL;
        Options options;

        g_assert_cmpint(parse("hatago --timeout=5min --state=running,paused --property P", &options, &words,
                              &argv),
                        ==, 0);
        g_assert_cmpuint(options.timeout, ==, 300 * USEC_PER_SEC);
        g_assert_cmpstr(options.state, ==, "running,paused");
        g_assert_cmpstr(options.property, ==, "P");
}

static void complaint_is(const char *line, const char *expected) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        g_autofree char *complaint = NULL;
        g_autoptr(GPtrArray) words = NULL;
        Options options;

        g_assert_cmpint(options_parse((int) g_strv_length(argv), argv, &options, &words, &complaint), ==,
                        -EINVAL);
        if (!g_str_has_prefix(complaint, expected))
                g_assert_cmpstr(complaint, ==, expected);
}

static void test_a_wrong_value_is_told_what_it_can_be(void) {
        complaint_is("hatago list --state=off",
                     "The value of '--state=off' is not valid. It can be: running, blocked, paused,");
        complaint_is("hatago list --columns=name,x",
                     "The value of '--columns=name,x' is not valid. It can be: name, state,");
        complaint_is("hatago list --sort=+name",
                     "The value of '--sort=+name' is not valid. It can be: name, state,");
        complaint_is("hatago list --autostart=maybe", "The value of '--autostart=maybe' is not valid.");
}

static void test_lines_have_a_short_form(void) {
        static const char *const right[] = { "hatago status -n 5", "hatago status -n5",
                                             "hatago status --lines=5" };

        for (size_t i = 0; i < G_N_ELEMENTS(right); i++) {
                g_autoptr(GPtrArray) words = NULL;
                g_auto(GStrv) argv = NULL;
                Options options;

                g_assert_cmpint(parse(right[i], &options, &words, &argv), ==, 0);
                g_assert_cmpuint(options.lines, ==, 5);
                g_assert_cmpuint(words->len, ==, 1);
        }
        complaint_is("hatago status -n", "The option '--lines' needs a value.");
        complaint_is("hatago status -n x", "The value of '--lines=x' is not valid.");
        complaint_is("hatago status -x", "There is no option '-x'.");
}

static void test_a_value_can_ask_for_help(void) {
        g_autoptr(GPtrArray) words = NULL;
        g_auto(GStrv) argv = NULL;
        Options options;

        g_assert_cmpint(parse("hatago list --columns=help", &options, &words, &argv), ==, 0);
        g_assert_true(options.help);
        g_assert_null(options.columns);
}

static void test_strays_are_found(void) {
        g_autoptr(GPtrArray) words = NULL;
        g_auto(GStrv) argv = NULL;
        Options options;

        g_assert_cmpint(parse("hatago start --paused --user web", &options, &words, &argv), ==, 0);
        g_assert_null(options_find_stray(&options, "start"));
        g_assert_cmpstr(options_find_stray(&options, "shutdown"), ==, "paused");
        g_assert_cmpstr(options_find_stray(&options, "star"), ==, "paused");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/options/options-stand-anywhere", test_options_stand_anywhere);
        g_test_add_func("/options/nothing-is-an-option-after-two-dashes",
                        test_nothing_is_an_option_after_two_dashes);
        g_test_add_func("/options/one-dash-is-a-word", test_one_dash_is_a_word);
        g_test_add_func("/options/mistakes-are-refused", test_mistakes_are_refused);
        g_test_add_func("/options/a-mistake-does-not-hide-the-verb", test_a_mistake_does_not_hide_the_verb);
        g_test_add_func("/options/complaints-are-escaped", test_complaints_are_escaped);
        g_test_add_func("/options/values-are-read", test_values_are_read);
        g_test_add_func("/options/a-wrong-value-is-told-what-it-can-be",
                        test_a_wrong_value_is_told_what_it_can_be);
        g_test_add_func("/options/lines-have-a-short-form", test_lines_have_a_short_form);
        g_test_add_func("/options/a-value-can-ask-for-help", test_a_value_can_ask_for_help);
        g_test_add_func("/options/strays-are-found", test_strays_are_found);
        return g_test_run();
}
