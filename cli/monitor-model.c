/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-model.h"

#include "json.h"
#include "names.h"

struct MonitorModel {
        GHashTable *objects; /* path → JsonObject: interface → object of its properties */
        MonitorSink sink;
        void *userdata;
};

static void object_unref(void *object) {
        json_object_unref(object);
}

MonitorModel *monitor_model_new(MonitorSink sink, void *userdata) {
        MonitorModel *model = g_new(MonitorModel, 1);

        *model = (MonitorModel){
                .objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_unref),
                .sink = sink,
                .userdata = userdata,
        };
        return model;
}

MonitorModel *monitor_model_free(MonitorModel *model) {
        if (!model)
                return NULL;
        g_hash_table_unref(model->objects);
        g_free(model);
        return NULL;
}

static JsonObject *member_object(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);

        return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonObject *monitor_model_get(const MonitorModel *model, const char *path, const char *interface) {
        JsonObject *object = g_hash_table_lookup(model->objects, path);

        return object ? member_object(object, interface) : NULL;
}

const char *monitor_model_name(const MonitorModel *model, const char *path) {
        JsonObject *object = g_hash_table_lookup(model->objects, path);
        g_autoptr(GList) interfaces = object ? json_object_get_members(object) : NULL;
        const char *slash = strrchr(path, '/');

        for (GList *l = interfaces; l; l = l->next) {
                JsonObject *properties = member_object(object, l->data);
                const char *name = properties ? json_string(properties, "Name") : "";

                if (*name)
                        return name;
        }
        return slash ? slash + 1 : path;
}

static void tell_added(MonitorModel *model, const char *path) {
        JsonObject *object = g_hash_table_lookup(model->objects, path);
        MonitorEvent event = {
                .kind = MONITOR_ADDED,
                .path = path,
                .name = monitor_model_name(model, path),
                .properties = object,
        };

        model->sink(&event, model->userdata);
}

static void tell_change(MonitorModel *model, const char *path, const char *interface, const char *property,
                        JsonNode *before, JsonNode *after) {
        MonitorEvent event = {
                .kind = MONITOR_CHANGED,
                .path = path,
                .name = monitor_model_name(model, path),
                .interface = interface,
                .property = property,
                .before = before,
                .after = after,
        };

        model->sink(&event, model->userdata);
}

/* The stored properties of the interface, made if they are not there; NULL if the object is not known. */
static JsonObject *interface_ensure(MonitorModel *model, const char *path, const char *interface) {
        JsonObject *object = g_hash_table_lookup(model->objects, path), *properties;

        if (!object)
                return NULL;
        properties = member_object(object, interface);
        if (!properties) {
                properties = json_object_new();
                json_object_set_object_member(object, interface, properties); /* takes it */
        }
        return properties;
}

static void property_apply(MonitorModel *model, const char *path, const char *interface, JsonObject *known,
                           const char *property, JsonNode *value) {
        JsonNode *before = json_object_get_member(known, property);

        if (before && json_node_equal(before, value))
                return;
        tell_change(model, path, interface, property, before, value);
        json_object_set_member(known, property, json_node_copy(value)); /* takes the copy */
}

void monitor_model_change(MonitorModel *model, const char *path, const char *interface, JsonObject *changed,
                          JsonArray *invalidated) {
        JsonObject *known = interface_ensure(model, path, interface);
        g_autoptr(GList) names = json_object_get_members(changed);

        if (!known)
                return; /* its InterfacesAdded comes, and has the new values */
        for (GList *l = names; l; l = l->next)
                property_apply(model, path, interface, known, l->data,
                               json_object_get_member(changed, l->data));
        for (guint i = 0; invalidated && i < json_array_get_length(invalidated); i++) {
                const char *property = json_array_get_string_element(invalidated, i);

                tell_change(model, path, interface, property, json_object_get_member(known, property), NULL);
                json_object_remove_member(known, property);
        }
}

static void interfaces_merge(MonitorModel *model, const char *path, JsonObject *interfaces) {
        g_autoptr(GList) names = json_object_get_members(interfaces);

        for (GList *l = names; l; l = l->next) {
                JsonObject *properties = member_object(interfaces, l->data);

                if (properties)
                        monitor_model_change(model, path, l->data, properties, NULL);
        }
}

void monitor_model_add(MonitorModel *model, const char *path, JsonObject *interfaces) {
        if (g_hash_table_contains(model->objects, path)) {
                interfaces_merge(model, path, interfaces);
                return;
        }
        g_hash_table_insert(model->objects, g_strdup(path), json_object_ref(interfaces));
        tell_added(model, path);
}

static void interface_forget(JsonObject *object, const char *interface) {
        if (json_object_has_member(object, interface))
                json_object_remove_member(object, interface);
}

/* sd-bus names these for each object; they come and go with the others, and are no reason to keep it. */
static void interfaces_forget_standard(JsonObject *object) {
        static const char *const standard[] = {
                "org.freedesktop.DBus.Peer",
                "org.freedesktop.DBus.Introspectable",
                "org.freedesktop.DBus.Properties",
                "org.freedesktop.DBus.ObjectManager",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(standard); i++)
                interface_forget(object, standard[i]);
}

void monitor_model_remove(MonitorModel *model, const char *path, JsonArray *interfaces) {
        JsonObject *object = g_hash_table_lookup(model->objects, path);
        g_autofree char *name = NULL;
        MonitorEvent event = { .kind = MONITOR_REMOVED };

        if (!object)
                return;
        name = g_strdup(monitor_model_name(model,
                                           path)); /* before the interface that tells it is forgotten */
        for (guint i = 0; i < json_array_get_length(interfaces); i++)
                interface_forget(object, json_array_get_string_element(interfaces, i));
        interfaces_forget_standard(object);
        if (json_object_get_size(object) > 0)
                return;
        event.path = path;
        event.name = name;
        model->sink(&event, model->userdata);
        g_hash_table_remove(model->objects, path);
}

/* path: a key of the table, which is freed with it. */
static void object_drop(MonitorModel *model, const char *path) {
        MonitorEvent event = { .kind = MONITOR_REMOVED,
                               .path = path,
                               .name = monitor_model_name(model, path) };

        model->sink(&event, model->userdata);
        g_hash_table_remove(model->objects, path);
}

void monitor_model_load(MonitorModel *model, JsonObject *objects, bool quiet) {
        g_autoptr(GList) known = g_hash_table_get_keys(model->objects),
                         paths = json_object_get_members(objects);

        for (GList *l = known; l; l = l->next)
                if (!json_object_has_member(objects, l->data))
                        object_drop(model, l->data);
        for (GList *l = paths; l; l = l->next) {
                JsonObject *interfaces = member_object(objects, l->data);

                if (!interfaces)
                        continue;
                if (quiet && !g_hash_table_contains(model->objects, l->data))
                        g_hash_table_insert(model->objects, g_strdup(l->data), json_object_ref(interfaces));
                else
                        monitor_model_add(model, l->data, interfaces);
        }
}
