/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "common/error.h"

/* One change, and what was there before. */
typedef struct Change {
        char *kind;   /* which undo knows it: see change_kinds in remedy.h */
        char *target; /* what was changed: a path, a module, a unit, a network */
        char *before; /* in the words of that kind; may be empty */
} Change;

Change *change_new(const char *kind, const char *target, const char *before); /* copies them */
void change_free(Change *change);

/*
 * What a remedy has changed, in order. A change is noted before it is made, and is on the disk when
 * record_note() returns: whatever interrupts a remedy, it can be taken back. So what is noted may not have
 * happened, and taking it back must bear that.
 */
typedef struct Record Record;

/* Reads the file, if it is there; else the record is empty, and no file is made before the first note. Fails
 * if it cannot be read, or is no record. */
int record_open(const char *path, Record **ret, Failure *failure);
Record *record_free(Record *record); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Record, record_free)

/* How many changes it holds. */
unsigned record_count(const Record *record);

/* The last change; NULL: none. The record's own. */
const Change *record_last(const Record *record);

/* Notes a change that is about to be made. One that is noted already keeps what was before the first time.
 */
int record_note(Record *record, const char *kind, const char *target, const char *before, Failure *failure);

/* Forgets the last change, which has been taken back. With the last of all the file goes. */
int record_drop_last(Record *record, Failure *failure);
