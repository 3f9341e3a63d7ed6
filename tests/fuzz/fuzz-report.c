/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks/report.h"

#include <string.h>

#include "checks/verdict.h"

/* The report of the checks, from a process that may be another version, or broken. */

static void check_is_sound(GVariant *check) {
        g_autofree char *text = g_variant_print(check, /* type_annotate= */ TRUE);
        const char *id, *group, *result;

        g_variant_get(check, "(&s&s&s&s&s@a{ss}@asbb)", &id, &group, &result, NULL, NULL, NULL, NULL, NULL,
                      NULL);
        g_assert_true(*group != '\0');
        /* It becomes a path and the name of a unit. */
        g_assert_true(*id != '\0' && strlen(id) == strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"));
        g_assert_cmpint(check_result_from_string(result), >=, 0);
        g_assert_true(g_utf8_validate(text, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autoptr(GBytes) bytes = g_bytes_new(data, size);
        g_autoptr(GVariant) report = NULL, checks = NULL;
        g_auto(Failure) failure = { 0 };

        if (report_parse(bytes, &report, &failure) < 0) {
                g_assert_true(!report && g_utf8_validate(failure.message, -1, NULL));
                return 0;
        }

        g_assert_true(g_variant_is_of_type(report, G_VARIANT_TYPE(REPORT_TYPE)));
        checks = g_variant_get_child_value(report, 3);
        for (gsize i = 0; i < g_variant_n_children(checks); i++) {
                g_autoptr(GVariant) check = g_variant_get_child_value(checks, i);

                check_is_sound(check);
        }
        return 0;
}
