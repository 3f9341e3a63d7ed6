/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "table.h"

#include "text.h"

/* Narrower than this no column is cut, however small the terminal. */
#define COLUMN_MIN 8U

typedef struct Cell {
        char *text;
        Colour colour;
} Cell;

struct Table {
        const Terminal *terminal;
        const TableColumn *columns;
        size_t n_columns;
        GArray *cells; /* of Cell, row by row */
};

static void cell_done(void *data) {
        Cell *cell = data;

        g_free(cell->text);
}

Table *table_new(const Terminal *terminal, const TableColumn *columns, size_t n_columns) {
        Table *table = g_new0(Table, 1);

        *table = (Table){
                .terminal = terminal,
                .columns = columns,
                .n_columns = n_columns,
                .cells = g_array_new(FALSE, FALSE, sizeof(Cell)),
        };
        g_array_set_clear_func(table->cells, cell_done);
        return table;
}

Table *table_free(Table *table) {
        if (!table)
                return NULL;
        g_array_unref(table->cells);
        g_free(table);
        return NULL;
}

void table_add(Table *table, const char *text, Colour colour) {
        Cell cell = { .text = terminal_text(table->terminal, text), .colour = colour };

        g_array_append_val(table->cells, cell);
}

static void widths_measure(const Table *table, bool headings, unsigned *widths) {
        for (size_t i = 0; i < table->n_columns; i++)
                widths[i] = headings ? text_width(_(table->columns[i].heading)) : 0;
        for (size_t i = 0; i < table->cells->len; i++) {
                unsigned *width = &widths[i % table->n_columns];

                *width = MAX(*width, text_width(g_array_index(table->cells, Cell, i).text));
        }
}

/* Takes from the columns that may shrink what the table is too wide by, the first of them first. */
static void widths_shrink(const Table *table, unsigned *widths) {
        unsigned total = (unsigned) table->n_columns - 1;

        if (table->terminal->columns == 0)
                return;
        for (size_t i = 0; i < table->n_columns; i++)
                total += widths[i];
        for (size_t i = 0; i < table->n_columns && total > table->terminal->columns; i++) {
                unsigned excess = total - table->terminal->columns, spare;

                if (!(table->columns[i].flags & TABLE_SHRINK) || widths[i] <= COLUMN_MIN)
                        continue;
                spare = MIN(excess, widths[i] - COLUMN_MIN);
                widths[i] -= spare;
                total -= spare;
        }
}

static void cell_print(const Table *table, FILE *file, size_t column, unsigned width, const char *text,
                       Colour colour) {
        const char *ellipsis = terminal_sign(table->terminal, "…", "...");
        g_autofree char *shown = text_ellipsize(text, width, ellipsis);
        bool right = table->columns[column].flags & TABLE_RIGHT;
        bool last = column + 1 == table->n_columns;
        int padding = (int) (width - MIN(text_width(shown), width));

        fprintf(file, "%*s%s%s%s%*s%s", right ? padding : 0, "", colour_on(table->terminal->colour, colour),
                shown, colour_off(table->terminal->colour, colour), right || last ? 0 : padding, "",
                last ? "\n" : " ");
}

void table_print(const Table *table, FILE *file, bool headings) {
        g_autofree unsigned *widths = g_new0(unsigned, table->n_columns);

        if (table->cells->len == 0)
                return;
        widths_measure(table, headings, widths);
        widths_shrink(table, widths);
        for (size_t i = 0; headings && i < table->n_columns; i++)
                cell_print(table, file, i, widths[i], _(table->columns[i].heading), COLOUR_BOLD);
        for (size_t i = 0; i < table->cells->len; i++) {
                const Cell *cell = &g_array_index(table->cells, Cell, i);
                size_t column = i % table->n_columns;

                cell_print(table, file, column, widths[column], cell->text, cell->colour);
        }
}
