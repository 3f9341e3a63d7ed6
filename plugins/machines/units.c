/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "units.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"
#include "common/unit-name.h"
#include "mirror.h"
#include "unit-start.h"

/* After a list that systemd did not give. */
#define RETRY_MIN_USEC (1 * G_TIME_SPAN_SECOND)
#define RETRY_MAX_USEC (1 * G_TIME_SPAN_MINUTE)

/* The bus allows a connection 128 calls that wait for their answer. */
#define ASKING_MAX 8U

#define UNIT_FOLDER SYSTEMD_PATH "/unit"

/* As the unit "hatago-vm" begins in a path: what is of other units is not looked at further. */
#define UNIT_PATH UNIT_FOLDER "/hatago_2dvm_"

static const char *const patterns[] = { VM_UNIT_PREFIX "*" UNIT_SUFFIX, VM_READY_UNIT_PREFIX "*" UNIT_SUFFIX,
                                        NULL };

/* A unit that systemd has loaded. */
typedef struct Unit {
        Units *units;
        char *name;
        UnitFacts facts;
        bool listed;       /* by the answer that is being read */
        bool waits;        /* in the queue of those to be asked about */
        sd_bus_slot *slot; /* while systemd is asked for what its list does not tell */
} Unit;

struct Units {
        Machines *machines;
        GHashTable *by_name; /* owns the Unit */
        GQueue waiting;      /* of Unit: systemd is to be asked about them */
        bool any_starting;   /* of the last list: one is being started, or is to be */
        unsigned n_asking;
        bool known, reloading;
        sd_bus_slot *slots[4], *list;
        sd_event_source *retry; /* of the list */
        uint64_t retry_usec;    /* after the next one that fails */
};

/*
 * One unit, and whose it is
 */

static const UnitFacts not_loaded = { .active = (char *) "inactive" };

/* Whoever removes units asks for those that wait, units_ask_next(): it may have been asked about. */
static void unit_free(gpointer p) {
        Unit *unit = p;

        if (unit->slot)
                unit->units->n_asking--;
        if (unit->waits)
                (void) g_queue_remove(&unit->units->waiting, unit);
        sd_bus_slot_unref(unit->slot);
        g_free(unit->name);
        unit_facts_done(&unit->facts);
        g_free(unit);
}

static Unit *units_get(Units *units, const char *name) {
        Unit *unit = g_hash_table_lookup(units->by_name, name);

        if (!unit) {
                unit = g_new0(Unit, 1);
                unit->units = units;
                unit->name = g_strdup(name);
                unit_facts_copy(&unit->facts, &not_loaded); /* until more is told */
                g_hash_table_insert(units->by_name, unit->name, unit);
        }
        return unit;
}

/* The machine whose unit, or whose unit that waits for it to be ready, this is; NULL: there is none. */
static Machine *units_find_machine(Units *units, const char *name) {
        const char *instance = strchr(name, '@');
        g_autofree char *text = NULL, *own = NULL, *ready = NULL;
        Machine *machine;

        instance = instance ? g_strndup(instance + 1, strlen(instance + 1) - strlen(UNIT_SUFFIX)) : NULL;
        text = instance ? unit_unescape(instance) : NULL;
        g_free((char *) instance);
        if (!text)
                return NULL;

        machine = g_hash_table_lookup(units->machines->by_name, text)
                                  ?: machines_find(units->machines, text);
        if (!machine)
                return NULL;

        own = vm_unit_name(machine->name, machine->uuid);
        ready = vm_ready_unit_name(machine->name, machine->uuid);
        return g_str_equal(name, own) || g_str_equal(name, ready) ? machine : NULL;
}

/* ReadyState, from the state of the unit that waits for it. */
static const char *ready_state(const Unit *unit) {
        static const struct {
                const char *active, *ready;
        } words[] = { { "activating", "waiting" }, { "active", "ready" }, { "failed", "failed" } };

        for (size_t i = 0; unit && i < G_N_ELEMENTS(words); i++)
                if (g_str_equal(unit->facts.active, words[i].active))
                        return words[i].ready;

        return "";
}

