/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include <stdlib.h>

static const TableColumn columns[] = {
        { "NAME", TABLE_SHRINK },
        { "STATE", 0 },
        { "MEMORY", TABLE_RIGHT },
};

static void add_row(Table *table, const char *name, const char *state, const char *memory) {
        table_add(table, name, COLOUR_NONE);
        table_add(table, state, COLOUR_GREEN);
        table_add(table, memory, COLOUR_NONE);
}

static void printed_is(const Table *table, bool headings, const char *expected) {
        char *text = NULL;
        size_t n;
        FILE *file = open_memstream(&text, &n);

        table_print(table, file, headings);
        g_assert_cmpint(fclose(file), ==, 0);
        g_assert_cmpstr(text, ==, expected);
        free(text);
}

static void test_columns_align_by_display_width(void) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));

        add_row(table, "web", "running", "2 GiB");
        add_row(table, "日本語", "off", "512 MiB");
        printed_is(table, true,
                   "NAME   STATE    MEMORY\n"
                   "web    running   2 GiB\n"
                   "日本語 off     512 MiB\n");
        printed_is(table, false,
                   "web    running   2 GiB\n"
                   "日本語 off     512 MiB\n");
}

static void test_an_empty_table_has_no_heading(void) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));

        printed_is(table, true, "");
}

static void test_names_are_cut_to_the_terminal(void) {
        const Terminal terminal = { .unicode = true, .out_tty = true, .columns = 28 };
        const Terminal ascii = { .out_tty = true, .columns = 28 };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));
        g_autoptr(Table) plain = table_new(&ascii, columns, G_N_ELEMENTS(columns));

        add_row(table, "a-very-long-name-of-a-machine", "running", "2 GiB");
        printed_is(table, false, "a-very-long-n… running 2 GiB\n");
        add_row(plain, "a-very-long-name-of-a-machine", "running", "2 GiB");
        printed_is(plain, false, "a-very-long... running 2 GiB\n");
}

static void test_nothing_is_cut_without_a_terminal(void) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));
        g_autofree char *name = g_strnfill(500, 'x');
        g_autofree char *expected = g_strdup_printf("%s running 2 GiB\n", name);

        add_row(table, name, "running", "2 GiB");
        printed_is(table, false, expected);
}

static void test_colours_take_no_room(void) {
        const Terminal terminal = { .unicode = true, .out_tty = true, .colour = true, .columns = 80 };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));

        add_row(table, "a", "on", "1 B");
        add_row(table, "b", "paused", "2 B");
        printed_is(table, false,
                   "a \033[32mon\033[0m     1 B\n"
                   "b \033[32mpaused\033[0m 2 B\n");
}

static void test_hostile_names_are_escaped(void) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(Table) table = table_new(&terminal, columns, G_N_ELEMENTS(columns));

        add_row(table, "\033]0;x\a\n", "off", "0 B");
        printed_is(table, false, "\\x1b]0;x\\x07\\n off 0 B\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/table/columns-align-by-display-width", test_columns_align_by_display_width);
        g_test_add_func("/table/an-empty-table-has-no-heading", test_an_empty_table_has_no_heading);
        g_test_add_func("/table/names-are-cut-to-the-terminal", test_names_are_cut_to_the_terminal);
        g_test_add_func("/table/nothing-is-cut-without-a-terminal", test_nothing_is_cut_without_a_terminal);
        g_test_add_func("/table/colours-take-no-room", test_colours_take_no_room);
        g_test_add_func("/table/hostile-names-are-escaped", test_hostile_names_are_escaped);
        return g_test_run();
}
