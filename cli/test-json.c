/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <math.h>
#include <sys/socket.h>

/* A message needs a bus, but not one that anybody answers on. */
static sd_bus *bus_new_fake(int *ret_other) {
        sd_bus *bus = NULL;
        int fds[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, fds[0], fds[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        *ret_other = fds[1];
        return bus;
}

static sd_bus_message *message_new(sd_bus *bus) {
        sd_bus_message *message = NULL;

        g_assert_cmpint(sd_bus_message_new_signal(bus, &message, "/a", "b.c", "D"), >=, 0);
        return message;
}

static void message_reads_as(sd_bus_message *message, const char *expected) {
        g_autoptr(JsonNode) node = NULL;
        g_autofree char *text = NULL;

        g_assert_cmpint(sd_bus_message_seal(message, 1, 0), >=, 0);
        g_assert_cmpint(json_from_message(message, &node), ==, 0);
        text = json_text(node, false);
        g_assert_cmpstr(text, ==, expected);
}

#define test_value(expected, types, ...)                                                                    \
        do {                                                                                                \
                _cleanup_close_ int other = -EBADF;                                                         \
                _cleanup_(sd_bus_unrefp) sd_bus *bus = bus_new_fake(&other);                                \
                _cleanup_message_ sd_bus_message *message = message_new(bus);                               \
                g_assert_cmpint(sd_bus_message_append(message, types, __VA_ARGS__), >=, 0);                 \
                message_reads_as(message, expected);                                                        \
        } while (false)

static void test_basic_types(void) {
        test_value("255", "y", 255);
        test_value("true", "b", 1);
        test_value("-7", "n", -7);
        test_value("65535", "q", 65535);
        test_value("-2147483648", "i", INT32_MIN);
        test_value("4294967295", "u", UINT32_MAX);
        test_value("-9007199254740991", "x", INT64_C(-9007199254740991));
        test_value("9007199254740991", "t", UINT64_C(9007199254740991));
        test_value("0.5", "d", 0.5);
        test_value("null", "d", (double) NAN);
        test_value("\"a\\\"b\"", "s", "a\"b");
        test_value("\"/a\"", "o", "/a");
}

static void test_containers(void) {
        test_value("[\"a\",\"b\"]", "as", 2, "a", "b");
        test_value("[]", "as", 0);
        test_value("[[\"a\",1],[\"b\",2]]", "a(su)", 2, "a", 1, "b", 2);
        test_value("{\"a\":1,\"b\":\"x\"}", "a{sv}", 2, "a", "u", 1, "b", "s", "x");
        test_value("{}", "a{sv}", 0);
        test_value("{\"7\":\"x\"}", "a{us}", 1, 7, "x");
        test_value("{\"a\":{\"b\":{\"c\":true}}}", "a{sa{sa{sv}}}", 1, "a", 1, "b", 1, "c", "b", 1);
        test_value("[1,2]", "v", "au", 2, 1, 2);
        test_value("[\"x\"]", "v", "v", "(s)", "x");
}

static void test_no_control_is_printed(void) {
        test_value("\"\\u001b[2J\\u009b31m\\u007f日本語\"", "s",
                   "\033[2J\xc2\x9b"
                   "31m\x7f日本語");
        test_value("\"\\u001f\"", "s", "\x1f"); /* json-glib's escaping ends at 0x1e */
}

static void property_reads_as(const char *json, const char *expected) {
        g_autoptr(JsonNode) node = json_from_string(json, NULL);
        g_autofree char *text = json_property_text(node);

        g_assert_cmpstr(text, ==, expected);
}

static void test_properties_for_people(void) {
        property_reads_as("true", "yes");
        property_reads_as("false", "no");
        property_reads_as("42", "42");
        property_reads_as("\"a\\nb\"", "a\\nb");
        property_reads_as("[\"a\", \"b\"]", "a b");
        property_reads_as("[]", "");
        property_reads_as("[[1]]", "[[1]]");
        property_reads_as("{\"a\":1}", "{\"a\":1}");
}

static void test_members_of_the_wrong_type_are_nothing(void) {
        g_autoptr(JsonNode) node = json_from_string("{\"a\":1,\"b\":true,\"c\":\"x\",\"d\":[1]}", NULL);
        JsonObject *object = json_node_get_object(node);

        g_assert_cmpstr(json_string(object, "c"), ==, "x");
        g_assert_cmpstr(json_string(object, "a"), ==, "");
        g_assert_cmpuint(json_number(object, "a"), ==, 1);
        g_assert_cmpuint(json_number(object, "d"), ==, 0);
        g_assert_true(json_flag(object, "b"));
        g_assert_false(json_flag(object, "c"));
        g_assert_false(json_flag(object, "nosuch"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/json/basic-types", test_basic_types);
        g_test_add_func("/json/containers", test_containers);
        g_test_add_func("/json/no-control-is-printed", test_no_control_is_printed);
        g_test_add_func("/json/properties-for-people", test_properties_for_people);
        g_test_add_func("/json/members-of-the-wrong-type-are-nothing",
                        test_members_of_the_wrong_type_are_nothing);
        return g_test_run();
}
