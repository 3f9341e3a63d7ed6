/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/* Checks for people, on standard output; broken into lines by the terminal's width. */

/* All by groups, a line for each, what is wrong explained, and a summary. whole: it is all that there is,
 * so that what it comes to can be said. */
void checks_print(const Cli *cli, JsonArray *checks, bool whole);

/* Result, title and value, in one line. */
void check_print_line(const Cli *cli, JsonObject *check);

/* Besides what it means, and why that matters if it is wrong: */
typedef enum CheckDetails {
        DETAILS_REMEDY = 1 << 0, /* what helps */
        DETAILS_FIX = 1 << 1,    /* what "hatago fix" would do */
        DETAILS_UNDO = 1 << 2,   /* what it would take back */
} CheckDetails;

void check_print_details(const Cli *cli, JsonObject *check, CheckDetails details);
