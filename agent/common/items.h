/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

/*
 * Lists of an object that show as aa{sv}, such as the disks of a machine. An item is a struct of strings
 * (never NULL), bools and uint32_t; a table says what each field is called on the bus, which is all that is
 * needed to compare and to send one. Strings belong to who holds the items.
 */

typedef struct ItemField {
        const char *name; /* key in the a{sv} */
        char type;        /* 's', 'b', 'u'; 'U': a uint32_t that is told even if it is 0 */
        size_t offset;
} ItemField;

typedef struct ItemKind {
        size_t size;
        const ItemField *fields; /* end with an entry without name */
} ItemKind;

/* A list: n structs of one kind, in one allocation; NULL for none. */
typedef struct Items {
        void *items;
        uint32_t n;
} Items;

/* One of them, as a const MachineDisk *, …; i is below n. */
#define items_get(list, Type, i) (&((const Type *) (list)->items)[i])

bool items_equal(const ItemKind *kind, const Items *a, const Items *b);

/* Appends them as aa{sv}; empty strings, and numbers that are 0, are left out. */
int items_append(const ItemKind *kind, const Items *list, sd_bus_message *message);
