/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"

typedef struct Target {
        bool paused;
        uint64_t timeout, screen;
        uint64_t port;
        char *name;
        char **others;
} Target;

static const Option table[] = {
        { "paused", OPTION_BOOL, offsetof(Target, paused) },
        { "timeout", OPTION_UINT64, offsetof(Target, timeout), 10, 20 },
        { "screen", OPTION_UINT32, offsetof(Target, screen), 1, 3 },
        { "port", OPTION_NUMBER, offsetof(Target, port), 1, 65535 },
        { "name", OPTION_STRING, offsetof(Target, name), .maximum = 5 },
        { "others", OPTION_STRINGS, offsetof(Target, others), .maximum = 2 },
        {},
};

static sd_bus *bus;
static int other_end;

/* A bus without anybody at its other end: messages can be made, and are never sent. */
static void bus_make(void) {
        int ends[2];

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, ends[0], ends[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        other_end = ends[1];
}

/* A method call as it comes from the bus, with these arguments. */
G_GNUC_NULL_TERMINATED
static sd_bus_message *message_new(const char *types, ...) {
        g_autoptr(sd_bus_message) m = NULL;
        va_list arguments;

        g_assert_cmpint(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "Verb"), >=, 0);
        va_start(arguments, types);
        g_assert_cmpint(sd_bus_message_appendv(m, types, arguments), >=, 0);
        va_end(arguments);
        g_assert_cmpint(sd_bus_message_seal(m, /* cookie= */ 1, /* timeout= */ 0), >=, 0);
        g_assert_cmpint(sd_bus_message_rewind(m, /* complete= */ true), >=, 0);
        return g_steal_pointer(&m);
}

static void read_fails(sd_bus_message *message, ErrorCode code, const char *part) {
        g_autoptr(sd_bus_message) m = message;
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };

        g_assert_cmpint(options_read(m, table, &target, &failure), ==, -EINVAL);
        g_assert_cmpint(failure.code, ==, code);
        g_assert_nonnull(strstr(failure.message, part));
}

