/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* Watches for the reports of hatago-probe, which come into a folder one in place of the other, whoever had
 * it made: this agent, or the kernel's signals. */
typedef struct ReportWatch ReportWatch;

/* taken: hands out each report that is whole, on the main thread; it is the watch's. */
ReportWatch *report_watch_new(sd_event *event, const char *folder,
                              void (*taken)(void *userdata, GVariant *report), void *userdata);
ReportWatch *report_watch_free(ReportWatch *watch); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReportWatch, report_watch_free)

/* Looks now, and from now on whenever one comes. Where there is no folder yet, the next call tries again.
 * What was seen before is not handed out again. What is no report is logged, once until there is one again,
 * and ignored. */
void report_watch_look(ReportWatch *watch);

/* How many reports were handed out. */
uint64_t report_watch_count(const ReportWatch *watch);
