/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "terminal.h"

/* A table for people: columns aligned by display width, cut to the terminal. Cells are escaped on their way
 * in. */

typedef enum TableFlags {
        TABLE_RIGHT = 1 << 0,  /* align to the right: numbers */
        TABLE_SHRINK = 1 << 1, /* cut this column when the table is wider than the terminal */
} TableFlags;

typedef struct TableColumn {
        const char *heading; /* not yet translated */
        TableFlags flags;
} TableColumn;

typedef struct Table Table;

/* The columns and the terminal must outlive the table. */
Table *table_new(const Terminal *terminal, const TableColumn *columns, size_t n_columns);
Table *table_free(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/* Adds the next cell, row by row from left to right. */
void table_add(Table *table, const char *text, Colour colour);

/* headings: whether the first line has them. An empty table prints nothing. */
void table_print(const Table *table, FILE *file, bool headings);