static void test_absent_keys_leave_the_target_alone(void) {
        g_autoptr(sd_bus_message) m = message_new("a{sv}", 0, NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { .paused = true, .timeout = 15 };

        g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
        g_assert_cmpint(failure.code, ==, ERROR_NONE);
        g_assert_true(target.paused);
        g_assert_cmpuint(target.timeout, ==, 15);
}

static void test_every_type_is_read(void) {
        g_autoptr(sd_bus_message) m =
                        message_new("a{sv}", 2, "timeout", "t", UINT64_C(20), "paused", "b", 1, NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };

        g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
        g_assert_true(target.paused);
        g_assert_cmpuint(target.timeout, ==, 20);
        g_assert_cmpint(sd_bus_message_at_end(m, /* complete= */ true), >, 0);
}

/* Options end the arguments; what comes before them has been read. */
static void test_options_follow_other_arguments(void) {
        g_autoptr(sd_bus_message) m = message_new("sa{sv}", "web", 1, "paused", "b", 1, NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };
        const char *name;

        g_assert_cmpint(sd_bus_message_read(m, "s", &name), >, 0);
        g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
        g_assert_true(target.paused);
}

static void test_an_unknown_key_is_refused_by_name(void) {
        read_fails(message_new("a{sv}", 1, "pause", "b", 1, NULL), ERROR_UNKNOWN_OPTION, "\"pause\"");
        read_fails(message_new("a{sv}", 2, "paused", "b", 1, "x", "s", "y", NULL), ERROR_UNKNOWN_OPTION,
                   "\"x\"");
        read_fails(message_new("a{sv}", 1, "", "b", 1, NULL), ERROR_UNKNOWN_OPTION, "\"\"");
}

static void test_an_unknown_key_cannot_forge_a_line(void) {
        read_fails(message_new("a{sv}", 1, "a\nb", "b", 1, NULL), ERROR_UNKNOWN_OPTION, "\"a\\x0ab\"");
}

static void test_a_method_without_options_refuses_all(void) {
        g_autoptr(sd_bus_message) m = message_new("a{sv}", 1, "paused", "b", 1, NULL);
        g_auto(Failure) failure = { 0 };

        g_assert_cmpint(options_read(m, NULL, NULL, &failure), ==, -EINVAL);
        g_assert_cmpint(failure.code, ==, ERROR_UNKNOWN_OPTION);
}

static void test_a_key_given_twice_is_refused(void) {
        read_fails(message_new("a{sv}", 2, "paused", "b", 1, "paused", "b", 0, NULL), ERROR_INVALID_ARGUMENT,
                   "\"paused\" is given twice");
}

static void test_a_wrong_type_is_refused(void) {
        read_fails(message_new("a{sv}", 1, "paused", "s", "yes", NULL), ERROR_INVALID_ARGUMENT,
                   "\"paused\"");
        read_fails(message_new("a{sv}", 1, "paused", "u", 1, NULL), ERROR_INVALID_ARGUMENT, "\"u\"");
        read_fails(message_new("a{sv}", 1, "timeout", "x", INT64_C(15), NULL), ERROR_INVALID_ARGUMENT,
                   "\"timeout\"");
        read_fails(message_new("a{sv}", 1, "timeout", "v", "t", UINT64_C(15), NULL), ERROR_INVALID_ARGUMENT,
                   "\"v\"");
        read_fails(message_new("a{sv}", 1, "timeout", "at", 1, UINT64_C(15), NULL), ERROR_INVALID_ARGUMENT,
                   "\"at\"");
}

static void test_the_range_is_closed(void) {
        read_fails(message_new("a{sv}", 1, "screen", "u", UINT32_C(4), NULL), ERROR_INVALID_ARGUMENT,
                   "1 to 3");
        read_fails(message_new("a{sv}", 1, "screen", "t", UINT64_C(2), NULL), ERROR_INVALID_ARGUMENT,
                   "\"u\"");
        read_fails(message_new("a{sv}", 1, "timeout", "t", UINT64_C(9), NULL), ERROR_INVALID_ARGUMENT,
                   "10 to 20");
        read_fails(message_new("a{sv}", 1, "timeout", "t", UINT64_C(21), NULL), ERROR_INVALID_ARGUMENT,
                   "is 21");
        read_fails(message_new("a{sv}", 1, "timeout", "t", UINT64_MAX, NULL), ERROR_INVALID_ARGUMENT,
                   "10 to 20");

        for (uint64_t timeout = 10; timeout <= 20; timeout += 10) {
                g_autoptr(sd_bus_message) m = message_new("a{sv}", 1, "timeout", "t", timeout, NULL);
                g_auto(Failure) failure = { 0 };
                Target target = { 0 };

                g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
                g_assert_cmpuint(target.timeout, ==, timeout);
        }
}

static void test_a_string_is_copied_and_has_its_limit(void) {
        g_autoptr(sd_bus_message) m = message_new("a{sv}", 1, "name", "s", "house", NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };

        g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
        g_assert_cmpstr(target.name, ==, "house");
        g_free(target.name);
        read_fails(message_new("a{sv}", 1, "name", "s", "houses", NULL), ERROR_INVALID_ARGUMENT, "than 5");
        read_fails(message_new("a{sv}", 1, "name", "o", "/", NULL), ERROR_INVALID_ARGUMENT, "\"o\"");
}

static void test_a_number_comes_in_the_type_that_is_at_hand(void) {
        sd_bus_message *const messages[] = {
                message_new("a{sv}", 1, "port", "q", 5432, NULL),
                message_new("a{sv}", 1, "port", "u", UINT32_C(5432), NULL),
                message_new("a{sv}", 1, "port", "t", UINT64_C(5432), NULL),
        };

        for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
                g_autoptr(sd_bus_message) m = messages[i];
                g_auto(Failure) failure = { 0 };
                Target target = { 0 };

                g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
                g_assert_cmpuint(target.port, ==, 5432);
        }
        read_fails(message_new("a{sv}", 1, "port", "q", 0, NULL), ERROR_INVALID_ARGUMENT, "1 to 65535");
        read_fails(message_new("a{sv}", 1, "port", "u", UINT32_C(65536), NULL), ERROR_INVALID_ARGUMENT,
                   "1 to 65535");
        read_fails(message_new("a{sv}", 1, "port", "i", 1, NULL), ERROR_INVALID_ARGUMENT, "\"t\"");
}

