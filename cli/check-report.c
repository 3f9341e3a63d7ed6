/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-report.h"

#include <errno.h>
#include <string.h>

#define ID_BYTES_MAX 64U

static JsonObject *arguments_to_json(GVariant *arguments) {
        JsonObject *object = json_object_new();
        const char *key, *value;
        GVariantIter iter;

        g_variant_iter_init(&iter, arguments);
        while (g_variant_iter_next(&iter, "{&s&s}", &key, &value))
                json_object_set_string_member(object, key, value);

        return object;
}

static JsonArray *sources_to_json(GVariant *sources) {
        JsonArray *array = json_array_new();
        const char *source;
        GVariantIter iter;

        g_variant_iter_init(&iter, sources);
        while (g_variant_iter_next(&iter, "&s", &source))
                json_array_add_string_element(array, source);

        return array;
}

static JsonObject *check_to_json(GVariant *check, const char *reader, guint64 time) {
        g_autoptr(GVariant) arguments = NULL, sources = NULL;
        const char *id, *group, *result, *reason, *value;
        JsonObject *object = json_object_new();
        gboolean fixable, undoable;

        g_variant_get(check, "(&s&s&s&s&s@a{ss}@asbb)", &id, &group, &result, &reason, &value, &arguments,
                      &sources, &fixable, &undoable);
        json_object_set_string_member(object, "Id", id);
        json_object_set_string_member(object, "Group", group);
        json_object_set_string_member(object, "Result", result);
        json_object_set_string_member(object, "Reason", reason);
        json_object_set_string_member(object, "Value", value);
        json_object_set_object_member(object, "Arguments", arguments_to_json(arguments));
        json_object_set_array_member(object, "Sources", sources_to_json(sources));
        json_object_set_string_member(object, "ReadBy", reader);
        json_object_set_int_member(object, "CheckedAt", (gint64) time);
        json_object_set_boolean_member(object, "Fixable", fixable);
        json_object_set_boolean_member(object, "Undoable", undoable);
        return object;
}

/* The same rules as in plugins/host/checks/report-parse.c: the id becomes a word of commands. */
static bool is_id(const char *id) {
        return *id != '\0' && strlen(id) <= ID_BYTES_MAX &&
               strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static bool is_result(const char *result) {
        static const char *const results[] = { "pass", "warn", "fail", "skip" };

        for (size_t i = 0; i < G_N_ELEMENTS(results); i++)
                if (strcmp(results[i], result) == 0)
                        return true;

        return false;
}

/* ids: of those before it. */
static bool check_is_sound(GVariant *check, GHashTable *ids) {
        const char *id, *group, *result;

        g_variant_get_child(check, 0, "&s", &id);
        g_variant_get_child(check, 1, "&s", &group);
        g_variant_get_child(check, 2, "&s", &result);
        return is_id(id) && *group != '\0' && is_result(result) && g_hash_table_add(ids, (gpointer) id);
}

int check_report_parse(GBytes *bytes, JsonArray **ret) {
        g_autoptr(GVariant) report = g_variant_ref_sink(
                        g_variant_new_from_bytes(G_VARIANT_TYPE(REPORT_TYPE), bytes, /* trusted= */ FALSE));
        g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(JsonArray) array = json_array_new();
        g_autoptr(GVariant) checks = NULL;
        const char *reader;
        guint32 version;
        guint64 time;

        if (g_bytes_get_size(bytes) > REPORT_BYTES_MAX || !g_variant_is_normal_form(report))
                return -EBADMSG;
        g_variant_get_child(report, 0, "u", &version);
        if (version != REPORT_VERSION)
                return -EBADMSG;

        g_variant_get(report, "(ut&s@a" REPORT_CHECK_TYPE ")", NULL, &time, &reader, &checks);
        for (gsize i = 0; i < g_variant_n_children(checks); i++) {
                g_autoptr(GVariant) check = g_variant_get_child_value(checks, i);

                if (!check_is_sound(check, ids))
                        return -EBADMSG;
                json_array_add_object_element(array, check_to_json(check, reader, time)); /* takes it */
        }

        *ret = g_steal_pointer(&array);
        return 0;
}