uint64_t units_apply(Units *units, Machine *machine) {
        static const UnitFacts unknown = { 0 };
        g_autofree char *name = NULL, *ready = NULL;
        const Unit *unit;

        if (!units)
                return 0;

        name = vm_unit_name(machine->name, machine->uuid);
        ready = vm_ready_unit_name(machine->name, machine->uuid);
        unit = g_hash_table_lookup(units->by_name, name);
        return machine_apply_unit(machine, name,
                                  unit           ? &unit->facts
                                  : units->known ? &not_loaded
                                                 : &unknown) |
               machine_apply_ready(machine, ready_state(g_hash_table_lookup(units->by_name, ready)));
}

static void units_tell(Units *units, const char *name) {
        Machine *machine = units_find_machine(units, name);

        if (machine)
                machines_changed(units->machines, machine, units_apply(units, machine));
}

/*
 * What systemd says of one
 */

static int read_string(sd_bus_message *m, void *field) {
        char **string = field;
        const char *value;
        int r;

        r = sd_bus_message_read(m, "v", "s", &value);
        if (r >= 0) {
                g_free(*string);
                *string = g_strdup(value);
        }
        return r;
}

static int read_number(sd_bus_message *m, void *field) {
        return sd_bus_message_read(m, "v", "i", field);
}

static const struct {
        const char *name;
        size_t field;
        int (*read)(sd_bus_message *m, void *field);
} fact_rows[] = {
        { "ActiveState", offsetof(UnitFacts, active), read_string },
        { "SubState", offsetof(UnitFacts, sub), read_string },
        { "Result", offsetof(UnitFacts, result), read_string },
        { "StatusText", offsetof(UnitFacts, status), read_string },
        { "ExecMainCode", offsetof(UnitFacts, code), read_number },
        { "ExecMainStatus", offsetof(UnitFacts, exit), read_number },
};

static int read_fact(sd_bus_message *m, UnitFacts *facts) {
        const char *name;
        int r;

        r = sd_bus_message_read(m, "s", &name);
        if (r < 0)
                return r;

        for (size_t i = 0; i < G_N_ELEMENTS(fact_rows); i++)
                if (g_str_equal(fact_rows[i].name, name))
                        return fact_rows[i].read(m, (char *) facts + fact_rows[i].field);

        return sd_bus_message_skip(m, "v");
}

/* An a{sv}: what it does not tell stays. */
static int read_facts(sd_bus_message *m, UnitFacts *facts) {
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_fact(m, facts);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r;
}

static void units_ask_next(Units *units);

static int unit_on_properties(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Unit *unit = userdata;
        Units *units = unit->units;
        int r;

        unit->slot = sd_bus_slot_unref(unit->slot);
        units->n_asking--;
        units_ask_next(units);

        /* One that is gone: that is told too. */
        if (sd_bus_message_is_method_error(m, NULL))
                return 0;

        r = read_facts(m, &unit->facts);
        if (r < 0)
                log_warning("Cannot read what systemd says of %s, ignoring: %s", unit->name, g_strerror(-r));
        units_tell(units, unit->name);
        return 0;
}

static void unit_ask(Unit *unit) {
        char *path = NULL; /* by malloc() */
        int r;

        r = sd_bus_path_encode(UNIT_FOLDER, unit->name, &path);
        if (r >= 0)
                r = sd_bus_call_method_async(unit->units->machines->services->bus, &unit->slot, SYSTEMD_NAME,
                                             path, "org.freedesktop.DBus.Properties", "GetAll",
                                             unit_on_properties, unit, "s", SYSTEMD_SERVICE);
        free(path);
        if (r < 0)
                log_warning("Cannot ask systemd about %s, ignoring: %s", unit->name, g_strerror(-r));
        else
                unit->units->n_asking++;
}

static void units_ask_next(Units *units) {
        Unit *unit;

        while (units->n_asking < ASKING_MAX && (unit = g_queue_pop_head(&units->waiting))) {
                unit->waits = false;
                unit_ask(unit);
        }
}

static void units_ask(Units *units, Unit *unit) {
        if (unit->slot || unit->waits)
                return;

        unit->waits = true;
        g_queue_push_tail(&units->waiting, unit);
        units_ask_next(units);
}

