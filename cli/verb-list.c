/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fnmatch.h>
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "format.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

static bool machine_fits(const Machine *machine, const char *pattern) {
        return fnmatch(pattern, machine->name, 0) == 0 || strcmp(pattern, machine->uuid) == 0;
}

static bool machine_matches(const Machine *machine, const Options *options, char **patterns, unsigned n) {
        if (options->running && !machine_state_runs(machine->state))
                return false;
        if (options->state && !text_list_has(options->state, ',', machine->state))
                return false;
        for (unsigned i = 0; i < n; i++)
                if (machine_fits(machine, patterns[i]))
                        return true;
        return n == 0;
}

static bool pattern_is_of_use(const GPtrArray *machines, const char *pattern) {
        for (guint i = 0; i < machines->len; i++)
                if (machine_fits(machines->pdata[i], pattern))
                        return true;
        return false;
}

/* Names the patterns that fit no machine at all, whatever its state. Not an error: patterns may. */
static void patterns_report(const Cli *cli, const GPtrArray *machines, char **patterns, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                g_autofree char *shown = NULL;

                if (pattern_is_of_use(machines, patterns[i]))
                        continue;
                shown = terminal_text(cli->terminal, patterns[i]);
                fprintf(stderr, _("No machine matches '%s'.\n"), shown);
        }
}

static void machines_filter(GPtrArray *machines, const Options *options, char **patterns, unsigned n) {
        for (guint i = machines->len; i > 0; i--)
                if (!machine_matches(machines->pdata[i - 1], options, patterns, n))
                        g_ptr_array_remove_index(machines, i - 1);
}

static int compare_machines(gconstpointer a, gconstpointer b) {
        const Machine *x = *(Machine *const *) a, *y = *(Machine *const *) b;

        return strcmp(x->name, y->name);
}

static JsonNode *machine_to_json(const Machine *machine) {
        JsonObject *object = json_object_new();
        JsonNode *node;

        json_object_set_string_member(object, "Path", machine->path);
        json_object_set_string_member(object, "Name", machine->name);
        json_object_set_string_member(object, "UUID", machine->uuid);
        json_object_set_string_member(object, "State", machine->state);
        json_object_set_string_member(object, "Unit", machine->unit);
        json_object_set_boolean_member(object, "Autostart", machine->autostart);
        json_object_set_int_member(object, "VCPUs", machine->vcpus);
        json_object_set_int_member(object, "Memory", (gint64) machine->memory);
        node = json_node_new(JSON_NODE_OBJECT);
        json_node_take_object(node, object);
        return node;
}

static void machines_print_json(const Cli *cli, const GPtrArray *machines) {
        JsonArray *array = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);

        for (guint i = 0; i < machines->len; i++)
                json_array_add_element(array, machine_to_json(machines->pdata[i]));
        json_node_take_array(node, array);
        json_print(cli->options->json, node);
}

static void machines_print_legend(const GPtrArray *machines) {
        unsigned n_running = 0;

        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                n_running += machine_state_runs(machine->state);
        }
        /* Translators: how many machines there are, and how many of them run. */
        printf(ngettext("%s%u machine, %u running.\n", "%s%u machines, %u running.\n", machines->len),
               machines->len > 0 ? "\n" : "", machines->len, n_running);
}

static void machines_print(const Cli *cli, const GPtrArray *machines) {
        static const TableColumn columns[] = {
                { N_("NAME"), TABLE_SHRINK },  { N_("STATE") },
                { N_("AUTOSTART") },           { N_("VCPUS"), TABLE_RIGHT },
                { N_("MEMORY"), TABLE_RIGHT },
        };
        g_autoptr(Table) table = table_new(cli->terminal, columns, G_N_ELEMENTS(columns));

        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];
                g_autofree char *vcpus = g_strdup_printf("%" PRIu32, machine->vcpus);
                g_autofree char *memory = format_size(machine->memory);

                table_add(table, machine->name, COLOUR_NONE);
                table_add(table, machine->state, machine_state_colour(machine->state));
                table_add(table, machine->autostart ? _("yes") : _("no"), COLOUR_NONE);
                table_add(table, vcpus, COLOUR_NONE);
                table_add(table, memory, COLOUR_NONE);
        }
        table_print(table, stdout, !cli->options->no_legend);
        if (!cli->options->no_legend)
                machines_print_legend(machines);
}

int verb_list(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL;

        if (machines_list(cli, &error, &machines) < 0) {
                error_report(cli, NULL, &error);
                return EXIT_FAILURE;
        }
        if (cli->options->json == JSON_OFF)
                patterns_report(cli, machines, arguments, n);
        machines_filter(machines, cli->options, arguments, n);
        g_ptr_array_sort(machines, compare_machines);
        if (cli->options->json != JSON_OFF)
                machines_print_json(cli, machines);
        else
                machines_print(cli, machines);
        return EXIT_SUCCESS;
}

static bool word_is_among(const char *word, char **words, unsigned n) {
        for (unsigned i = 0; i < n; i++)
                if (strcmp(words[i], word) == 0)
                        return true;
        return false;
}

/*
 * For the shell's completion: one name a line, of the machines in one of the states given, if any. Names
 * that would have to be escaped are left out. An agent that does not run is not started for this.
 */
int verb_complete_names(Cli *cli, char **arguments, unsigned n) {
        _cleanup_message_ sd_bus_message *message = NULL, *reply = NULL;
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *name, *state;
        int r;

        r = bus_message_new(cli, HATAGO_PATH, MACHINES_INTERFACE, "ListMachines", &error, &message);
        if (r < 0)
                return EXIT_FAILURE;
        (void) sd_bus_message_set_auto_start(message, false);
        if (sd_bus_message_append(message, "a{sv}", 0) < 0 || bus_call(cli, message, &error, &reply) < 0)
                return EXIT_FAILURE;
        if (sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "(ossssbut)") < 0)
                return EXIT_FAILURE;
        while (sd_bus_message_read(reply, "(ossssbut)", NULL, &name, NULL, &state, NULL, NULL, NULL, NULL) >
               0) {
                g_autofree char *shown = text_escape(name, /* ascii= */ false);

                if (strcmp(shown, name) != 0)
                        continue;
                if (n == 0 || word_is_among(state, arguments, n))
                        puts(name);
        }
        return EXIT_SUCCESS;
}
