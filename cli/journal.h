/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

/*
 * The last entries of the journal (at most n) about the machine at the path, oldest first: what the agent
 * did with it, and what its systemd unit said, if it has one (else ""). Read with the rights of the caller.
 * Each is an object with "Time" (µs since the epoch), "Identifier", "PID", "Message" (strings). Returns an
 * array, which may be empty. user: of the agent of this user, instead of the system's.
 */
JsonArray *journal_read(const char *path, const char *unit, bool user, unsigned n);

/* Whether there is a journal of the system that the caller may not read. */
bool journal_is_denied(void);
