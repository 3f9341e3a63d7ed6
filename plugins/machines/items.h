/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/*
 * The items of a machine's lists: disks, interfaces, displays. An item is a struct of strings (never NULL),
 * bools and uint32_t; a table says what each field is called on the bus, which is all that is needed to
 * compare and to send one. Strings belong to who holds the items.
 */

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

typedef struct ItemField {
        const char *name; /* key in the a{sv} */
        char type;        /* 's', 'b', 'u' */
        size_t offset;
} ItemField;

typedef struct ItemKind {
        size_t size;
        const ItemField *fields; /* end with an entry without name */
} ItemKind;

extern const ItemKind disk_kind, interface_kind, display_kind;

/* A list: n structs of one kind, in one allocation; NULL for none. */
typedef struct Items {
        void *items;
        uint32_t n;
} Items;

/* One of them, as a const MachineDisk *, …; i is below n. */
#define items_get(list, Type, i) (&((const Type *) (list)->items)[i])

bool items_equal(const ItemKind *kind, const Items *a, const Items *b);

/* Appends them as aa{sv}; empty strings, and numbers that are 0, are left out, but for "Index". */
int items_append(const ItemKind *kind, const Items *list, sd_bus_message *message);
