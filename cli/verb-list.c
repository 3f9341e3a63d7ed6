/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "json.h"
#include "list-columns.h"
#include "machine.h"
#include "names.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

static bool flag_fits(const char *wanted, bool is) {
        return !wanted || is == (strcmp(wanted, "yes") == 0);
}

static bool facts_fit(const Machine *machine, const Options *options) {
        if (options->warnings && !machine_has_warnings(machine))
                return false;
        return !options->persistent ||
               flag_fits(options->persistent, json_flag(machine->facts, "Persistent"));
}

static bool machine_matches(const Machine *machine, const Options *options, char **patterns, unsigned n) {
        if (options->running && !machine_state_runs(machine->state))
                return false;
        if (options->state && !text_list_has(options->state, ',', machine->state))
                return false;
        if (!flag_fits(options->autostart, machine->autostart) || !facts_fit(machine, options))
                return false;
        for (unsigned i = 0; i < n; i++)
                if (machine_fits(patterns[i], machine->name, machine->uuid))
                        return true;
        return n == 0;
}

static void machines_filter(GPtrArray *machines, const Options *options, char **patterns, unsigned n) {
        for (guint i = machines->len; i > 0; i--)
                if (!machine_matches(machines->pdata[i - 1], options, patterns, n))
                        g_ptr_array_remove_index(machines, i - 1);
}

typedef struct Order {
        const ListColumn *column;
        bool reverse;
} Order;

static int compare_machines(gconstpointer a, gconstpointer b, gpointer userdata) {
        const Machine *x = *(Machine *const *) a, *y = *(Machine *const *) b;
        const Order *order = userdata;
        int result = column_compare(order->column, x, y);

        if (result != 0)
                return order->reverse ? -result : result;
        result = text_compare(x->name, y->name);
        return result != 0 ? result : strcmp(x->path, y->path);
}

static void machines_print_json(const Cli *cli, const GPtrArray *machines, const GPtrArray *columns) {
        JsonArray *array = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);

        for (guint i = 0; i < machines->len; i++) {
                JsonObject *object = json_object_new();

                for (guint j = 0; j < columns->len; j++)
                        column_set_json(columns->pdata[j], machines->pdata[i], object);
                json_array_add_object_element(array, object); /* takes it */
        }
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

static void machines_print(const Cli *cli, const GPtrArray *machines, const GPtrArray *columns) {
        g_autofree TableColumn *headings = g_new(TableColumn, columns->len);
        uint64_t now = (uint64_t) g_get_real_time();
        g_autoptr(Table) table = NULL;

        for (guint i = 0; i < columns->len; i++)
                headings[i] = column_heading(columns->pdata[i]);
        table = table_new(cli->terminal, headings, columns->len);
        for (guint i = 0; i < machines->len; i++)
                for (guint j = 0; j < columns->len; j++)
                        column_add_cell(columns->pdata[j], machines->pdata[i], now, table);
        table_print(table, stdout, !cli->options->no_legend);
        if (!cli->options->no_legend)
                machines_print_legend(machines);
}

/* Adds a property to be asked for, once; NULL is none. */
static void property_add(GPtrArray *properties, const char *property) {
        if (property && !g_ptr_array_find_with_equal_func(properties, property, g_str_equal, NULL))
                g_ptr_array_add(properties, (gpointer) property);
}

/* Reads all machines, with the properties that are to be shown or looked at. ListMachines is the faster way:
 * taken where it has all of them. */
static int machines_get(const Cli *cli, const GPtrArray *columns, const ListColumn *sort,
                        sd_bus_error *error, GPtrArray **ret) {
        g_autoptr(GPtrArray) properties = g_ptr_array_new();

        for (guint i = 0; i < columns->len; i++)
                property_add(properties, column_property(columns->pdata[i]));
        property_add(properties, column_property(sort));
        property_add(properties, cli->options->warnings ? "Warnings" : NULL);
        property_add(properties, cli->options->persistent ? "Persistent" : NULL);
        if (properties->len == 0)
                return machines_list(cli, error, ret);
        g_ptr_array_add(properties, NULL);
        return machines_query(cli, (const char *const *) properties->pdata, error, ret);
}

int verb_list(Cli *cli, char **arguments, unsigned n) {
        const Options *options = cli->options;
        bool json = options->json != JSON_OFF;
        const char *defaults = json ? "path,name,uuid,state,unit,autostart,vcpus,memory"
                                    : "name,state,autostart,vcpus,memory";
        const char *usual = options->warnings ? "+warnings"
                                              : defaults; /* who looks for them wants to see them */
        g_autoptr(GPtrArray) columns = columns_parse(options->columns ? options->columns : usual, defaults);
        Order order = { .column = column_find(options->sort ? options->sort : "name"),
                        .reverse = options->reverse };
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL;

        if (machines_get(cli, columns, order.column, &error, &machines) < 0) {
                error_report(cli, NULL, &error);
                return EXIT_FAILURE;
        }
        if (!json)
                machines_report_patterns(cli, machines, arguments, n);
        machines_filter(machines, options, arguments, n);
        g_ptr_array_sort_with_data(machines, compare_machines, &order);
        if (json)
                machines_print_json(cli, machines, columns);
        else
                machines_print(cli, machines, columns);
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
