/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/user-count.h"
#include "plugin.h"

/* Bits of node_interface, in its order. */
typedef enum NodeProperty {
        NODE_CPU_MODEL,
        NODE_ARCHITECTURE,
        NODE_CPUS,
        NODE_SOCKETS,
        NODE_CORES_PER_SOCKET,
        NODE_THREADS_PER_CORE,
        NODE_MEMORY,
        NODE_OPERATING_SYSTEM,
        NODE_KERNEL,
        _NODE_PROPERTY_MAX,
} NodeProperty;

/* What libvirt says of the host, read once a connection. */
typedef struct NodeFacts {
        char *architecture; /* "" until it was read */
        unsigned cpus, sockets, cores_per_socket, threads_per_core;
        uint64_t memory; /* bytes */
} NodeFacts;

/* org.hatago.Host1.Host: the machine that guests run on. */
typedef struct Node {
        const Services *services;
        char *cpu_model, *operating_system, *kernel; /* for good; "": not known */
        NodeFacts facts;
        UserCount *usage_calls; /* under way */
} Node;

Node *node_new(const Services *services);
Node *node_free(Node *node); /* after hypervisor_stop(); NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Node, node_free)

/* Publishes it, and reads it whenever libvirt is there. Returns a negative errno. */
int node_start(Node *node);

/* Its face, node-dbus.c. */
int node_publish(Node *node);
extern const ObjectInterface node_interface;

/* The name in /etc/os-release; "" if there is none. Its caller frees it. */
char *os_release_name(const char *path);
