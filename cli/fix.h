/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/* Has the agent apply the remedy of a check, or take it back; what goes wrong is printed. ret: the check
 * as it is then. */
int fix_apply(const Cli *cli, JsonObject *check, bool undo, JsonObject **ret);

/* Whether there is somebody to be asked, or --yes; if not, says so. */
bool fix_may_ask(const Cli *cli);
