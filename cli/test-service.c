/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>

/* "name:after+after": names are UUIDs here. Returns the order, with spaces between. */
static char *sort(const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        g_autoptr(GPtrArray) machines = g_ptr_array_new();
        g_autoptr(GString) text = g_string_new(NULL);

        for (char **word = words; *word; word++) {
                g_auto(GStrv) parts = g_strsplit(*word, ":", 2);
                g_auto(GStrv) after = parts[1] ? g_strsplit(parts[1], "+", -1) : NULL;
                Machine *machine = g_new0(Machine, 1);
                JsonArray *array = json_array_new();

                for (char **name = after; name && *name; name++)
                        json_array_add_string_element(array, *name);
                machine->facts = json_object_new();
                json_object_set_array_member(machine->facts, "StartAfter", array); /* takes it */
                machine->name = g_strdup(parts[0]);
                machine->uuid = g_strdup(parts[0]);
                machine->path = g_strdup(parts[0]);
                g_ptr_array_add(machines, machine);
        }
        services_sort(machines);
        for (guint i = 0; i < machines->len; i++) {
                Machine *machine = machines->pdata[i];

                g_string_append_printf(text, "%s%s", i > 0 ? " " : "", machine->name);
                machine_free(machine);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static void sorts(const char *line, const char *expected) {
        g_autofree char *order = sort(line);

        g_assert_cmpstr(order, ==, expected);
}

static void test_the_order_is_that_of_starting(void) {
        sorts("vm10 vm2 vm1", "vm1 vm2 vm10");
        sorts("a:z b z", "z a b");
        sorts("a:c b c:d d:b", "b d c a");
        sorts("web:db+cache db cache:db", "db cache web");
        sorts("a:gone", "a");
}

/* The agent refuses such; files can be written by hand. */
static void test_a_cycle_ends(void) {
        sorts("a:b b:c c:a", "c b a");
        sorts("a:a", "a");
}

static JsonObject *facts_of(const char *text) {
        g_autoptr(JsonNode) node = json_from_string(text, NULL);

        return json_node_dup_object(node);
}

#define NOTHING                                                                                             \
        "\"AutostartBy\":[],\"StartAfter\":[],\"StartDelay\":0,\"ReadyTimeout\":300000000,"                 \
        "\"StopTimeout\":0,\"HostShutdown\":\"shutdown\","

static void test_what_was_never_set_is_nothing_to_show(void) {
        static const char *const set[] = { "{\"AutostartBy\":[\"libvirt\"]}", "{\"StartAfter\":[\"x\"]}",
                                           "{\"StopTimeout\":1}", "{\"ReadyWhen\":\"agent\"}" };
        g_autoptr(JsonObject) nothing = facts_of("{" NOTHING "\"ReadyWhen\":\"running\"}");

        g_assert_false(service_is_set(nothing));
        for (size_t i = 0; i < G_N_ELEMENTS(set); i++) {
                g_autoptr(JsonObject) facts = facts_of("{" NOTHING "\"ReadyWhen\":\"running\"}"),
                                      other = facts_of(set[i]);
                g_autoptr(GList) names = json_object_get_members(other);

                json_object_set_member(facts, names->data,
                                       json_node_copy(json_object_get_member(other, names->data)));
                g_assert_true(service_is_set(facts));
        }
}

/* The lines of a machine, as they are printed. */
static char *fields_of(const char *text, bool all) {
        const Terminal terminal = { .unicode = true };
        g_autoptr(JsonObject) facts = facts_of(text);
        g_autoptr(Fields) fields = fields_new(&terminal);
        char *printed = NULL;
        size_t n;
        FILE *file = open_memstream(&printed, &n);

        service_fields_add(fields, facts, /* machines= */ NULL, all);
        fields_print(fields, file);
        g_assert_cmpint(fclose(file), ==, 0);
        return printed;
}

static void prints(const char *text, bool all, const char *expected) {
        char *printed = fields_of(text, all); /* by malloc() */

        g_assert_cmpstr(printed, ==, expected);
        free(printed);
}

static void test_lines_tell_what_is_set_or_all(void) {
        prints("{" NOTHING "\"ReadyWhen\":\"running\"}", /* all= */ false, "    Autostart: no\n");
        prints("{" NOTHING "\"ReadyWhen\":\"running\"}", /* all= */ true,
               "        Autostart: no\n            Ready: as soon as it runs\n"
               "     Stop timeout: 3 min, as nothing is set\n    Host shutdown: it is shut down\n");
        prints("{\"AutostartBy\":[\"libvirt\"],\"ReadyWhen\":\"port\",\"ReadyPort\":5432,"
               "\"ReadyTimeout\":60000000,\"ReadyState\":\"\",\"StartDelay\":10000000}",
               /* all= */ false,
               "    Autostart: yes, by libvirt's own flag\n        Delay: 10 s\n"
               "        Ready: when its TCP port 5432 answers, given up after 1 min 0 s\n");
        prints("{\"AutostartBy\":[\"hatago\"],\"ReadyWhen\":\"agent\",\"ReadyState\":\"waiting\"}",
               /* all= */ false,
               "    Autostart: yes\n        Ready: when its guest agent answers: not yet\n");
}

static void test_a_machine_that_is_gone_is_shown_by_its_uuid(void) {
        g_autoptr(JsonObject) facts = facts_of("{\"StartAfter\":[\"u-db\",\"u-gone\"]}"),
                              none = facts_of("{}");
        g_autoptr(GPtrArray) machines = g_ptr_array_new();
        Machine db = { .name = (char *) "db", .uuid = (char *) "u-db" };
        g_autofree char *text = NULL;

        g_ptr_array_add(machines, &db);
        text = service_after_text(facts, machines);
        g_assert_cmpstr(text, ==, "db, u-gone (gone)");
        g_assert_null(service_after_text(none, machines));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service/the-order-is-that-of-starting", test_the_order_is_that_of_starting);
        g_test_add_func("/service/a-cycle-ends", test_a_cycle_ends);
        g_test_add_func("/service/what-was-never-set-is-nothing-to-show",
                        test_what_was_never_set_is_nothing_to_show);
        g_test_add_func("/service/lines-tell-what-is-set-or-all", test_lines_tell_what_is_set_or_all);
        g_test_add_func("/service/a-machine-that-is-gone-is-shown-by-its-uuid",
                        test_a_machine_that_is_gone_is_shown_by_its_uuid);
        return g_test_run();
}
