/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validation.h"

#include <errno.h>

#include "common/names.h"
#include "common/options.h"
#include "probe-runs.h"

#define VERB "validate"

static void run_on_done(void *userdata, int result, const Failure *failure) {
        job_end(userdata,
                result == 0            ? JOB_DONE
                : result == -ECANCELED ? JOB_CANCELED
                                       : JOB_FAILED,
                failure);
}

static void run_identified(Call *call, void *arguments) {
        const HostModel *model = arguments;
        g_auto(Failure) failure = { 0 };
        Job *job;

        if (call_begin_job(call, JOB_ANSWER_PATH, /* cancel= */ NULL, /* cancel_userdata= */ NULL, &job,
                           &failure) < 0)
                call_fail(call, &failure);
        else
                probe_runs_ask(model->runs, /* at_once= */ false, run_on_done, job);
}

int validation_run_on_call(HostModel *model, sd_bus_message *message, Failure *failure) {
        /* It tells what everybody may read: there is no right to ask for. */
        const CallInfo info = {
                .verb = VERB,
                .object = PATH_ROOT,
                .authorized = run_identified,
                .arguments = model,
        };
        int r;

        r = options_read(message, /* table= */ NULL, /* target= */ NULL, failure);
        if (r < 0)
                return r;
        if (model->services->user_session)
                return failure_set(failure, ERROR_NOT_SUPPORTED,
                                   "The agent of a user's session has nobody to look at the host.");

        return call_begin(model->services, message, &info, failure);
}

int validation_can(const HostModel *model, const char *verb, CanAnswer *ret) {
        if (!g_str_equal(verb, VERB))
                return 0;

        *ret = (CanAnswer){ .reason = model->services->user_session ? ERROR_NOT_SUPPORTED : ERROR_NONE };
        return 1;
}
