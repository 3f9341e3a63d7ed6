/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service-settings.h"

#include <errno.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/text.h"
#include "service/places.h"

typedef enum Deed {
        DEED_CHANGE, /* settings of a machine */
        DEED_FORGET, /* a machine */
        DEED_READ,   /* the folder */
} Deed;

/* One file that is written, or removed. */
typedef struct Write {
        ServiceSettings *settings; /* taken over into the store once it is done */
        bool keep, remove, done;
} Write;

/* One change on its way: it waits for its turn, is carried out on a thread, and is taken over. */
typedef struct Turn {
        SettingsStore *store;
        Deed deed;
        char uuid[VIR_UUID_STRING_BUFLEN];
        SettingsOrder order;
        GArray *writes;            /* of Write */
        GHashTable *found, *wrong; /* of DEED_READ */
} Turn;

struct SettingsStore {
        Machines *machines;
        const char *folder;
        GHashTable *settings; /* by UUID, which lies in them; owns */
        GHashTable *wrong;    /* names of files that are ignored, each with why */
        GHashTable *unknown;  /* UUIDs of those that were told to be unknown to libvirt */
        GQueue waiting;       /* of Turn */
        Turn *current;
};

static void settings_destroy(gpointer p) {
        service_settings_free(p);
}

static void write_done(gpointer p) {
        service_settings_free(((Write *) p)->settings);
}

static Turn *turn_new(SettingsStore *store, Deed deed, const char *uuid) {
        Turn *turn = g_new(Turn, 1);

        *turn = (Turn){
                .store = store,
                .deed = deed,
                .writes = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Write)),
        };
        g_array_set_clear_func(turn->writes, write_done);
        g_strlcpy(turn->uuid, uuid, sizeof(turn->uuid));
        return turn;
}

static void turn_free(gpointer p) {
        Turn *turn = p;

        g_array_unref(turn->writes);
        g_clear_pointer(&turn->found, g_hash_table_unref);
        g_clear_pointer(&turn->wrong, g_hash_table_unref);
        g_free(turn);
}

SettingsStore *settings_store_new(Machines *machines) {
        SettingsStore *store = g_new(SettingsStore, 1);

        *store = (SettingsStore){
                .machines = machines,
                .folder = getenv("HATAGO_MACHINES_FOLDER") ?: SETTINGS_FOLDER,
                .settings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, settings_destroy),
        };
        store->wrong = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        store->unknown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_queue_init(&store->waiting);
        return store;
}

SettingsStore *settings_store_free(SettingsStore *store) {
        if (!store)
                return NULL;

        g_assert(!store->current);
        g_queue_clear_full(&store->waiting, turn_free);
        g_hash_table_unref(store->unknown);
        g_hash_table_unref(store->wrong);
        g_hash_table_unref(store->settings);
        g_free(store);
        return NULL;
}

/* Takes it. What is as wrong as before was told then. */
static void store_take_wrong(SettingsStore *store, GHashTable *wrong) {
        service_settings_log_wrong(store->folder, wrong, store->wrong);
        g_hash_table_unref(store->wrong);
        store->wrong = wrong;
}

void settings_store_start(SettingsStore *store) {
        GHashTable *found, *wrong;
        int r;

        if (!machines_use_units(store->machines))
                return;

        r = service_settings_read_all(store->folder, &found, &wrong);
        if (r < 0) {
                log_warning("Cannot read %s, ignoring: %s", store->folder, g_strerror(-r));
                return;
        }
        store_take_wrong(store, wrong);
        g_hash_table_unref(store->settings);
        store->settings = found;
}

/*
 * What a change needs
 */

static bool has_start_after(const ServiceSettings *settings, const char *uuid) {
        return settings && settings->start_after &&
               g_strv_contains((const char *const *) settings->start_after, uuid);
}

/* Whether another machine than this one starts after it. */
static bool store_is_wanted(const SettingsStore *store, const char *uuid, const char *except) {
        GHashTableIter i;
        gpointer settings;

        g_hash_table_iter_init(&i, store->settings);
        while (g_hash_table_iter_next(&i, NULL, &settings))
                if (!g_str_equal(((const ServiceSettings *) settings)->uuid, except) &&
                    has_start_after(settings, uuid))
                        return true;

        return false;
}

