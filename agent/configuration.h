/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * hatagod.conf(5): the vendor's file or the administrator's in its place, then drop-ins of both by name.
 * Each key is known only to whoever asks for it; what nobody asked for is reported by
 * configuration_warn_unknown().
 */
typedef struct Configuration Configuration;

/* Reads /etc/hatago/hatagod.conf (else /usr/lib/hatago/hatagod.conf) and hatagod.conf.d/ of both folders. A
 * file that is missing is empty; one that cannot be read or parsed is logged and ignored. */
Configuration *configuration_new(const char *const *folders);
Configuration *configuration_free(Configuration *configuration); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Configuration, configuration_free)

/* The value, or what is given where there is none or an empty one. */
const char *configuration_string(Configuration *configuration, const char *section, const char *key,
                                 const char *otherwise);

/* "yes", "true", "on" or "1", and their opposites. What is neither is logged and ignored. */
bool configuration_boolean(Configuration *configuration, const char *section, const char *key,
                           bool otherwise);

/* A span of time (text_parse_span()) within minimum and maximum, µs. What is not is logged and ignored. */
uint64_t configuration_span(Configuration *configuration, const char *section, const char *key,
                            uint64_t minimum, uint64_t maximum, uint64_t otherwise);

/* Logs each key that nobody asked for: after all parts of the agent have started. */
void configuration_warn_unknown(Configuration *configuration);
