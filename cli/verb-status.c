/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "fields.h"
#include "jobs.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "status-machine.h"
#include "verbs.h"

/* Adds to results with --json, else prints. */
static bool machine_status(const Cli *cli, const char *name, JsonArray *results, bool first) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) machine = NULL;

        if (machine_status_read(cli, name, &error, &machine) < 0) {
                error_report(cli, name, &error);
                return false;
        }
        if (cli->options->json != JSON_OFF) {
                json_array_add_object_element(results, g_steal_pointer(&machine));
                return true;
        }
        if (!first)
                puts("");
        machine_status_print(cli, machine);
        return true;
}

/* "3, 1 running" */
static char *machines_text(const GPtrArray *machines) {
        unsigned n_running = 0, n_crashed = 0;

        if (!machines)
                return NULL;
        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                n_running += machine_state_runs(machine->state);
                n_crashed += strcmp(machine->state, "crashed") == 0;
        }
        if (n_crashed > 0)
                return g_strdup_printf(_("%u, %u running, %u crashed"), machines->len, n_running, n_crashed);
        return g_strdup_printf(_("%u, %u running"), machines->len, n_running);
}

static char *versioned_text(const char *what, const char *version) {
        if (!*version)
                return NULL;
        return g_strdup_printf("%s%s%s", what, *what ? " " : "", version);
}

static char *libvirt_text(JsonObject *manager) {
        const char *version = json_string(manager, "LibvirtVersion"),
                   *uri = json_string(manager, "LibvirtURI"),
                   *reason = json_string(manager, "ConnectionError");

        if (json_flag(manager, "Connected"))
                return g_strdup_printf("%s (%s)", version, uri);
        if (*reason)
                return g_strdup(reason);
        return g_strdup_printf(_("%s does not answer"), uri);
}

static char *plugins_text(JsonObject *manager) {
        JsonNode *node = json_object_get_member(manager, "Plugins");

        return node ? json_property_text(node) : NULL;
}

/* "2: hatago list --warnings"; NULL if nothing is wrong with any machine. */
static char *warnings_text(const Cli *cli) {
        static const char *const properties[] = { "Warnings", NULL };
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL;
        unsigned n = 0;

        if (machines_query(cli, properties, &ignored, &machines) < 0)
                return NULL;
        for (guint i = 0; i < machines->len; i++)
                n += machine_has_warnings(machines->pdata[i]);
        /* Translators: on how many machines there are warnings, and the command that lists them. */
        return n > 0 ? g_strdup_printf(_("on %u: %s"), n, "hatago list --warnings") : NULL;
}

/* "2 under way: hatago job list"; NULL if there is none. */
static char *jobs_text(const Cli *cli) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonArray) jobs = NULL;

        if (jobs_running(cli, NULL, &ignored, &jobs) < 0 || json_array_get_length(jobs) == 0)
                return NULL;
        /* Translators: how many jobs, and the command that lists them. */
        return g_strdup_printf(_("%u under way: %s"), json_array_get_length(jobs), "hatago job list");
}

/* The agent's answers are read from its memory: so this works also while the hypervisor does not. */
static void host_print(const Cli *cli, JsonObject *manager, const GPtrArray *machines) {
        bool ready = json_flag(manager, "Ready"), connected = json_flag(manager, "Connected");
        const char *hostname = json_string(manager, "Hostname");
        const char *agent = ready ? _("ready") : _("not ready: the virtual machines have not been read yet");
        Colour colour = connected && ready ? COLOUR_GREEN : COLOUR_RED;
        g_autoptr(Fields) fields = fields_new(cli->terminal);

        fields_add(fields, _("Agent"), g_strdup_printf("%s, %s", json_string(manager, "Version"), agent),
                   ready ? COLOUR_NONE : COLOUR_YELLOW);
        fields_add_sentence(fields, _("libvirt"), libvirt_text(manager),
                            connected ? COLOUR_NONE : COLOUR_RED);
        fields_add(fields, _("Hypervisor"), versioned_text("", json_string(manager, "HypervisorVersion")),
                   COLOUR_NONE);
        fields_add(fields, _("Plugins"), plugins_text(manager), COLOUR_NONE);
        fields_add(fields, _("Machines"), ready ? machines_text(machines) : NULL, COLOUR_NONE);
        fields_add(fields, _("Warnings"), ready ? warnings_text(cli) : NULL, COLOUR_YELLOW);
        fields_add(fields, _("Jobs"), jobs_text(cli), COLOUR_NONE);

        status_title_print(cli, *hostname ? hostname : g_get_host_name(), "",
                           connected ? "running" : "crashed", colour);
        fields_print(fields, stdout);
}

static int host_status(const Cli *cli) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL, ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) manager = NULL;
        g_autoptr(GPtrArray) machines = NULL;
        g_autoptr(JsonNode) node = NULL;
        Cli general = *cli;

        general.verb = NULL;
        if (bus_get_all(cli, HATAGO_PATH, MANAGER_INTERFACE, &error, &manager) < 0) {
                error_report(&general, NULL, &error);
                return EXIT_FAILURE;
        }
        if (cli->options->json != JSON_OFF) {
                node = json_node_init_object(json_node_alloc(), manager);
                json_print(cli->options->json, node);
                return EXIT_SUCCESS;
        }
        /* The plugin for machines can be missing: then there is no such line. */
        (void) machines_list(cli, &ignored, &machines);
        host_print(cli, manager, machines);
        return EXIT_SUCCESS;
}

static int machines_status(const Cli *cli, char **names, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        JsonArray *results = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);
        bool all_well = true;

        json_node_take_array(node, results);
        if (bus_wait_ready(cli, &error) < 0) {
                error_report(cli, names[0], &error);
                return EXIT_FAILURE;
        }
        for (unsigned i = 0; i < n; i++)
                all_well = machine_status(cli, names[i], results, i == 0) && all_well;
        if (cli->options->json != JSON_OFF)
                json_print(cli->options->json, node);
        return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_status(Cli *cli, char **arguments, unsigned n) {
        return n == 0 ? host_status(cli) : machines_status(cli, arguments, n);
}