static void test_strings_are_copied_and_have_their_limit(void) {
        g_autoptr(sd_bus_message) two = message_new("a{sv}", 1, "others", "as", 2, "web", "", NULL),
                                  none = message_new("a{sv}", 1, "others", "as", 0, NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };

        g_assert_cmpint(options_read(two, table, &target, &failure), >=, 0);
        g_assert_cmpuint(g_strv_length(target.others), ==, 2);
        g_assert_cmpstr(target.others[0], ==, "web");
        g_assert_cmpint(options_read(none, table, &target, &failure), >=, 0);
        g_assert_nonnull(target.others);
        g_assert_cmpuint(g_strv_length(target.others), ==, 0);
        g_strfreev(target.others);
        read_fails(message_new("a{sv}", 1, "others", "as", 3, "a", "b", "c", NULL), ERROR_INVALID_ARGUMENT,
                   "more than 2");
        read_fails(message_new("a{sv}", 1, "others", "s", "web", NULL), ERROR_INVALID_ARGUMENT, "\"as\"");
}

static void test_arguments_come_in_the_order_of_their_table(void) {
        static const Option arguments[] = {
                { "name", OPTION_STRING, offsetof(Target, name) },
                { "paused", OPTION_BOOL, offsetof(Target, paused) },
                { "timeout", OPTION_UINT64, offsetof(Target, timeout), 10, 20 },
                {},
        };
        g_autoptr(sd_bus_message) m = message_new("sbta{sv}", "web", 1, UINT64_C(12), 1, "timeout", "t",
                                                  UINT64_C(15), NULL);
        g_autoptr(sd_bus_message) late = message_new("sbta{sv}", "web", 1, UINT64_C(21), 0, NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };

        g_assert_cmpint(arguments_read(m, arguments, &target, &failure), >=, 0);
        g_assert_cmpstr(target.name, ==, "web");
        g_assert_true(target.paused);
        g_assert_cmpuint(target.timeout, ==, 12);
        g_assert_cmpint(options_read(m, table, &target, &failure), >=, 0);
        g_assert_cmpuint(target.timeout, ==, 15);
        g_assert_cmpint(sd_bus_message_at_end(m, /* complete= */ true), >, 0);

        /* What was read before is the target's, to be freed. */
        g_assert_cmpint(arguments_read(late, arguments, &target, &failure), ==, -EINVAL);
        g_assert_cmpint(failure.code, ==, ERROR_INVALID_ARGUMENT);
        g_assert_cmpstr(target.name, ==, "web");
        g_free(target.name);
        g_assert_cmpint(arguments_read(late, NULL, NULL, &failure), ==, 0);
}

/* A message that is not what the signature promised is sd-bus's error, not one of ours. */
static void test_another_signature_is_an_error_without_text(void) {
        g_autoptr(sd_bus_message) m = message_new("s", "web", NULL);
        g_auto(Failure) failure = { 0 };
        Target target = { 0 };

        g_assert_cmpint(options_read(m, table, &target, &failure), <, 0);
        g_assert_cmpint(failure.code, ==, ERROR_NONE);
}

int main(int argc, char **argv) {
        int r;

        g_test_init(&argc, &argv, NULL);
        bus_make();
        g_test_add_func("/options/absent-keys-leave-the-target-alone",
                        test_absent_keys_leave_the_target_alone);
        g_test_add_func("/options/every-type-is-read", test_every_type_is_read);
        g_test_add_func("/options/follow-other-arguments", test_options_follow_other_arguments);
        g_test_add_func("/options/an-unknown-key-is-refused-by-name",
                        test_an_unknown_key_is_refused_by_name);
        g_test_add_func("/options/an-unknown-key-cannot-forge-a-line",
                        test_an_unknown_key_cannot_forge_a_line);
        g_test_add_func("/options/a-method-without-options-refuses-all",
                        test_a_method_without_options_refuses_all);
        g_test_add_func("/options/a-key-given-twice-is-refused", test_a_key_given_twice_is_refused);
        g_test_add_func("/options/a-wrong-type-is-refused", test_a_wrong_type_is_refused);
        g_test_add_func("/options/the-range-is-closed", test_the_range_is_closed);
        g_test_add_func("/options/a-string-is-copied-and-has-its-limit",
                        test_a_string_is_copied_and_has_its_limit);
        g_test_add_func("/options/a-number-comes-in-the-type-that-is-at-hand",
                        test_a_number_comes_in_the_type_that_is_at_hand);
        g_test_add_func("/options/strings-are-copied-and-have-their-limit",
                        test_strings_are_copied_and_have_their_limit);
        g_test_add_func("/options/arguments-come-in-the-order-of-their-table",
                        test_arguments_come_in_the_order_of_their_table);
        g_test_add_func("/options/another-signature-is-an-error-without-text",
                        test_another_signature_is_an_error_without_text);
        r = g_test_run();

        sd_bus_unref(bus);
        close(other_end);
        return r;
}
