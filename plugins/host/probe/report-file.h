/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

/*
 * The file of reports in a folder that is root's. Two units write it; who looks holds the lock from before
 * the first thing is read until the report is written, so that an older look never comes after a newer one.
 */

/* Waits until nobody else has the lock. Returns a descriptor that holds it until it is closed, or the
 * process ends; -errno. */
int report_file_lock(const char *folder);

/* The agent sees it whole, by its new name, or not at all. -errno, logged. */
int report_file_write(const char *folder, GVariant *report);

/* How long until the report is of that age, µs; 0: it is, or there is none. */
uint64_t report_file_fresh_for(const char *folder, uint64_t age);
