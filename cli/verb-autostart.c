/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "fields.h"
#include "format.h"
#include "json.h"
#include "names.h"
#include "process.h"
#include "service-order.h"
#include "service.h"
#include "table.h"
#include "text.h"
#include "usage.h"
#include "verbs.h"

/* What the boot of the host starts, in which order, and how that ends. */

/*
 * Showing
 */

/* The text of a cell: new string, NULL where there is nothing to be told. */
static char *name_text(const Machine *machine, const GPtrArray *machines) {
        return g_strdup(machine->name);
}

static char *by_text(const Machine *machine, const GPtrArray *machines) {
        g_autofree char *words = json_words_text(json_array(machine->facts, "AutostartBy"));

        return *words ? g_steal_pointer(&words) : NULL;
}

static char *after_text(const Machine *machine, const GPtrArray *machines) {
        return service_after_text(machine->facts, machines);
}

static char *delay_text(const Machine *machine, const GPtrArray *machines) {
        return service_delay_text(machine->facts);
}

static char *ready_text(const Machine *machine, const GPtrArray *machines) {
        return service_ready_word(machine->facts);
}

static char *stop_timeout_text(const Machine *machine, const GPtrArray *machines) {
        return service_stop_timeout_text(machine->facts);
}

static char *host_shutdown_text(const Machine *machine, const GPtrArray *machines) {
        const char *what = json_string(machine->facts, "HostShutdown");

        return strcmp(what, "shutdown") != 0 ? g_strdup(what) : NULL;
}

static const struct {
        TableColumn column;
        char *(*text)(const Machine *machine, const GPtrArray *machines);
        bool always; /* also where no machine has such */
} columns[] = {
        { { N_("NAME"), TABLE_SHRINK }, name_text, true },
        { { N_("STARTED BY"), 0 }, by_text, true },
        { { N_("AFTER"), TABLE_SHRINK }, after_text, true },
        { { N_("DELAY"), TABLE_RIGHT }, delay_text, false },
        { { N_("READY"), 0 }, ready_text, false },
        { { N_("STOP TIMEOUT"), TABLE_RIGHT }, stop_timeout_text, false },
        { { N_("HOST SHUTDOWN"), 0 }, host_shutdown_text, false },
};

static bool column_is_used(size_t i, const GPtrArray *rows, const GPtrArray *machines) {
        for (guint j = 0; j < rows->len; j++) {
                g_autofree char *text = columns[i].text(rows->pdata[j], machines);

                if (text)
                        return true;
        }
        return columns[i].always;
}

static Colour cell_colour(size_t i, const Machine *machine, const char *text) {
        if (!text || (columns[i].text == name_text && !machine->autostart))
                return COLOUR_DIM;
        if (columns[i].text != by_text)
                return COLOUR_NONE;
        return service_is_started_by(machine->facts, "libvirt") ? COLOUR_YELLOW : COLOUR_GREEN;
}

/* Files that were edited by hand can say so; the agent lets nobody set it. */
static void cycle_print(const GPtrArray *machines) {
        g_autofree char *cycle = service_order_find_cycle(machines), *text = NULL;

        if (!cycle)
                return;
        text = text_fill(
                        _("These wait for each other, each for the next, and the boot has to break that somewhere: "
                          "{cycle}. To mend it: hatago autostart NAME --after="),
                        "cycle", cycle);
        terminal_print_sentence(stdout, text);
}

static void legend_print(const GPtrArray *machines, unsigned n_rows) {
        unsigned n = 0, n_libvirt = 0;

        for (guint i = 0; i < machines->len; i++) {
                JsonObject *facts = ((const Machine *) machines->pdata[i])->facts;

                n += ((const Machine *) machines->pdata[i])->autostart;
                n_libvirt += service_is_started_by(facts, "libvirt");
        }
        if (n_rows > 0)
                puts("");
        if (n == 0)
                puts(_("The boot of the host starts no machine."));
        else
                printf(ngettext("The boot of the host starts %u machine.\n",
                                "The boot of the host starts %u machines, in this order.\n", n),
                       n);
        if (n > 0 && n_rows > n)
                printf(ngettext("%u more has settings, and is not started.\n",
                                "%u more have settings, and are not started.\n", n_rows - n),
                       n_rows - n);
        cycle_print(machines);
        if (n_libvirt > 0)
                terminal_print_sentence(
                                stdout,
                                _("Those started by libvirt wait for nobody. To take one over: hatago "
                                  "autostart NAME yes; all at once: hatago setup"));
}

