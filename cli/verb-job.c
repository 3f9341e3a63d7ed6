/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>

#include "bus.h"
#include "errors.h"
#include "format.h"
#include "jobs.h"
#include "job-wait.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

/* A job that has been forgotten is an object that does not exist: says so in the contract's words. */
static int translate_unknown(sd_bus_error *error, int r) {
        if (r >= 0 || !sd_bus_error_has_names(error, SD_BUS_ERROR_UNKNOWN_OBJECT,
                                              SD_BUS_ERROR_UNKNOWN_INTERFACE, SD_BUS_ERROR_UNKNOWN_METHOD))
                return r;
        sd_bus_error_free(error);
        return sd_bus_error_set_const(error, HATAGO_ERROR("NoSuchJob"), "no such job");
}

/* Its properties. Sets error on failure, to NoSuchJob if there is none. */
static int job_get(const Cli *cli, const char *path, sd_bus_error *error, JsonObject **ret) {
        return translate_unknown(error, bus_get_all(cli, path, JOB_INTERFACE, error, ret));
}

static int job_cancel(const Cli *cli, const char *path, sd_bus_error *error) {
        return translate_unknown(
                        error, bus_call_method(cli, path, JOB_INTERFACE, "Cancel", error, NULL, "a{sv}", 0));
}

/* The path of the job with this number. Sets error (NoSuchJob) if it is none. */
static int job_path(const char *number, sd_bus_error *error, char **ret) {
        size_t n = strspn(number, "0123456789");

        if (n == 0 || n > 10 || number[n] != '\0')
                return sd_bus_error_set_const(error, HATAGO_ERROR("NoSuchJob"), "not a number");
        *ret = g_strdup_printf("%s/%s", HATAGO_JOBS_PATH, number);
        return 0;
}

/* The names of the machines that a job works on. New string. */
static char *job_objects_text(JsonObject *job, const GPtrArray *machines) {
        JsonArray *objects = json_array(job, "Objects");
        GString *out = g_string_new(NULL);

        for (guint i = 0; objects && i < json_array_get_length(objects); i++)
                g_string_append_printf(out, "%s%s", i > 0 ? ", " : "",
                                       machine_name_at(machines, json_array_get_string_element(objects, i)));
        return g_string_free(out, FALSE);
}

static void job_add_row(Table *table, JsonObject *job, const GPtrArray *machines) {
        uint64_t started = json_number(job, "StartedAt"), now = (uint64_t) g_get_real_time();
        g_autofree char *number = g_strdup_printf("%" PRIu64, json_number(job, "Id"));
        g_autofree char *user = g_strdup_printf("%" PRIu64, json_number(job, "StartedByUID"));
        g_autofree char *span = format_duration(now > started ? now - started : 0);
        g_autofree char *objects = job_objects_text(job, machines);

        table_add(table, number, COLOUR_NONE);
        table_add(table, json_string(job, "Operation"), COLOUR_NONE);
        table_add(table, objects, COLOUR_NONE);
        table_add(table, span, COLOUR_NONE);
        table_add(table, user, COLOUR_NONE);
}

static void jobs_print(const Cli *cli, JsonArray *jobs) {
        static const TableColumn columns[] = {
                { N_("JOB"), TABLE_RIGHT },     { N_("OPERATION") },        { N_("MACHINE"), TABLE_SHRINK },
                { N_("RUNNING"), TABLE_RIGHT }, { N_("UID"), TABLE_RIGHT },
        };
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(Table) table = table_new(cli->terminal, columns, G_N_ELEMENTS(columns));
        g_autoptr(GPtrArray) machines = NULL;
        guint n = json_array_get_length(jobs);

        (void) machines_list(cli, &error, &machines); /* without it, ends of paths stand for names */
        for (guint i = 0; i < n; i++)
                job_add_row(table, json_array_get_object_element(jobs, i), machines);
        table_print(table, stdout, !cli->options->no_legend);
        if (!cli->options->no_legend)
                printf(ngettext("%s%u job.\n", "%s%u jobs.\n", n), n > 0 ? "\n" : "", n);
}

