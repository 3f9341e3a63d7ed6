/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"
#include "service/request.h"

/*
 * Starts of machines by their units. What the unit's program is to know, which StartUnit cannot say, is left
 * for it as a request (service/request.h); what it says when it fails is made the failure that it stands
 * for.
 */
typedef struct UnitStarts UnitStarts;

/* One start under way, by this agent. */
typedef struct UnitStart UnitStart;

UnitStarts *unit_starts_new(Machines *machines); /* NULL where units are not used */
UnitStarts *
unit_starts_free(UnitStarts *starts); /* after those of Services.units have ended; NULL is none */

/* Whether this agent is starting the unit of this machine. */
bool unit_starts_any(const UnitStarts *starts, const char *uuid);

/*
 * Has systemd start the machine's unit. Fails with Busy while that is under way, or with what keeps the
 * request from being written.
 *
 * done: main thread, exactly once, never from within. result is 0 when systemd says that it is started: that
 * can be over already, or there was nothing to adopt. Else -errno with the failure filled in: what keeps the
 * machine from running, by the codes of Machine.Start; UnitUnavailable, where systemd does not start it;
 * Canceled after unit_start_cancel(). -ECANCELED without that: the agent stops, and the start goes on. May
 * take the failure's text.
 */
int unit_start_new(UnitStarts *starts, const Machine *machine, const StartRequest *request,
                   void (*done)(void *userdata, int result, Failure *failure), void *userdata,
                   UnitStart **ret, Failure *failure);

/* Has it stopped: nothing of the machine runs when done is called. One that is over by then is stopped
 * likewise. */
void unit_start_cancel(UnitStart *start);

/* systemd has told of all units: what an agent before this one has left for units that are not to be started
 * any more is removed. */
void unit_starts_on_known(UnitStarts *starts, bool any_starting);

/* The unit of this machine says something else: where a start of it has failed, by whomever, that is the
 * machine's StartFailure. */
void unit_starts_look(UnitStarts *starts, Machine *machine);
