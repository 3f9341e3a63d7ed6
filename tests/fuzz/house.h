/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"
#include "plugin.h"

/*
 * The agent's parts and the machines plugin, without a bus daemon and without a hypervisor: one peer serves
 * the objects (one machine, one job), the other calls. Made once; what a call changes stays.
 */
typedef struct House {
        Services services;
        Machines *machines; /* published */
        Mailbox *mailbox;
        sd_bus *caller;
} House;

House *house_get(void);

/* Runs both peers until neither has anything to do. */
void house_settle(House *house);
