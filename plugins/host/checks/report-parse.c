/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports as they come in. A file of its own: the agent reads them, and judges nothing. */
#include "report.h"

#include <string.h>

#include "verdict.h"

#define ID_BYTES_MAX 64U

/* It becomes a path on the bus and the name of a unit. */
static bool is_id(const char *id) {
        return *id != '\0' && strlen(id) <= ID_BYTES_MAX &&
               strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static int check_parse(GVariant *value, GHashTable *ids, Failure *failure) {
        const char *id, *group, *result;

        g_variant_get(value, "(&s&s&s&s&s@a{ss}@asbb)", &id, &group, &result, NULL, NULL, NULL, NULL, NULL,
                      NULL);
        if (!is_id(id) || *group == '\0' || !g_hash_table_add(ids, (gpointer) id))
                return failure_set(failure, ERROR_FAILED,
                                   "The report of the checks has one that cannot be, or twice: '%s'", id);
        if (check_result_from_string(result) < 0)
                return failure_set(failure, ERROR_FAILED,
                                   "The report of the checks has a result '%s' of '%s'", result, id);
        return 0;
}

int report_parse(GBytes *bytes, GVariant **ret, Failure *failure) {
        g_autoptr(GVariant) report = g_variant_ref_sink(
                        g_variant_new_from_bytes(G_VARIANT_TYPE(REPORT_TYPE), bytes, /* trusted= */ FALSE));
        g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GVariant) checks = NULL;
        guint32 version;

        if (g_bytes_get_size(bytes) > REPORT_BYTES_MAX || !g_variant_is_normal_form(report))
                return failure_set(failure, ERROR_FAILED, "The report of the checks is not whole");

        g_variant_get_child(report, 0, "u", &version);
        if (version != REPORT_VERSION)
                return failure_set(failure, ERROR_FAILED,
                                   "The report of the checks is of version %u, not %u", version,
                                   REPORT_VERSION);

        checks = g_variant_get_child_value(report, 3);
        for (gsize i = 0; i < g_variant_n_children(checks); i++) {
                g_autoptr(GVariant) check = g_variant_get_child_value(checks, i);
                int r = check_parse(check, ids, failure);

                if (r < 0)
                        return r;
        }

        *ret = g_steal_pointer(&report);
        return 0;
}
