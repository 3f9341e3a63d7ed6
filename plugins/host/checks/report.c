/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <unistd.h>

#include "check.h"

/* What a remedy notes when it has acted: see ../fix/record.h. */
#define RECORDS "/var/lib/hatago-fix"

static GVariant *pairs_to_variant(const GPtrArray *pairs) {
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
        for (guint i = 0; i < pairs->len; i += 2)
                g_variant_builder_add(&builder, "{ss}", pairs->pdata[i], pairs->pdata[i + 1]);
        return g_variant_builder_end(&builder);
}

static bool was_fixed(Host *host, const char *id) {
        g_autofree char *path = g_strconcat(RECORDS "/", id, NULL);
        g_auto(Verdict) nothing;

        verdict_init(&nothing);
        return host_exists(host, &nothing, path);
}

static GVariant *check_judge(const Check *check, Host *host) {
        g_auto(Verdict) verdict;

        verdict_init(&verdict);
        check->judge(host, &verdict);
        g_assert(check_has_reason(check, verdict.reason));
        return g_variant_new("(sssss@a{ss}@asbb)", check->id, check_group_to_string(check->group),
                             check_result_to_string(verdict.result), verdict.reason, verdict.value,
                             pairs_to_variant(verdict.arguments),
                             g_variant_new_strv((const char *const *) verdict.sources->pdata,
                                                (gssize) verdict.sources->len),
                             verdict.fixable, was_fixed(host, check->id));
}

GVariant *report_make(const char *root, const char *group) {
        g_autofree char *reader =
                        g_strdup_printf("hatago-probe[%d] uid %u", (int) getpid(), (unsigned) geteuid());
        g_autoptr(Host) host = host_new(root);
        GVariantBuilder checks;

        g_variant_builder_init(&checks, G_VARIANT_TYPE("a" REPORT_CHECK_TYPE));
        for (const Check *check = check_table; check->id; check++)
                if (*group == '\0' || g_str_equal(group, check_group_to_string(check->group)))
                        g_variant_builder_add_value(&checks, check_judge(check, host));

        return g_variant_ref_sink(g_variant_new("(uts@a" REPORT_CHECK_TYPE ")", REPORT_VERSION,
                                                (guint64) g_get_real_time(), reader,
                                                g_variant_builder_end(&checks)));
}

/* Empty checks cannot be: what would be shown for them? */
static int check_parse(GVariant *value, Failure *failure) {
        const char *id, *group, *result;

        g_variant_get(value, "(&s&s&s&s&s@a{ss}@asbb)", &id, &group, &result, NULL, NULL, NULL, NULL, NULL,
                      NULL);
        if (*id == '\0' || *group == '\0' || check_result_from_string(result) < 0)
                return failure_set(failure, ERROR_FAILED,
                                   "The report of the checks has a result '%s' of '%s'", result, id);
        return 0;
}

int report_parse(GBytes *bytes, GVariant **ret, Failure *failure) {
        g_autoptr(GVariant) report = g_variant_ref_sink(
                        g_variant_new_from_bytes(G_VARIANT_TYPE(REPORT_TYPE), bytes, /* trusted= */ FALSE));
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
                int r = check_parse(check, failure);

                if (r < 0)
                        return r;
        }

        *ret = g_steal_pointer(&report);
        return 0;
}
