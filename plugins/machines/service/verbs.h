/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "exit-status.h"

/* The verbs of hatago-vm, which units run. Those of one machine get the instance of its unit, as systemd has
 * it in %i, and take it for hostile. */
ExitStatus verb_start(const char *instance);
ExitStatus verb_stop(const char *instance);
ExitStatus verb_ended(const char *instance);
ExitStatus verb_ready(const char *instance);
ExitStatus verb_late(const char *instance);

/* Those of all machines get NULL. */
ExitStatus verb_leases(const char *instance);
ExitStatus verb_release(const char *instance);
ExitStatus verb_status(const char *instance);