static void table_show(const Cli *cli, const GPtrArray *machines) {
        TableColumn shown[G_N_ELEMENTS(columns)];
        size_t which[G_N_ELEMENTS(columns)], n = 0;
        g_autoptr(GPtrArray) rows = g_ptr_array_new();
        g_autoptr(Table) table = NULL;

        for (guint i = 0; i < machines->len; i++)
                if (service_is_set(((const Machine *) machines->pdata[i])->facts))
                        g_ptr_array_add(rows, machines->pdata[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
                if (column_is_used(i, rows, machines)) {
                        which[n] = i;
                        shown[n++] = columns[i].column;
                }

        table = table_new(cli->terminal, shown, n);
        for (guint i = 0; i < rows->len; i++)
                for (size_t j = 0; j < n; j++) {
                        g_autofree char *text = columns[which[j]].text(rows->pdata[i], machines);

                        table_add(table, text ? text : "-", cell_colour(which[j], rows->pdata[i], text));
                }
        table_print(table, stdout, !cli->options->no_legend);
        if (!cli->options->no_legend)
                legend_print(machines, rows->len);
}

static void machine_show(const Cli *cli, const Machine *machine, const GPtrArray *machines) {
        g_autofree char *shown = terminal_text(cli->terminal, machine->name);
        g_autoptr(Fields) fields = fields_new(cli->terminal);

        service_fields_add(fields, machine->facts, machines, /* all= */ true);
        puts(shown);
        fields_print(fields, stdout);
}

static void json_show(const Cli *cli, const GPtrArray *machines, const char *path) {
        JsonArray *array = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);

        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                if (path ? strcmp(machine->path, path) == 0 : service_is_set(machine->facts))
                        json_array_add_object_element(array, json_object_ref(machine->facts)); /* takes it */
        }
        json_node_take_array(node, array);
        json_print(cli->options->json, node);
}

/* name: NULL for all. */
static int autostart_show(const Cli *cli, const char *name) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL;
        g_autofree char *path = NULL;
        int r;

        r = name ? machine_find(cli, name, &error, &path) : 0;
        if (r >= 0)
                r = services_read(cli, &error, &machines);
        if (r < 0) {
                char word[] = "show", *words[] = { word };
                unsigned taken;
                Cli show = *cli;

                /* Nothing was to be set. */
                show.verb = verb_find(words, 1, &taken);
                error_report(&show, name, &error);
                return EXIT_FAILURE;
        }
        if (cli->options->json != JSON_OFF)
                json_show(cli, machines, path);
        else if (!name)
                table_show(cli, machines);
        for (guint i = 0; path && cli->options->json == JSON_OFF && i < machines->len; i++)
                if (strcmp(((const Machine *) machines->pdata[i])->path, path) == 0)
                        machine_show(cli, machines->pdata[i], machines);
        return EXIT_SUCCESS;
}

/*
 * Setting
 */

static bool settings_are_given(const Options *options) {
        return options->reset || options->after || options->delay || options->ready ||
               options->ready_timeout || options->stop_timeout || options->host_shutdown;
}

/* Whether all that it is to start after is there: said here, where it cannot be taken for the machine that
 * is set. UUIDs are left to the agent, which knows those of machines that are gone. */
static bool after_is_known(const Cli *cli, const char *name, char **after) {
        for (; *after; after++) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
                g_autofree char *path = NULL, *complaint = NULL, *closest = NULL, *hint = NULL;

                if (g_uuid_string_is_valid(*after) || machine_find(cli, *after, &error, &path) >= 0)
                        continue;
                if (strcmp(error.name, HATAGO_ERROR("NoSuchMachine")) != 0) {
                        error_report(cli, name, &error);
                        return false;
                }
                complaint = text_fill(_("there is no machine '{other}' that it could start after"), "other",
                                      *after);
                error_report_name(cli, name, HATAGO_ERROR("InvalidArgument"), complaint, NULL);
                closest = machine_find_closest(cli, *after);
                hint = closest ? terminal_text(cli->terminal, closest) : NULL;
                if (hint) {
                        g_autofree char *line = text_fill(_("Did you mean '{closest}'?"), "closest", hint);

                        fprintf(stderr, "%s\n", line);
                }
                return false;
        }
        return true;
}

static int append_span(sd_bus_message *message, const char *key, const char *text) {
        uint64_t usec;

        if (!text || parse_duration(text, &usec) < 0) /* it was read once */
                return 0;
        return sd_bus_message_append(message, "{sv}", key, "t", usec);
}

/* "agent", or "port:5432". */
static int append_ready(sd_bus_message *message, const char *text) {
        unsigned port = 0;
        int r;

        if (!text)
                return 0;
        if (sscanf(text, "port:%u", &port) != 1)
                return sd_bus_message_append(message, "{sv}", "ready", "s", text);
        r = sd_bus_message_append(message, "{sv}", "ready", "s", "port");
        return r < 0 ? r : sd_bus_message_append(message, "{sv}", "ready-port", "u", port);
}

