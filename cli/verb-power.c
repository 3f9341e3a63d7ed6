/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "job-wait.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "text.h"
#include "usage.h"
#include "verbs.h"

typedef struct PowerRow {
        const char *verb;
        const char *method;
        bool job;             /* the method returns a job */
        const char *progress; /* shown while it is waited for; {name} */
        bool asks;            /* the job ends when the guest does as it is asked */
        bool discard;         /* the row is for --discard */
} PowerRow;

static const PowerRow rows[] = {
        { "start", "Start", true, N_("starting '{name}'") },
        { "shutdown", "Shutdown", true, N_("waiting for '{name}' to shut down"), true },
        { "poweroff", "PowerOff", true, N_("turning off '{name}'") },
        { "save", "DiscardSave", false, NULL, .discard = true },
        { "save", "Save", true, N_("saving '{name}'") },
        { "reboot", "Reboot", false, NULL },
        { "reset", "Reset", false, NULL },
        { "suspend", "Suspend", false, NULL },
        { "resume", "Resume", false, NULL },
};

/* One of the machines that were named. */
typedef struct PowerItem {
        const char *name;
        char *job;             /* path; NULL: none, or it could not be started */
        char *error, *message; /* why it could not be */
        bool done;
} PowerItem;

static const PowerRow *row_find(const char *verb, bool discard) {
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (strcmp(rows[i].verb, verb) == 0 && rows[i].discard == discard)
                        return &rows[i];
        g_assert_not_reached();
}

static int append_options(sd_bus_message *message, const Options *options) {
        const BusFlag flags[] = {
                { "paused", options->paused },
                { "discard-save", options->discard_save },
                { "bypass-cache", options->bypass_cache },
        };

        if (options->timeout > 0)
                return sd_bus_message_append(message, "a{sv}", 1, "timeout", "t", options->timeout);
        return bus_append_flags(message, flags, G_N_ELEMENTS(flags));
}

/* Calls the method; ret_job is written only if it returns a job. Sets error on failure. */
static int power_call(const Cli *cli, const PowerRow *row, const char *path, sd_bus_error *error,
                      char **ret_job) {
        _cleanup_message_ sd_bus_message *message = NULL, *reply = NULL;
        const char *job;
        int r;

        r = bus_message_new(cli, path, MACHINE_INTERFACE, row->method, error, &message);
        if (r < 0)
                return r;
        r = append_options(message, cli->options);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        r = bus_call(cli, message, error, &reply);
        if (r < 0 || !row->job)
                return r;
        r = sd_bus_message_read(reply, "o", &job);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        *ret_job = g_strdup(job);
        return 0;
}

/* What to do about a guest that does not react to a request to shut down. New string. */
static char *notice_new(const Cli *cli, const char *name) {
        g_autofree char *shown = terminal_text(cli->terminal, name), *word = text_shell_word(shown);
        g_autofree char *notice = text_fill(
                        _("hatago: the guest '{name}' does not react yet; if it was still booting, it missed "
                          "the request.\n"
                          "Ask it again: hatago shutdown {word}; or turn it off hard: hatago poweroff "
                          "{word}\n"),
                        "word", word);

        return text_fill(notice, "name", shown);
}

/* One that is being stopped runs still. */
static void failure_report(const Cli *cli, const char *name, const char *path, const sd_bus_error *error) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) arguments = json_object_new(), machine = NULL;

        if (path && strcmp(error->name, HATAGO_ERROR("MachineRunning")) == 0 &&
            bus_get_all(cli, path, MACHINE_INTERFACE, &ignored, &machine) >= 0 &&
            strcmp(json_string(machine, "UnitState"), "deactivating") == 0)
                json_object_set_string_member(arguments, "unit-state", "deactivating");
        error_report_name(cli, name, error->name, error->message, arguments);
}

