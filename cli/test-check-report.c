/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-report.h"

#include <errno.h>

#include "json.h"

static GBytes *report_new(unsigned version) {
        g_autoptr(GVariant) report = g_variant_ref_sink(g_variant_new_parsed(
                        "(%u, uint64 1700000000000000, 'hatago-probe[412] uid 0', "
                        "[('tun', 'devices', 'fail', 'missing', '', {'module': 'tun'}, ['/sys/module'], true, "
                        "false)])",
                        version));

        g_assert_cmpstr(g_variant_get_type_string(report), ==, REPORT_TYPE);
        return g_variant_get_data_as_bytes(report);
}

static void test_a_report_has_what_the_bus_has(void) {
        g_autoptr(GBytes) bytes = report_new(REPORT_VERSION);
        g_autoptr(JsonArray) checks = NULL;
        g_autofree char *text = NULL;
        g_autoptr(JsonNode) node = NULL;

        g_assert_cmpint(check_report_parse(bytes, &checks), ==, 0);
        node = json_node_init_array(json_node_alloc(), checks);
        text = json_text(node, /* pretty= */ false);
        g_assert_cmpstr(text, ==,
                        "[{\"Id\":\"tun\",\"Group\":\"devices\",\"Result\":\"fail\",\"Reason\":\"missing\","
                        "\"Value\":\"\",\"Arguments\":{\"module\":\"tun\"},\"Sources\":[\"/sys/module\"],"
                        "\"ReadBy\":\"hatago-probe[412] uid 0\",\"CheckedAt\":1700000000000000,"
                        "\"Fixable\":true,\"Undoable\":false}]");
}

static int parse(const char *checks) {
        g_autofree char *text = g_strdup_printf("(%u, uint64 1, 'x', %s)", REPORT_VERSION, checks);
        g_autoptr(GVariant) report = g_variant_ref_sink(
                        g_variant_parse(G_VARIANT_TYPE(REPORT_TYPE), text, NULL, NULL, NULL));
        g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(report);
        g_autoptr(JsonArray) found = NULL;

        return check_report_parse(bytes, &found);
}

static void test_checks_that_cannot_be_are_refused(void) {
        static const char *const odd[] = {
                "[('', 'g', 'pass', '', '', {}, [], false, false)]",
                "[('a; reboot', 'g', 'pass', '', '', {}, [], false, false)]",
                "[('A', 'g', 'pass', '', '', {}, [], false, false)]",
                "[('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'g', 'pass', '', '', {}, "
                "[], false, false)]",
                "[('a', '', 'pass', '', '', {}, [], false, false)]",
                "[('a', 'g', 'good', '', '', {}, [], false, false)]",
                "[('a', 'g', '', '', '', {}, [], false, false)]",
                "[('a', 'g', 'pass', '', '', {}, [], false, false), "
                "('a', 'g', 'fail', '', '', {}, [], false, false)]",
        };

        g_assert_cmpint(parse("[]"), ==, 0);
        g_assert_cmpint(parse("[('a-9', 'g', 'pass', '', '', {}, [], false, false), "
                              "('b', 'g', 'skip', '', '', {}, [], false, false)]"),
                        ==, 0);
        for (size_t i = 0; i < G_N_ELEMENTS(odd); i++)
                g_assert_cmpint(parse(odd[i]), ==, -EBADMSG);
}

static void test_what_is_no_report_is_refused(void) {
        g_autoptr(GBytes) newer = report_new(REPORT_VERSION + 1), whole = report_new(REPORT_VERSION);
        g_autoptr(JsonArray) checks = NULL;

        g_assert_cmpint(check_report_parse(newer, &checks), ==, -EBADMSG);
        for (gsize n = 0; n < g_bytes_get_size(whole); n++) {
                g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, n);

                g_assert_cmpint(check_report_parse(part, &checks), ==, -EBADMSG);
        }
        g_assert_null(checks);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/check-report/a-report-has-what-the-bus-has", test_a_report_has_what_the_bus_has);
        g_test_add_func("/check-report/what-is-no-report-is-refused", test_what_is_no_report_is_refused);
        g_test_add_func("/check-report/checks-that-cannot-be-are-refused",
                        test_checks_that_cannot_be_are_refused);
        return g_test_run();
}
