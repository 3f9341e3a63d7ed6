/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * What has happened to machines lately, by whomever: found out from the changes of the model, and kept in
 * memory. What the first reading of all machines brings is no event, and what an interrupted connection has
 * kept from us is one when it shows.
 */
typedef struct EventLog EventLog;

#define EVENT_LOG_MAX 512U

typedef struct EventRecord {
        uint64_t when; /* µs since the epoch */
        char *path, *name;
        const char *event; /* a word of Machines.ListEvents */
        char *detail;      /* a word or a name; "" */
} EventRecord;

EventLog *event_log_new(Machines *machines);
EventLog *event_log_free(EventLog *log); /* NULL is none */

/* The machine is new, or may have changed, in this. */
void event_log_look(EventLog *log, const Machine *machine, uint64_t mask);

/* What an event says of the end of a run that the model will not show, since the machine ends with it. */
void event_log_note_end(EventLog *log, const Machine *machine, const MachineEvent *event);

/* The machine is about to be forgotten. */
void event_log_removed(EventLog *log, const Machine *machine);

/* How many there are, and one of them: 0 is the oldest. */
unsigned event_log_count(const EventLog *log);
const EventRecord *event_log_get(const EventLog *log, unsigned i);

/* Tells everybody of a new one: machines-dbus.c. */
void machines_tell_event(Machines *machines, const EventRecord *record);
