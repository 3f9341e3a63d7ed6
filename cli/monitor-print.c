/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-print.h"

#include <stdlib.h>
#include <time.h>

#include "bus.h"
#include "json.h"
#include "names.h"
#include "text.h"

/* A line of JSON: when, and what it is. The caller adds the rest and gives it to line_print_json(). */
static JsonObject *line_new_json(const char *event) {
        JsonObject *line = json_object_new();

        json_object_set_int_member(line, "Time", g_get_real_time());
        json_object_set_string_member(line, "Event", event);
        return line;
}

/* Takes the line. Always on one line: that is what a reader of a stream can split. */
static void line_print_json(JsonObject *line) {
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);

        json_node_take_object(node, line);
        json_print(JSON_SHORT, node);
}

static void line_begin(const Cli *cli, const char *subject) {
        g_autofree char *shown = terminal_text(cli->terminal, subject);
        bool colour = cli->terminal->colour;
        time_t now = time(NULL);
        char clock[16] = "";
        struct tm tm;

        if (localtime_r(&now, &tm))
                (void) strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
        printf("%s%s%s %s%s%s: ", colour_on(colour, COLOUR_DIM), clock, colour_off(colour, COLOUR_DIM),
               colour_on(colour, COLOUR_BOLD), shown, colour_off(colour, COLOUR_BOLD));
}

/* "web", "job 7", "host". New string. */
static char *subject_text(const char *path, const char *name) {
        if (g_str_has_prefix(path, HATAGO_JOBS_PATH "/"))
                return g_strdup_printf(_("job %s"), job_number(path));
        if (strcmp(path, HATAGO_PATH) == 0)
                return g_strdup(_("agent"));
        return g_strdup(name);
}

static char *value_text(const Cli *cli, JsonNode *node) {
        g_autofree char *text = node ? json_property_text(node) : g_strdup("?");

        if (!*text)
                return g_strdup("\"\"");
        return terminal_text(cli->terminal, text);
}

/* What the line of a job's end tells. */
static bool event_is_job_end(const MonitorEvent *event) {
        return event->kind == MONITOR_CHANGED && strcmp(event->interface, JOB_INTERFACE) == 0 &&
               text_list_has("State,Result,ErrorName,ErrorMessage,EndedAt,Cancelable", ',', event->property);
}

static void event_print(const Cli *cli, const MonitorEvent *event) {
        g_autofree char *subject = subject_text(event->path, event->name);
        g_autofree char *before = NULL, *after = NULL;

        if (event_is_job_end(event))
                return;

        line_begin(cli, subject);
        if (event->kind != MONITOR_CHANGED) {
                puts(event->kind == MONITOR_ADDED ? _("appeared") : _("is gone"));
                return;
        }
        before = value_text(cli, event->before);
        after = value_text(cli, event->after);
        printf("%s: %s %s %s\n", event->property, before, terminal_sign(cli->terminal, "→", "->"), after);
}

static void set_node(JsonObject *line, const char *name, JsonNode *node) {
        json_object_set_member(line, name, node ? json_node_copy(node) : json_node_new(JSON_NODE_NULL));
}

static void event_print_json(const MonitorEvent *event) {
        static const char *const kinds[] = {
                [MONITOR_ADDED] = "added",
                [MONITOR_REMOVED] = "removed",
                [MONITOR_CHANGED] = "changed",
        };
        JsonObject *line = line_new_json(kinds[event->kind]);

        json_object_set_string_member(line, "Path", event->path);
        json_object_set_string_member(line, "Name", event->name);
        if (event->properties)
                json_object_set_object_member(line, "Interfaces", json_object_ref(event->properties));
        if (event->kind == MONITOR_CHANGED) {
                json_object_set_string_member(line, "Interface", event->interface);
                json_object_set_string_member(line, "Property", event->property);
                set_node(line, "Old", event->before);
                set_node(line, "New", event->after);
        }
        line_print_json(line);
}

void monitor_print_event(const Cli *cli, const MonitorEvent *event) {
        bool job = g_str_has_prefix(event->path, HATAGO_JOBS_PATH "/");

        /* JobNew and JobRemoved tell it better; a job's object lingers for minutes after its end. */
        if (job && event->kind != MONITOR_CHANGED)
                return;
        if (cli->options->json != JSON_OFF)
                event_print_json(event);
        else
                event_print(cli, event);
}

/* The names of the objects that a job works on, with commas between. New string. */
static char *job_objects_text(const Cli *cli, const MonitorModel *model, JsonObject *job) {
        JsonNode *node = json_object_get_member(job, "Objects");
        JsonArray *objects = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
        GString *out = g_string_new(NULL);

        for (guint i = 0; objects && i < json_array_get_length(objects); i++) {
                const char *name = monitor_model_name(model, json_array_get_string_element(objects, i));
                g_autofree char *shown = terminal_text(cli->terminal, name);

                g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", shown);
        }
        return g_string_free(out, FALSE);
}

void monitor_print_job_new(const Cli *cli, const MonitorModel *model, const char *path, JsonObject *job) {
        g_autofree char *subject = subject_text(path, ""), *objects = NULL, *operation = NULL;
        JsonObject *line;

        if (cli->options->json != JSON_OFF) {
                line = line_new_json("job-new");
                json_object_set_string_member(line, "Path", path);
                json_object_set_int_member(line, "Id", strtol(job_number(path), NULL, 10));
                set_node(line, "Operation", json_object_get_member(job, "Operation"));
                set_node(line, "Objects", json_object_get_member(job, "Objects"));
                line_print_json(line);
                return;
        }
        objects = job_objects_text(cli, model, job);
        operation = terminal_text(cli->terminal, json_string(job, "Operation"));
        line_begin(cli, subject);
        /* Translators: a job began: its operation; the machines follow. */
        printf(_("began: %s"), operation);
        printf("%s%s\n", *objects ? " " : "", objects);
}

void monitor_print_job_removed(const Cli *cli, const char *path, const char *result, const char *error,
                               const char *message) {
        g_autofree char *subject = subject_text(path, ""), *text = NULL, *word = NULL;
        JsonObject *line;

        if (cli->options->json != JSON_OFF) {
                line = line_new_json("job-removed");
                json_object_set_string_member(line, "Path", path);
                json_object_set_int_member(line, "Id", strtol(job_number(path), NULL, 10));
                json_object_set_string_member(line, "Result", result);
                json_object_set_string_member(line, "ErrorName", error);
                json_object_set_string_member(line, "ErrorMessage", message);
                line_print_json(line);
                return;
        }
        text = terminal_text(cli->terminal, message);
        word = terminal_text(cli->terminal, result);
        line_begin(cli, subject);
        /* Translators: a job ended with this result. */
        printf(_("ended: %s"), word);
        printf("%s%s\n", *text ? ": " : "", text);
}

void monitor_print_agent(const Cli *cli, bool present) {
        if (cli->options->json != JSON_OFF) {
                line_print_json(line_new_json(present ? "agent-appeared" : "agent-left"));
                return;
        }
        line_begin(cli, _("agent"));
        puts(present ? _("is on the bus") : _("left the bus"));
}
