/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What goes into a log line or an error text, with control characters and invalid UTF-8 as \xNN escapes, cut
 * after 200 bytes. Allocated with g_malloc(). */
char *text_printable(const char *text);

/* Whether a text holds a control character (C0, DEL, C1). */
bool text_has_control(const char *text);

/* A span of time as people write it in configuration files: a number of seconds, or numbers with the units
 * us, ms, s, sec, min, h, d, one after the other ("1min 30s"). µs; -EINVAL, -ERANGE. */
int text_parse_span(const char *text, uint64_t *ret_usec);
