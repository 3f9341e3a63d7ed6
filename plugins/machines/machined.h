/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/* What systemd-machined knows of the runs of our machines: the process and its start. libvirt registers each
 * run there under the name qemu-ID-NAME; where there is no machined, nothing is known. */
typedef struct Machined Machined;

Machined *machined_new(Machines *machines);
Machined *machined_free(Machined *machined); /* NULL is none */

/* Begins to listen, and asks for what is there. */
int machined_start(Machined *machined);

/* Sets PID and StartedAt of a machine to what is known of its run; returns the mask of what changed. */
uint64_t machined_apply(Machined *machined, Machine *machine);
