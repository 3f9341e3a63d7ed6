/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <errno.h>
#include <stdbool.h>

#include "facts.h"
#include "machines.h"

/*
 * Readings of single machines: what was asked of libvirt about one, and what becomes of the answer.
 *
 * Of one machine one reading is under way. What is wanted before a thread has begun it is asked with it;
 * what is wanted later is asked by the next. What an event says while it is under way is newer than the
 * answer, which is void so far: not applied, and asked again. Whoever waits is called after the first answer
 * of a reading that began since: what is void of it, the event has brought.
 */
typedef struct Readings Readings;

/* failed is called when libvirt could not tell though it is there. */
Readings *readings_new(Machines *machines, void (*failed)(void *userdata, const char *uuid), void *userdata);
Readings *
readings_free(Readings *readings); /* after hypervisor_stop(): nothing is under way; NULL is none */

/* Asks for facts of a machine. done (may be NULL) is called when the machine shows the answer, or when there
 * will be none. */
void readings_want(Readings *readings, const char *uuid, FactsMask want, void (*done)(void *data),
                   void *data);

/* An event of a machine that is not known yet: as far as no event says otherwise it is transient, and
 * libvirt need not be asked for that. Before the readings_want() that completes it. */
void readings_tell(Readings *readings, const MachineEvent *event);

/* These facts are newer than the answer under way, if there is one. */
void readings_void(Readings *readings, const char *uuid, FactsMask voided);

/* All answers under way may come from a connection that another has replaced, as late as their threads like,
 * and no event told what happened between the two: all is asked again, of all of them. each is called for
 * every machine. */
void readings_renew(Readings *readings, void (*each)(void *userdata, const char *uuid), void *userdata);

/* The next connection brings a reading of all: no reason to ask again. */
static inline bool reading_is_disconnected(int result) {
        return result == -EHOSTDOWN || result == -ECANCELED;
}
