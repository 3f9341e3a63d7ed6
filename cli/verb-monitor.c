/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "json.h"
#include "monitor-model.h"
#include "monitor-print.h"
#include "names.h"
#include "verbs.h"

typedef struct Monitor {
        const Cli *cli;
        MonitorModel *model;
        bool stale; /* another agent has come: read all again as soon as it is ready */
} Monitor;

/* path → interface → property → value. Sets error on failure. */
static int objects_get(const Cli *cli, sd_bus_error *error, JsonObject **ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_autoptr(JsonNode) node = NULL;
        int r;

        r = bus_call_method(cli, HATAGO_PATH, OBJECT_MANAGER_INTERFACE, "GetManagedObjects", error, &reply,
                            "");
        if (r < 0)
                return r;
        r = json_from_message(reply, &node);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret = json_node_dup_object(node);
        return 0;
}

/* The agent itself is an object, too: whether it is Ready and Connected is news. */
static int model_refresh(Monitor *monitor, bool quiet, sd_bus_error *error) {
        g_autoptr(JsonObject) objects = NULL, manager = NULL;
        JsonObject *root;
        int r;

        r = objects_get(monitor->cli, error, &objects);
        if (r < 0)
                return r;
        r = bus_get_all(monitor->cli, HATAGO_PATH, MANAGER_INTERFACE, error, &manager);
        if (r < 0)
                return r;
        root = json_object_new();
        json_object_set_object_member(root, MANAGER_INTERFACE, g_steal_pointer(&manager));
        json_object_set_object_member(objects, HATAGO_PATH, root);
        monitor_model_load(monitor->model, objects, quiet);
        return 0;
}

/* The path and the interfaces of both signals. */
static int read_interfaces(sd_bus_message *message, const char **ret_path, JsonNode **ret_interfaces) {
        int r;

        r = sd_bus_message_read(message, "o", ret_path);
        if (r < 0)
                return r;

        return json_from_message(message, ret_interfaces);
}

static int on_interfaces_added(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(JsonNode) interfaces = NULL;
        Monitor *monitor = userdata;
        const char *path;
        int r;

        r = read_interfaces(message, &path, &interfaces);
        if (r < 0)
                return r;
        monitor_model_add(monitor->model, path, json_node_get_object(interfaces));
        return 0;
}

static int on_interfaces_removed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(JsonNode) interfaces = NULL;
        Monitor *monitor = userdata;
        const char *path;
        int r;

        r = read_interfaces(message, &path, &interfaces);
        if (r < 0)
                return r;
        monitor_model_remove(monitor->model, path, json_node_get_array(interfaces));
        return 0;
}

/* After another agent came: all is read again once it is ready, and only what differs is told. */
static void monitor_catch_up(Monitor *monitor) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) manager = NULL;

        if (bus_get_all(monitor->cli, HATAGO_PATH, MANAGER_INTERFACE, &error, &manager) < 0)
                return; /* it left again: its next coming is told, too */
        if (!json_flag(manager, "Ready") || model_refresh(monitor, /* quiet= */ false, &error) < 0)
                return;
        monitor->stale = false;
}

static int on_properties_changed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(JsonObject) changed = NULL;
        g_autoptr(JsonNode) invalidated = NULL;
        Monitor *monitor = userdata;
        const char *path = sd_bus_message_get_path(message), *interface;
        int r;

        r = sd_bus_message_read(message, "s", &interface);
        if (r < 0)
                return r;
        r = json_object_from_message(message, &changed);
        if (r < 0)
                return r;
        r = json_from_message(message, &invalidated);
        if (r < 0)
                return r;
        monitor_model_change(monitor->model, path, interface, changed, json_node_get_array(invalidated));
        if (monitor->stale && json_flag(changed, "Ready"))
                monitor_catch_up(monitor);
        return 0;
}

