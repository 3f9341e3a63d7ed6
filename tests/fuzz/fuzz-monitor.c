/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "input.h"
#include "json.h"
#include "monitor-model.h"

/* What the command line tool makes of the agent's objects and signals, in any order. */

static void on_event(const MonitorEvent *event, void *userdata) {
        g_assert_true(*event->path && event->name);
        if (event->before)
                g_free(json_property_text(event->before));
        if (event->after)
                g_free(json_property_text(event->after));
}

static JsonNode *read_node(Input *input, const char *types) {
        g_autoptr(sd_bus_message) m = input_message(input, types);
        JsonNode *node;

        g_assert_cmpint(json_from_message(m, &node), >=, 0);
        return node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char *const paths[] = { "/a/1", "/a/2", "/" }, *const interfaces[] = { "a.M", "a.J" };
        Input input = { data, size };
        g_autoptr(MonitorModel) model = monitor_model_new(on_event, NULL);

        while (input.size > 0) {
                uint8_t choice = input_byte(&input);
                const char *path = paths[choice / 4 % G_N_ELEMENTS(paths)];
                const char *interface = interfaces[choice / 32 % G_N_ELEMENTS(interfaces)];
                g_autoptr(JsonNode) first = NULL, second = NULL;

                switch (choice % 4) {
                case 0:
                        first = read_node(&input, "a{oa{sa{sv}}}");
                        monitor_model_load(model, json_node_get_object(first), choice & 128);
                        break;
                case 1:
                        first = read_node(&input, "a{sa{sv}}");
                        monitor_model_add(model, path, json_node_get_object(first));
                        break;
                case 2:
                        first = read_node(&input, "as");
                        monitor_model_remove(model, path, json_node_get_array(first));
                        break;
                default:
                        first = read_node(&input, "a{sv}");
                        second = read_node(&input, "as");
                        monitor_model_change(model, path, interface, json_node_get_object(first),
                                             json_node_get_array(second));
                }
                (void) monitor_model_get(model, path, interface);
                g_assert_nonnull(monitor_model_name(model, path));
        }
        return 0;
}
