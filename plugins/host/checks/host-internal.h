/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "host.h"

/* For host.c, host-*.c and host-test.c alone. */
struct Host {
        char *root;   /* "" for "/" */
        bool is_real; /* root is "/": there are services, and a processor of its own */

        Processor processor;
        bool have_processor;
        char *cpuinfo;           /* NULL: not read yet, or not there */
        int has_device_programs; /* said by tests */

        sd_bus *bus; /* the system's; NULL: not asked for yet, or not there */
        bool tried_bus;
        GHashTable *units; /* of HostUnit, by name; NULL as a value: does not answer */

        HostLibvirt libvirt;
        bool have_libvirt;
        uint64_t guest_memory; /* bytes, said by tests */
        HostNetworkManager network_manager;
        bool have_network_manager;
        HostAgent agent;
        bool have_agent;

        /* What tests say, below another root than "/". */
        GHashTable *outputs;     /* of char *, by the path of the program */
        GHashTable *filesystems; /* of HostFilesystem, by path */
        int clock;               /* what host_clock() returns */
        bool clock_synchronized;
        int trial;              /* what host_try_guest() returns */
        const char *trial_step; /* static; NULL: it really tries */
};

typedef struct HostFilesystem {
        uint64_t free, size;
} HostFilesystem;

/* The system bus, connected at the first need; NULL: there is none. */
sd_bus *host_bus(Host *host);

void host_unit_free(gpointer unit);
void host_libvirt_init(HostLibvirt *libvirt);
void host_libvirt_done(HostLibvirt *libvirt);
void host_part_add(GPtrArray *parts, const char *name, const char *kind, const char *detail, bool active,
                   bool autostart);
void host_network_manager_init(HostNetworkManager *manager);
void host_network_manager_done(HostNetworkManager *manager);
void host_device_add(GPtrArray *devices, const char *name, unsigned type, unsigned state, bool managed);
