/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

/*
 * The value of a property of any interface as people read it: sizes and times with their units, "-" for
 * nothing, else as json_property_text(). New string.
 */
char *property_text(const char *property, JsonNode *node);

/*
 * How far a job is, of its properties: "42%, 1.2 GiB of 4 GiB, 120 MiB/s, 23 s left". New string; NULL if it
 * does not tell. now: µs since the epoch.
 */
char *job_progress_text(JsonObject *job, uint64_t now);
