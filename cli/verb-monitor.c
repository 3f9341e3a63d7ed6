/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "monitor-model.h"
#include "monitor-print.h"
#include "names.h"
#include "verbs.h"

typedef struct Monitor {
        const Cli *cli;
        MonitorModel *model;
        char **patterns; /* of the machines to be told of; all, if there are none */
        unsigned n_patterns;
        GHashTable *jobs; /* path → JobTold, of those that have not ended */
        bool stale;       /* another agent has come: read all again as soon as it is ready */
} Monitor;

/* Some jobs tell their progress twice a second: that many lines nobody reads. */
#define PROGRESS_STEP 0.1
#define PROGRESS_USEC (10 * (int64_t) USEC_PER_SEC)

/* A job at its beginning, before what it works on may vanish; and the last line about its progress. */
typedef struct JobTold {
        char *text;
        bool named; /* it has said what it works on */
        bool wanted;
        bool progress;
        double fraction;
        int64_t when; /* µs, monotonic */
} JobTold;

static void job_told_free(void *data) {
        JobTold *told = data;

        g_free(told->text);
        g_free(told);
}

/* The agent itself is an object, too: whether it is Ready and Connected is news. */
static int model_refresh(Monitor *monitor, bool quiet, sd_bus_error *error) {
        g_autoptr(JsonObject) objects = NULL, manager = NULL;
        JsonObject *root;
        int r;

        r = bus_get_objects(monitor->cli, error, &objects);
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

static bool object_is_wanted(const Monitor *monitor, const char *path, const char *name) {
        g_autofree char *uuid = machine_path_uuid(path);

        for (unsigned i = 0; uuid && i < monitor->n_patterns; i++)
                if (machine_fits(monitor->patterns[i], name, uuid))
                        return true;
        return false;
}

/* Whether one of the machines that it works on is. */
static bool job_is_wanted(const Monitor *monitor, JsonArray *objects) {
        if (monitor->n_patterns == 0)
                return true;
        for (guint i = 0; objects && i < json_array_get_length(objects); i++) {
                const char *path = json_array_get_string_element(objects, i);

                if (object_is_wanted(monitor, path, monitor_model_name(monitor->model, path)))
                        return true;
        }
        return false;
}

/* What is kept of the job; made when it is first heard of. */
static JobTold *job_told_ensure(Monitor *monitor, const char *path, JsonObject *job) {
        JobTold *told = g_hash_table_lookup(monitor->jobs, path);
        JsonArray *objects = json_array(job, "Objects");

        if (told && told->named)
                return told;
        if (!told) {
                told = g_new0(JobTold, 1);
                g_hash_table_insert(monitor->jobs, g_strdup(path), told); /* takes both */
        }
        g_free(told->text);
        told->text = monitor_job_text(monitor->cli, monitor->model, job);
        told->named = objects && json_array_get_length(objects) > 0;
        told->wanted = job_is_wanted(monitor, objects);
        return told;
}

static bool event_is_wanted(Monitor *monitor, const MonitorEvent *event) {
        JsonObject *job = monitor_model_get(monitor->model, event->path, JOB_INTERFACE);

        /* A look at the host that finds all as it was is no news; what it finds else is that of a check. */
        if (event->kind == MONITOR_CHANGED && strcmp(event->interface, VALIDATION_INTERFACE) == 0)
                return false;
        if (monitor->n_patterns == 0 || strcmp(event->path, HATAGO_PATH) == 0)
                return true;
        return job ? job_is_wanted(monitor, json_array(job, "Objects"))
                   : object_is_wanted(monitor, event->path, event->name);
}

/* A line about the progress of a job, if it has come far enough since the last one. */
static void job_tell_progress(Monitor *monitor, const char *path, JsonObject *job) {
        JsonNode *node = json_object_get_member(job, "Progress");
        double fraction = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : 0;
        int64_t now = g_get_monotonic_time();
        JobTold *told;

        if (!json_flag(job, "ProgressValid") || strcmp(json_string(job, "State"), "ended") == 0)
                return;
        told = job_told_ensure(monitor, path, job);
        if (!told->wanted)
                return;
        if (told->progress && fraction < told->fraction + PROGRESS_STEP && now < told->when + PROGRESS_USEC)
                return;
        told->progress = true;
        told->fraction = fraction;
        told->when = now;
        monitor_print_job_progress(monitor->cli, path, job, told->text);
}

/* Asks that what others change without an event of libvirt is looked for, too. An agent that cannot do that
 * says so, and that is all right. */
static void monitor_subscribe(const Monitor *monitor) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;

        (void) bus_call_method(monitor->cli, HATAGO_PATH, MANAGER_INTERFACE, "Subscribe", &ignored, NULL,
                               "a{sv}", 0);
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
        JsonObject *job;
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
        job = monitor_model_get(monitor->model, path, JOB_INTERFACE);
        if (job && monitor->cli->options->json == JSON_OFF)
                job_tell_progress(monitor, path, job);
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
        const JobTold *told;
        const char *path;
        int r;

        r = sd_bus_message_read(message, "o", &path);
        if (r < 0)
                return r;
        job = job_get(monitor, path);
        told = job_told_ensure(monitor, path, job);
        if (told->wanted)
                monitor_print_job_new(monitor->cli, path, job, told->text);
        return 0;
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        const char *path, *result, *name, *text;
        g_autoptr(JsonObject) job = NULL;
        Monitor *monitor = userdata;
        const JobTold *told;
        int r;

        r = sd_bus_message_read(message, "osss", &path, &result, &name, &text);
        if (r < 0)
                return r;
        job = job_get(monitor, path);
        told = job_told_ensure(monitor, path, job);
        if (told->wanted)
                monitor_print_job_removed(monitor->cli, path, told->text, result, name, text);
        (void) g_hash_table_remove(monitor->jobs, path);
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
        g_hash_table_remove_all(monitor->jobs); /* another agent numbers its own from one again */
        if (!*new_owner)
                return 0;
        monitor_subscribe(monitor);
        monitor_catch_up(monitor);
        return 0;
}