/* Of each unit of the host: one match for all of them. */
static int units_on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Units *units = userdata;
        const char *path = sd_bus_message_get_path(m);
        char *name = NULL; /* by malloc() */
        Unit *unit;
        int r;

        if (!path || !g_str_has_prefix(path, UNIT_PATH) || sd_bus_path_decode(path, UNIT_FOLDER, &name) <= 0)
                return 0;

        if (g_str_has_prefix(name, VM_UNIT_PREFIX) || g_str_has_prefix(name, VM_READY_UNIT_PREFIX)) {
                unit = units_get(units, name);
                r = sd_bus_message_skip(m, "s");
                if (r >= 0)
                        r = read_facts(m, &unit->facts);
                if (r < 0)
                        log_warning("Cannot read how %s has changed, ignoring: %s", name, g_strerror(-r));
                units_tell(units, name);
        }
        free(name);
        return 0;
}

static int units_on_removed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Units *units = userdata;
        const char *name;

        /* While systemd reads its units anew it removes all: the list after that tells which stay. */
        if (units->reloading || sd_bus_message_read(m, "s", &name) < 0)
                return 0;

        if (g_hash_table_contains(units->by_name, name)) {
                g_autofree char *removed = g_strdup(name);

                (void) g_hash_table_remove(units->by_name, removed);
                units_tell(units, removed);
                units_ask_next(units);
        }
        return 0;
}

/*
 * All of them
 */

static gboolean unit_is_gone(gpointer key, gpointer value, gpointer userdata) {
        Unit *unit = value;
        bool gone = !unit->listed;

        unit->listed = false;
        return gone;
}

static void units_list_one(Units *units, const char *name, const char *active, const char *sub,
                           uint32_t job) {
        Unit *unit = units_get(units, name);

        units->any_starting |= job != 0 || g_str_equal(active, "activating");

        unit->listed = true;
        if (g_str_equal(unit->facts.active, active) && g_str_equal(unit->facts.sub, sub))
                return;

        g_free(unit->facts.active);
        g_free(unit->facts.sub);
        unit->facts.active = g_strdup(active);
        unit->facts.sub = g_strdup(sub);
        units_ask(units, unit);
}

static void units_tell_all(Units *units) {
        g_autoptr(GPtrArray) list = machines_list(units->machines);

        for (guint i = 0; i < list->len; i++) {
                uint64_t mask = units_apply(units, list->pdata[i]);

                if (mask)
                        machines_changed(units->machines, list->pdata[i], mask);
        }
        unit_starts_on_known(units->machines->starts, units->any_starting);
        mirror_look_all(units->machines->mirror);
}

static int units_on_retry(sd_event_source *source, uint64_t usec, void *userdata);

/* It was told once already if this was not the first time. */
static void units_retry_list(Units *units, const char *why) {
        if (units->retry_usec == RETRY_MIN_USEC)
                log_warning("systemd does not tell its units, and is asked again: %s", why);

        units->retry = sd_event_source_disable_unref(units->retry);
        (void) sd_event_add_time_relative(units->machines->services->event, &units->retry, CLOCK_BOOTTIME,
                                          units->retry_usec, /* accuracy= */ 0, units_on_retry, units);
        units->retry_usec = MIN(2 * units->retry_usec, RETRY_MAX_USEC);
}

static int read_list(Units *units, sd_bus_message *m) {
        const char *name, *active, *sub;
        uint32_t job;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(m, "(ssssssouso)", &name, NULL, NULL, &active, &sub, NULL,
                                                  NULL, &job, NULL, NULL)) > 0)
                units_list_one(units, name, active, sub, job);
        return r;
}

static int units_on_list(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Units *units = userdata;
        int r;

        units->any_starting = false;
        units->list = sd_bus_slot_unref(units->list);
        if (sd_bus_message_is_method_error(m, NULL)) {
                units_retry_list(units, sd_bus_message_get_error(m)->message);
                return 0;
        }

        r = read_list(units, m);
        if (r < 0) {
                units_retry_list(units, g_strerror(-r));
                return 0;
        }

        units->retry_usec = RETRY_MIN_USEC;
        (void) g_hash_table_foreach_remove(units->by_name, unit_is_gone, NULL);
        units->known = true;
        units_tell_all(units);
        units_ask_next(units);
        return 0;
}

