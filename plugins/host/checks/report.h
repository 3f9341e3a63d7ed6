/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "common/error.h"

/*
 * All verdicts of one reading, as they pass between processes: a serialized GVariant of the type below, in
 * the byte order of the host.
 *
 *   u  version, REPORT_VERSION
 *   t  when reading began, µs since the epoch
 *   s  who read: "hatago-probe[412] uid 0"
 *   a  of the checks in the order of the table:
 *      s id  s group  s result  s reason  s value  a{ss} arguments  as sources  b fixable  b undoable
 */
#define REPORT_CHECK_TYPE "(sssssa{ss}asbb)"
#define REPORT_TYPE "(utsa" REPORT_CHECK_TYPE ")"
#define REPORT_VERSION 1U
#define REPORT_BYTES_MAX (256U * 1024U)

/* Judges all checks of a group ("" for all) below a root. A floating reference is taken: the caller's. */
GVariant *report_make(const char *root, const char *group);

/* Takes a report apart again, from a process that may be another version. Fails with a Failure where it is
 * no report, or not of this version, or a check has an id that is none (see check.h), or that another one
 * has, or a result that is none. */
int report_parse(GBytes *bytes, GVariant **ret, Failure *failure);
