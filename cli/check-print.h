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

/* What it means, its effect, and what helps: with remedy, also that. */
void check_print_details(const Cli *cli, JsonObject *check, bool remedy);

/* What "hatago fix" would do, or take back. */
void check_print_fix(const Cli *cli, JsonObject *check, bool undo);
