/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "terminal.h"

/* A list of lines "   Label: text" for people, whose labels end at the same column. */
typedef struct Fields Fields;

Fields *fields_new(const Terminal *terminal);
Fields *fields_free(Fields *fields);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fields, fields_free)

/*
 * Adds a line; without a text (NULL) none. label: translated, NULL for one more line of the field before.
 * Takes the text, which is escaped when it is printed.
 */
void fields_add(Fields *fields, const char *label, char *text, Colour colour);

/* The same for a sentence: on a terminal it is broken into lines between words. */
void fields_add_sentence(Fields *fields, const char *label, char *text, Colour colour);

void fields_print(const Fields *fields, FILE *file);
