/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * What systemd says of the units of all machines, hatago-vm@ and hatago-vm-ready@: read once, and again
 * after systemd has read its units anew; from then on by its signals. Who starts and stops them, see
 * unit-start.h and mirror.h. Where units are not used there is none.
 */
typedef struct Units Units;

Units *units_new(Machines *machines);
Units *units_free(Units *units); /* NULL is none */

/* Listens to systemd, and asks for all. Returns a negative errno of sd-bus. */
int units_start(Units *units);

/* Whether systemd has told. Before that, and while it reads its units anew, a unit that is not known may be
 * there. */
bool units_are_known(const Units *units);

/* The machine is new, or has a name: it has the unit of that. Returns the mask of what changed. */
uint64_t units_apply(Units *units, Machine *machine);
