/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/* The jobs under way: those that work on the object at the path, or all if it is NULL. Set error on failure.
 */

/* Their paths; elements are strings. */
int jobs_list(const Cli *cli, const char *path, sd_bus_error *error, GPtrArray **ret);

/* Their properties, but for those that have been forgotten meanwhile. */
int jobs_running(const Cli *cli, const char *path, sd_bus_error *error, JsonArray **ret);