int verb_job_list(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);
        JsonArray *jobs = json_array_new();
        g_autoptr(GPtrArray) paths = NULL;

        json_node_take_array(node, jobs);
        if (jobs_list(cli, NULL, &error, &paths) < 0) {
                error_report(cli, NULL, &error);
                return EXIT_FAILURE;
        }
        for (guint i = 0; i < paths->len; i++) {
                _cleanup_error_ sd_bus_error gone = SD_BUS_ERROR_NULL;
                g_autoptr(JsonObject) job = NULL;

                if (job_get(cli, paths->pdata[i], &gone, &job) < 0)
                        continue; /* it was forgotten meanwhile */
                json_array_add_object_element(jobs, g_steal_pointer(&job));
        }
        if (cli->options->json != JSON_OFF)
                json_print(cli->options->json, node);
        else
                jobs_print(cli, jobs);
        return EXIT_SUCCESS;
}

/* Waits for the job, or notes how it ended if it has. Returns false, and says why, if it is not there. */
static bool job_watch(const Cli *cli, JobWait *wait, const char *path, const GPtrArray *machines) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) job = NULL;
        g_autofree char *objects = NULL, *label = NULL;

        if (job_get(cli, path, &error, &job) < 0) {
                error_report(cli, job_number(path), &error);
                return false;
        }
        objects = job_objects_text(job, machines);
        label = g_strdup_printf("%s: %s %s", job_number(path), json_string(job, "Operation"), objects);
        job_wait_add(wait, path, label);
        job_wait_add_properties(wait, path, job);
        if (strcmp(json_string(job, "State"), "ended") == 0)
                job_wait_add_end(wait, path, json_string(job, "Result"), json_string(job, "ErrorName"),
                                 json_string(job, "ErrorMessage"));
        return true;
}

/* The paths of those that were named, or of all. False if one of the names is none, or they cannot be
 * listed. */
static bool jobs_resolve(const Cli *cli, char **numbers, unsigned n, GPtrArray **ret) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

        if (n == 0 && jobs_list(cli, NULL, &error, ret) < 0) {
                error_report(cli, NULL, &error);
                return false;
        }
        if (n == 0)
                return true;
        for (unsigned i = 0; i < n; i++) {
                char *path;

                if (job_path(numbers[i], &error, &path) < 0) {
                        error_report(cli, numbers[i], &error);
                        return false;
                }
                g_ptr_array_add(paths, path); /* takes it */
        }
        *ret = g_steal_pointer(&paths);
        return true;
}

static bool jobs_wait(const Cli *cli, JobWait *wait, const GPtrArray *paths) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(GPtrArray) machines = NULL, watched = g_ptr_array_new();
        bool all_well = true;
        int r;

        (void) machines_list(cli, &error, &machines);
        for (guint i = 0; i < paths->len; i++) {
                if (job_watch(cli, wait, paths->pdata[i], machines))
                        g_ptr_array_add(watched, paths->pdata[i]);
                else
                        all_well = false;
        }
        r = job_wait_run(wait);
        for (guint i = 0; i < watched->len; i++)
                all_well = job_wait_report(wait, r, watched->pdata[i], job_number(watched->pdata[i])) &&
                           all_well;
        return all_well;
}

int verb_job_watch(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JobWait) wait = NULL;
        g_autoptr(GPtrArray) paths = NULL;

        if (job_wait_new(cli, &error, &wait) < 0) {
                error_report(cli, NULL, &error);
                return EXIT_FAILURE;
        }
        if (!jobs_resolve(cli, arguments, n, &paths))
                return EXIT_FAILURE;
        return jobs_wait(cli, wait, paths) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int verb_job_cancel(Cli *cli, char **arguments, unsigned n) {
        int status = EXIT_SUCCESS;

        for (unsigned i = 0; i < n; i++) {
                _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
                g_autofree char *path = NULL;
                int r;

                r = job_path(arguments[i], &error, &path);
                if (r >= 0)
                        r = job_cancel(cli, path, &error);
                if (r >= 0)
                        continue;
                error_report(cli, arguments[i], &error);
                status = EXIT_FAILURE;
        }
        return status;
}
