/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "common/error.h"
#include "record.h"

/* One run of hatago-fix. */
typedef struct Fix {
        const char *root; /* "/" but in tests */
        Record *record;   /* what was before the first run; noted before it is changed */
        GPtrArray *made;  /* of Change: those of this run, in order, with what was before it */
} Fix;

/* A remedy: what mends the check of the same id. apply() leaves what is as it should be, and notes all else
 * before it changes it; it does not clean up when it fails. */
typedef struct Remedy Remedy;
struct Remedy {
        const char *id;
        int (*apply)(Fix *fix, const Remedy *remedy, Failure *failure);
        const char *argument; /* for apply(): a module, or NULL */
};

/* All; ends with an entry without id. */
extern const Remedy remedy_table[];

const Remedy *remedy_find(const char *id); /* NULL: none */

/* Taking back one kind of change. It may never have been made, or somebody may have taken it back. What it
 * was made to may have gone since: that is taken back as well. */
typedef struct ChangeKind {
        const char *word; /* in records */
        int (*undo)(Fix *fix, const char *target, const char *before, Failure *failure);
} ChangeKind;

extern const ChangeKind change_kinds[]; /* ends with an entry without word */

/* Notes a change that is about to be made, in the record, and for the case that this run fails half way. */
int fix_note(Fix *fix, const char *kind, const char *target, const char *before, Failure *failure);

/* Tells what is being done: a line of the journal, and the status of the unit. */
void remedy_say(const char *format, ...) G_GNUC_PRINTF(1, 2);

/*
 * What remedies are made of
 */

/* A file of configuration, made by us, with a first line that says so. lines: the rest. One that is there
 * and says the same is left; any other is not ours to change: a failure. */
int drop_in_write(Fix *fix, const Remedy *remedy, const char *path, const char *lines, Failure *failure);
int drop_in_undo(Fix *fix, const char *target, const char *before, Failure *failure);

/* The text of a small file of /proc/sys or /sys. */
int value_set(Fix *fix, const char *path, const char *value, Failure *failure);
int value_undo(Fix *fix, const char *target, const char *before, Failure *failure);

int device_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int module_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int unit_enabled_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int unit_active_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int network_defined_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int network_active_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int network_autostart_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int pool_defined_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int pool_active_undo(Fix *fix, const char *target, const char *before, Failure *failure);
int pool_autostart_undo(Fix *fix, const char *target, const char *before, Failure *failure);

/*
 * The remedies
 */
int apply_default_network(Fix *fix, const Remedy *remedy, Failure *failure);
int apply_default_pool(Fix *fix, const Remedy *remedy, Failure *failure);
int apply_kvm_module(Fix *fix, const Remedy *remedy, Failure *failure);
int apply_kvm_qemu_access(Fix *fix, const Remedy *remedy, Failure *failure);
int apply_libvirt_daemon(Fix *fix, const Remedy *remedy, Failure *failure);
int apply_module(Fix *fix, const Remedy *remedy, Failure *failure);
int apply_setting(Fix *fix, const Remedy *remedy, Failure *failure);
