/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

/*
 * What the checks of the host say to people. A check is an object with the members of
 * org.hatago.Host1.HostCheck, from the agent or from a report of hatago-probe; what it says is in the
 * language of the user. A text can have several lines; one that begins with two blanks is a command, to be
 * copied as it is, and values in it are quoted for a shell. Values elsewhere are escaped. Names of checks,
 * groups and reasons that are not known here are shown as they are: the agent may be newer.
 */

typedef struct CheckGroup {
        const char *name;
        const char *title; /* not yet translated */
} CheckGroup;

/* In the order in which they are shown; ends with an entry without name. */
extern const CheckGroup check_groups[];

/* Translated; the name itself if there is no such group. */
const char *check_group_title(const char *name);

/* The names with commas between; new string. */
char *check_group_words(void);

/* Where the check stands among all; behind all that are known: UINT_MAX. */
unsigned check_position(const char *id);

/* The ids of all checks, in their order, and NULL. */
const char *const *check_ids(void);

/* Its title, a few words; translated. */
const char *check_title(const char *id);

/* Whether its value, as it is read, says something to people where it passes. */
bool check_has_plain_value(const char *id);

/* What its verdict means; new string, NULL: no more than its result says. */
char *check_meaning(JsonObject *check);

/* Why that matters; new string or NULL. */
char *check_why(JsonObject *check);

/* What a person can do, by hand; new string or NULL. */
char *check_remedy(JsonObject *check);

/* Whether hatago-fix may have a remedy for the check. */
bool check_has_fix(const char *id);

/* What its remedy would do ("hatago fix"), or, with undo, what taking it back would; new string, NULL: it
 * has none. */
char *check_fix_text(JsonObject *check, bool undo);
