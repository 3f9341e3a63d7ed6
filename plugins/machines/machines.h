/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "common/user-count.h"
#include "machine.h"
#include "plugin.h"

/* All machines of the host, and the parts of the plugin that keep them true and change them. */
typedef struct Machines {
        const Services *services;
        bool use_units;
        GHashTable *by_uuid; /* owns the Machine */
        GHashTable *by_path;
        UserCount *consoles, *console_calls; /* open; calls under way */
        GHashTable *by_name;                 /* names are unique, but for a moment when they change hands */
        struct SettingsStore *settings;
        struct Autostart *autostart;
        struct FlagWatch *flags;
        struct Sync *sync;
        struct ImageWatch *images;
        struct NetworkWatch *networks;
        struct AddressWatch *addresses;
        struct EventLog *events;
        struct Machined *machined;
        struct Units *units;       /* NULL: they are not used */
        struct UnitStarts *starts; /* likewise */
        struct Mirror *mirror;     /* NULL: what others start is not adopted */
        struct Verbs *verbs;
        struct Statistics *statistics;
        struct StatusLines *status_lines;
        struct Warnings *warnings;
        UserCount *definitions;      /* under way */
        unsigned n_domain_job_calls; /* under way, of domain-job.c */
} Machines;

#define DEFINITIONS_PER_USER_MAX 8U

Machines *machines_new(const Services *services);
Machines *machines_free(Machines *machines); /* NULL is none */

/* Whether each machine is a service of systemd, hatago-vm@NAME.service, and is started by that: on the
 * system's libvirt, and nowhere else. For tests $HATAGO_UNITS says so of another one. */
bool machines_use_units(const Machines *machines);

Machine *machines_find(Machines *machines, const char *uuid);

/* By name or UUID. Fails with NoSuchMachine; with AmbiguousName where the text is the name of one and the
 * UUID of another; with NotReady or HypervisorUnavailable while the first reading has not ended. */
int machines_find_by_name(Machines *machines, const char *name, Machine **ret, Failure *failure);

/* The machine of a call that was authorized meanwhile. Fails with NoSuchMachine if it is gone, or has
 * another name than the one that the administrator's rule or password was for. */
int machines_find_authorized(Machines *machines, const char *uuid, const Call *call, Machine **ret,
                             Failure *failure);

/* All of them, by name: a new array of Machine*. */
GPtrArray *machines_list(Machines *machines);

/* Takes over what was read of a domain, and announces what it changed: a new machine, changes, or its end.
 */
void machines_apply_facts(Machines *machines, const MachineFacts *facts);

/* Removes those that are not in the set of UUIDs. */
void machines_retain(Machines *machines, GHashTable *uuids);

/* Of these warnings about its host (bits, see warnings.h), the machine has those. */
void machines_set_host_warnings(Machines *machines, Machine *machine, uint32_t which, uint32_t found);

/* Tells everybody what changed. */
void machines_changed(Machines *machines, Machine *machine, uint64_t mask);

/* The faces on the bus: machines-dbus.c, machine-dbus.c. */
int machines_publish(Machines *machines);
int machine_publish(Machines *machines);
extern const ObjectInterface machine_interface, service_interface;

/* The machine at a path, for the vtables of its interfaces: an sd_bus_object_find_t, of the Machines. */
int machine_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                 sd_bus_error *error);
