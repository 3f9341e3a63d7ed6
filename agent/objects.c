/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include "common/log.h"

typedef struct Change {
        char *path;
        const ObjectInterface *interface;
        uint64_t mask;
} Change;

struct Objects {
        sd_bus *bus;
        sd_event_source *flush; /* armed while there is a change */
        GHashTable *changes;    /* set of Change, by path and interface */
};

static guint change_hash(gconstpointer p) {
        const Change *c = p;
        return g_str_hash(c->path) ^ g_direct_hash(c->interface);
}

static gboolean change_equal(gconstpointer p, gconstpointer q) {
        const Change *a = p, *b = q;
        return a->interface == b->interface && g_str_equal(a->path, b->path);
}

static void change_free(gpointer p) {
        Change *c = p;
        g_free(c->path);
        g_free(c);
}

static void change_send(const Change *change, sd_bus *bus) {
        const char *names[65];
        unsigned n = 0;
        int r;

        for (unsigned i = 0; change->interface->properties[i]; i++)
                if (change->mask & (UINT64_C(1) << i))
                        names[n++] = change->interface->properties[i];
        names[n] = NULL;

        r = sd_bus_emit_properties_changed_strv(bus, change->path, change->interface->name, (char **) names);
        if (r < 0)
                log_warning("Cannot send the changes of %s, ignoring: %s", change->path, g_strerror(-r));
}

void objects_flush(Objects *objects) {
        g_autoptr(GHashTable) changes = NULL;
        GHashTableIter i;
        gpointer change;

        if (g_hash_table_size(objects->changes) == 0)
                return;

        changes = g_steal_pointer(&objects->changes);
        objects->changes = g_hash_table_new_full(change_hash, change_equal, change_free, NULL);
        (void) sd_event_source_set_enabled(objects->flush, SD_EVENT_OFF);

        g_hash_table_iter_init(&i, changes);
        while (g_hash_table_iter_next(&i, &change, NULL))
                change_send(change, objects->bus);
}

static int objects_on_flush(sd_event_source *source, void *userdata) {
        objects_flush(userdata);
        return 0;
}

int objects_new(sd_bus *bus, Objects **ret) {
        g_autoptr(Objects) objects = g_new0(Objects, 1);
        int r;

        objects->bus = sd_bus_ref(bus);
        objects->changes = g_hash_table_new_full(change_hash, change_equal, change_free, NULL);

        r = sd_event_add_defer(sd_bus_get_event(bus), &objects->flush, objects_on_flush, objects);
        if (r < 0)
                return r;

        /* After all that came in this turn has been worked on. */
        (void) sd_event_source_set_priority(objects->flush, SD_EVENT_PRIORITY_NORMAL + 1);
        (void) sd_event_source_set_enabled(objects->flush, SD_EVENT_OFF);

        *ret = g_steal_pointer(&objects);
        return 0;
}

Objects *objects_free(Objects *objects) {
        if (!objects)
                return NULL;

        sd_event_source_disable_unref(objects->flush);
        g_hash_table_unref(objects->changes);
        sd_bus_unref(objects->bus);
        g_free(objects);
        return NULL;
}

void objects_added(Objects *objects, const char *path) {
        int r = sd_bus_emit_object_added(objects->bus, path);
        if (r < 0)
                log_warning("Cannot announce %s, ignoring: %s", path, g_strerror(-r));
}

static gboolean change_is_of_path(gpointer change, gpointer value, gpointer path) {
        return g_str_equal(((Change *) change)->path, path);
}

void objects_removed(Objects *objects, const char *path) {
        int r;

        g_hash_table_foreach_remove(objects->changes, change_is_of_path, (gpointer) path);

        r = sd_bus_emit_object_removed(objects->bus, path);
        if (r < 0)
                log_warning("Cannot announce the end of %s, ignoring: %s", path, g_strerror(-r));
}

void objects_changed(Objects *objects, const char *path, const ObjectInterface *interface, uint64_t mask) {
        Change key = { .path = (char *) path, .interface = interface }, *change;

        if (mask == 0)
                return;

        change = g_hash_table_lookup(objects->changes, &key);
        if (!change) {
                change = g_new(Change, 1);
                *change = (Change){ .path = g_strdup(path), .interface = interface };
                g_hash_table_add(objects->changes, change);
        }

        change->mask |= mask;
        (void) sd_event_source_set_enabled(objects->flush, SD_EVENT_ONESHOT);
}
