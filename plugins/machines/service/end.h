/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "progress.h"
#include "run.h"

/*
 * How a run of a machine is brought to its end, whoever hangs meanwhile.
 */
typedef enum EndHow {
        END_SHUTDOWN, /* its guest is asked: by its agent, else by the power button */
        END_SAVE,     /* managed save; where that cannot be, as END_SHUTDOWN */
        END_HARD,     /* at once */
} EndHow;

/* How long libvirt has to power a machine off, before its process is killed: of a QEMU that hangs it waits
 * 10 s itself (virProcessKillPainfullyDelay()). */
#define END_HARD_SPAN (15 * G_TIME_SPAN_SECOND)
#define END_KILL_SPAN (5 * G_TIME_SPAN_SECOND)

/*
 * Ends a run, and returns when its process has ended; where pidfd, a descriptor of it, is -1, when libvirt
 * says that it is off. A run of id 0 is whichever goes on. After span µs it is powered off hard, for which
 * libvirt gets END_HARD_SPAN; then its process is killed. Logs what is not as asked. Returns whether it is
 * off.
 *
 * A save that goes on has its span anew with each step (progress.h), and so has libvirt's restoring before
 * it, which is waited for: systemd is told so. Only one that is stuck ends hard.
 */
bool run_end(const RunRecord *run, int pidfd, EndHow how, int64_t span);

/* The same, of what systemd may have left little time for: it gives it all that it may need. */
bool run_end_in_own_time(const RunRecord *run, int pidfd, EndHow how, int64_t span);

/* Looks how far a save is, or the restoring of one: while that goes on it has its span anew, and systemd is
 * told so. */
void patience_look(Patience *patience, bool restores, const char *name, const char *uuid);

/* Ends a run as a stop of its unit does: as its settings say for the host's shutdown, if that is under way,
 * else END_SHUTDOWN; with its stop timeout. */
bool run_stop(const RunRecord *run, int pidfd);
