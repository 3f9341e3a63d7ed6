/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/options.h"
#include "common/text.h"

typedef struct Change {
        char *path;
        const ObjectInterface *interface;
        uint64_t mask;
} Change;

struct Objects {
        sd_bus *bus;
        sd_event_source *flush; /* armed while there is a change */
        GHashTable *changes;    /* set of Change, by path and interface */
        GArray *kinds;          /* of ObjectKind */
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
        objects->kinds = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(ObjectKind));

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
        g_array_unref(objects->kinds);
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

/*
 * All objects at once
 */

static int append_property(sd_bus_message *reply, const ObjectKind *kind, const sd_bus_vtable *property,
                           const char *path, void *object, sd_bus_error *error) {
        const char *name = property->x.property.member;
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, SD_BUS_TYPE_STRING, name);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_VARIANT,
                                                  property->x.property.signature);
        if (r >= 0)
                r = property->x.property.get(sd_bus_message_get_bus(reply), path, kind->interface, name,
                                             reply, object, error);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool vtable_has(const sd_bus_vtable *v) {
        return (v->type == _SD_BUS_VTABLE_PROPERTY || v->type == _SD_BUS_VTABLE_WRITABLE_PROPERTY) &&
               !(v->flags & SD_BUS_VTABLE_HIDDEN);
}

/* What GetAll leaves out is left out here too. */
static bool vtable_lists(const sd_bus_vtable *v) {
        return vtable_has(v) && !(v->flags & SD_BUS_VTABLE_PROPERTY_EXPLICIT);
}

static int append_interface(sd_bus_message *reply, const ObjectKind *kind, const char *path, void *object,
                            sd_bus_error *error) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sa{sv}");
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, SD_BUS_TYPE_STRING, kind->interface);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        for (const sd_bus_vtable *v = kind->vtable; r >= 0 && v->type != _SD_BUS_VTABLE_END; v++)
                if (vtable_lists(v))
                        r = append_property(reply, kind, v, path, object, error);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* One object, with all interfaces of its kinds: those from the first on with the same table. */
