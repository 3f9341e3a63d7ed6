/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-model.h"

#include "json.h"

/* Writes each event as a short line. */
static void on_event(const MonitorEvent *event, void *userdata) {
        g_autofree char *before = event->before ? json_text(event->before, false) : g_strdup("?");
        g_autofree char *after = event->after ? json_text(event->after, false) : g_strdup("?");
        GString *log = userdata;

        if (event->kind == MONITOR_CHANGED)
                g_string_append_printf(log, "%s.%s:%s>%s ", event->name, event->property, before, after);
        else
                g_string_append_printf(log, "%s%s ", event->kind == MONITOR_ADDED ? "+" : "-", event->name);
}

static void log_is(GString *log, const char *expected) {
        g_assert_cmpstr(log->str, ==, expected);
        g_string_truncate(log, 0);
}

static JsonNode *parse(const char *text) {
        JsonNode *node = json_from_string(text, NULL);

        g_assert_nonnull(node);
        return node;
}

static void load(MonitorModel *model, const char *text, bool quiet) {
        g_autoptr(JsonNode) node = parse(text);

        monitor_model_load(model, json_node_get_object(node), quiet);
}

static void change(MonitorModel *model, const char *path, const char *text, const char *gone) {
        g_autoptr(JsonNode) node = parse(text), invalidated = parse(gone);

        monitor_model_change(model, path, "a.M", json_node_get_object(node),
                             json_node_get_array(invalidated));
}

static const char two_machines[] = "{\"/m/1\":{\"a.M\":{\"Name\":\"web\",\"State\":\"off\"}},"
                                   "\"/m/2\":{\"a.M\":{\"Name\":\"db\",\"State\":\"on\"}}}";

static void test_changes_are_told_with_the_old_value(void) {
        g_autoptr(GString) log = g_string_new(NULL);
        g_autoptr(MonitorModel) model = monitor_model_new(on_event, log);

        load(model, two_machines, true);
        log_is(log, "");
        change(model, "/m/1", "{\"State\":\"on\",\"Name\":\"web\"}", "[]");
        log_is(log, "web.State:\"off\">\"on\" ");
        change(model, "/m/1", "{\"State\":\"on\"}", "[]");
        log_is(log, "");
        change(model, "/m/1", "{}", "[\"State\",\"Disks\"]");
        log_is(log, "web.State:\"on\">? web.Disks:?>? ");
        change(model, "/m/1", "{\"Name\":\"www\"}", "[]");
        log_is(log, "web.Name:\"web\">\"www\" ");
        g_assert_cmpstr(monitor_model_name(model, "/m/1"), ==, "www");
        g_assert_cmpstr(monitor_model_name(model, "/m/9"), ==, "9");
        change(model, "/m/9", "{\"State\":\"on\"}", "[]");
        log_is(log, "");
}

static void test_objects_come_and_go_by_name(void) {
        g_autoptr(GString) log = g_string_new(NULL);
        g_autoptr(MonitorModel) model = monitor_model_new(on_event, log);
        g_autoptr(JsonNode) added = parse("{\"a.M\":{\"Name\":\"new\"},\"a.N\":{}}");
        g_autoptr(JsonNode) first = parse("[\"a.M\"]"), rest = parse("[\"a.N\",\"x\"]");

        monitor_model_add(model, "/m/3", json_node_get_object(added));
        log_is(log, "+new ");
        monitor_model_remove(model, "/m/3", json_node_get_array(first));
        log_is(log, "");
        monitor_model_remove(model, "/m/3", json_node_get_array(rest));
        log_is(log, "-3 ");
        monitor_model_remove(model, "/m/3", json_node_get_array(rest));
        log_is(log, "");
}

static void test_another_agent_is_told_only_by_what_differs(void) {
        g_autoptr(GString) log = g_string_new(NULL);
        g_autoptr(MonitorModel) model = monitor_model_new(on_event, log);

        load(model, two_machines, true);
        load(model, two_machines, false);
        log_is(log, "");
        load(model,
             "{\"/m/1\":{\"a.M\":{\"Name\":\"web\",\"State\":\"on\"}},\"/m/3\":{\"a.M\":{\"Name\":\"x\"}}}",
             false);
        log_is(log, "-db web.State:\"off\">\"on\" +x ");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/monitor-model/changes-are-told-with-the-old-value",
                        test_changes_are_told_with_the_old_value);
        g_test_add_func("/monitor-model/objects-come-and-go-by-name", test_objects_come_and_go_by_name);
        g_test_add_func("/monitor-model/another-agent-is-told-only-by-what-differs",
                        test_another_agent_is_told_only_by_what_differs);
        return g_test_run();
}
