/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* Keys by the names that people use for them, and Linux's codes (linux/input-event-codes.h). */

/*
 * The keys of a chord such as "ctrl-alt-del", parted by "-" or "+": names, letters, digits, signs, or codes
 * as numbers, in any case. A new array of uint32_t; NULL if a key is not known, which is put into
 * ret_unknown (new string; empty where there is no key at all).
 */
GArray *keys_of_chord(const char *chord, char **ret_unknown);

/* The keys that type a character on a US keyboard; NULL if it has none for it. */
GArray *keys_of_character(char character);

/* All names, for the help: new string, separated by ", ". */
char *keys_list(void);