static int append_object(sd_bus_message *reply, const Objects *objects, guint first, const char *path,
                         void *object, sd_bus_error *error) {
        const GHashTable *table = g_array_index(objects->kinds, ObjectKind, first).table;
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "oa{sa{sv}}");
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, SD_BUS_TYPE_OBJECT_PATH, path);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sa{sv}}");
        if (r >= 0) /* sd-bus gives them to every object */
                r = sd_bus_message_append(reply, "{sa{sv}}{sa{sv}}{sa{sv}}", "org.freedesktop.DBus.Peer", 0,
                                          "org.freedesktop.DBus.Introspectable", 0,
                                          "org.freedesktop.DBus.Properties", 0);
        for (guint i = first; r >= 0 && i < objects->kinds->len; i++) {
                const ObjectKind *kind = &g_array_index(objects->kinds, ObjectKind, i);

                if (kind->table == table)
                        r = append_interface(reply, kind, path, object, error);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static bool kind_is_first(const Objects *objects, guint n) {
        for (guint i = 0; i < n; i++)
                if (g_array_index(objects->kinds, ObjectKind, i).table ==
                    g_array_index(objects->kinds, ObjectKind, n).table)
                        return false;

        return true;
}

/* Before sd-bus's own answer: what is not handled here goes on there. */
static int objects_on_message(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(sd_bus_message) reply = NULL;
        Objects *objects = userdata;
        int r;

        if (!sd_bus_message_is_method_call(message, "org.freedesktop.DBus.ObjectManager",
                                           "GetManagedObjects") ||
            !sd_bus_message_has_signature(message, ""))
                return 0;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{oa{sa{sv}}}");
        for (guint k = 0; r >= 0 && k < objects->kinds->len; k++) {
                GHashTableIter i;
                gpointer path, object;

                if (!kind_is_first(objects, k))
                        continue;
                g_hash_table_iter_init(&i, g_array_index(objects->kinds, ObjectKind, k).table);
                while (r >= 0 && g_hash_table_iter_next(&i, &path, &object))
                        r = append_object(reply, objects, k, path, object, error);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int objects_manage(Objects *objects, const char *path) {
        int r;

        r = sd_bus_add_object_manager(objects->bus, NULL, path);
        return r < 0 ? r : sd_bus_add_object(objects->bus, NULL, path, objects_on_message, objects);
}

static int table_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret,
                           sd_bus_error *error) {
        GHashTable *table = userdata;
        char **paths = calloc(g_hash_table_size(table) + 1, sizeof(char *)); /* for sd-bus to free() */
        GHashTableIter i;
        gpointer path;
        size_t n = 0;

        if (!paths)
                return -ENOMEM;

        g_hash_table_iter_init(&i, table);
        while (g_hash_table_iter_next(&i, &path, NULL))
                paths[n++] = strdup(path);

        *ret = paths;
        return 1;
}

int objects_publish(Objects *objects, const ObjectKind *kind) {
        int r;

        r = sd_bus_add_fallback_vtable(objects->bus, NULL, kind->prefix, kind->interface, kind->vtable,
                                       kind->find, kind->userdata);
        if (r < 0)
                return r;

        g_array_append_val(objects->kinds, *kind);
        if (!kind_is_first(objects, objects->kinds->len - 1))
                return 0;

        return sd_bus_add_node_enumerator(objects->bus, NULL, kind->prefix, table_enumerate, kind->table);
}

/*
 * Some properties of all objects of one table
 */

typedef struct QueryProperty {
        const ObjectKind *kind;
        const sd_bus_vtable *row;
} QueryProperty;

static bool query_find(const Objects *objects, const GHashTable *table, const char *name,
                       QueryProperty *ret) {
        for (guint k = 0; k < objects->kinds->len; k++) {
                const ObjectKind *kind = &g_array_index(objects->kinds, ObjectKind, k);

                if (kind->table != table)
                        continue;
                for (const sd_bus_vtable *v = kind->vtable; v->type != _SD_BUS_VTABLE_END; v++)
                        if (vtable_has(v) && g_str_equal(v->x.property.member, name)) {
                                *ret = (QueryProperty){ .kind = kind, .row = v };
                                return true;
                        }
        }

        return false;
}

static int query_add(const Objects *objects, const GHashTable *table, const char *name, GArray *query,
                     Failure *failure) {
        QueryProperty property;

        if (!query_find(objects, table, name, &property)) {
                g_autofree char *printable = text_printable(name);
                return failure_set(failure, ERROR_UNKNOWN_PROPERTY, "There is no property \"%s\".",
                                   printable);
        }

        /* So there are never more than properties. */
        for (guint i = 0; i < query->len; i++)
                if (g_array_index(query, QueryProperty, i).row == property.row)
                        return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                           "Property \"%s\" is asked for twice.", name);

        g_array_append_val(query, property);
        return 0;
}

static int query_read(const Objects *objects, const GHashTable *table, sd_bus_message *call, GArray *query,
                      Failure *failure) {
        const char *name;
        int r;

        r = sd_bus_message_enter_container(call, SD_BUS_TYPE_ARRAY, "s");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(call, "s", &name)) > 0) {
                r = query_add(objects, table, name, query, failure);
                if (r < 0)
                        return r;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(call);
        return r < 0 ? r : options_read(call, /* table= */ NULL, /* target= */ NULL, failure);
}

static int query_append(const GArray *query, const char *path, void *object, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "oa{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "o", path);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        for (guint i = 0; r >= 0 && i < query->len; i++) {
                const QueryProperty *property = &g_array_index(query, QueryProperty, i);

                r = append_property(reply, property->kind, property->row, path, object, /* error= */ NULL);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int objects_query(Objects *objects, GHashTable *table, sd_bus_message *call, Failure *failure) {
        g_autoptr(GArray) query = g_array_new(FALSE, FALSE, sizeof(QueryProperty));
        g_autoptr(sd_bus_message) reply = NULL;
        GHashTableIter i;
        gpointer path, object;
        int r;

        r = query_read(objects, table, call, query, failure);
        if (r < 0)
                return r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{oa{sv}}");
        g_hash_table_iter_init(&i, table);
        while (r >= 0 && g_hash_table_iter_next(&i, &path, &object))
                r = query_append(query, path, object, reply);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
