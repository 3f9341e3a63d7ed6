/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machined.h"

#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/log.h"

/* The bus allows a connection 128 calls that wait for their answer. */
#define ASKING_MAX 8U

#define MACHINED_NAME "org.freedesktop.machine1"
#define MACHINED_PATH "/org/freedesktop/machine1"
#define MACHINED_MANAGER MACHINED_NAME ".Manager"
#define MACHINED_MACHINE MACHINED_NAME ".Machine"

struct Machined {
        Machines *machines;
        GHashTable *runs; /* by machined's object path, of Run */
        GQueue waiting;   /* paths of runs that machined is to be asked about */
        unsigned n_asking;
        sd_bus_slot *new_slot, *removed_slot, *list_slot;
};

typedef struct Run {
        Machined *machined;
        unsigned id;       /* libvirt's, from the name */
        sd_bus_slot *slot; /* while machined is asked for the rest */
        char uuid[VIR_UUID_STRING_BUFLEN];
        uint32_t pid;
        uint64_t started_at;
} Run;

static void run_free(gpointer p) {
        Run *run = p;

        if (run->slot)
                run->machined->n_asking--;
        sd_bus_slot_unref(run->slot);
        g_free(run);
}

Machined *machined_new(Machines *machines) {
        Machined *machined = g_new0(Machined, 1);

        machined->machines = machines;
        machined->runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, run_free);
        g_queue_init(&machined->waiting);
        return machined;
}

Machined *machined_free(Machined *machined) {
        if (!machined)
                return NULL;

        sd_bus_slot_unref(machined->new_slot);
        sd_bus_slot_unref(machined->removed_slot);
        sd_bus_slot_unref(machined->list_slot);
        g_hash_table_unref(machined->runs);
        g_queue_clear_full(&machined->waiting, g_free);
        g_free(machined);
        return NULL;
}

uint64_t machined_apply(Machined *machined, Machine *machine) {
        GHashTableIter i;
        gpointer value;

        if (!machine_is_active(machine))
                return machine_apply_process(machine, 0, 0);

        g_hash_table_iter_init(&i, machined->runs);
        while (g_hash_table_iter_next(&i, NULL, &value)) {
                const Run *run = value;

                if (run->id == machine->id && run->pid != 0 && g_str_equal(run->uuid, machine->uuid))
                        return machine_apply_process(machine, run->pid, run->started_at);
        }

        return 0;
}

/* The UUID in libvirt's form; -EINVAL if it is no UUID. */
static int read_uuid(sd_bus_message *m, Run *run) {
        const uint8_t *bytes;
        size_t size;
        int r;

        r = sd_bus_message_enter_container(m, 'v', "ay");
        if (r >= 0)
                r = sd_bus_message_read_array(m, 'y', (const void **) &bytes, &size);
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (size != VIR_UUID_BUFLEN)
                return -EINVAL;

        for (unsigned i = 0, n = 0; i < VIR_UUID_BUFLEN; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        run->uuid[n++] = '-';
                n += (unsigned) snprintf(run->uuid + n, sizeof(run->uuid) - n, "%02x", bytes[i]);
        }
        return 0;
}

static int read_property(sd_bus_message *m, Run *run) {
        const char *name;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;

        if (g_str_equal(name, "Id"))
                return read_uuid(m, run);
        if (g_str_equal(name, "Leader"))
                return sd_bus_message_read(m, "v", "u", &run->pid);
        if (g_str_equal(name, "Timestamp"))
                return sd_bus_message_read(m, "v", "t", &run->started_at);

        return sd_bus_message_skip(m, "v");
}

static void machined_ask_next(Machined *machined);

