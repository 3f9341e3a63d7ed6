/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

#include "bus.h"
#include "json.h"
#include "names.h"
#include "text.h"

Machine *machine_free(Machine *machine) {
        if (!machine)
                return NULL;
        g_clear_pointer(&machine->facts, json_object_unref);
        g_free(machine->path);
        g_free(machine->name);
        g_free(machine->uuid);
        g_free(machine->state);
        g_free(machine->unit);
        g_free(machine);
        return NULL;
}

static void machine_destroy(void *data) {
        (void) machine_free(data);
}

/* Returns 0 at the end of the list. */
static int machine_read(sd_bus_message *message, GPtrArray *machines) {
        const char *path, *name, *uuid, *state, *unit;
        uint64_t memory;
        uint32_t vcpus;
        Machine *machine;
        int autostart, r;

        r = sd_bus_message_read(message, "(ossssbut)", &path, &name, &uuid, &state, &unit, &autostart,
                                &vcpus, &memory);
        if (r <= 0)
                return r;
        machine = g_new(Machine, 1);
        *machine = (Machine){
                .path = g_strdup(path),
                .name = g_strdup(name),
                .uuid = g_strdup(uuid),
                .state = g_strdup(state),
                .unit = g_strdup(unit),
                .autostart = autostart,
                .vcpus = vcpus,
                .memory = memory,
        };
        g_ptr_array_add(machines, machine); /* takes it */
        return 1;
}

int machines_list(const Cli *cli, sd_bus_error *error, GPtrArray **ret) {
        g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_destroy);
        _cleanup_message_ sd_bus_message *reply = NULL;
        int r;

        r = bus_call_method(cli, HATAGO_PATH, MACHINES_INTERFACE, "ListMachines", error, &reply, "a{sv}", 0);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "(ossssbut)");
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        while ((r = machine_read(reply, machines)) > 0)
                ;
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret = g_steal_pointer(&machines);
        return 0;
}

/* Takes the facts. */
static Machine *machine_new(const char *path, JsonObject *facts) {
        Machine *machine = g_new(Machine, 1);

        *machine = (Machine){
                .facts = facts,
                .path = g_strdup(path),
                .name = g_strdup(json_string(facts, "Name")),
                .uuid = g_strdup(json_string(facts, "UUID")),
                .state = g_strdup(json_string(facts, "State")),
                .unit = g_strdup(json_string(facts, "Unit")),
                .autostart = json_flag(facts, "Autostart"),
                .vcpus = json_number(facts, "VCPUs"),
                .memory = json_number(facts, "Memory"),
        };
        return machine;
}

/* Returns 0 at the end of the dictionary. */
static int machine_read_facts(sd_bus_message *message, GPtrArray *machines) {
        JsonObject *facts;
        const char *path;
        int r;

        r = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "oa{sv}");
        if (r <= 0)
                return r;
        r = sd_bus_message_read(message, "o", &path);
        if (r < 0)
                return r;
        r = json_object_from_message(message, &facts);
        if (r < 0)
                return r;
        g_ptr_array_add(machines, machine_new(path, facts)); /* takes both */
        r = sd_bus_message_exit_container(message);
        return r < 0 ? r : 1;
}

static int query_append(sd_bus_message *message, const char *const *properties) {
        static const char *const row[] = { "Name", "UUID", "State", "Unit", "Autostart", "VCPUs", "Memory" };
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "s");
        for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(row); i++)
                r = sd_bus_message_append(message, "s", row[i]);
        for (size_t i = 0; r >= 0 && properties[i]; i++)
                r = sd_bus_message_append(message, "s", properties[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        return r < 0 ? r : sd_bus_message_append(message, "a{sv}", 0);
}

int machines_query(const Cli *cli, const char *const *properties, sd_bus_error *error, GPtrArray **ret) {
        g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(machine_destroy);
        _cleanup_message_ sd_bus_message *message = NULL, *reply = NULL;
        int r;

        r = bus_message_new(cli, HATAGO_PATH, MACHINES_INTERFACE, "Query", error, &message);
        if (r < 0)
                return r;
        r = query_append(message, properties);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        r = bus_call(cli, message, error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "{oa{sv}}");
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        while ((r = machine_read_facts(reply, machines)) > 0)
                ;
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret = g_steal_pointer(&machines);
        return 0;
}

int machine_find(const Cli *cli, const char *name, sd_bus_error *error, char **ret_path) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        const char *path;
        int r;

        /* The bus carries nothing else, and no machine can be called so. */
        if (!g_utf8_validate(name, -1, NULL))
                return sd_bus_error_set_const(error, HATAGO_ERROR("NoSuchMachine"), "the name is not UTF-8");
        r = bus_call_method(cli, HATAGO_PATH, MACHINES_INTERFACE, "GetMachine", error, &reply, "sa{sv}",
                            name, 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &path);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret_path = g_strdup(path);
        return 0;
}

