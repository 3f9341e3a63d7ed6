/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service-order.h"

#include "json.h"
#include "text.h"

static const Machine *machine_named(const GPtrArray *machines, const char *word) {
        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                if (strcmp(machine->name, word) == 0 || g_ascii_strcasecmp(machine->uuid, word) == 0)
                        return machine;
        }
        return NULL;
}

static const Machine *machine_by_uuid(const GPtrArray *machines, const char *uuid) {
        for (guint i = 0; i < machines->len; i++)
                if (strcmp(((const Machine *) machines->pdata[i])->uuid, uuid) == 0)
                        return machines->pdata[i];
        return NULL;
}

/* Adds the machines from one to the other, both included. seen: those that do not lead there. */
static bool way_find(GPtrArray *way, GHashTable *seen, const GPtrArray *machines, const Machine *from,
                     const Machine *to) {
        JsonArray *after = json_array(from->facts, "StartAfter");

        g_ptr_array_add(way, (gpointer) from);
        for (guint i = 0; after && i < json_array_get_length(after); i++) {
                const Machine *next = machine_by_uuid(machines, json_array_get_string_element(after, i));

                if (next == to) {
                        g_ptr_array_add(way, (gpointer) next);
                        return true;
                }
                if (next && g_hash_table_add(seen, (gpointer) next) &&
                    way_find(way, seen, machines, next, to))
                        return true;
        }
        g_ptr_array_set_size(way, (gint) way->len - 1);
        return false;
}

static GPtrArray *way_new(const GPtrArray *machines, const Machine *from, const Machine *to) {
        g_autoptr(GPtrArray) way = g_ptr_array_new();
        g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

        return way_find(way, seen, machines, from, to) ? g_steal_pointer(&way) : NULL;
}

char *service_order_find_cycle(const GPtrArray *machines) {
        for (guint i = 0; i < machines->len; i++) {
                g_autoptr(GPtrArray) way = way_new(machines, machines->pdata[i], machines->pdata[i]);
                GString *text;

                if (!way)
                        continue;
                text = g_string_new(NULL);
                for (guint j = 0; j < way->len; j++)
                        g_string_append_printf(text, "%s%s", j > 0 ? ", " : "",
                                               ((const Machine *) way->pdata[j])->name);
                return g_string_free(text, FALSE);
        }
        return NULL;
}

static void text_add(GString *text, const char *pattern, const Machine *machine, const Machine *other) {
        g_autofree char *half = text_fill(pattern, "other", other->name);
        g_autofree char *whole = text_fill(half, "name", machine->name);

        g_string_append(text, whole);
}

static char *way_text(const Machine *machine, const GPtrArray *way) {
        GString *text = g_string_new(NULL);

        text_add(text, _("'{name}' would start after '{other}'"), machine, way->pdata[0]);
        for (guint i = 1; i < way->len; i++)
                /* Translators: goes on from who is named last: "'a' would start after 'b', which starts
                 * after 'a'". */
                text_add(text, _(", which starts after '{other}'"), way->pdata[i - 1], way->pdata[i]);
        return g_string_free(text, FALSE);
}

char *service_order_explain(const GPtrArray *machines, const char *path, char **after) {
        const Machine *machine = NULL;

        for (guint i = 0; i < machines->len; i++)
                if (strcmp(((const Machine *) machines->pdata[i])->path, path) == 0)
                        machine = machines->pdata[i];

        for (; machine && *after; after++) {
                const Machine *other = machine_named(machines, *after);
                g_autoptr(GPtrArray) way = other ? way_new(machines, other, machine) : NULL;

                if (other == machine)
                        return text_fill(_("'{name}' cannot start after itself"), "name", machine->name);
                if (way)
                        return way_text(machine, way);
        }
        return NULL;
}