static int run_on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Run *run = userdata;
        Machined *machined = run->machined;
        Machine *machine;
        int r;

        run->slot = sd_bus_slot_unref(run->slot);
        machined->n_asking--;
        machined_ask_next(machined);
        if (sd_bus_message_is_method_error(m, NULL)) {
                log_debug("machined does not tell of a machine, ignoring: %s",
                          sd_bus_message_get_error(m)->message);
                return 0;
        }

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_property(m, run);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r < 0) {
                log_warning("Cannot read what machined says of a machine, ignoring: %s", g_strerror(-r));
                return 0;
        }

        machine = machines_find(machined->machines, run->uuid);
        if (machine)
                machines_changed(machined->machines, machine, machined_apply(machined, machine));
        return 0;
}

static void run_ask(Run *run, const char *path) {
        int r;

        r = sd_bus_call_method_async(run->machined->machines->services->bus, &run->slot, MACHINED_NAME, path,
                                     "org.freedesktop.DBus.Properties", "GetAll", run_on_properties, run,
                                     "s", MACHINED_MACHINE);
        if (r < 0)
                log_warning("Cannot ask machined, ignoring: %s", g_strerror(-r));
        else
                run->machined->n_asking++;
}

static void machined_ask_next(Machined *machined) {
        while (machined->n_asking < ASKING_MAX && machined->waiting.head) {
                g_autofree char *path = g_queue_pop_head(&machined->waiting);
                Run *run = g_hash_table_lookup(machined->runs, path);

                if (run && !run->slot)
                        run_ask(run, path);
        }
}

/* name: as libvirt gives it, "qemu-12-web". Others than QEMU's are not ours. */
static void machined_add(Machined *machined, const char *name, const char *path) {
        unsigned id;
        Run *run;

        if (sscanf(name, "qemu-%u-", &id) != 1)
                return;

        run = g_new0(Run, 1);
        run->machined = machined;
        run->id = id;
        g_hash_table_replace(machined->runs, g_strdup(path), run);
        g_queue_push_tail(&machined->waiting, g_strdup(path));
        machined_ask_next(machined);
}

static int machined_on_new(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *path;

        if (sd_bus_message_read(m, "so", &name, &path) >= 0)
                machined_add(userdata, name, path);
        return 0;
}

static int machined_on_removed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Machined *machined = userdata;
        const char *path;

        if (sd_bus_message_read(m, "so", NULL, &path) >= 0)
                g_hash_table_remove(machined->runs, path);
        return 0;
}

static int machined_on_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *name, *path;

        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_enter_container(m, 'a', "(ssso)") < 0)
                return 0; /* not running: it has no machine to tell of */

        while (sd_bus_message_read(m, "(ssso)", &name, NULL, NULL, &path) > 0)
                machined_add(userdata, name, path);
        return 0;
}

/* Without machined, or when the bus refuses: sd-bus would leave the bus otherwise. */
static int machined_on_match(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                log_warning("Cannot listen to machined, ignoring: %s", sd_bus_message_get_error(m)->message);
        return 0;
}

int machined_start(Machined *machined) {
        sd_bus *bus = machined->machines->services->bus;
        g_autoptr(sd_bus_message) question = NULL;
        int r;

        r = sd_bus_match_signal_async(bus, &machined->new_slot, MACHINED_NAME, MACHINED_PATH,
                                      MACHINED_MANAGER, "MachineNew", machined_on_new, machined_on_match,
                                      machined);
        if (r >= 0)
                r = sd_bus_match_signal_async(bus, &machined->removed_slot, MACHINED_NAME, MACHINED_PATH,
                                              MACHINED_MANAGER, "MachineRemoved", machined_on_removed,
                                              machined_on_match, machined);
        if (r >= 0)
                r = sd_bus_message_new_method_call(bus, &question, MACHINED_NAME, MACHINED_PATH,
                                                   MACHINED_MANAGER, "ListMachines");
        if (r < 0)
                return r;

        /* If it does not run there is nothing to learn. */
        (void) sd_bus_message_set_auto_start(question, false);
        return sd_bus_call_async(bus, &machined->list_slot, question, machined_on_list, machined,
                                 /* usec= */ 0);
}
