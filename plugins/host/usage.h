/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "node.h"

/* org.hatago.Host1.Host.GetUsage: what of the host is in use, as libvirt says when it is asked. */

#define USAGE_CALLS_PER_USER_MAX 8U
#define USAGE_UNKNOWN UINT64_MAX

typedef struct UsagePool {
        char *name, *path; /* path: "" if it has none */
        bool active;
        uint64_t capacity, available; /* bytes; USAGE_UNKNOWN while it is not active */
} UsagePool;

typedef struct UsageNetwork {
        char *name, *bridge; /* bridge: "" if it has none */
        bool active;
} UsageNetwork;

/* Numbers are USAGE_UNKNOWN, and lists NULL, where the hypervisor does not tell. */
typedef struct Usage {
        uint64_t cpu_time, cpu_idle_time; /* ns of all processors since the host booted */
        uint64_t memory_available;        /* bytes: free, or given back when others want it */
        GPtrArray *pools;                 /* of UsagePool, by name */
        GPtrArray *networks;              /* of UsageNetwork, by name */
} Usage;

/* Bytes that are free, or given back when others want them: what the kernel calls cached has in it the
 * memory that processes share (such as that of guests that share it with a device process), which it keeps.
 * Never less than is free. */
uint64_t usage_memory_available(uint64_t free, uint64_t cached, uint64_t shared);

void usage_init(Usage *usage);
void usage_done(Usage *usage);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Usage, usage_done)

/* On a thread. What the hypervisor cannot tell is left out; fails where it does not answer. */
int usage_read(Usage *usage, virConnect *connection, Failure *failure);

/* The method's handler, from the options on. Fails with UnknownOption, InvalidArgument, or the errors of
 * call_begin(). */
int usage_on_call(Node *node, sd_bus_message *message, Failure *failure);

/* The answer, node-dbus.c: an a{sv}. */
int usage_append(const Usage *usage, sd_bus_message *reply);
