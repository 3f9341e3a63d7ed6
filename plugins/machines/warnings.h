/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * What people should know of a machine that nothing else says: codes, which clients put into words.
 *
 * They are computed here alone, from the model; what only the host can tell (Machine.host_warnings, of these
 * same bits) is added to them.
 */
typedef enum Warning {
        WARNING_EMULATED_FALLBACK,
        WARNING_DISK_MISSING,              /* of the host */
        WARNING_NETWORK_INACTIVE,          /* of the host */
        WARNING_IMAGE_OUTGROWS_FILESYSTEM, /* of the host */
        WARNING_NO_GUEST_AGENT,
        WARNING_CRASHED_BEFORE,
        WARNING_SETTINGS_INVALID,
        WARNING_EMULATED, /* last: on a host without KVM every machine has it */
        _WARNING_MAX,
} Warning;

#define WARNING_BIT(warning) (UINT32_C(1) << (warning))

/* How long a guest may take to start its agent. */
#define AGENT_GRACE_USEC (2 * G_TIME_SPAN_MINUTE)

/* The word of org.hatago.Host1.Machine.Warnings for a warning; NULL after the last. */
const char *warning_to_string(unsigned warning);

/* The warnings of a machine, as bits. accelerated: the architectures of guests that the host can accelerate;
 * NULL: not known. late: its run is older than AGENT_GRACE_USEC. */
uint32_t warnings_find(const Machine *machine, const char *const *accelerated, bool late);

typedef struct Warnings Warnings;

Warnings *warnings_new(Machines *machines);
Warnings *warnings_free(Warnings *warnings); /* NULL is none */

/* For hypervisor_listen(): what the host can accelerate is read once a connection. */
void warnings_on_connected(void *warnings);

/* Computes them anew; returns the mask of what changed. Comes back by itself when a guest had time enough to
 * start its agent. */
uint64_t warnings_apply(Warnings *warnings, Machine *machine);
