/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How far something slow is that libvirt does with a machine's memory, seen from outside: libvirt itself,
 * and whoever asks it, may have to wait for the end. A mark is a number of bytes that changes while it goes
 * on; -1: there is nothing to be seen.
 */

/* A managed save that is being written: NAME.save in folder (QEMU_SAVE_FOLDER) grows. */
int64_t progress_of_save(const char *folder, const char *name);

/* One that is being restored: the process of the machine (qemu_find() in folder) fills its memory. */
int64_t progress_of_restore(const char *folder, const char *name, const char *uuid);

/* Who waits looks so often. */
#define LOOK_PAUSE G_TIME_SPAN_SECOND

/* Patience with what makes progress: until nothing has changed for span µs. */
typedef struct Patience {
        int64_t span, deadline; /* by g_get_monotonic_time() */
        int64_t mark;
} Patience;

Patience patience_new(int64_t span, int64_t now);

/* Whether there is another mark than before, which gives it its whole span again. */
bool patience_renew(Patience *patience, int64_t mark, int64_t now);