static const char *store_name(const SettingsStore *store, const char *uuid) {
        const Machine *machine = machines_find(store->machines, uuid);
        const ServiceSettings *settings = g_hash_table_lookup(store->settings, uuid);

        return machine ? machine->name : settings && settings->name ? settings->name : uuid;
}

/* Why its file is ignored; NULL: it is not. */
static const char *store_why_wrong(const SettingsStore *store, const char *uuid) {
        g_autofree char *file = g_strconcat(uuid, ".conf", NULL);

        return g_hash_table_lookup(store->wrong, file);
}

/* What an administrator wrote is not overwritten because of a slip in it. */
static int store_check_file(const SettingsStore *store, const char *uuid, Failure *failure) {
        const char *why = store_why_wrong(store, uuid);
        g_autofree char *file = NULL;
        int r;

        if (!why)
                return 0;

        file = g_strdup_printf("%s/%s.conf", store->folder, uuid);
        r = failure_set(failure, ERROR_SETTINGS_INVALID, "Its settings are wrong and ignored: %s: %s.", file,
                        why);
        failure_add(failure, "file", file);
        failure_add(failure, "reason", why);
        return r;
}

/* "db", "web", "db": fails if they would wait for each other. */
static int store_check_cycle(const SettingsStore *store, const ServiceSettings *settings, Failure *failure) {
        g_auto(GStrv) cycle = start_order_find_cycle(store->settings, settings);
        g_autoptr(GString) text = g_string_new(NULL);
        int r;

        if (!cycle)
                return 0;
        if (g_strcmp0(cycle[0], cycle[1]) == 0 && !cycle[2]) {
                g_autofree char *itself = text_printable(store_name(store, *cycle));

                r = failure_set(failure, ERROR_START_CYCLE, "\"%s\" cannot start after itself.", itself);
                failure_add(failure, "cycle", itself);
                return r;
        }

        for (char **uuid = cycle; *uuid; uuid++) {
                g_autofree char *printable = text_printable(store_name(store, *uuid));

                g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", printable);
        }
        r = failure_set(failure, ERROR_START_CYCLE,
                        "Machines would wait for each other, each for the next: %s.", text->str);
        failure_add(failure, "cycle", text->str);
        return r;
}

/* Takes the settings. */
static void turn_write(Turn *turn, ServiceSettings *settings, bool keep, bool remove) {
        Write write = { .settings = settings, .keep = keep, .remove = remove };

        g_array_append_val(turn->writes, write);
}

/* Machines that it starts after from now on are given a file, for their names. */
static void turn_write_wanted(Turn *turn, const ServiceSettings *settings) {
        SettingsStore *store = turn->store;

        for (char **uuid = settings->start_after; uuid && *uuid; uuid++) {
                const Machine *machine = machines_find(store->machines, *uuid);

                if (machine && !g_hash_table_contains(store->settings, *uuid) &&
                    !store_why_wrong(store, *uuid))
                        turn_write(turn, service_settings_new(*uuid, machine->name), /* keep= */ true,
                                   /* remove= */ false);
        }
}

/* ... and what had one for nothing else loses it. settings: the new ones; NULL: none. */
static void turn_write_unwanted(Turn *turn, const ServiceSettings *old, const ServiceSettings *settings) {
        SettingsStore *store = turn->store;

        for (char **uuid = old ? old->start_after : NULL; uuid && *uuid; uuid++) {
                const ServiceSettings *other = g_hash_table_lookup(store->settings, *uuid);

                if (other && !has_start_after(settings, *uuid) && service_settings_are_default(other) &&
                    !store_is_wanted(store, *uuid, turn->uuid))
                        turn_write(turn, service_settings_copy(other), /* keep= */ false,
                                   /* remove= */ true);
        }
}

