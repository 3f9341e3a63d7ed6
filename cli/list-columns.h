/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "machine.h"
#include "table.h"

/* What "hatago list" can show of a machine, and sort by. */
typedef struct ListColumn ListColumn;

/* The columns in the list of names "name,state,…" (elements point to ListColumn; not NULL-ended), after
 * those in defaults if it begins with "+". NULL if one of them does not exist. */
GPtrArray *columns_parse(const char *names, const char *defaults);

/* The column of this name; NULL if there is none. */
const ListColumn *column_find(const char *name);

/* All names, with commas between. New string. */
char *columns_words(void);

/* One line for each column: its name, and what it shows. */
void columns_print_help(FILE *file);

/* The property of org.hatago.Host1.Machine behind it; NULL if ListMachines has it. */
const char *column_property(const ListColumn *column);

TableColumn column_heading(const ListColumn *column);

/* Its cell, escaped by nobody yet: "-" where there is nothing to show. now: µs since the epoch. */
void column_add_cell(const ListColumn *column, const Machine *machine, uint64_t now, Table *table);

/* Adds its property to an object, with the name and the value that it has on the bus. */
void column_set_json(const ListColumn *column, const Machine *machine, JsonObject *object);

/* As strcmp(): names by text_compare(), numbers by size, no before yes. */
int column_compare(const ListColumn *column, const Machine *a, const Machine *b);
