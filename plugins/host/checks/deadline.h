/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/*
 * Runs what may hang (a call to libvirt, a look at a filesystem far away) on a thread. Returns true when it
 * has ended within usec µs: data is the caller's again. Else it stays with the thread, which ends with the
 * process: the caller may neither look at it nor free it.
 */
bool deadline_run(int64_t usec, void (*run)(gpointer data), gpointer data);
