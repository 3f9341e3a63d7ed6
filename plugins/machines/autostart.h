/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * What an administrator has systemd start: units of machines that are wanted or required by a target of the
 * boot, as "systemctl enable" leaves them in the folders of units (for tests those in $HATAGO_UNIT_FOLDERS,
 * with colons between). What generators leave does not count: that is what the settings say. The folders are
 * read on a thread at each of systemd's signals that tell of such changes.
 */
typedef struct Autostart Autostart;

Autostart *autostart_new(Machines *machines);
Autostart *autostart_free(Autostart *autostart); /* nothing is under way any more; NULL is none */

/* Reads the folders, before there are machines, and listens to systemd. Returns a negative errno of the bus.
 */
int autostart_start(Autostart *autostart);

/* Tells the machine whether it is among them. Returns the mask of what changed. */
uint64_t autostart_apply(const Autostart *autostart, Machine *machine);

/* It has another name, and so another unit: the same, and logs if nobody starts it any more for that. */
uint64_t autostart_apply_name(const Autostart *autostart, Machine *machine);

/* It is gone: logs if what an administrator enabled is left over. */
void autostart_on_gone(const Autostart *autostart, const Machine *machine);
