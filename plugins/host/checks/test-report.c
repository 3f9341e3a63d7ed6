/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <string.h>

#include "check-test.h"

static GBytes *to_bytes(GVariant *report) {
        return g_variant_get_data_as_bytes(report);
}

static GVariant *parse(GBytes *bytes) {
        g_auto(Failure) failure = { 0 };
        GVariant *report = NULL;

        g_assert_cmpint(report_parse(bytes, &report, &failure), ==, 0);
        return report;
}

static void refuse(GBytes *bytes) {
        g_auto(Failure) failure = { 0 };
        GVariant *report = NULL;

        g_assert_cmpint(report_parse(bytes, &report, &failure), <, 0);
        g_assert_null(report);
        g_assert_nonnull(failure.message);
        g_assert_true(g_utf8_validate(failure.message, -1, NULL));
}

static void test_a_report_has_all_checks_in_order(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autoptr(GVariant) made = report_make(t->root, ""), parsed = NULL, checks = NULL;
        g_autoptr(GBytes) bytes = to_bytes(made);
        gsize i = 0;

        parsed = parse(bytes);
        g_assert_true(g_variant_equal(made, parsed));
        checks = g_variant_get_child_value(parsed, 3);
        for (const Check *check = check_table; check->id; check++, i++) {
                const char *id, *group;

                g_variant_get_child(checks, i, "(&s&ssss@a{ss}@asbb)", &id, &group, NULL, NULL, NULL, NULL,
                                    NULL, NULL, NULL);
                g_assert_cmpstr(id, ==, check->id);
                g_assert_cmpstr(group, ==, check_group_to_string(check->group));
        }
        g_assert_cmpuint(g_variant_n_children(checks), ==, i);
        g_assert_cmpuint(g_variant_get_size(parsed), <, REPORT_BYTES_MAX / 4);
}

static void test_a_report_says_who_read_and_when(void) {
        g_autoptr(TestHost) t = test_host_new();
        guint64 before = (guint64) g_get_real_time(), when;
        g_autoptr(GVariant) made = report_make(t->root, "");
        const char *reader;

        g_variant_get(made, "(ut&s@*)", NULL, &when, &reader, NULL);
        g_assert_cmpuint(when, >=, before);
        g_assert_cmpuint(when, <=, (guint64) g_get_real_time());
        g_assert_true(g_str_has_prefix(reader, "hatago-probe["));
        g_assert_nonnull(strstr(reader, "] uid "));
}

/* Later than that the host may have become another. Once in a while something holds us up before the start.
 */
static void test_a_report_is_as_old_as_its_beginning(void) {
        g_autoptr(TestHost) t = test_host_new();
        bool early = false;

        for (int i = 0; i < 50 && !early; i++) {
                gint64 before = g_get_real_time();
                g_autoptr(GVariant) made = report_make(t->root, "");
                gint64 took = g_get_real_time() - before;
                guint64 when;

                g_variant_get_child(made, 1, "t", &when);
                early = (gint64) when - before < took / 2;
        }
        g_assert_true(early);
}

static void test_a_group_is_judged_alone(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autoptr(GVariant) made = report_make(t->root, "acceleration"), none = report_make(t->root, "x");
        g_autoptr(GVariant) checks = g_variant_get_child_value(made, 3);
        g_autoptr(GVariant) no_checks = g_variant_get_child_value(none, 3);

        g_assert_cmpuint(g_variant_n_children(checks), ==, 7);
        g_assert_cmpuint(g_variant_n_children(no_checks), ==, 0);
}

static bool is_undoable(GVariant *report, const char *wanted) {
        g_autoptr(GVariant) checks = g_variant_get_child_value(report, 3);

        for (gsize i = 0; i < g_variant_n_children(checks); i++) {
                const char *id;
                gboolean undoable;

                g_variant_get_child(checks, i, "(&sssss@a{ss}@asbb)", &id, NULL, NULL, NULL, NULL, NULL,
                                    NULL, NULL, &undoable);
                if (g_str_equal(id, wanted))
                        return undoable;
        }
        g_assert_not_reached();
}

static void test_what_a_remedy_noted_can_be_undone(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autoptr(GVariant) report = NULL;

        test_host_write(t, "/var/lib/hatago-fix/kvm-module", "%s", "");
        report = report_make(t->root, "acceleration");
        g_assert_true(is_undoable(report, "kvm-module"));
        g_assert_false(is_undoable(report, "kvm-qemu-access"));
}

