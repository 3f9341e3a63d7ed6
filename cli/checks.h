/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/*
 * The checks of the host, an array of objects with the members of org.hatago.Host1.HostCheck, in the order
 * in which they are shown; see check-texts.h for what they say.
 */

/* As they are on the bus, with "Path" besides; none before the first look, see check-look.h. Sets error on
 * failure. */
int checks_read_bus(const Cli *cli, sd_bus_error *error, JsonArray **ret);

/* Reads one of those anew, at its Path. Sets error on failure. */
int check_reread(const Cli *cli, JsonObject *check, sd_bus_error *error, JsonObject **ret);

/* Has hatago-probe read the host, with the caller's rights, or that on the host of --host. group: "" for
 * all. Prints what goes wrong; negative then. */
int checks_read_probe(const Cli *cli, const char *group, JsonArray **ret);

/* The one with this id, borrowed; NULL: there is none. */
JsonObject *checks_find(JsonArray *checks, const char *id);

bool check_is(JsonObject *check, const char *result);

/* The same without all others; new reference. */
JsonArray *checks_only(JsonArray *checks, const char *id);

/* Neither pass nor skip. */
bool check_is_wrong(JsonObject *check);

typedef struct CheckCounts {
        unsigned n, n_pass, n_warn, n_fail, n_skip;
        unsigned n_fixable; /* of those that are wrong */
        unsigned n_denied;  /* skipped for want of rights */
} CheckCounts;

void checks_count(JsonArray *checks, CheckCounts *ret);

/* Adds what each says to people, for programs that show it: Title, Meaning, Why, Remedy. */
void checks_add_texts(JsonArray *checks);
