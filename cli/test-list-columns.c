/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-columns.h"

#include <stdlib.h>

#include "json.h"

static char name_web[] = "web", state_running[] = "running", text_none[] = "", path_web[] = "/m/web";

static const char facts_web[] =
                "{\"Warnings\":[\"emulated\",\"disk-missing\"],\"PID\":42,\"StartedAt\":1000000,"
                "\"OSInfo\":\"http://debian.org/debian/12\",\"Persistent\":true,\"Accelerator\":"
                "\"tcg\"}";

/* Its strings are the test's. */
static Machine machine_of(const char *facts) {
        g_autoptr(JsonNode) node = json_from_string(facts, NULL);

        return (Machine){ .facts = json_node_dup_object(node),
                          .name = name_web,
                          .path = path_web,
                          .state = state_running,
                          .uuid = text_none,
                          .unit = text_none,
                          .vcpus = 2,
                          .memory = 1536 * UINT64_C(1048576) };
}

static void shows(const char *names, const char *facts, const char *expected) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(GPtrArray) columns = columns_parse(names, "name");
        g_autofree TableColumn *headings = NULL;
        g_autoptr(Table) table = NULL;
        Machine machine = machine_of(facts);
        char *text = NULL;
        size_t n;
        FILE *file;

        g_assert_nonnull(columns);
        headings = g_new(TableColumn, columns->len);
        for (guint i = 0; i < columns->len; i++)
                headings[i] = column_heading(columns->pdata[i]);
        table = table_new(&terminal, headings, columns->len);
        for (guint i = 0; i < columns->len; i++)
                column_add_cell(columns->pdata[i], &machine, UINT64_C(201000000), table);
        file = open_memstream(&text, &n);
        table_print(table, file, /* headings= */ false);
        g_assert_cmpint(fclose(file), ==, 0);
        g_assert_cmpstr(text, ==, expected);
        free(text);
        json_object_unref(machine.facts);
}

static void test_values_are_for_people(void) {
        shows("name,state,vcpus,memory", "{}", "web running 2 1.5 GiB\n");
        shows("+warnings", facts_web, "web emulated, disk-missing\n");
        shows("pid,started,uptime", facts_web, "42 1970-01-01 00:00:01 3 min 20 s\n");
        shows("os,persistent,saved,accelerator", facts_web, "debian 12 yes no tcg\n");
}

static void test_what_is_not_there_is_a_dash(void) {
        shows("unit,uuid,warnings,pid,uptime,os,title", "{}", "- - - - - - -\n");
}

static void test_columns_must_exist(void) {
        static const char *const wrong[] = { "", "+", ",", "name,", "name,nosuch", "Name", "+nosuch" };
        g_autofree char *words = columns_words();

        for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
                g_assert_null(columns_parse(wrong[i], "name"));
        g_assert_true(g_str_has_prefix(words, "name, state, "));
        g_assert_null(column_property(column_find("name")));
        g_assert_cmpstr(column_property(column_find("uptime")), ==, "StartedAt");
}

static void test_json_has_the_values_of_the_bus(void) {
        g_autoptr(GPtrArray) columns = columns_parse("name,memory,autostart,warnings,uptime,title", "");
        Machine machine = machine_of(facts_web);
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
        JsonObject *object = json_object_new();
        g_autofree char *text = NULL;

        json_node_take_object(node, object);
        for (guint i = 0; i < columns->len; i++)
                column_set_json(columns->pdata[i], &machine, object);
        text = json_text(node, /* pretty= */ false);
        g_assert_cmpstr(text, ==,
                        "{\"Name\":\"web\",\"Memory\":1610612736,\"Autostart\":false,"
                        "\"Warnings\":[\"emulated\",\"disk-missing\"],\"StartedAt\":1000000}");
        json_object_unref(machine.facts);
}

static void test_numbers_are_compared_as_such(void) {
        Machine small = machine_of("{\"PID\":9,\"StartedAt\":5,\"Persistent\":false,\"Warnings\":[]}");
        Machine large = machine_of("{\"PID\":10,\"StartedAt\":6,\"Persistent\":true,\"Warnings\":[\"x\"]}");
        Machine off = machine_of("{\"StartedAt\":0}");

        large.memory *= 2;
        g_assert_cmpint(column_compare(column_find("memory"), &small, &large), <, 0);
        g_assert_cmpint(column_compare(column_find("pid"), &small, &large), <, 0);
        g_assert_cmpint(column_compare(column_find("persistent"), &small, &large), <, 0);
        g_assert_cmpint(column_compare(column_find("warnings"), &small, &large), <, 0);
        g_assert_cmpint(column_compare(column_find("started"), &small, &large), <, 0);
        g_assert_cmpint(column_compare(column_find("name"), &small, &large), ==, 0);
        /* What began first has run for longest, and what is off not at all. */
        g_assert_cmpint(column_compare(column_find("uptime"), &small, &large), >, 0);
        g_assert_cmpint(column_compare(column_find("uptime"), &off, &large), <, 0);
        json_object_unref(small.facts);
        json_object_unref(large.facts);
        json_object_unref(off.facts);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/list-columns/values-are-for-people", test_values_are_for_people);
        g_test_add_func("/list-columns/what-is-not-there-is-a-dash", test_what_is_not_there_is_a_dash);
        g_test_add_func("/list-columns/columns-must-exist", test_columns_must_exist);
        g_test_add_func("/list-columns/json-has-the-values-of-the-bus", test_json_has_the_values_of_the_bus);
        g_test_add_func("/list-columns/numbers-are-compared-as-such", test_numbers_are_compared_as_such);
        return g_test_run();
}