static void on_model_event(const MonitorEvent *event, void *userdata) {
        Monitor *monitor = userdata;

        if (event_is_wanted(monitor, event))
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

/* Sleeps until the bus has something. Returns -EPIPE when whoever read from our output has gone. */
static int monitor_poll(sd_bus *bus) {
        struct pollfd fds[] = {
                { .fd = sd_bus_get_fd(bus) },
                { .fd = STDOUT_FILENO }, /* nothing is awaited but its end, which needs no flag */
        };
        uint64_t due = UINT64_MAX;
        int64_t left;
        int r;

        r = sd_bus_get_events(bus);
        if (r < 0)
                return r;
        fds[0].events = (short) r;
        r = sd_bus_get_timeout(bus, &due);
        if (r < 0)
                return r;
        left = due == UINT64_MAX ? -1 : MAX((int64_t) due - g_get_monotonic_time(), 0) / 1000 + 1;
        if (poll(fds, G_N_ELEMENTS(fds), (int) MIN(left, INT_MAX)) < 0 && errno != EINTR)
                return -errno;
        return fds[1].revents & (POLLERR | POLLHUP) ? -EPIPE : 0;
}

/* Until the connection breaks, or nobody reads any more; Ctrl-C ends the process. */
static int monitor_loop(sd_bus *bus) {
        for (;;) {
                int r;

                r = sd_bus_process(bus, NULL);
                if (r < 0)
                        return r;
                if (r > 0)
                        continue;
                /* Whoever reads from a pipe wants each change now. */
                if (fflush(stdout) == EOF)
                        return -errno;
                r = monitor_poll(bus);
                if (r < 0)
                        return r;
        }
}

int verb_monitor(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL, ignored = SD_BUS_ERROR_NULL;
        g_autoptr(MonitorModel) model = NULL;
        g_autoptr(GHashTable) jobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, job_told_free);
        g_autoptr(GPtrArray) machines = NULL;
        Monitor monitor = { .cli = cli, .patterns = arguments, .n_patterns = n, .jobs = jobs };
        int r;

        model = monitor.model = monitor_model_new(on_model_event, &monitor);
        r = monitor_match(&monitor);
        if (r >= 0)
                r = model_refresh(&monitor, /* quiet= */ true, &error);
        if (r >= 0) {
                if (n > 0 && machines_list(cli, &ignored, &machines) >= 0)
                        machines_report_patterns(cli, machines, arguments, n);
                monitor_subscribe(&monitor);
                r = monitor_loop(cli->bus);
        }
        if (ferror(stdout) || r == -EPIPE)
                return EXIT_FAILURE; /* main() says it, if there is something to be said */
        if (!sd_bus_error_is_set(&error))
                (void) sd_bus_error_set_errno(&error, r);
        error_report(cli, NULL, &error);
        return EXIT_FAILURE;
}
