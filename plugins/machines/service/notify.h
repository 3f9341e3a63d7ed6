/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "exit-status.h"

/* What "systemctl status" shows, from now on; printf. */
void notify_status(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* systemd gives a stop under way, of whatever program, at least span µs from now on. */
void notify_extend(int64_t span);

/* Waits until systemd has read all that was sent, so that it still knows whose it is; a few seconds at most.
 */
void notify_settle(void);

/* Logs a failure, shows it as the unit's status, and returns what it is to systemd. */
ExitStatus notify_failure(const Failure *failure);