static int turn_prepare_change(Turn *turn, Failure *failure) {
        SettingsStore *store = turn->store;
        const ServiceSettings *old = g_hash_table_lookup(store->settings, turn->uuid);
        const Machine *machine = machines_find(store->machines, turn->uuid);
        g_autoptr(ServiceSettings) settings = NULL;
        int r;

        if (!machine)
                return failure_set(failure, ERROR_NO_SUCH_MACHINE, "Machine %s is not there any more.",
                                   turn->uuid);

        if (!service_settings_name_is_valid(machine->name))
                return failure_set(failure, ERROR_INVALID_NAME,
                                   "Nothing can be set for a machine with such a name.");

        if (!turn->order.replace) {
                r = store_check_file(store, turn->uuid, failure);
                if (r < 0)
                        return r;
        }

        settings = old ? service_settings_copy(old) : service_settings_new(turn->uuid, NULL);
        g_free(settings->name);
        settings->name = g_strdup(machine->name);
        r = turn->order.change(turn->order.userdata, settings, failure);
        if (r >= 0)
                r = store_check_cycle(store, settings, failure);
        if (r < 0)
                return r;
        if (!store_why_wrong(store, turn->uuid) &&
            (old ? service_settings_equal(old, settings) : service_settings_are_default(settings)))
                return 0;

        turn_write_wanted(turn, settings);
        turn_write_unwanted(turn, old, settings);
        turn_write(turn, g_steal_pointer(&settings), store_is_wanted(store, turn->uuid, turn->uuid),
                   /* remove= */ false);
        return 1;
}

static int turn_prepare_forget(Turn *turn) {
        SettingsStore *store = turn->store;
        const ServiceSettings *old = g_hash_table_lookup(store->settings, turn->uuid);

        /* It may have been defined again meanwhile. */
        if ((!old && !store_why_wrong(store, turn->uuid)) || machines_find(store->machines, turn->uuid))
                return 0;

        turn_write(turn,
                   old ? service_settings_copy(old) : service_settings_new(turn->uuid, /* name= */ NULL),
                   /* keep= */ false, /* remove= */ true);
        turn_write_unwanted(turn, old, NULL);
        return 1;
}

/*
 * The way
 */

static void store_go_on(SettingsStore *store);

static int write_run(const char *folder, Write *write) {
        return write->remove ? service_settings_remove(folder, write->settings->uuid)
                             : service_settings_write(folder, write->settings, write->keep);
}

/* On a thread. */
static int turn_run(void *data, virConnect *connection, Failure *failure) {
        Turn *turn = data;
        const char *folder = turn->store->folder;

        if (turn->deed == DEED_READ) {
                int r = service_settings_read_all(folder, &turn->found, &turn->wrong);

                return r < 0 ? failure_set(failure, ERROR_FAILED, "%s", g_strerror(-r)) : 0;
        }

        for (guint i = 0; i < turn->writes->len; i++) {
                Write *write = &g_array_index(turn->writes, Write, i);
                int r = write_run(folder, write);

                if (r < 0)
                        return failure_set(failure, r == -ENOSPC ? ERROR_NO_SPACE : ERROR_FAILED,
                                           "Cannot write the settings of machine %s in %s: %s",
                                           write->settings->uuid, folder, g_strerror(-r));
                write->done = true;
        }
        return 0;
}

/* The model shows it; settings may be NULL. Those before are there still. */
static void store_show(SettingsStore *store, const char *uuid, const ServiceSettings *settings) {
        Machine *machine = machines_find(store->machines, uuid);

        if (!machine)
                return;

        machine->settings_wrong = store_why_wrong(store, uuid);
        machines_changed(store->machines, machine, machine_apply_settings(machine, settings));
}

static void store_take_write(SettingsStore *store, Write *write) {
        ServiceSettings *settings = write->settings;
        g_autofree char *file = g_strconcat(settings->uuid, ".conf", NULL);

        if (!write->done)
                return;

        (void) g_hash_table_remove(store->wrong, file);
        if (write->remove || (!write->keep && service_settings_are_default(settings))) {
                store_show(store, settings->uuid, NULL);
                g_hash_table_remove(store->settings, settings->uuid);
                return;
        }

        write->settings = NULL;
        store_show(store, settings->uuid, settings);
        g_hash_table_replace(store->settings, settings->uuid, settings);
}

static void store_take_found(SettingsStore *store, GHashTable *found) {
        g_autoptr(GPtrArray) list = machines_list(store->machines);
        GHashTable *before = store->settings;

        /* What machines show of the ones before goes only when they show the new ones. */
        store->settings = found;
        for (guint i = 0; i < list->len; i++) {
                Machine *machine = list->pdata[i];

                machines_changed(store->machines, machine, settings_store_apply(store, machine));
        }
        g_hash_table_unref(before);
}

/* Tells, and frees the turn. */
static void turn_end(void *data, int result, Failure *failure) {
        Turn *turn = data;
        SettingsOrder order = turn->order;

        turn_free(turn);
        if (order.done)
                order.done(order.userdata, result, failure);
        else if (result < 0 && result != -ECANCELED)
                log_warning("Settings of machines, ignoring: %s", failure->message);
}

