/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>

#include "machines.h"

/* Which of libvirt's virtual networks are active, for the warning about machines that need one that is not:
 * one list after each connection, then libvirt's events. */
typedef struct NetworkWatch NetworkWatch;

NetworkWatch *network_watch_new(Machines *machines);
NetworkWatch *network_watch_free(NetworkWatch *watch); /* after hypervisor_stop(); NULL is none */

/* A listener of the hypervisor; userdata is the NetworkWatch. A hypervisor without networks is none that
 * cannot be connected to: nothing is known of them then. */
int network_watch_opened(virConnect *connection, void *userdata, void **ret_registration, Failure *failure);
void network_watch_closing(virConnect *connection, void *registration);
void network_watch_on_connected(void *userdata);

/* The warning about a machine's networks, as a bit; 0 if there is none. */
uint32_t network_watch_find(const NetworkWatch *watch, const Machine *machine);

/* The machine has other interfaces. */
void network_watch_look(NetworkWatch *watch, Machine *machine);
