/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/items.h"

/* The items of a machine's lists: disks, interfaces, displays. */

typedef struct MachineDisk {
        const char *key; /* target: vda */
        const char *device, *bus, *type;
        const char *source, *pool, *protocol; /* source is a path, the name of a volume, or of an image */
        const char *format, *serial, *backing;
        uint32_t boot_order; /* 0: none */
        bool read_only, shareable;
} MachineDisk;

typedef struct MachineInterface {
        const char *key; /* MAC */
        const char *type, *source, *model, *target;
        uint32_t boot_order; /* 0: none */
        bool link_up;
} MachineInterface;

typedef struct MachineDisplay {
        const char *key; /* type and index: vnc0 */
        const char *type, *listen, *socket;
        uint32_t index, port, tls_port, web_socket; /* ports: 0: none, or not known yet */
} MachineDisplay;

extern const ItemKind disk_kind, interface_kind, display_kind;