/* Whoever asked before gets no answer: it may be of before the change. */
static int units_list(Units *units) {
        g_autoptr(sd_bus_message) question = NULL;
        int r;

        units->list = sd_bus_slot_unref(units->list);
        units->retry = sd_event_source_disable_unref(units->retry);
        r = sd_bus_message_new_method_call(units->machines->services->bus, &question, SYSTEMD_NAME,
                                           SYSTEMD_PATH, SYSTEMD_MANAGER, "ListUnitsByPatterns");
        if (r >= 0)
                r = sd_bus_message_append(question, "as", /* states= */ 0);
        if (r >= 0)
                r = sd_bus_message_append_strv(question, (char **) patterns);
        if (r >= 0)
                r = sd_bus_call_async(units->machines->services->bus, &units->list, question, units_on_list,
                                      units, /* usec= */ 0);
        return r;
}

static void units_list_again(Units *units) {
        int r = units_list(units);

        if (r < 0)
                units_retry_list(units, g_strerror(-r));
}

static int units_on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        units_list_again(userdata);
        return 0;
}

static int units_on_reloading(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Units *units = userdata;
        int begins;

        if (sd_bus_message_read(m, "b", &begins) < 0)
                return 0;

        units->reloading = begins;
        if (!begins)
                units_list_again(units);
        return 0;
}

/* systemd has replaced itself (daemon-reexec): what it told meanwhile nobody has heard. */
static int units_on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Units *units = userdata;
        const char *owner;

        if (sd_bus_message_read(m, "sss", NULL, NULL, &owner) < 0)
                return 0;

        units->reloading = !*owner;
        if (*owner)
                units_list_again(units);
        return 0;
}

/* sd-bus would leave the bus if nobody took a refusal. */
static int units_on_match(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                log_warning("Cannot listen to systemd's units, ignoring: %s",
                            sd_bus_message_get_error(m)->message);
        return 0;
}

static const struct {
        const char *match;
        sd_bus_message_handler_t handler;
} matches[] = {
        { "type='signal',sender='" SYSTEMD_NAME "',path_namespace='" UNIT_FOLDER
          "',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'",
          units_on_changed },
        { "type='signal',sender='" SYSTEMD_NAME "',path='" SYSTEMD_PATH "',interface='" SYSTEMD_MANAGER
          "',member='UnitRemoved'",
          units_on_removed },
        { "type='signal',sender='" SYSTEMD_NAME "',path='" SYSTEMD_PATH "',interface='" SYSTEMD_MANAGER
          "',member='Reloading'",
          units_on_reloading },
        { "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
          "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" SYSTEMD_NAME "'",
          units_on_owner },
};
G_STATIC_ASSERT(G_N_ELEMENTS(matches) == G_N_ELEMENTS(((Units *) NULL)->slots));

int units_start(Units *units) {
        if (!units)
                return 0;

        for (size_t i = 0; i < G_N_ELEMENTS(matches); i++) {
                int r = sd_bus_add_match_async(units->machines->services->bus, &units->slots[i],
                                               matches[i].match, matches[i].handler, units_on_match, units);

                if (r < 0)
                        return r;
        }
        return units_list(units);
}

bool units_are_known(const Units *units) {
        return units && units->known && !units->reloading;
}

Units *units_new(Machines *machines) {
        Units *units;

        if (!machines_use_units(machines))
                return NULL;

        units = g_new(Units, 1);
        *units = (Units){ .machines = machines,
                          .retry_usec = RETRY_MIN_USEC,
                          .by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, unit_free) };
        g_queue_init(&units->waiting);
        return units;
}

Units *units_free(Units *units) {
        if (!units)
                return NULL;

        for (size_t i = 0; i < G_N_ELEMENTS(units->slots); i++)
                sd_bus_slot_unref(units->slots[i]);
        sd_bus_slot_unref(units->list);
        sd_event_source_disable_unref(units->retry);
        g_hash_table_unref(units->by_name);
        g_queue_clear(&units->waiting);
        g_free(units);
        return NULL;
}
