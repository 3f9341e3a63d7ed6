/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* Sizes and times for people (and back). All strings returned are new. */

/* Bytes with a binary unit and at most one decimal: "512 MiB", "1.5 GiB". */
char *format_size(uint64_t bytes);

/* A length of time with its two largest units: "3 min 20 s". */
char *format_duration(uint64_t usec);

/* A moment (µs since the epoch) absolute and relative: "Sat 2026-11-21 22:41:32 UTC; 3 min 20 s ago". */
char *format_since(uint64_t usec, uint64_t now);

/* A moment (µs since the epoch) in the time of this place: "2026-11-21 22:41:32". */
char *format_moment(uint64_t usec);

/* An identifier of libosinfo ("http://debian.org/debian/12") as people say it: "debian 12". */
char *format_os(const char *id);

/*
 * Reads "30", "30s", "5min", "2h" (seconds if there is no unit), sums of such ("1min 30s"), into µs. Returns
 * -EINVAL if it is no such thing, -ERANGE if it overflows.
 */
int parse_duration(const char *text, uint64_t *ret_usec);
