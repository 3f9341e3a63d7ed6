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
