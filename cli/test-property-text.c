/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "property-text.h"

static void value_is(const char *property, const char *json, const char *expected) {
        g_autoptr(JsonNode) node = json_from_string(json, NULL);
        g_autofree char *text = property_text(property, node);

        g_assert_cmpstr(text, ==, expected);
}

static void test_values_have_units(void) {
        value_is("Memory", "1610612736", "1.5 GiB");
        value_is("StartedAt", "1795300000000000", "2026-11-21 22:26:40");
        value_is("CheckedAt", "1795300000000000", "2026-11-21 22:26:40");
        value_is("VCPUs", "4", "4");
        value_is("Autostart", "true", "yes");
        value_is("Warnings", "[\"emulated\",\"disk-missing\"]", "emulated disk-missing");
        value_is("Memory", "\"odd\"", "odd");
}

static void test_nothing_is_a_dash(void) {
        value_is("StartedAt", "0", "-");
        value_is("PID", "0", "-");
        value_is("Title", "\"\"", "-");
        value_is("Warnings", "[]", "-");
        value_is("VCPUs", "0", "0");
}

static void progress_is(const char *json, const char *expected) {
        g_autoptr(JsonNode) node = json_from_string(json, NULL);
        g_autofree char *text = job_progress_text(json_node_get_object(node), 1000000);

        g_assert_cmpstr(text, ==, expected);
}

static void test_progress_says_what_is_known(void) {
        progress_is("{}", NULL);
        progress_is("{\"Progress\":0.5,\"ProgressValid\":false}", NULL);
        progress_is("{\"Progress\":0.0,\"ProgressValid\":true}", "0%");
        progress_is("{\"Progress\":1,\"ProgressValid\":true}", "100%");
        progress_is("{\"Progress\":0.425,\"ProgressValid\":true,\"Bytes\":1048576,\"BytesTotal\":4194304,"
                    "\"Rate\":1048576,\"ExpectedEnd\":4000000}",
                    "42%, 1 MiB of 4 MiB, 1 MiB/s, 3 s left");
        progress_is("{\"Progress\":0.99,\"ProgressValid\":true,\"ExpectedEnd\":999999}", "99%");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/property-text/values-have-units", test_values_have_units);
        g_test_add_func("/property-text/nothing-is-a-dash", test_nothing_is_a_dash);
        g_test_add_func("/property-text/progress-says-what-is-known", test_progress_says_what_is_known);
        return g_test_run();
}
