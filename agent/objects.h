/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "common/error.h"

/*
 * What others see and hear of our objects.
 *
 * A model says which properties of an object changed, as a mask of bits; the bits of all changes in one turn
 * of the event loop are sent as one PropertiesChanged.
 */
typedef struct Objects Objects;

/* One interface and its properties, one for each bit of a mask, least significant first; ends with NULL.
 * Static. */
typedef struct ObjectInterface {
        const char *name;
        const char *const *properties;
} ObjectInterface;

int objects_new(sd_bus *bus, Objects **ret);
Objects *objects_free(Objects *objects); /* what waits is dropped; NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Objects, objects_free)

/*
 * One interface of all objects of one kind: those of a table, from path to object, which all lie below the
 * prefix and all have it. The table is its owner's and may change at any time. Another interface of the same
 * objects has the same prefix and the same table. All is static or outlives the bus.
 */
typedef struct ObjectKind {
        const char *prefix;
        const char *interface;
        const sd_bus_vtable *vtable; /* each property has a getter */
        GHashTable *table;
        sd_bus_object_find_t find; /* looks a path up in the table; with a userdata that methods can ask for
                                      by sd_bus_get_current_slot() */
        void *userdata;
} ObjectKind;

/* Publishes the objects of a kind, now and to come. */
int objects_publish(Objects *objects, const ObjectKind *kind);

/*
 * Makes a path the object manager of all kinds published below it, which gives the answer of sd-bus to
 * GetManagedObjects in less time: sd-bus makes and sorts out a list of all paths first, and looks for the
 * interfaces of each.
 */
int objects_manage(Objects *objects, const char *path);

/*
 * Answers a call whose arguments are names of properties (as) and options (none is known): a{oa{sv}}, those
 * properties of all objects of a table that was published, also those that GetAll leaves out. All its kinds
 * are looked into. Fails with UnknownProperty, and with InvalidArgument where one is asked for twice.
 */
int objects_query(Objects *objects, GHashTable *table, sd_bus_message *call, Failure *failure);

/* Sends InterfacesAdded. The object must be found by the bus already. */
void objects_added(Objects *objects, const char *path);

/* Sends InterfacesRemoved, and no change of it any more. The object must be found by the bus still. */
void objects_removed(Objects *objects, const char *path);

/* Notes changes, sent at the end of the turn or by objects_flush(). A mask of 0 is nothing. */
void objects_changed(Objects *objects, const char *path, const ObjectInterface *interface, uint64_t mask);

/* Sends what waits: before a signal that tells others to look. */
void objects_flush(Objects *objects);
