/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

typedef struct Field {
        const char *label; /* translated */
        char *text;        /* new string; NULL: the field is left out */
        Colour colour;
} Field;

/* Prints the fields with their labels ending at the same column, and frees the texts. */
static void fields_print(const Cli *cli, Field *fields, size_t n) {
        unsigned width = 0;

        for (size_t i = 0; i < n; i++)
                if (fields[i].text)
                        width = MAX(width, text_width(fields[i].label));
        for (size_t i = 0; i < n; i++) {
                if (fields[i].text)
                        field_print(cli->terminal, stdout, width + 4, fields[i].label, fields[i].text,
                                    fields[i].colour);
                g_free(fields[i].text);
        }
}

static void title_print(const Cli *cli, const char *name, const char *title, Colour colour) {
        const char *dot = terminal_sign(cli->terminal, "●", "*");
        g_autofree char *shown = terminal_text(cli->terminal, name);
        g_autofree char *shown_title = terminal_text(cli->terminal, title);
        bool enabled = cli->terminal->colour;

        printf("%s%s%s %s%s%s\n", colour_on(enabled, colour), dot, colour_off(enabled, colour), shown,
               *title ? " - " : "", shown_title);
}

/* "running (booted)" */
static char *state_text(JsonObject *machine) {
        return g_strdup_printf("%s (%s)", json_string(machine, "State"),
                               json_string(machine, "StateReason"));
}

static char *since_text(uint64_t started) {
        return started > 0 ? format_since(started, (uint64_t) g_get_real_time()) : NULL;
}

static char *accelerator_text(const char *accelerator) {
        if (!*accelerator)
                return NULL;
        if (strcmp(accelerator, "tcg") == 0)
                /* Translators: {accelerator} is not translated. */
                return text_fill(_("{accelerator}: emulated, slow (no KVM)"), "accelerator", accelerator);
        return g_strdup(accelerator);
}

static char *number_text(uint64_t number) {
        return number > 0 ? g_strdup_printf("%" PRIu64, number) : NULL;
}

static char *memory_text(uint64_t bytes) {
        return bytes > 0 ? format_size(bytes) : NULL;
}

static void machine_print(const Cli *cli, JsonObject *machine) {
        Colour colour = machine_state_colour(json_string(machine, "State"));
        const char *accelerator = json_string(machine, "Accelerator");
        bool slow = strcmp(accelerator, "tcg") == 0;
        const char *autostart = json_flag(machine, "Autostart") ? _("yes") : _("no");
        char *transient = json_flag(machine, "Persistent") ? NULL
                                                           : g_strdup(_("none: it vanishes when it ends"));
        Field fields[] = {
                { _("State"), state_text(machine), colour },
                { _("Started"), since_text(json_number(machine, "StartedAt")) },
                { _("Definition"), transient, COLOUR_YELLOW },
                { _("Accelerator"), accelerator_text(accelerator), slow ? COLOUR_YELLOW : COLOUR_NONE },
                { _("vCPUs"), number_text(json_number(machine, "VCPUs")) },
                { _("Memory"), memory_text(json_number(machine, "Memory")) },
                { _("Main PID"), number_text(json_number(machine, "PID")) },
                { _("Autostart"), g_strdup(autostart) },
                { _("UUID"), g_strdup(json_string(machine, "UUID")) },
        };

        title_print(cli, json_string(machine, "Name"), json_string(machine, "Title"), colour);
        fields_print(cli, fields, G_N_ELEMENTS(fields));
}

/* Adds to results with --json, else prints. */
static bool machine_status(const Cli *cli, const char *name, JsonArray *results, bool first) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) machine = NULL;
        g_autofree char *path = NULL;
        int r;

        r = machine_find(cli, name, &error, &path);
        if (r >= 0)
                r = bus_get_all(cli, path, MACHINE_INTERFACE, &error, &machine);
        if (r < 0) {
                error_report(cli, name, &error);
                return false;
        }
        if (cli->options->json != JSON_OFF) {
                json_array_add_object_element(results, g_steal_pointer(&machine));
                return true;
        }
        if (!first)
                puts("");
        machine_print(cli, machine);
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
                   *uri = json_string(manager, "LibvirtURI");

        if (!json_flag(manager, "Connected"))
                return g_strdup_printf(_("%s does not answer"), uri);
        return g_strdup_printf("%s (%s)", version, uri);
}

static char *plugins_text(JsonObject *manager) {
        JsonNode *node = json_object_get_member(manager, "Plugins");

        return node ? json_property_text(node) : NULL;
}

/* The agent's answers are read from its memory: so this works also while the hypervisor does not. */
static void host_print(const Cli *cli, JsonObject *manager, const GPtrArray *machines) {
        bool ready = json_flag(manager, "Ready"), connected = json_flag(manager, "Connected");
        const char *hostname = json_string(manager, "Hostname");
        const char *agent = ready ? _("ready") : _("not ready: the virtual machines have not been read yet");
        char *libvirt = libvirt_text(manager);
        Colour colour = connected && ready ? COLOUR_GREEN : COLOUR_RED;
        Field fields[] = {
                { _("Agent"), g_strdup_printf("%s, %s", json_string(manager, "Version"), agent),
                  ready ? COLOUR_NONE : COLOUR_YELLOW },
                { _("libvirt"), libvirt, connected ? COLOUR_NONE : COLOUR_RED },
                { _("Hypervisor"), versioned_text("", json_string(manager, "HypervisorVersion")) },
                { _("Plugins"), plugins_text(manager) },
                { _("Machines"), ready ? machines_text(machines) : NULL },
        };

        title_print(cli, *hostname ? hostname : g_get_host_name(), "", colour);
        fields_print(cli, fields, G_N_ELEMENTS(fields));
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
