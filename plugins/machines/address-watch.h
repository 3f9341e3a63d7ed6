/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * Looks after the addresses of running guests, in the background. What the host knows (the leases of
 * libvirt's networks; where they tell nothing, whom the host has spoken to) is read for a few machines at a
 * time, and asks nobody in a guest. A guest agent that has opened its channel is asked too, in a lane of its
 * own: it may answer late or never, and libvirt gives up on it (guest-address.h); those of others wait for
 * that where ADDRESS_QUESTIONS_MAX are so.
 *
 * A machine is looked at when it begins to run or goes on, when its agent comes or goes, when its unit tells
 * something else of it (which a new lease does), when its interfaces change, after libvirt was away, and in
 * turn while somebody has subscribed.
 */
typedef struct AddressWatch AddressWatch;

/* Questions to guest agents at a time. */
#define ADDRESS_QUESTIONS_MAX 2U
/* In turn an agent is asked that seldom, and one that has failed less and less often. */
#define ADDRESS_PATIENCE_USEC (30 * G_TIME_SPAN_SECOND)
#define ADDRESS_PATIENCE_LAST_USEC (10 * G_TIME_SPAN_MINUTE)

AddressWatch *address_watch_new(Machines *machines);
AddressWatch *address_watch_free(AddressWatch *watch); /* after hypervisor_stop(); NULL is none */

/* The machine may have changed, in this; a new one in everything. */
void address_watch_look(AddressWatch *watch, const Machine *machine, uint64_t mask);

/* It is this machine's turn. */
void address_watch_turn(AddressWatch *watch, const char *uuid);

/* The machine is gone. */
void address_watch_forget(AddressWatch *watch, const char *uuid);

/* For hypervisor_listen(): what happened before is not known. */
void address_watch_on_connected(void *watch);
