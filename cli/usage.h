/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli.h"

/* How the tool was called, and what is told to those who called it otherwise: where EXIT_USAGE is said
 * below, a verb whose exit status is a verdict (VERB_VERDICT) has EXIT_UNREAD. */

/* Prints a complaint about an option, with the way to the help of the verb that the words begin with, and
 * returns EXIT_USAGE. */
int usage_report_option(const char *complaint, GPtrArray *words);

/* Prints a complaint about a word ({word}) after a verb, which may be NULL, and returns EXIT_USAGE. */
int usage_report_word(const char *pattern, const char *word, const Verb *verb);

/*
 * Finds the verb that the words begin with, and how many of them it takes, and looks whether the options and
 * the other words go with it. Returns 0; or complains, writes nothing and returns EXIT_USAGE.
 */
int usage_check(const Options *options, GPtrArray *words, const Verb **ret_verb, unsigned *ret_taken);
