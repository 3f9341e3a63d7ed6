/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

/* The report of hatago-probe: the same as in plugins/host/checks/report.h, which says what it has. */
#define REPORT_CHECK_TYPE "(sssssa{ss}asbb)"
#define REPORT_TYPE "(utsa" REPORT_CHECK_TYPE ")"
#define REPORT_VERSION 1U
#define REPORT_BYTES_MAX (256U * 1024U)

/*
 * The checks of a report, as objects with the members of org.hatago.Host1.HostCheck. -EBADMSG: it is no
 * report, or one of another version, or a check has an id or a result that is none, or an id that another
 * one has.
 */
int check_report_parse(GBytes *bytes, JsonArray **ret);
