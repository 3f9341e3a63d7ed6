/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "checks/verdict.h"

/* What org.hatago.Host1.HostCheck shows, in the order of its properties: bits of a mask. */
typedef enum HostCheckProperty {
        HOST_CHECK_ID,
        HOST_CHECK_GROUP,
        HOST_CHECK_RESULT,
        HOST_CHECK_REASON,
        HOST_CHECK_VALUE,
        HOST_CHECK_ARGUMENTS,
        HOST_CHECK_SOURCES,
        HOST_CHECK_READ_BY,
        HOST_CHECK_CHECKED_AT,
        HOST_CHECK_FIXABLE,
        HOST_CHECK_UNDOABLE,
        _HOST_CHECK_PROPERTY_MAX,
} HostCheckProperty;

#define HOST_CHECK_BIT(property) (UINT64_C(1) << (property))

/* One check of this host, and its last verdict. */
typedef struct HostCheck {
        char *path; /* on the bus */
        char *id;
        char *group;
        CheckResult result;
        char *reason, *value;
        GVariant *arguments; /* a{ss} */
        GVariant *sources;   /* as */
        char *read_by;       /* who read what the verdict rests on, and when, µs since the epoch: of the */
        uint64_t checked_at; /* reading that changed it last */
        bool fixable, undoable;
} HostCheck;

/* Without a verdict yet: "skip", and texts are empty. */
HostCheck *host_check_new(const char *id);
HostCheck *host_check_free(HostCheck *check); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostCheck, host_check_free)

/* Takes over a verdict of a report (REPORT_CHECK_TYPE, see checks/report.h, that report_parse() has passed).
 * Returns what changed. Who read, and when, is taken over only where anything else changed: each reading is
 * another process at another time, and that alone is no news. */
uint64_t host_check_apply(HostCheck *check, GVariant *verdict, const char *read_by, uint64_t checked_at);
