/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report.h"

#include <unistd.h>

#include "check.h"
#include "places.h"

static GVariant *pairs_to_variant(const GPtrArray *pairs) {
        GVariantBuilder builder;

        g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
        for (guint i = 0; i < pairs->len; i += 2)
                g_variant_builder_add(&builder, "{ss}", pairs->pdata[i], pairs->pdata[i + 1]);
        return g_variant_builder_end(&builder);
}

static bool was_fixed(Host *host, const char *id) {
        g_autofree char *path = g_strconcat(RECORDS_FOLDER "/", id, NULL);
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
        guint64 begin = (guint64) g_get_real_time();
        g_autofree char *reader =
                        g_strdup_printf("hatago-probe[%d] uid %u", (int) getpid(), (unsigned) geteuid());
        g_autoptr(Host) host = host_new(root);
        GVariantBuilder checks;

        g_variant_builder_init(&checks, G_VARIANT_TYPE("a" REPORT_CHECK_TYPE));
        for (const Check *check = check_table; check->id; check++)
                if (*group == '\0' || g_str_equal(group, check_group_to_string(check->group)))
                        g_variant_builder_add_value(&checks, check_judge(check, host));

        return g_variant_ref_sink(g_variant_new("(uts@a" REPORT_CHECK_TYPE ")", REPORT_VERSION, begin,
                                                reader, g_variant_builder_end(&checks)));
}
