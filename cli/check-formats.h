/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/*
 * Checks as the results of tests, for the programs that collect those. "warn" is no failure of a test: it
 * passes, and says what is wrong.
 */

/* JUnit's XML, a test suite for each group. New string. */
char *checks_to_junit(JsonArray *checks);

/* TAP version 13, which those who read 14 read, too. New string. */
char *checks_to_tap(JsonArray *checks);