void machine_read_explicit(const Cli *cli, const char *path, JsonObject *machine) {
        static const char *const names[] = { "Disks", "Interfaces", "Displays" };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
                _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
                _cleanup_message_ sd_bus_message *reply = NULL;
                JsonNode *value;

                if (bus_call_method(cli, path, PROPERTIES_INTERFACE, "Get", &ignored, &reply, "ss",
                                    MACHINE_INTERFACE, names[i]) >= 0 &&
                    json_from_message(reply, &value) >= 0)
                        json_object_set_member(machine, names[i], value); /* takes it */
        }
}

int machine_get_xml(const Cli *cli, const char *path, bool inactive, bool secure, sd_bus_error *error,
                    char **ret) {
        const BusFlag flags[] = { { "inactive", inactive }, { "secure", secure } };
        _cleanup_message_ sd_bus_message *reply = NULL;
        const char *xml;
        int r;

        r = bus_call_flags(cli, path, MACHINE_INTERFACE, "GetXML", flags, G_N_ELEMENTS(flags), error,
                           &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret = g_strdup(xml);
        return 0;
}

char *machine_find_closest(const Cli *cli, const char *name) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL, names = g_ptr_array_new();

        if (machines_list(cli, &error, &machines) < 0)
                return NULL;
        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                g_ptr_array_add(names, machine->name);
        }
        g_ptr_array_add(names, NULL);
        return g_strdup(text_closest(name, (const char *const *) names->pdata));
}

const char *machine_name_at(const GPtrArray *machines, const char *path) {
        const char *slash = strrchr(path, '/');

        for (guint i = 0; machines && i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                if (strcmp(machine->path, path) == 0)
                        return machine->name;
        }
        return slash ? slash + 1 : path;
}

bool machine_fits(const char *pattern, const char *name, const char *uuid) {
        return fnmatch(pattern, name, 0) == 0 || strcmp(pattern, uuid) == 0;
}

static bool pattern_is_of_use(const GPtrArray *machines, const char *pattern) {
        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                if (machine_fits(pattern, machine->name, machine->uuid))
                        return true;
        }
        return false;
}

void machines_report_patterns(const Cli *cli, const GPtrArray *machines, char **patterns, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                g_autofree char *shown = NULL;

                if (pattern_is_of_use(machines, patterns[i]))
                        continue;
                shown = terminal_text(cli->terminal, patterns[i]);
                fprintf(stderr, _("No machine matches '%s'.\n"), shown);
        }
}

char *machine_path_uuid(const char *path) {
        _cleanup_(free_p) char *decoded = NULL;

        if (sd_bus_path_decode(path, HATAGO_MACHINES_PATH, &decoded) <= 0)
                return NULL;
        return g_strdup(decoded);
}

bool machine_has_warnings(const Machine *machine) {
        JsonArray *codes = json_array(machine->facts, "Warnings");

        return codes && json_array_get_length(codes) > 0;
}

Colour machine_state_colour(const char *state) {
        static const struct {
                const char *state;
                Colour colour;
        } colours[] = {
                { "running", COLOUR_GREEN },   { "blocked", COLOUR_GREEN },      { "paused", COLOUR_YELLOW },
                { "shutdown", COLOUR_YELLOW }, { "pmsuspended", COLOUR_YELLOW }, { "crashed", COLOUR_RED },
                { "unknown", COLOUR_YELLOW },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(colours); i++)
                if (strcmp(colours[i].state, state) == 0)
                        return colours[i].colour;
        return COLOUR_NONE;
}

bool machine_state_runs(const char *state) {
        return text_list_has("running,blocked", ',', state);
}
