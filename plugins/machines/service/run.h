/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * A run of a machine, as the start of its unit leaves it for the stop: a small file in RUNS_FOLDER, named as
 * the unit's instance, since the machine may have lost its definition meanwhile. It is root's, and on no
 * disk: it ends with the boot. One without a process is there while libvirt starts the machine: if that is
 * how the unit ends, whoever cleans up knows that something may be coming up.
 */
typedef struct RunRecord {
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned id;   /* libvirt's; 0: being started */
        pid_t pid;     /* QEMU's; 0: being started */
        bool restored; /* it goes on from a managed save */
        bool stopped;  /* systemd wants its end: however it comes, it is no crash */
} RunRecord;

/* Return a negative errno; of what is no record -EINVAL, and nothing is written. A record that is not there
 * cannot be read: -ENOENT; that it cannot be removed is no failure. */
int run_record_write(const char *folder, const char *instance, const RunRecord *run);
int run_record_read(const char *folder, const char *instance, RunRecord *ret);
void run_record_remove(const char *folder, const char *instance);

/* That the unit of this instance has had a run since the boot: an empty file, which stays. One that cannot
 * be written has not been seen. */
void run_note_seen(const char *folder, const char *instance);
bool run_was_seen(const char *folder, const char *instance);

/* From the bytes of a file; -EINVAL. */
int run_record_parse(const char *text, gsize size, RunRecord *ret);

/* Finds the process of a machine by libvirt's file NAME.pid in folder (QEMU_PID_FOLDER): it runs, has been
 * given that UUID, and the file still says so afterwards, so that no other process has got its number.
 * Returns a pidfd, which the caller closes; -ESRCH: there is none; another negative errno. */
int qemu_find(const char *folder, const char *name, const char *uuid, pid_t *ret_pid);

/* A pidfd of this process if it is that of the machine; errors as those of qemu_find(). */
int qemu_open(pid_t pid, const char *uuid);

/* Whether a command line, as /proc has it, gives QEMU this UUID. */
bool qemu_command_line_has_uuid(const char *text, gsize size, const char *uuid);
