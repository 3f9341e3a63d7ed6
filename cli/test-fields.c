/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fields.h"

#include <stdlib.h>

static void printed_is(const Fields *fields, const char *expected) {
        char *text = NULL;
        size_t n;
        FILE *file = open_memstream(&text, &n);

        fields_print(fields, file);
        g_assert_cmpint(fclose(file), ==, 0);
        g_assert_cmpstr(text, ==, expected);
        free(text);
}

static void test_labels_end_at_the_same_column(void) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(Fields) fields = fields_new(&terminal);

        fields_add(fields, "State", g_strdup("running"), COLOUR_GREEN);
        fields_add(fields, "Unit", NULL, COLOUR_NONE);
        fields_add(fields, "Disks", g_strdup("vda"), COLOUR_NONE);
        fields_add(fields, NULL, g_strdup("vdb"), COLOUR_NONE);
        fields_add(fields, "メモリー", g_strdup("1 GiB"), COLOUR_NONE);
        printed_is(fields, "       State: running\n"
                           "       Disks: vda\n"
                           "              vdb\n"
                           "    メモリー: 1 GiB\n");
}

static void test_only_sentences_are_broken_and_only_on_a_terminal(void) {
        const Terminal terminal = { .unicode = true, .out_tty = true, .columns = 40 },
                       pipe = { .unicode = true };
        static const char sentence[] = "It is emulated and slow, though this host could accelerate it.";
        g_autoptr(Fields) narrow = fields_new(&terminal), free_of_limits = fields_new(&pipe);
        g_autofree char *unbroken = g_strdup_printf("    W: %s\n", sentence);

        fields_add_sentence(narrow, "W", g_strdup(sentence), COLOUR_NONE);
        fields_add(narrow, "D", g_strdup("a path with spaces that is not broken however long"), COLOUR_NONE);
        printed_is(narrow, "    W: It is emulated and slow, though\n"
                           "       this host could accelerate it.\n"
                           "    D: a path with spaces that is not broken however long\n");
        fields_add_sentence(free_of_limits, "W", g_strdup(sentence), COLOUR_NONE);
        printed_is(free_of_limits, unbroken);
}

static void test_hostile_texts_are_escaped(void) {
        const Terminal terminal = { .unicode = true, .out_tty = true, .colour = true, .columns = 80 };
        g_autoptr(Fields) fields = fields_new(&terminal);

        fields_add(fields, "N", g_strdup("a\033[2J\n"), COLOUR_RED);
        printed_is(fields, "    N: \033[31ma\\x1b[2J\\n\033[0m\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/fields/labels-end-at-the-same-column", test_labels_end_at_the_same_column);
        g_test_add_func("/fields/only-sentences-are-broken-and-only-on-a-terminal",
                        test_only_sentences_are_broken_and_only_on_a_terminal);
        g_test_add_func("/fields/hostile-texts-are-escaped", test_hostile_texts_are_escaped);
        return g_test_run();
}
