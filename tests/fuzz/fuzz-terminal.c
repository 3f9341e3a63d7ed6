/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"
#include "format.h"
#include "input.h"
#include "table.h"
#include "text.h"

/* Names and messages from elsewhere on their way to a terminal: none may carry a control there. */

static void is_harmless(const char *text) {
        g_assert_true(g_utf8_validate(text, -1, NULL));
        for (const char *p = text; *p; p = g_utf8_next_char(p))
                g_assert_true(g_unichar_isprint(g_utf8_get_char(p)));
}

static void word_is_one(const char *shown) {
        g_autofree char *word = text_shell_word(shown);
        g_auto(GStrv) words = NULL;
        int n;

        g_assert_true(g_shell_parse_argv(word, &n, &words, NULL));
        g_assert_cmpint(n, ==, *shown == '-' ? 2 : 1);
        g_assert_cmpstr(words[n - 1], ==, shown);
}

static void error_is_harmless(const char *name, const char *error, const char *message) {
        static const Terminal terminal = { .unicode = true };
        static const Options options = { 0 };
        const Cli cli = { .options = &options, .terminal = &terminal };
        _cleanup_(explanation_done) Explanation explanation = { 0 };

        error_explain(&cli, name, name, error, message, /* arguments= */ NULL, &explanation);
        is_harmless(explanation.reason);
        if (explanation.hint)
                is_harmless(explanation.hint);
}

static void table_is_drawn(const char *text, unsigned width) {
        static const TableColumn columns[] = { { "NAME", TABLE_SHRINK },
                                               { "STATE", 0 },
                                               { "MEMORY", TABLE_RIGHT } };
        const Terminal terminal = { .unicode = true, .columns = width };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));
        g_autofree char *drawn = NULL;
        g_autoptr(GString) kept = g_string_new(NULL);
        size_t size;
        FILE *stream;

        for (size_t i = 0; i < 2 * G_N_ELEMENTS(columns); i++)
                table_add(table, text, COLOUR_NONE);
        stream = open_memstream(&drawn, &size);
        table_print(table, stream, /* headings= */ true);
        g_assert_cmpint(fclose(stream), ==, 0);
        g_string_append(kept, drawn);
        g_string_replace(kept, "\n", "", 0);
        is_harmless(kept->str);
        free(g_steal_pointer(&drawn));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const candidates[] = { "web", "db", "旅籠", "", NULL };
        Input input = { data, size };
        unsigned width = input_byte(&input);
        g_autofree char *text = input_text(&input), *message = input_text(&input),
                        *error = input_text(&input);
        g_autofree char *shown = text_escape(text, /* ascii= */ false);
        g_autofree char *plain = text_escape(text, /* ascii= */ true);
        g_autofree char *cut = text_ellipsize(shown, width, "…");
        uint64_t usec;

        is_harmless(shown);
        g_assert_true(g_str_is_ascii(plain));
        is_harmless(cut);
        g_assert_cmpuint(text_width(cut), <=, width);
        word_is_one(shown);
        (void) text_closest(text, candidates);
        error_is_harmless(text, error, message);
        table_is_drawn(text, width);
        (void) parse_duration(text, &usec);
        return 0;
}
