/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-print.h"

#include <stdlib.h>
#include <time.h>

#include "bus.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "property-text.h"
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

static char *value_text(const Cli *cli, const char *property, JsonNode *node) {
        g_autofree char *text = node ? property_text(property, node) : g_strdup("?");

        return terminal_text(cli->terminal, text);
}

static void change_print(const Cli *cli, const MonitorEvent *event) {
        g_autofree char *before = value_text(cli, event->property, event->before);
        g_autofree char *after = value_text(cli, event->property, event->after);
        bool enabled = cli->terminal->colour;
        Colour colour = COLOUR_NONE;

        if (!event->after) {
                /* Translators: {name}: a property that has another value now; which one was not told. */
                g_autofree char *text = text_fill(_("{name} changed"), "name", event->property);

                puts(text);
                return;
        }
        if (strcmp(event->property, "State") == 0)
                colour = machine_state_colour(after);
        printf("%s: %s %s %s%s%s\n", event->property, before, terminal_sign(cli->terminal, "→", "->"),
               colour_on(enabled, colour), after, colour_off(enabled, colour));
}

static void event_print(const Cli *cli, const MonitorEvent *event) {
        g_autofree char *subject = subject_text(event->path, event->name);

        line_begin(cli, subject);
        switch (event->kind) {
        case MONITOR_ADDED:
                puts(_("appeared"));
                break;
        case MONITOR_REMOVED:
                puts(_("is gone"));
                break;
        case MONITOR_CHANGED:
                change_print(cli, event);
                break;
        }
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

        /* JobNew and JobRemoved tell it better; a job's object lingers for minutes after its end. For
         * people, there are lines about its progress. */
        if (job && (event->kind != MONITOR_CHANGED || cli->options->json == JSON_OFF))
                return;
        if (cli->options->json != JSON_OFF)
                event_print_json(event);
        else
                event_print(cli, event);
}

char *monitor_job_text(const Cli *cli, const MonitorModel *model, JsonObject *job) {
        JsonArray *objects = json_array(job, "Objects");
        GString *out = g_string_new(json_string(job, "Operation"));
        g_autofree char *raw = NULL;

        for (guint i = 0; objects && i < json_array_get_length(objects); i++)
                g_string_append_printf(out, "%s%s", i > 0 ? ", " : " ",
                                       monitor_model_name(model, json_array_get_string_element(objects, i)));
        raw = g_string_free(out, FALSE);
        return terminal_text(cli->terminal, raw);
}

static JsonObject *line_new_job_json(const char *event, const char *path) {
        JsonObject *line = line_new_json(event);

        json_object_set_string_member(line, "Path", path);
        json_object_set_int_member(line, "Id", strtol(job_number(path), NULL, 10));
        return line;
}

void monitor_print_job_new(const Cli *cli, const char *path, JsonObject *job, const char *text) {
        g_autofree char *subject = subject_text(path, "");
        JsonObject *line;

        if (cli->options->json != JSON_OFF) {
                line = line_new_job_json("job-new", path);
                set_node(line, "Operation", json_object_get_member(job, "Operation"));
                set_node(line, "Objects", json_object_get_member(job, "Objects"));
                line_print_json(line);
                return;
        }
        line_begin(cli, subject);
        /* Translators: a job began: its operation and the machines. */
        printf(_("began: %s"), text);
        puts("");
}

void monitor_print_job_progress(const Cli *cli, const char *path, JsonObject *job, const char *text) {
        g_autofree char *subject = subject_text(path, "");
        g_autofree char *progress = job_progress_text(job, (uint64_t) g_get_real_time());

        if (!progress)
                return;
        line_begin(cli, subject);
        printf("%s: %s\n", text, progress);
}

/* "failed: there is no space left"; in the language of the reader where the error's name tells it. New
 * string. */
static char *result_text(const Cli *cli, const char *result, const char *error, const char *message) {
        _cleanup_(explanation_done) Explanation explanation = { 0 };

        if (!*error)
                return terminal_text(cli->terminal, result);
        error_explain(cli, NULL, NULL, error, message, /* arguments= */ NULL, &explanation);
        return g_strdup_printf("%s: %s", result, explanation.reason);
}

void monitor_print_job_removed(const Cli *cli, const char *path, const char *text, const char *result,
                               const char *error, const char *message) {
        g_autofree char *subject = subject_text(path, ""), *end = NULL;
        bool enabled = cli->terminal->colour;
        Colour colour = strcmp(result, "done") == 0 ? COLOUR_NONE : COLOUR_RED;
        JsonObject *line;

        if (cli->options->json != JSON_OFF) {
                line = line_new_job_json("job-removed", path);
                json_object_set_string_member(line, "Result", result);
                json_object_set_string_member(line, "ErrorName", error);
                json_object_set_string_member(line, "ErrorMessage", message);
                line_print_json(line);
                return;
        }
        end = result_text(cli, result, error, message);
        line_begin(cli, subject);
        /* Translators: a job ended: its operation and the machines; its result follows. */
        printf(_("ended: %s"), text);
        printf(": %s%s%s\n", colour_on(enabled, colour), end, colour_off(enabled, colour));
}

void monitor_print_agent(const Cli *cli, bool present) {
        if (cli->options->json != JSON_OFF) {
                line_print_json(line_new_json(present ? "agent-appeared" : "agent-left"));
                return;
        }
        line_begin(cli, _("agent"));
        puts(present ? _("is on the bus") : _("left the bus"));
}
