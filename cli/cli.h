/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "options.h"
#include "terminal.h"
#include "util.h"

/* Exit statuses besides EXIT_SUCCESS and EXIT_FAILURE; part of what scripts rely on. */
#define EXIT_USAGE 2
#define EXIT_UNREAD 3 /* of verbs whose status is a verdict: there is none */

typedef struct Verb Verb;

/* What a verb works with. Lives in main(), passed along. */
typedef struct Cli {
        const Options *options;
        const Terminal *terminal;
        const Verb *verb;
        sd_bus *bus;
        const char *action; /* the polkit action that the verb needs, for the hint when it is denied; or NULL
                             */
        bool interactive;   /* a person can be asked for a password */
} Cli;
