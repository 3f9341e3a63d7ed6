/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-check.h"

#include <systemd/sd-bus.h>

#include "common/names.h"

HostCheck *host_check_new(const char *id) {
        HostCheck *check = g_new0(HostCheck, 1);
        char *path = NULL; /* by malloc() */

        if (sd_bus_path_encode(PATH_CHECKS, id, &path) < 0)
                g_error("Out of memory");

        check->path = g_strdup(path);
        check->id = g_strdup(id);
        check->group = g_strdup("");
        check->result = CHECK_SKIP;
        check->reason = g_strdup("");
        check->value = g_strdup("");
        check->arguments = g_variant_ref_sink(g_variant_new("a{ss}", NULL));
        check->sources = g_variant_ref_sink(g_variant_new("as", NULL));
        check->read_by = g_strdup("");
        free(path);
        return check;
}

HostCheck *host_check_free(HostCheck *check) {
        if (!check)
                return NULL;

        g_free(check->path);
        g_free(check->id);
        g_free(check->group);
        g_free(check->reason);
        g_free(check->value);
        g_variant_unref(check->arguments);
        g_variant_unref(check->sources);
        g_free(check->read_by);
        g_free(check);
        return NULL;
}

static uint64_t set_string(char **target, const char *value, HostCheckProperty property) {
        if (g_str_equal(*target, value))
                return 0;

        g_free(*target);
        *target = g_strdup(value);
        return HOST_CHECK_BIT(property);
}

static uint64_t set_variant(GVariant **target, GVariant *value, HostCheckProperty property) {
        if (g_variant_equal(*target, value))
                return 0;

        g_variant_unref(*target);
        *target = g_variant_ref(value);
        return HOST_CHECK_BIT(property);
}

static uint64_t set_bool(bool *target, bool value, HostCheckProperty property) {
        if (*target == value)
                return 0;

        *target = value;
        return HOST_CHECK_BIT(property);
}

static uint64_t set_result(HostCheck *check, const char *word) {
        CheckResult result = (CheckResult) check_result_from_string(word);

        if (check->result == result)
                return 0;

        check->result = result;
        return HOST_CHECK_BIT(HOST_CHECK_RESULT);
}

uint64_t host_check_apply(HostCheck *check, GVariant *verdict, const char *read_by, uint64_t checked_at) {
        g_autoptr(GVariant) arguments = NULL, sources = NULL;
        const char *group, *result, *reason, *value;
        gboolean fixable, undoable;
        uint64_t mask = 0;

        g_variant_get(verdict, "(&s&s&s&s&s@a{ss}@asbb)", NULL, &group, &result, &reason, &value, &arguments,
                      &sources, &fixable, &undoable);

        mask |= set_string(&check->group, group, HOST_CHECK_GROUP);
        mask |= set_result(check, result);
        mask |= set_string(&check->reason, reason, HOST_CHECK_REASON);
        mask |= set_string(&check->value, value, HOST_CHECK_VALUE);
        mask |= set_variant(&check->arguments, arguments, HOST_CHECK_ARGUMENTS);
        mask |= set_variant(&check->sources, sources, HOST_CHECK_SOURCES);
        mask |= set_bool(&check->fixable, fixable, HOST_CHECK_FIXABLE);
        mask |= set_bool(&check->undoable, undoable, HOST_CHECK_UNDOABLE);
        if (mask == 0 && check->checked_at != 0)
                return 0;

        mask |= set_string(&check->read_by, read_by, HOST_CHECK_READ_BY);
        if (check->checked_at != checked_at)
                mask |= HOST_CHECK_BIT(HOST_CHECK_CHECKED_AT);
        check->checked_at = checked_at;
        return mask;
}