/* As a report of one check, with what another process may have written there. */
static GBytes *report_of(guint32 version, const char *id, const char *group, const char *result) {
        g_autoptr(GVariant) report = g_variant_ref_sink(g_variant_new_parsed(
                        "(%u, @t 5, 'x', [(%s, %s, %s, '', '', @a{ss} {}, @as [], false, false)])", version,
                        id, group, result));

        return to_bytes(report);
}

static void test_words_outside_the_lists_are_refused(void) {
        g_autoptr(GBytes) right = report_of(REPORT_VERSION, "tun", "devices", "pass");
        g_autoptr(GBytes) no_result = report_of(REPORT_VERSION, "tun", "devices", "good");
        g_autoptr(GBytes) no_id = report_of(REPORT_VERSION, "", "devices", "pass");
        g_autoptr(GBytes) no_group = report_of(REPORT_VERSION, "tun", "", "pass");
        g_autoptr(GBytes) newer = report_of(REPORT_VERSION + 1, "tun", "devices", "pass");
        g_autoptr(GVariant) report = parse(right);

        g_assert_nonnull(report);
        refuse(no_result);
        refuse(no_id);
        refuse(no_group);
        refuse(newer);
}

static void test_cut_bytes_are_refused(void) {
        g_autoptr(GBytes) whole = report_of(REPORT_VERSION, "tun", "devices", "pass");
        gsize size;
        const char *data = g_bytes_get_data(whole, &size);

        for (gsize i = 0; i < size; i++) {
                g_autoptr(GBytes) part = g_bytes_new(data, i);

                refuse(part);
        }
}

/* No byte may make it crash; what is taken must be readable to the end. */
static void test_changed_bytes_are_refused_or_whole(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autoptr(GVariant) made = report_make(t->root, "acceleration");
        g_autoptr(GBytes) whole = to_bytes(made);
        gsize size;
        const unsigned char *data = g_bytes_get_data(whole, &size);
        unsigned taken = 0;

        for (unsigned round = 0; round < 20000; round++) {
                unsigned char *copy = g_memdup2(data, size);
                g_autoptr(GBytes) bytes = NULL;
                g_autoptr(GVariant) report = NULL;
                g_auto(Failure) failure = { 0 };
                g_autofree char *text = NULL;

                for (int i = g_test_rand_int_range(1, 4); i > 0; i--)
                        copy[g_test_rand_int_range(0, (int) size)] = (unsigned char) g_test_rand_int();
                bytes = g_bytes_new_take(copy, size);
                if (report_parse(bytes, &report, &failure) < 0)
                        continue;
                taken++;
                text = g_variant_print(report, /* type_annotate= */ FALSE);
                g_assert_true(g_utf8_validate(text, -1, NULL));
        }
        g_assert_cmpuint(taken, >, 0); /* else nothing was tried */
}

static void test_too_much_is_refused(void) {
        g_autofree char *long_word = g_strnfill(REPORT_BYTES_MAX, 'x');
        g_autoptr(GBytes) big = report_of(REPORT_VERSION, long_word, "devices", "pass");
        g_autoptr(GBytes) empty = g_bytes_new(NULL, 0);

        refuse(big);
        refuse(empty);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/report/has-all-checks-in-order", test_a_report_has_all_checks_in_order);
        g_test_add_func("/report/says-who-read-and-when", test_a_report_says_who_read_and_when);
        g_test_add_func("/report/is-as-old-as-its-beginning", test_a_report_is_as_old_as_its_beginning);
        g_test_add_func("/report/a-group-is-judged-alone", test_a_group_is_judged_alone);
        g_test_add_func("/report/what-a-remedy-noted-can-be-undone", test_what_a_remedy_noted_can_be_undone);
        g_test_add_func("/report/words-outside-the-lists-are-refused",
                        test_words_outside_the_lists_are_refused);
        g_test_add_func("/report/cut-bytes-are-refused", test_cut_bytes_are_refused);
        g_test_add_func("/report/changed-bytes-are-refused-or-whole",
                        test_changed_bytes_are_refused_or_whole);
        g_test_add_func("/report/too-much-is-refused", test_too_much_is_refused);
        return g_test_run();
}
