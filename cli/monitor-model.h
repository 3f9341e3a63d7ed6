/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

/* What the monitor last saw of every object, to tell what changed from what to what. */
typedef struct MonitorModel MonitorModel;

typedef enum MonitorKind {
        MONITOR_ADDED,   /* an object appeared; properties: what it has */
        MONITOR_REMOVED, /* it is gone */
        MONITOR_CHANGED, /* property changed from old to new, either of which is NULL if it is not known */
} MonitorKind;

/* Points into the model: valid during the call. */
typedef struct MonitorEvent {
        MonitorKind kind;
        const char *path;
        const char *name; /* of the object, for people: a machine's name */
        const char *interface;
        const char *property;
        JsonNode *before, *after;
        JsonObject *properties;
} MonitorEvent;

typedef void (*MonitorSink)(const MonitorEvent *event, void *userdata);

MonitorModel *monitor_model_new(MonitorSink sink, void *userdata);
MonitorModel *monitor_model_free(MonitorModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MonitorModel, monitor_model_free)

/* Takes all objects that there are (path → interface → property → value). With quiet, tells no event. */
void monitor_model_load(MonitorModel *model, JsonObject *objects, bool quiet);

/* Takes an object's interfaces (interface → property → value); tells of it, or what differs if it was known.
 */
void monitor_model_add(MonitorModel *model, const char *path, JsonObject *interfaces);

/* Takes what InterfacesRemoved says (interfaces: their names). The object is gone when it has none left. */
void monitor_model_remove(MonitorModel *model, const char *path, JsonArray *interfaces);

/* Takes what PropertiesChanged says; invalidated: names of properties whose new value is not told. */
void monitor_model_change(MonitorModel *model, const char *path, const char *interface, JsonObject *changed,
                          JsonArray *invalidated);

/* The properties of an object's interface, or NULL. */
JsonObject *monitor_model_get(const MonitorModel *model, const char *path, const char *interface);

/* The name of the object for people: its Name, or the end of its path. Points into the model or the path. */
const char *monitor_model_name(const MonitorModel *model, const char *path);
