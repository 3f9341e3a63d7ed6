/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/*
 * All that "hatago status" knows of a machine: its properties, also those that are read by name only, and
 * besides "Jobs", its jobs under way with their properties, and "Journal", as journal_read() returns it.
 * Sets error on failure.
 */
int machine_status_read(const Cli *cli, const char *name, sd_bus_error *error, JsonObject **ret);

/* Prints it for people. */
void machine_status_print(const Cli *cli, JsonObject *machine);

/* The first line: a sign for the state, the name, and a title if there is one. */
void status_title_print(const Cli *cli, const char *name, const char *title, const char *state,
                        Colour colour);
