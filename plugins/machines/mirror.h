/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * Adoption: a machine that runs and that systemd knows nothing of, since somebody started it by libvirt, has
 * its unit started, which takes over the run that is there. (Mirror= of hatagod.conf(5).)
 *
 * The ends need no mirror: the unit's main process is the machine's, and ends with it. As both tell of an
 * end in their own time, a run is adopted only after libvirt was asked once more; and since it can end
 * still, and another begin, the unit's program is told which run is meant.
 */
typedef struct Mirror Mirror;

Mirror *mirror_new(Machines *machines); /* NULL where units are not used, or Mirror=no */
Mirror *mirror_free(Mirror *mirror);    /* NULL is none */

/* The machine, or its unit, is in another state than before; or all may be. */
void mirror_look(Mirror *mirror, const Machine *machine);
void mirror_look_all(Mirror *mirror);

/* The machine is gone. */
void mirror_forget(Mirror *mirror, const char *uuid);

/* Whether its unit should be running and is not. An incoming migration is not there before it goes on here,
 * and what is being started has yet to come up. */
bool mirror_wants(const Machine *machine);