static void turn_done(void *data, int result, Failure *failure) {
        Turn *turn = data;
        SettingsStore *store = turn->store;

        store->current = NULL;
        for (guint i = 0; i < turn->writes->len; i++)
                store_take_write(store, &g_array_index(turn->writes, Write, i));
        if (turn->found) {
                store_take_wrong(store, g_steal_pointer(&turn->wrong));
                store_take_found(store, g_steal_pointer(&turn->found));
        }

        if (turn->deed == DEED_FORGET && result >= 0)
                log_notice("Settings of machine %s removed: libvirt has it no more", turn->uuid);
        if (turn->deed == DEED_READ || result < 0)
                turn_end(turn, result, failure);
        else
                unit_runner_reload(store->machines->services->units, turn_end, turn);
        store_go_on(store);
}

/* Returns 1 if it is under way now, 0 if there is nothing to be done. */
static int turn_begin(Turn *turn, Failure *failure) {
        Request request = { .lane = LANE_LOCAL, .run = turn_run, .done = turn_done, .data = turn };
        int r = 1;

        if (turn->deed == DEED_CHANGE)
                r = turn_prepare_change(turn, failure);
        else if (turn->deed == DEED_FORGET)
                r = turn_prepare_forget(turn);
        if (r > 0) {
                r = hypervisor_submit(turn->store->machines->services->hypervisor, &request,
                                      /* ret_id= */ NULL, failure);
                return r < 0 ? r : 1;
        }
        return r;
}

static void store_go_on(SettingsStore *store) {
        Turn *turn;

        while (!store->current && (turn = g_queue_pop_head(&store->waiting))) {
                g_auto(Failure) failure = { 0 };
                int r = turn_begin(turn, &failure);

                if (r > 0)
                        store->current = turn;
                else
                        turn_end(turn, r, &failure);
        }
}

static void store_queue(SettingsStore *store, Turn *turn) {
        g_queue_push_tail(&store->waiting, turn);
        store_go_on(store);
}

void settings_store_change(SettingsStore *store, const SettingsOrder *order) {
        Turn *turn = turn_new(store, DEED_CHANGE, order->uuid);

        /* Root may have edited the files, and not have told systemd yet. */
        settings_store_read_again(store);
        turn->order = *order;
        turn->order.uuid = NULL;
        store_queue(store, turn);
}

void settings_store_forget(SettingsStore *store, const char *uuid) {
        if (g_hash_table_contains(store->settings, uuid) || store_why_wrong(store, uuid))
                store_queue(store, turn_new(store, DEED_FORGET, uuid));
}

void settings_store_on_survey(SettingsStore *store, GHashTable *uuids) {
        GHashTableIter i;
        gpointer uuid, settings;

        g_hash_table_iter_init(&i, store->settings);
        while (g_hash_table_iter_next(&i, &uuid, &settings)) {
                g_autofree char *name = NULL;

                if (g_hash_table_contains(uuids, uuid) || !g_hash_table_add(store->unknown, g_strdup(uuid)))
                        continue;

                name = text_printable(((const ServiceSettings *) settings)->name ?: "");
                log_notice("libvirt knows no machine %s (\"%s\"); its settings are kept: %s/%s.conf",
                           (const char *) uuid, name, store->folder, (const char *) uuid);
        }
}

void settings_store_read_again(SettingsStore *store) {
        const Turn *last = g_queue_peek_tail(&store->waiting);

        if (!machines_use_units(store->machines) || (last && last->deed == DEED_READ))
                return;

        store_queue(store, turn_new(store, DEED_READ, ""));
}

/* turn_prepare_change() gives them the name that the machine has. */
static int change_nothing(void *userdata, ServiceSettings *settings, Failure *failure) {
        return 0;
}

uint64_t settings_store_apply(SettingsStore *store, Machine *machine) {
        const ServiceSettings *settings = g_hash_table_lookup(store->settings, machine->uuid);
        uint64_t mask = machine_apply_settings(machine, settings);

        machine->settings_wrong = store_why_wrong(store, machine->uuid);
        if (settings && g_strcmp0(settings->name, machine->name) != 0) {
                Turn *turn = turn_new(store, DEED_CHANGE, machine->uuid);

                turn->order.change = change_nothing;
                store_queue(store, turn);
        }
        return mask;
}