/* Finds the machine and asks for the deed; what goes wrong is printed. */
static void power_begin(const Cli *cli, const PowerRow *row, PowerItem *item, JobWait *wait) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autofree char *path = NULL, *label = NULL;
        int r;

        r = machine_find(cli, item->name, &error, &path);
        if (r >= 0)
                r = power_call(cli, row, path, &error, &item->job);
        if (r < 0) {
                failure_report(cli, item->name, path, &error);
                item->error = g_strdup(error.name);
                item->message = g_strdup(error.message);
                return;
        }
        if (!item->job || cli->options->no_wait) {
                item->done = true;
                return;
        }
        label = text_fill(_(row->progress), "name", item->name);
        job_wait_add(wait, item->job, label);
        if (row->asks)
                job_wait_add_notice(wait, item->job, notice_new(cli, item->name));
}

static void power_wait(PowerItem *items, unsigned n, JobWait *wait) {
        int r = job_wait_run(wait);

        for (unsigned i = 0; i < n; i++)
                if (items[i].job && !items[i].done)
                        items[i].done = job_wait_report(wait, r, items[i].job, items[i].name);
}

/* What became of it, for --json: the result is "unknown" if that is not known, and "pending" with --no-wait.
 */
static const char *item_result(const Cli *cli, const PowerItem *item, const JobWait *wait) {
        const JobEnd *end = wait && item->job ? job_wait_end(wait, item->job) : NULL;

        if (end)
                return end->result;
        if (!item->job)
                return item->done ? "done" : "failed";
        return cli->options->no_wait ? "pending" : "unknown";
}

static void item_add_error(JsonObject *object, const PowerItem *item, const JobEnd *end) {
        const char *error = end ? end->error : item->error, *message = end ? end->message : item->message;

        if (!error || !*error)
                return;
        json_object_set_string_member(object, "ErrorName", error);
        json_object_set_string_member(object, "ErrorMessage", message ? message : "");
}

static void power_print_json(const Cli *cli, const PowerItem *items, unsigned n, const JobWait *wait) {
        JsonArray *array = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);

        for (unsigned i = 0; i < n; i++) {
                JsonObject *object = json_object_new();
                g_autofree char *name = g_utf8_make_valid(items[i].name, -1);
                const JobEnd *end = wait && items[i].job ? job_wait_end(wait, items[i].job) : NULL;

                json_object_set_string_member(object, "Name", name);
                if (items[i].job)
                        json_object_set_int_member(object, "Job",
                                                   strtol(job_number(items[i].job), NULL, 10));
                json_object_set_string_member(object, "Result", item_result(cli, &items[i], wait));
                item_add_error(object, &items[i], end);
                json_array_add_object_element(array, object); /* takes it */
        }
        json_node_take_array(node, array);
        json_print(cli->options->json, node);
}

static int power_finish(const Cli *cli, const PowerItem *items, unsigned n, const JobWait *wait) {
        bool all_well = true;

        if (cli->options->json != JSON_OFF)
                power_print_json(cli, items, n, wait);
        for (unsigned i = 0; i < n; i++) {
                all_well = all_well && items[i].done;
                if (cli->options->no_wait && cli->options->json == JSON_OFF && items[i].job)
                        puts(job_number(items[i].job));
        }
        return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void items_free(PowerItem *items, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                g_free(items[i].job);
                g_free(items[i].error);
                g_free(items[i].message);
        }
        g_free(items);
}

int verb_power(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        const PowerRow *row = row_find(cli->verb->name, cli->options->discard);
        g_autoptr(JobWait) wait = NULL;
        PowerItem *items;
        int status;

        if (row->discard && (cli->options->paused || cli->options->bypass_cache))
                return usage_report_word(_("The option '--{word}' goes with no other."), "discard",
                                         cli->verb);

        /* Before the first call: a job may end before its call's answer is read. */
        if (row->job && !cli->options->no_wait && job_wait_new(cli, &error, &wait) < 0) {
                error_report(cli, arguments[0], &error);
                return EXIT_FAILURE;
        }
        items = g_new0(PowerItem, n);
        for (unsigned i = 0; i < n; i++) {
                items[i].name = arguments[i];
                power_begin(cli, row, &items[i], wait);
        }
        if (wait)
                power_wait(items, n, wait);
        status = power_finish(cli, items, n, wait);
        items_free(items, n);
        return status;
}
