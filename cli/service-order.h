/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machine.h"

/* What waits for what (StartAfter), among machines as services_read() gives them. */

/* Names of machines that wait for each other, from one back to it: "a, b, a"; new string, NULL: none do.
 * Only files that were edited by hand can have such. */
char *service_order_find_cycle(const GPtrArray *machines);

/* Why the machine cannot start after these (names or UUIDs): "'db' would start after 'web', which starts
 * after 'db'"; new string, NULL: it can. */
char *service_order_explain(const GPtrArray *machines, const char *path, char **after);
