/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warnings.h"

static void test_each_code_has_a_sentence_and_a_remedy(void) {
        /* The codes of org.hatago.Host1.Machine.Warnings. */
        static const char *const codes[] = {
                "emulated-fallback",         "emulated",       "disk-missing",  "network-inactive",
                "image-outgrows-filesystem", "no-guest-agent", "crashed-before"
        };

        for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
                g_autofree char *sentence = NULL, *remedy = NULL;

                warning_explain(codes[i], "web", &sentence, &remedy);
                g_assert_cmpstr(sentence, !=, codes[i]);
                g_assert_true(g_str_has_suffix(sentence, "."));
                g_assert_nonnull(remedy);
                g_assert_null(strchr(remedy, '{'));
        }
}

static void test_names_are_as_they_are_typed(void) {
        g_autofree char *sentence = NULL, *remedy = NULL, *resume = NULL;

        warning_explain("disk-missing", "-a b", &sentence, &remedy);
        g_assert_cmpstr(remedy, ==, "Which it has: hatago show -- '-a b' --property=Disks");
        resume = state_reason_remedy("io-error", "web");
        g_assert_true(g_str_has_suffix(resume, "hatago resume web"));
        g_assert_null(state_reason_remedy("booted", "web"));
}

static void test_a_code_of_a_newer_agent_is_shown_as_it_is(void) {
        g_autofree char *sentence = NULL, *remedy = NULL;

        warning_explain("too-cold", "web", &sentence, &remedy);
        g_assert_cmpstr(sentence, ==, "too-cold");
        g_assert_null(remedy);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/warnings/each-code-has-a-sentence-and-a-remedy",
                        test_each_code_has_a_sentence_and_a_remedy);
        g_test_add_func("/warnings/names-are-as-they-are-typed", test_names_are_as_they_are_typed);
        g_test_add_func("/warnings/a-code-of-a-newer-agent-is-shown-as-it-is",
                        test_a_code_of_a_newer_agent_is_shown_as_it_is);
        return g_test_run();
}
