/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-look.h"

#include <errno.h>

#include "bus.h"
#include "checks.h"
#include "errors.h"
#include "job-wait.h"
#include "names.h"
#include "verbs.h"

/* r: of job_wait_run(). */
static int look_end(const JobWait *wait, int r, const char *job, sd_bus_error *error) {
        const JobEnd *end = job_wait_end(wait, job);

        if (end && strcmp(end->result, "done") == 0)
                return 0;
        if (end)
                return sd_bus_error_set(error, *end->error ? end->error : HATAGO_ERROR("Failed"),
                                        *end->message ? end->message : end->result);
        if (r == -EINTR)
                return sd_bus_error_set(error, HATAGO_ERROR("Canceled"), NULL);
        return sd_bus_error_set(error, SD_BUS_ERROR_NO_REPLY, NULL);
}

int checks_look(const Cli *cli, sd_bus_error *error) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_autoptr(JobWait) wait = NULL;
        const char *job;
        int r;

        /* Before the call: the job may end before its answer is read. */
        r = job_wait_new(cli, error, &wait);
        if (r < 0)
                return r;
        r = bus_call_method(cli, HATAGO_PATH, VALIDATION_INTERFACE, "Run", error, &reply, "a{sv}", 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "o", &job);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);

        job_wait_add(wait, job, _("looking at the host"));
        r = job_wait_run(wait);
        return look_end(wait, r, job, error);
}

JsonArray *checks_look_and_read(const Cli *cli) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        const Cli judging = verb_assume(cli, "validate");
        JsonArray *checks = NULL;
        int r;

        r = checks_look(cli, &error);
        if (r >= 0)
                r = checks_read_bus(cli, &error, &checks);
        /* To have judged nothing is no good news. */
        if (r >= 0 && json_array_get_length(checks) == 0)
                r = sd_bus_error_set(&error, HATAGO_ERROR("ProbeFailed"), "The report has no checks.");
        if (r >= 0)
                return checks;

        error_report(&judging, NULL, &error);
        g_clear_pointer(&checks, json_array_unref);
        return NULL;
}

bool checks_are_missing(const sd_bus_error *error) {
        return sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_INTERFACE);
}
