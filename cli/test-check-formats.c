/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-formats.h"

#include "util.h"

static void add(JsonArray *checks, const char *id, const char *group, const char *result, const char *reason,
                const char *value) {
        JsonObject *check = json_object_new(), *arguments = json_object_new();

        json_object_set_string_member(check, "Id", id);
        json_object_set_string_member(check, "Group", group);
        json_object_set_string_member(check, "Result", result);
        json_object_set_string_member(check, "Reason", reason);
        json_object_set_string_member(check, "Value", value);
        json_object_set_string_member(arguments, "error", "<no> & \"#1\"\033");
        json_object_set_object_member(check, "Arguments", arguments);
        json_array_add_object_element(checks, check); /* takes it */
}

/* Four of two groups, with each result. */
static JsonArray *checks_new(void) {
        JsonArray *checks = json_array_new();

        add(checks, "qemu", "programs", "pass", "", "7.2 <new>\001");
        add(checks, "thp", "programs", "warn", "off", "never");
        add(checks, "libvirt-connection", "libvirt", "fail", "unreachable", "");
        add(checks, "libvirt-autostart", "libvirt", "skip", "no-libvirt", "");
        return checks;
}

static void has(const char *text, const char *part) {
        if (!strstr(text, part))
                g_error("no '%s' in:\n%s", part, text);
}

static void test_junit_has_a_suite_for_each_group(void) {
        g_autoptr(JsonArray) checks = checks_new();
        g_autofree char *text = checks_to_junit(checks);

        has(text,
            "<testsuite name=\"hatago.programs\" tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\">");
        has(text,
            "<testsuite name=\"hatago.libvirt\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\">");
        has(text, "name=\"libvirt-autostart\"><skipped message=\"Cannot be known");
        has(text, "name=\"thp\"><system-out>WARN: The kernel");
        has(text, "</testsuites>\n");
}

static void test_junit_is_escaped(void) {
        g_autoptr(JsonArray) checks = checks_new();
        g_autofree char *text = checks_to_junit(checks);

        has(text, "<system-out>7.2 &lt;new&gt;\\x01</system-out>");
        has(text, "&lt;no&gt; &amp; &quot;#1&quot;\\x1b");
        for (const char *p = text; *p; p++)
                g_assert_true((unsigned char) *p >= ' ' || *p == '\n');
}

static void test_tap_has_a_line_for_each(void) {
        g_autoptr(JsonArray) checks = checks_new();
        g_autofree char *text = checks_to_tap(checks);

        g_assert_true(g_str_has_prefix(text,
                                       "TAP version 13\n1..4\nok 1 - qemu\nok 2 - thp\n# WARN: The k"));
        has(text, "\nnot ok 3 - libvirt-connection\n# libvirt does not answer: <no> & \"#1\"\\x1b\n");
        has(text, "\nok 4 - libvirt-autostart # SKIP Cannot be known before libvirt answers.\n");
}

static void test_tap_has_no_other_directives(void) {
        g_autoptr(JsonArray) checks = json_array_new();
        g_autofree char *text = NULL;

        add(checks, "odd # SKIP\nnot ok", "odd", "pass", "", "");
        text = checks_to_tap(checks);
        g_assert_cmpstr(text, ==, "TAP version 13\n1..1\nok 1 - odd \\# SKIP\\\\nnot ok\n");
}

static void test_nothing_is_a_document_too(void) {
        g_autoptr(JsonArray) checks = json_array_new();
        g_autofree char *junit = checks_to_junit(checks), *tap = checks_to_tap(checks);

        has(junit, "<testsuites>\n</testsuites>\n");
        g_assert_cmpstr(tap, ==, "TAP version 13\n1..0\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/check-formats/junit-has-a-suite-for-each-group",
                        test_junit_has_a_suite_for_each_group);
        g_test_add_func("/check-formats/junit-is-escaped", test_junit_is_escaped);
        g_test_add_func("/check-formats/tap-has-a-line-for-each", test_tap_has_a_line_for_each);
        g_test_add_func("/check-formats/tap-has-no-other-directives", test_tap_has_no_other_directives);
        g_test_add_func("/check-formats/nothing-is-a-document-too", test_nothing_is_a_document_too);
        return g_test_run();
}
