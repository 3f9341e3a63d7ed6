/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/*
 * Text from elsewhere (names of machines, messages of the hypervisor) as it may be shown to people. A name
 * can hold anything: nothing but what text_escape() returns may reach a terminal.
 */

/*
 * A new string in which every character that is not printable (C0, C1, formatting and bidi controls, line
 * separators, unassigned ones) stands as \n, \t, \xNN or \uNNNN, and every byte that is no UTF-8 as \xNN.
 * With ascii, so does all that is not ASCII: for terminals that read bytes, where half a character could be
 * a control.
 */
char *text_escape(const char *text, bool ascii);

/* Columns that an escaped text takes on a terminal: 2 for wide characters, 0 for combining ones. */
unsigned text_width(const char *text);

/* A new string of at most width columns; one that is cut ends in the ellipsis. */
char *text_ellipsize(const char *text, unsigned width, const char *ellipsis);

/* The text in lines of at most width columns, broken between words, and within those of wide characters,
 * which have no spaces, but so that no line begins with a full stop or the like; a longer word has a line of
 * its own. New array, with one line at least. */
char **text_wrap(const char *text, unsigned width);

/* A new string: the pattern with each {key} replaced by the value. Not printf: patterns come from tables. */
char *text_fill(const char *pattern, const char *key, const char *value);

/*
 * The same for all keys of a pattern, in one pass, so that a value with braces is no key. value: returns a
 * new string, or NULL if it has none for that key: then NULL is returned.
 */
typedef char *(*TextValue)(const char *key, const void *data);
char *text_fill_keys(const char *pattern, TextValue value, const void *data);

/* A new string: the name as a person would have to type it after a verb: quoted, after "--" if it looks like
 * an option. */
char *text_shell_word(const char *name);

/* The one of the candidates (NULL-terminated) that the name was most likely meant to be; NULL if none is
 * near. */
const char *text_closest(const char *name, const char *const *candidates);

/*
 * As strcmp(), in the order that people expect of names: numbers in them by their value ("vm2" before
 * "vm10"), and the letters of ASCII by the alphabet, whether large or small. Other characters by their code.
 * Only equal texts are equal.
 */
int text_compare(const char *a, const char *b);

/* Whether the word is one of those in the list, which are separated by the separator. */
bool text_list_has(const char *list, char separator, const char *word);
