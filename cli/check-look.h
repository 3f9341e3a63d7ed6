/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/*
 * A new look at the host: much of what the checks judge (files, their modes, settings of the kernel) changes
 * without an event, so what the agent shows may be old, and it shows nothing before its first look.
 */

/* Has the agent look, and waits until it shows what was found. Sets error on failure, to UnknownMethod or
 * UnknownInterface where it has no part that could. */
int checks_look(const Cli *cli, sd_bus_error *error);

/* The checks after a new look, as checks_read_bus() has them. NULL: it failed, and that has been printed. */
JsonArray *checks_look_and_read(const Cli *cli);

/* Whether that error says that the agent has no part that judges the host. */
bool checks_are_missing(const sd_bus_error *error);
