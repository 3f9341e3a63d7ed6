/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/*
 * What an error says to people: the reason in their language where the error's name tells it all, else (or
 * besides) the agent's own text; and the way out. Both strings are new; hint is NULL if there is none.
 */
typedef struct Explanation {
        char *reason;
        char *hint;
} Explanation;

/* What stands behind it, not yet translated: the first row counts that is of this verb and whose keys in
 * braces all have a value. Ends with an entry without error. */
typedef struct ErrorRow {
        const char *error;
        const char *verb;   /* the row is for this verb; NULL: for all (and behind those of one verb) */
        const char *reason; /* NULL: the agent's text says it better; {keys} as in the hint */
        const char *hint; /* {name}: as it is typed, and others, also the error's arguments: a row without a
                             value for one is left out */
} ErrorRow;

extern const ErrorRow error_rows[];

void explanation_done(Explanation *explanation);

/* subject: the name that the verb was about; NULL: none. closest: a machine that may have been meant; NULL:
 * none. arguments: of the error, such as Job.ErrorArguments; NULL: none. */
void error_explain(const Cli *cli, const char *subject, const char *closest, const char *error_name,
                   const char *message, JsonObject *arguments, Explanation *ret);

/* Prints "hatago: cannot start 'web': it is running already." and the hint. The sentence's start is the
 * verb's. */
void error_report(const Cli *cli, const char *subject, const sd_bus_error *error);
void error_report_name(const Cli *cli, const char *subject, const char *error_name, const char *message,
                       JsonObject *arguments);