/* Objects and operation of a job; from the agent if the model does not have it. */
static JsonObject *job_get(const Monitor *monitor, const char *path) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        JsonObject *job = monitor_model_get(monitor->model, path, JOB_INTERFACE);

        if (job)
                return json_object_ref(job);
        return bus_get_all(monitor->cli, path, JOB_INTERFACE, &error, &job) < 0 ? json_object_new() : job;
}

static int on_job_new(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_autoptr(JsonObject) job = NULL;
        Monitor *monitor = userdata;
        const char *path;
        int r;

        r = sd_bus_message_read(message, "o", &path);
        if (r < 0)
                return r;
        job = job_get(monitor, path);
        monitor_print_job_new(monitor->cli, monitor->model, path, job);
        return 0;
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *path, *result, *name, *text;
        Monitor *monitor = userdata;
        int r;

        r = sd_bus_message_read(message, "osss", &path, &result, &name, &text);
        if (r < 0)
                return r;
        monitor_print_job_removed(monitor->cli, path, result, name, text);
        return 0;
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *name, *old_owner, *new_owner;
        Monitor *monitor = userdata;
        int r;

        r = sd_bus_message_read(message, "sss", &name, &old_owner, &new_owner);
        if (r < 0)
                return r;
        monitor_print_agent(monitor->cli, *new_owner);
        monitor->stale = true;
        if (*new_owner)
                monitor_catch_up(monitor);
        return 0;
}

static void on_model_event(const MonitorEvent *event, void *userdata) {
        const Monitor *monitor = userdata;

        monitor_print_event(monitor->cli, event);
}

static int monitor_match(Monitor *monitor) {
        static const struct {
                const char *rule;
                sd_bus_message_handler_t handler;
        } matches[] = {
                { "type='signal',sender='" HATAGO_SERVICE "',path='" HATAGO_PATH
                  "',interface='" OBJECT_MANAGER_INTERFACE "',member='InterfacesAdded'",
                  on_interfaces_added },
                { "type='signal',sender='" HATAGO_SERVICE "',path='" HATAGO_PATH
                  "',interface='" OBJECT_MANAGER_INTERFACE "',member='InterfacesRemoved'",
                  on_interfaces_removed },
                { "type='signal',sender='" HATAGO_SERVICE "',path_namespace='" HATAGO_PATH
                  "',interface='" PROPERTIES_INTERFACE "',member='PropertiesChanged'",
                  on_properties_changed },
                { "type='signal',sender='" HATAGO_SERVICE "',path='" HATAGO_PATH
                  "',interface='" MANAGER_INTERFACE "',member='JobNew'",
                  on_job_new },
                { "type='signal',sender='" HATAGO_SERVICE "',path='" HATAGO_PATH
                  "',interface='" MANAGER_INTERFACE "',member='JobRemoved'",
                  on_job_removed },
                { "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                  "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" HATAGO_SERVICE "'",
                  on_owner_changed },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(matches); i++) {
                int r;

                r = sd_bus_add_match_async(monitor->cli->bus, /* ret_slot= */ NULL, matches[i].rule,
                                           matches[i].handler, NULL, monitor);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Until the connection breaks; Ctrl-C ends the process. */
static int monitor_loop(sd_bus *bus) {
        for (;;) {
                int r;

                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                /* Whoever reads from a pipe wants each change now; nobody reading ends us. */
                if (fflush(stdout) == EOF)
                        return -errno;
                r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r;
        }
}

int verb_monitor(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(MonitorModel) model = NULL;
        Monitor monitor = { .cli = cli };
        int r;

        model = monitor.model = monitor_model_new(on_model_event, &monitor);
        r = monitor_match(&monitor);
        if (r >= 0)
                r = model_refresh(&monitor, /* quiet= */ true, &error);
        if (r >= 0)
                r = monitor_loop(cli->bus);
        if (ferror(stdout))
                return EXIT_FAILURE; /* main() says it */
        if (!sd_bus_error_is_set(&error))
                (void) sd_bus_error_set_errno(&error, r);
        error_report(cli, NULL, &error);
        return EXIT_FAILURE;
}
