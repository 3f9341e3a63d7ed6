/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Calls to libvirt have no end of their own: each runs on a thread, and its caller waits as long as it has
 * patience. What is then still under way ends with the process, by _exit(): its data is never freed.
 */
typedef struct Task Task;

/* Why a wait is over. */
typedef enum TaskEnd {
        TASK_DONE,     /* run() has returned: its data is the caller's again */
        TASK_LATE,     /* the deadline */
        TASK_STOPPED,  /* stop_signal_came() */
        TASK_FD_READY, /* the descriptor can be read */
} TaskEnd;

/* Runs it on a thread. Only the last wait of a task that is TASK_DONE frees it. */
Task *task_start(void (*run)(gpointer data), gpointer data);

/* Waits until deadline (g_get_monotonic_time(); 0: for ever). task may be NULL, fd -1. TASK_DONE comes
 * before all else, then TASK_FD_READY. */
TaskEnd task_wait(Task *task, int fd, int64_t deadline);

/* Both together, with a span of µs; 0: for ever. */
TaskEnd task_run(void (*run)(gpointer data), gpointer data, int64_t span);

/* From now on SIGTERM and SIGINT, systemd's wish to stop, end nothing but waits. Before any thread; the
 * process starts none that would inherit it. Without it waits know no TASK_STOPPED. */
void stop_signal_catch(void);

/* Whether one has come, since when ever; it stays true. */
bool stop_signal_came(void);

/* Waits tell of it, as before, or no longer: what must be done now is done. */
void stop_signal_heed(bool heed);
