/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-model.h"

#include "checks/report.h"
#include "common/names.h"
#include "common/text.h"
#include "node.h"
#include "places.h"
#include "probe-runs.h"
#include "probe-triggers.h"
#include "host-check-fix.h"
#include "report-watch.h"
#include "unit-runner.h"
#include "validation.h"

static void check_release(gpointer p) {
        host_check_free(p);
}

static void on_report(void *userdata, GVariant *report) {
        host_model_apply_report(userdata, report);
}

static ProbePace read_pace(void) {
        const char *interval = getenv("HATAGO_PROBE_INTERVAL");
        ProbePace pace = probe_pace;

        if (interval)
                (void) text_parse_span(interval, &pace.interval);
        return pace;
}

HostModel *host_model_new(const Services *services) {
        const char *folder = getenv("HATAGO_REPORT_FOLDER");
        ProbePace pace = read_pace();
        HostModel *model = g_new0(HostModel, 1);

        model->services = services;
        model->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, check_release);
        model->read_by = g_strdup("");
        model->remedies = g_hash_table_new(g_str_hash, g_str_equal);
        model->watch = report_watch_new(services->event, folder ?: REPORT_FOLDER, on_report, model);
        model->runs = probe_runs_new(services->event, services->units, model->watch, &pace);
        model->triggers = probe_triggers_new(services, model->runs);
        model->node = node_new(services);
        return model;
}

HostModel *host_model_free(HostModel *model) {
        if (!model)
                return NULL;

        probe_triggers_free(model->triggers);
        probe_runs_free(model->runs);
        report_watch_free(model->watch);
        node_free(model->node);
        g_hash_table_unref(model->remedies);
        g_hash_table_unref(model->by_path);
        g_free(model->read_by);
        g_free(model);
        return NULL;
}

HostCheck *host_model_find(HostModel *model, const char *path) {
        return g_hash_table_lookup(model->by_path, path);
}

/* Returns it as it is known from now on. */
static HostCheck *apply_verdict(HostModel *model, GVariant *verdict) {
        g_autoptr(HostCheck) new = NULL;
        HostCheck *check;
        const char *id;

        g_variant_get_child(verdict, 0, "&s", &id);
        new = host_check_new(id);
        check = host_model_find(model, new->path);
        if (check) {
                uint64_t mask = host_check_apply(check, verdict, model->read_by, model->checked_at);

                objects_changed(model->services->objects, check->path, &host_check_interface, mask);
                return check;
        }

        check = g_steal_pointer(&new);
        (void) host_check_apply(check, verdict, model->read_by, model->checked_at);
        g_hash_table_insert(model->by_path, check->path, check);
        objects_added(model->services->objects, check->path);
        return check;
}

static void retain(HostModel *model, GHashTable *reported) {
        GHashTableIter i;
        gpointer path, check;

        g_hash_table_iter_init(&i, model->by_path);
        while (g_hash_table_iter_next(&i, &path, &check)) {
                if (g_hash_table_contains(reported, check))
                        continue;
                objects_removed(model->services->objects, path);
                g_hash_table_iter_remove(&i);
        }
}

void host_model_apply_report(HostModel *model, GVariant *report) {
        g_autoptr(GHashTable) reported = g_hash_table_new(g_direct_hash, g_direct_equal);
        g_autoptr(GVariant) checks = NULL;
        const char *read_by;

        g_variant_get(report, "(ut&s@a" REPORT_CHECK_TYPE ")", NULL, &model->checked_at, &read_by, &checks);
        g_free(model->read_by);
        model->read_by = g_strdup(read_by);
        objects_changed(model->services->objects, PATH_ROOT, &validation_interface,
                        UINT64_C(1) << VALIDATION_CHECKED_AT | UINT64_C(1) << VALIDATION_READ_BY);

        for (gsize i = 0; i < g_variant_n_children(checks); i++) {
                g_autoptr(GVariant) verdict = g_variant_get_child_value(checks, i);

                g_hash_table_add(reported, apply_verdict(model, verdict));
        }
        retain(model, reported);
}

int host_model_can(HostModel *model, const char *object, const char *verb, CanAnswer *ret,
                   Failure *failure) {
        const HostCheck *check;

        if (g_str_equal(object, PATH_ROOT))
                return validation_can(model, verb, ret);
        if (!g_str_has_prefix(object, PATH_CHECKS "/"))
                return 0;

        check = host_model_find(model, object);
        if (!check)
                return failure_set(failure, ERROR_NO_SUCH_CHECK, "There is no check %s.", object);

        return host_check_can(model, check, verb, ret);
}
