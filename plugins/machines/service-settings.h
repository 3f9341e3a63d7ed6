/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"
#include "service/settings.h"

/*
 * The settings of all machines' services, as they lie in SETTINGS_FOLDER (for tests
 * $HATAGO_MACHINES_FOLDER).
 *
 * Each change is written on a thread, one after the other: what is asked for is compared with what lies
 * there by then. A file that cannot be read is ignored, which Machine.settings_wrong tells of, and never
 * overwritten unasked. The model shows it once it is on the disk, and systemd is asked to read its units
 * again. Each machine that others start after has a file too, since the generator knows names from nowhere
 * else.
 *
 * Where machines have no units there are no files, and all settings are the default ones.
 */
typedef struct SettingsStore SettingsStore;

SettingsStore *settings_store_new(Machines *machines);
SettingsStore *settings_store_free(SettingsStore *store); /* nothing is under way any more; NULL is none */

/* Reads the folder, before there are machines. */
void settings_store_start(SettingsStore *store);

/* Reads it once more, on a thread: root may have edited it. */
void settings_store_read_again(SettingsStore *store);

/* The machine is new, or has another name: gives it its settings, and has them carry its name. Returns the
 * mask of what changed. */
uint64_t settings_store_apply(SettingsStore *store, Machine *machine);

/* libvirt knows this machine no more: its file goes. */
void settings_store_forget(SettingsStore *store, const char *uuid);

/* These are all machines that libvirt knows (a set of UUIDs). Settings of others are kept, since a
 * definition that libvirt could not read is missing from it too; that is logged, once for each. */
void settings_store_on_survey(SettingsStore *store, GHashTable *uuids);

typedef struct SettingsOrder {
        const char *uuid; /* of the machine; copied */
        bool replace;     /* a file that is wrong, too */

        /* When its turn has come: changes a copy of the settings as they are then, or refuses. */
        int (*change)(void *userdata, ServiceSettings *settings, Failure *failure);

        /* Exactly once, perhaps from within settings_store_change(). result is 0 (also where nothing
         * changed); -errno with the failure filled in: that of change(), NoSuchMachine (it is gone),
         * SettingsInvalid (its file is wrong and stays; with the arguments "file" and "reason"),
         * StartCycle (with the argument "cycle"), Failed or NoSpace (not written), UnitUnavailable (written,
         * but systemd did not take it), or Canceled (the agent stops). May take the failure's text. */
        void (*done)(void *userdata, int result, Failure *failure);
        void *userdata;
} SettingsOrder;

void settings_store_change(SettingsStore *store, const SettingsOrder *order);