static int append_after(sd_bus_message *message, char **after) {
        int r;

        if (!after)
                return 0;
        r = sd_bus_message_open_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv");
        if (r >= 0)
                r = sd_bus_message_append(message, "s", "start-after");
        if (r >= 0)
                r = sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(message, after);
        if (r >= 0)
                r = sd_bus_message_close_container(message);
        return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_settings(sd_bus_message *message, const Options *options, char **after) {
        int r;

        r = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0 && options->reset)
                r = sd_bus_message_append(message, "{sv}", "reset", "b", /* value= */ 1);
        if (r >= 0)
                r = append_after(message, after);
        if (r >= 0)
                r = append_span(message, "start-delay", options->delay);
        if (r >= 0)
                r = append_ready(message, options->ready);
        if (r >= 0)
                r = append_span(message, "ready-timeout", options->ready_timeout);
        if (r >= 0)
                r = append_span(message, "stop-timeout", options->stop_timeout);
        if (r >= 0 && options->host_shutdown)
                r = sd_bus_message_append(message, "{sv}", "host-shutdown", "s", options->host_shutdown);
        return r < 0 ? r : sd_bus_message_close_container(message);
}

/* word: "yes", "no"; NULL: that stays as it is. */
static int settings_send(const Cli *cli, const char *path, const char *word, char **after,
                         sd_bus_error *error) {
        _cleanup_message_ sd_bus_message *message = NULL;
        int r;

        r = word ? bus_message_new(cli, path, MACHINE_INTERFACE, "SetAutostart", error, &message)
                 : bus_message_new(cli, path, SERVICE_INTERFACE, "Configure", error, &message);
        if (r < 0)
                return r;
        if (word)
                r = sd_bus_message_append(message, "b", (int) (strcmp(word, "yes") == 0));
        if (r >= 0)
                r = append_settings(message, cli->options, after);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        return bus_call(cli, message, error, NULL);
}

/* The error of an answer has no arguments: the unit that has to be disabled is the machine's, and what waits
 * for what is read once more. */
static void refusal_report(const Cli *cli, const char *name, const char *path, char **after,
                           const sd_bus_error *error) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) arguments = json_object_new(), machine = NULL;
        g_autoptr(GPtrArray) machines = NULL;
        g_autofree char *order = NULL;

        if (after && strcmp(error->name, HATAGO_ERROR("StartCycle")) == 0 &&
            services_read(cli, &ignored, &machines) >= 0)
                order = service_order_explain(machines, path, after);
        if (order)
                json_object_set_string_member(arguments, "order", order);
        if (strcmp(error->name, HATAGO_ERROR("AutostartBySystemd")) == 0 &&
            bus_get_all(cli, path, MACHINE_INTERFACE, &ignored, &machine) >= 0)
                json_object_set_string_member(arguments, "unit", json_string(machine, "Unit"));
        error_report_name(cli, name, error->name, error->message, arguments);
}

static int autostart_set(const Cli *cli, const char *name, const char *word) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        const char *list = cli->options->after;
        g_auto(GStrv) after = list ? g_strsplit(list, ",", -1) : NULL; /* of "" it is empty */
        g_autofree char *path = NULL;

        if (machine_find(cli, name, &error, &path) < 0) {
                error_report(cli, name, &error);
                return EXIT_FAILURE;
        }
        if (after && !after_is_known(cli, name, after))
                return EXIT_FAILURE;
        if (settings_send(cli, path, word, after, &error) < 0) {
                refusal_report(cli, name, path, after, &error);
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}

/* "" is the one without names. */
static bool after_is_list(const char *text) {
        g_auto(GStrv) names = g_strsplit(text, ",", -1);

        return !g_strv_contains((const char *const *) names, "");
}

int verb_autostart(Cli *cli, char **arguments, unsigned n) {
        const char *name = n > 0 ? arguments[0] : NULL, *word = n > 1 ? arguments[1] : NULL;
        bool sets = word || settings_are_given(cli->options);
        pid_t agent;
        int status;

        if (word && strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)
                return usage_report_word(_("'{word}' is neither 'yes' nor 'no'."), word, cli->verb);
        if (sets && !name)
                return usage_report_word(_("'{word}' with something to set needs the name of a machine."),
                                         cli->verb->name, cli->verb);
        if (!sets)
                return autostart_show(cli, name);
        if (cli->options->after && !after_is_list(cli->options->after))
                return usage_report_word(_("A name in '--after={word}' is empty."), cli->options->after,
                                         cli->verb);

        agent = polkit_agent_open(cli);
        status = autostart_set(cli, name, word);
        polkit_agent_close(agent);
        return status;
}
