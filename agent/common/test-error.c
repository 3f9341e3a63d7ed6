/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

#include <string.h>

#include <errno.h>

#include "cleanup.h"
#include "names.h"

static void test_none_is_no_error(void) {
        g_assert_null(error_code_to_bus_name(ERROR_NONE));
        g_assert_cmpint(error_code_to_errno(ERROR_NONE), ==, 0);
}

/* A code without a row in the table would reach the bus as an error without name. */
static void test_each_code_has_a_negative_errno_and_a_valid_name(void) {
        for (ErrorCode code = ERROR_NONE + 1; code < _ERROR_CODE_MAX; code++) {
                const char *name = error_code_to_bus_name(code);

                g_assert_nonnull(name);
                g_assert_true(sd_bus_interface_name_is_valid(name));
                g_assert_cmpint(error_code_to_errno(code), <, 0);
        }
}

/* Whoever gets an error on the bus can tell all of them apart. */
static void test_no_two_codes_share_a_name(void) {
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (ErrorCode code = ERROR_NONE + 1; code < _ERROR_CODE_MAX; code++)
                g_assert_true(g_hash_table_add(names, (void *) error_code_to_bus_name(code)));
}

static void test_only_denials_have_names_of_others(void) {
        for (ErrorCode code = ERROR_NONE + 1; code < ERROR_ACCESS_DENIED; code++)
                g_assert_true(g_str_has_prefix(error_code_to_bus_name(code), ERROR_PREFIX));

        g_assert_cmpstr(error_code_to_bus_name(ERROR_ACCESS_DENIED), ==,
                        "org.freedesktop.DBus.Error.AccessDenied");
        g_assert_cmpstr(error_code_to_bus_name(ERROR_AUTHORIZATION_REQUIRED), ==,
                        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
}

static void test_set_replaces_and_returns_the_errno(void) {
        g_auto(Failure) failure = { 0 };

        g_assert_cmpint(failure_set(&failure, ERROR_BUSY, "first"), ==, -EBUSY);
        g_assert_cmpint(failure_set(&failure, ERROR_NO_SUCH_MACHINE, "no %s", "web"), ==, -ENXIO);
        g_assert_cmpint(failure.code, ==, ERROR_NO_SUCH_MACHINE);
        g_assert_cmpstr(failure.message, ==, "no web");
}

/* A failure may be told anew with its own text in it. */
static void test_set_may_quote_what_it_replaces(void) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_FAILED, "inner");
        (void) failure_set(&failure, ERROR_BUSY, "outer: %s", failure.message);
        g_assert_cmpstr(failure.message, ==, "outer: inner");
}

static void test_a_text_is_made_valid_utf8(void) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_FAILED, "%s", "qemu: \xff\xfe caf\xc3\xa9");
        g_assert_true(g_utf8_validate(failure.message, -1, NULL));
        g_assert_nonnull(strstr(failure.message, "caf\xc3\xa9"));
}

static void test_move_empties_the_source(void) {
        g_auto(Failure) target = { 0 }, source = { 0 };

        (void) failure_set(&target, ERROR_FAILED, "old");
        (void) failure_set(&source, ERROR_BUSY, "new");
        failure_move(&target, &source);

        g_assert_cmpint(target.code, ==, ERROR_BUSY);
        g_assert_cmpstr(target.message, ==, "new");
        g_assert_cmpint(source.code, ==, ERROR_NONE);
        g_assert_null(source.message);
}

static void test_arguments_go_with_their_failure(void) {
        g_auto(Failure) failure = { 0 }, copy = { 0 };

        (void) failure_set(&failure, ERROR_NETWORK_INACTIVE, "text");
        failure_add(&failure, "network", "default");
        failure_add(&failure, "other", "");
        failure_copy(&copy, &failure);
        (void) failure_set(&failure, ERROR_BUSY, "another");
        g_assert_null(failure.arguments);

        g_assert_cmpint(copy.code, ==, ERROR_NETWORK_INACTIVE);
        g_assert_cmpstr(copy.message, ==, "text");
        g_assert_cmpuint(g_strv_length(copy.arguments), ==, 4);
        g_assert_cmpstr(copy.arguments[0], ==, "network");
        g_assert_cmpstr(copy.arguments[1], ==, "default");
        g_assert_cmpstr(copy.arguments[3], ==, "");

        failure_copy(&copy, &failure);
        g_assert_cmpint(copy.code, ==, ERROR_BUSY);
        g_assert_null(copy.arguments);
}

/* sd-bus would guess another errno from the name. */
static void test_to_bus_keeps_name_text_and_errno(void) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_MACHINE_RUNNING, "100%% \"web\"");
        g_assert_cmpint(failure_to_bus(&failure, &error), ==, -EALREADY);
        g_assert_cmpstr(error.name, ==, "org.hatago.Host1.Error.MachineRunning");
        g_assert_cmpstr(error.message, ==, "100% \"web\"");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/error/none-is-no-error", test_none_is_no_error);
        g_test_add_func("/error/each-code-has-a-negative-errno-and-a-valid-name",
                        test_each_code_has_a_negative_errno_and_a_valid_name);
        g_test_add_func("/error/no-two-codes-share-a-name", test_no_two_codes_share_a_name);
        g_test_add_func("/error/only-denials-have-names-of-others", test_only_denials_have_names_of_others);
        g_test_add_func("/error/set-replaces-and-returns-the-errno",
                        test_set_replaces_and_returns_the_errno);
        g_test_add_func("/error/set-may-quote-what-it-replaces", test_set_may_quote_what_it_replaces);
        g_test_add_func("/error/a-text-is-made-valid-utf8", test_a_text_is_made_valid_utf8);
        g_test_add_func("/error/move-empties-the-source", test_move_empties_the_source);
        g_test_add_func("/error/arguments-go-with-their-failure", test_arguments_go_with_their_failure);
        g_test_add_func("/error/to-bus-keeps-name-text-and-errno", test_to_bus_keeps_name_text_and_errno);
        return g_test_run();
}
