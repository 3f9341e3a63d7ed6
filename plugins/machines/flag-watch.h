/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * libvirt has no event for its own autostart flag, but keeps it as a link in a folder of its configuration:
 * one that comes or goes there has the flag of the machine of that name read. The link itself says nothing;
 * where the folder cannot be seen, only whoever has subscribed hears of the flag.
 */
typedef struct FlagWatch FlagWatch;

FlagWatch *flag_watch_new(Machines *machines);
FlagWatch *flag_watch_free(FlagWatch *watch); /* NULL is none */

/* Begins to watch; nothing where machines have no units. */
void flag_watch_start(FlagWatch *watch);
