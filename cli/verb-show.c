/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "text.h"
#include "verbs.h"

static void property_print(const Cli *cli, const char *name, JsonNode *node) {
        g_autofree char *text = json_property_text(node);
        g_autofree char *shown = terminal_text(cli->terminal, text);

        if (cli->options->value)
                puts(shown);
        else
                printf("%s=%s\n", name, shown);
}

/* An object with those of the properties that were asked for, in that order; false if one does not exist. */
static bool properties_select(const Cli *cli, const char *subject, JsonObject *all, JsonObject **ret) {
        g_auto(GStrv) names = g_strsplit(cli->options->property, ",", -1);
        g_autoptr(JsonObject) chosen = json_object_new();
        bool complete = true;

        for (size_t i = 0; names[i]; i++) {
                JsonNode *node = json_object_get_member(all, names[i]);
                g_autofree char *complaint = NULL;

                if (node) {
                        json_object_set_member(chosen, names[i], json_node_copy(node)); /* takes it */
                        continue;
                }
                complete = false;
                complaint = text_fill(_("there is no property '{name}'"), "name", names[i]);
                error_report_name(cli, subject, HATAGO_ERROR("InvalidArgument"), complaint, NULL);
        }
        *ret = g_steal_pointer(&chosen);
        return complete;
}

static void properties_print(const Cli *cli, JsonObject *properties) {
        g_autoptr(GList) names = json_object_get_members(properties); /* in the bus's order */

        for (GList *l = names; l; l = l->next)
                property_print(cli, l->data, json_object_get_member(properties, l->data));
}

/* subject: NULL for the agent. Adds to results with --json, else prints. */
static bool object_show(const Cli *cli, const char *subject, JsonArray *results, bool first) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) all = NULL, chosen = NULL;
        g_autofree char *path = NULL;
        bool complete = true;
        int r;

        r = subject ? machine_find(cli, subject, &error, &path) : 0;
        if (r >= 0)
                r = bus_get_all(cli, path ? path : HATAGO_PATH, path ? "" : MANAGER_INTERFACE, &error, &all);
        if (r < 0) {
                error_report(cli, subject, &error);
                return false;
        }
        if (path)
                machine_read_explicit(cli, path, all);
        if (cli->options->property)
                complete = properties_select(cli, subject, all, &chosen);
        if (cli->options->json != JSON_OFF) {
                json_array_add_object_element(results, json_object_ref(chosen ? chosen : all));
                return complete;
        }
        if (!first && !cli->options->value)
                puts("");
        properties_print(cli, chosen ? chosen : all);
        return complete;
}

int verb_show(Cli *cli, char **arguments, unsigned n) {
        JsonArray *results = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);
        bool all_well = true;

        json_node_take_array(node, results);
        if (n == 0)
                all_well = object_show(cli, NULL, results, /* first= */ true);
        for (unsigned i = 0; i < n; i++)
                all_well = object_show(cli, arguments[i], results, i == 0) && all_well;
        if (cli->options->json != JSON_OFF)
                json_print(cli->options->json, node);
        return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
}
