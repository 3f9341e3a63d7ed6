/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/log.h"
#include "common/text.h"
#include "settings.h"

/* From uuid back to it, by what each machine was found from. */
static char **make_path(GHashTable *found_from, const char *uuid, const char *last) {
        GPtrArray *path = g_ptr_array_new_null_terminated(8, NULL, /* null_terminated= */ TRUE);

        g_ptr_array_add(path, g_strdup(uuid));
        for (const char *step = last; !g_str_equal(step, uuid); step = g_hash_table_lookup(found_from, step))
                g_ptr_array_insert(path, 0, g_strdup(step));
        g_ptr_array_insert(path, 0, g_strdup(uuid));
        return (char **) g_ptr_array_free(path, /* free_segment= */ FALSE);
}

char **start_order_find_cycle(GHashTable *settings, const ServiceSettings *instead) {
        g_autoptr(GHashTable) found_from = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GQueue) left = g_queue_new();

        /* The nearest first: the shortest cycle says most. */
        g_queue_push_tail(left, (char *) instead->uuid);
        while (!g_queue_is_empty(left)) {
                const char *uuid = g_queue_pop_head(left);
                const ServiceSettings *machine = g_str_equal(uuid, instead->uuid)
                                                                 ? instead
                                                                 : g_hash_table_lookup(settings, uuid);

                for (char **after = machine ? machine->start_after : NULL; after && *after; after++) {
                        if (g_str_equal(*after, instead->uuid))
                                return make_path(found_from, instead->uuid, uuid);
                        if (g_hash_table_contains(found_from, *after))
                                continue;
                        (void) g_hash_table_insert(found_from, *after, (char *) uuid);
                        g_queue_push_tail(left, *after);
                }
        }
        return NULL;
}

/* Where the way through a machine's relations stands. */
enum {
        NOT_SEEN,
        ON_THE_WAY,
        DONE,
};

typedef struct Breaking {
        GHashTable *settings, *marks; /* marks: machines by UUID, with one of the above */
} Breaking;

static void take_out(ServiceSettings *machine, char **after, const ServiceSettings *other) {
        g_autofree char *name = text_printable(machine->name), *other_name = text_printable(other->name);

        log_warning("\"%s\" cannot start after \"%s\", which itself starts after it; ignoring that", name,
                    other_name);
        g_free(*after);
        for (; *after; after++)
                *after = after[1];
}

/* As deep as there are machines, SETTINGS_MAX at most. */
static void visit(Breaking *breaking, ServiceSettings *machine) {
        char **after = machine->start_after;

        (void) g_hash_table_insert(breaking->marks, machine->uuid, GINT_TO_POINTER(ON_THE_WAY));
        while (after && *after) {
                ServiceSettings *other = g_hash_table_lookup(breaking->settings, *after);
                int mark = other ? GPOINTER_TO_INT(g_hash_table_lookup(breaking->marks, *after)) : DONE;

                if (mark == ON_THE_WAY) {
                        take_out(machine, after, other);
                        continue;
                }
                if (mark == NOT_SEEN)
                        visit(breaking, other);
                after++;
        }
        (void) g_hash_table_insert(breaking->marks, machine->uuid, GINT_TO_POINTER(DONE));
}

void start_order_break_cycles(GHashTable *settings) {
        g_autoptr(GHashTable) marks = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GList) uuids = g_list_sort(g_hash_table_get_keys(settings), (GCompareFunc) g_strcmp0);
        Breaking breaking = { .settings = settings, .marks = marks };

        for (GList *uuid = uuids; uuid; uuid = uuid->next)
                if (!g_hash_table_contains(marks, uuid->data))
                        visit(&breaking, g_hash_table_lookup(settings, uuid->data));
}
