/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-check.h"

#include "checks/report.h"

#define NEWS (HOST_CHECK_BIT(HOST_CHECK_READ_BY) | HOST_CHECK_BIT(HOST_CHECK_CHECKED_AT))

static const char warning[] = "('vhost-net', 'devices', 'warn', 'missing', 'x', {'module': 'vhost_net'}, "
                              "['/dev/vhost-net'], true, false)";

/* Takes over a verdict as text, read by "probe". */
static uint64_t apply(HostCheck *check, const char *text, uint64_t when) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) verdict =
                        g_variant_parse(G_VARIANT_TYPE(REPORT_CHECK_TYPE), text, NULL, NULL, &error);
        g_autofree char *read_by = g_strdup_printf("probe %u", (unsigned) when);

        g_assert_no_error(error);
        return host_check_apply(check, verdict, read_by, when);
}

static void test_a_check_has_a_path_of_its_id(void) {
        g_autoptr(HostCheck) check = host_check_new("vhost-net");

        g_assert_cmpstr(check->id, ==, "vhost-net");
        g_assert_cmpstr(check->path, ==, "/org/hatago/Host1/checks/vhost_2dnet");
}

static void test_a_verdict_is_taken_over(void) {
        g_autoptr(HostCheck) check = host_check_new("vhost-net");
        const char *module = NULL;

        (void) apply(check, warning, 1);
        g_assert_cmpstr(check->group, ==, "devices");
        g_assert_cmpint(check->result, ==, CHECK_WARN);
        g_assert_cmpstr(check->reason, ==, "missing");
        g_assert_cmpstr(check->value, ==, "x");
        g_assert_true(g_variant_lookup(check->arguments, "module", "&s", &module));
        g_assert_cmpstr(module, ==, "vhost_net");
        g_assert_cmpuint(g_variant_n_children(check->sources), ==, 1);
        g_assert_true(check->fixable && !check->undoable);
        g_assert_cmpstr(check->read_by, ==, "probe 1");
        g_assert_cmpuint(check->checked_at, ==, 1);
}

static void test_another_reading_alone_is_no_news(void) {
        g_autoptr(HostCheck) check = host_check_new("vhost-net");

        g_assert_cmpuint(apply(check, warning, 1), !=, 0);
        g_assert_cmpuint(apply(check, warning, 2), ==, 0);
        g_assert_cmpstr(check->read_by, ==, "probe 1");
        g_assert_cmpuint(check->checked_at, ==, 1);
}

/* A check that is as a new one begins has been read nevertheless. */
static void test_the_first_reading_is_news(void) {
        g_autoptr(HostCheck) check = host_check_new("nested");

        g_assert_cmpuint(apply(check, "('nested', '', 'skip', '', '', {}, [], false, false)", 1), ==, NEWS);
}

static void test_each_part_sets_its_bit(void) {
        static const struct {
                const char *text;
                HostCheckProperty property;
        } parts[] = {
                { "('n', 'b', 'pass', 'r', 'v', {'k': 'a'}, ['s'], true, true)", HOST_CHECK_GROUP },
                { "('n', 'g', 'fail', 'r', 'v', {'k': 'a'}, ['s'], true, true)", HOST_CHECK_RESULT },
                { "('n', 'g', 'pass', 'b', 'v', {'k': 'a'}, ['s'], true, true)", HOST_CHECK_REASON },
                { "('n', 'g', 'pass', 'r', 'b', {'k': 'a'}, ['s'], true, true)", HOST_CHECK_VALUE },
                { "('n', 'g', 'pass', 'r', 'v', {'k': 'b'}, ['s'], true, true)", HOST_CHECK_ARGUMENTS },
                { "('n', 'g', 'pass', 'r', 'v', {'k': 'a'}, ['b'], true, true)", HOST_CHECK_SOURCES },
                { "('n', 'g', 'pass', 'r', 'v', {'k': 'a'}, ['s'], false, true)", HOST_CHECK_FIXABLE },
                { "('n', 'g', 'pass', 'r', 'v', {'k': 'a'}, ['s'], true, false)", HOST_CHECK_UNDOABLE },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
                g_autoptr(HostCheck) check = host_check_new("n");

                (void) apply(check, "('n', 'g', 'pass', 'r', 'v', {'k': 'a'}, ['s'], true, true)", 1);
                g_assert_cmpuint(apply(check, parts[i].text, 2), ==,
                                 NEWS | HOST_CHECK_BIT(parts[i].property));
                g_assert_cmpuint(apply(check, parts[i].text, 3), ==, 0);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/host-check/path", test_a_check_has_a_path_of_its_id);
        g_test_add_func("/host-check/verdict", test_a_verdict_is_taken_over);
        g_test_add_func("/host-check/no-news", test_another_reading_alone_is_no_news);
        g_test_add_func("/host-check/first", test_the_first_reading_is_news);
        g_test_add_func("/host-check/parts", test_each_part_sets_its_bit);
        return g_test_run();
}
