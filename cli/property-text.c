/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "property-text.h"

#include "format.h"
#include "json.h"
#include "text.h"

static char *size_text(JsonNode *node) {
        return format_size((uint64_t) json_node_get_int(node));
}

static char *moment_text(JsonNode *node) {
        return json_node_get_int(node) > 0 ? format_moment((uint64_t) json_node_get_int(node))
                                           : g_strdup("-");
}

static char *number_text(JsonNode *node) {
        return json_node_get_int(node) > 0 ? json_property_text(node) : g_strdup("-");
}

static char *span_text(JsonNode *node) {
        return json_node_get_int(node) > 0 ? format_duration((uint64_t) json_node_get_int(node))
                                           : g_strdup("-");
}

static const struct {
        const char *properties; /* with commas between; their values are integers */
        char *(*text)(JsonNode *node);
} kinds[] = {
        { "Memory,MemoryMaximum,Bytes,BytesTotal", size_text },
        { "StartedAt,EndedAt,ExpectedEnd,CheckedAt", moment_text },
        { "PID,DomainId,ReadyPort", number_text },
        { "StartDelay,ReadyTimeout,StopTimeout", span_text },
};

char *property_text(const char *property, JsonNode *node) {
        g_autofree char *text = NULL;

        if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64)
                for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
                        if (text_list_has(kinds[i].properties, ',', property))
                                return kinds[i].text(node);
        text = json_property_text(node);
        return *text ? g_steal_pointer(&text) : g_strdup("-");
}

static double json_fraction(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && JSON_NODE_HOLDS_VALUE(node) ? CLAMP(json_node_get_double(node), 0.0, 1.0) : 0;
}

char *job_progress_text(JsonObject *job, uint64_t now) {
        uint64_t total = json_number(job, "BytesTotal"), rate = json_number(job, "Rate"),
                 end = json_number(job, "ExpectedEnd");
        GString *out;

        if (!json_flag(job, "ProgressValid"))
                return NULL;
        out = g_string_new(NULL);
        g_string_append_printf(out, "%u%%", (unsigned) (json_fraction(job, "Progress") * 100));
        if (total > 0) {
                g_autofree char *done = format_size(json_number(job, "Bytes")), *all = format_size(total);

                g_string_append(out, ", ");
                /* Translators: how much is done, of how much. */
                g_string_append_printf(out, _("%s of %s"), done, all);
        }
        if (rate > 0) {
                g_autofree char *size = format_size(rate);

                g_string_append_printf(out, ", %s/s", size);
        }
        if (end > now) {
                g_autofree char *left = format_duration(end - now);

                g_string_append(out, ", ");
                /* Translators: a length of time. */
                g_string_append_printf(out, _("%s left"), left);
        }
        return g_string_free(out, FALSE);
}
