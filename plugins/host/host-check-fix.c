/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-check-fix.h"

#include <errno.h>
#include <stddef.h>

#include "common/names.h"
#include "common/options.h"
#include "probe-runs.h"
#include "unit-runner.h"

/* More than the unit itself is given. */
#define PATIENCE (90 * G_USEC_PER_SEC)

typedef struct RemedyVerb {
        const char *name;
        const char *unit; /* what its name begins with, before the check's id */
} RemedyVerb;

static const RemedyVerb verbs[] = {
        [false] = { "fix", "hatago-fix@" },
        [true] = { "undo-fix", "hatago-fix@undo:" },
};

/* A call of Fix, then its job. */
typedef struct Remedy {
        HostModel *model;
        char *path; /* of the check */
        bool undo;
        char *id; /* of the check, once it has begun; it is the key in model->remedies */
        Job *job;
        int result;
        Failure failure;
} Remedy;

static const Option options[] = {
        { "undo", OPTION_BOOL, offsetof(Remedy, undo) },
        {},
};

static void remedy_free(void *p) {
        Remedy *remedy = p;

        failure_done(&remedy->failure);
        g_free(remedy->path);
        g_free(remedy->id);
        g_free(remedy);
}

/* Whether it could begin now. */
static int remedy_check(const HostModel *model, const HostCheck *check, bool undo, Failure *failure) {
        if (model->services->user_session)
                return failure_set(failure, ERROR_NOT_SUPPORTED,
                                   "The agent of a user's session has nobody to mend the host.");
        if (g_hash_table_contains(model->remedies, check->id))
                return failure_set(failure, ERROR_BUSY, "The remedy of %s is under way.", check->id);
        if (undo && !check->undoable)
                return failure_set(failure, ERROR_CHECK_NOT_FIXABLE, "There is nothing to undo of %s.",
                                   check->id);
        if (!undo && !check->fixable)
                return failure_set(failure, ERROR_CHECK_NOT_FIXABLE,
                                   "There is no remedy for %s as it is now.", check->id);
        return 0;
}

/* The host was looked at, for better or worse: what became of the remedy counts. */
static void remedy_on_probed(void *userdata, int unused, const Failure *none) {
        Remedy *remedy = userdata;
        JobResult result = remedy->result == 0            ? JOB_DONE
                           : remedy->result == -ETIMEDOUT ? JOB_TIMEOUT
                           : remedy->result == -ECANCELED ? JOB_CANCELED
                                                          : JOB_FAILED;

        (void) g_hash_table_remove(remedy->model->remedies, remedy->id);
        job_end(remedy->job, result, &remedy->failure);
        remedy_free(remedy);
}

static void remedy_on_done(void *userdata, int result, Failure *failure) {
        Remedy *remedy = userdata;

        remedy->result = result;
        failure_move(&remedy->failure, failure);
        if (result == -ECANCELED)
                remedy_on_probed(remedy, result, failure);
        else
                probe_runs_ask(remedy->model->runs, /* at_once= */ true, remedy_on_probed, remedy);
}

/* The call's arguments are copied: they end with it. */
static int remedy_begin(const Remedy *arguments, Call *call, Failure *failure) {
        HostModel *model = arguments->model;
        const HostCheck *check = host_model_find(model, arguments->path);
        g_autofree char *unit = NULL;
        Remedy *remedy;
        bool undo = arguments->undo;
        Job *job;
        int r;

        if (!check)
                return failure_set(failure, ERROR_NO_SUCH_CHECK, "The check is not there any more.");
        r = remedy_check(model, check, undo, failure);
        if (r < 0)
                return r;
        r = call_begin_job(call, JOB_ANSWER_EMPTY, /* cancel= */ NULL, /* cancel_userdata= */ NULL, &job,
                           failure);
        if (r < 0)
                return r;

        remedy = g_new(Remedy, 1);
        *remedy = (Remedy){ .model = model, .id = g_strdup(check->id), .job = job };
        g_hash_table_insert(model->remedies, remedy->id, remedy);
        unit = g_strconcat(verbs[undo].unit, check->id, ".service", NULL);
        unit_runner_start(model->units, &(UnitOrder){ .unit = unit,
                                                      .failed = ERROR_FIX_FAILED,
                                                      .patience = PATIENCE,
                                                      .forget_failure = true,
                                                      .done = remedy_on_done,
                                                      .userdata = remedy });
        return 0;
}

static void remedy_authorized(Call *call, void *arguments) {
        g_auto(Failure) failure = { 0 };

        if (remedy_begin(arguments, call, &failure) < 0)
                call_fail(call, &failure);
}

int host_check_fix_on_call(HostModel *model, const HostCheck *check, sd_bus_message *message,
                           Failure *failure) {
        Remedy *remedy = g_new(Remedy, 1);
        CallInfo info = {
                .action = ACTION_HOST_FIX,
                .object = check->path,
                .name = check->id,
                .record = true,
                .authorized = remedy_authorized,
                .arguments = remedy,
                .arguments_free = remedy_free,
        };
        int r;

        *remedy = (Remedy){ .model = model, .path = g_strdup(check->path) };
        r = options_read(message, options, remedy, failure);
        if (r >= 0 && model->services->user_session)
                r = remedy_check(model, check, remedy->undo, failure);
        if (r >= 0) {
                info.verb = verbs[remedy->undo].name;
                r = call_begin(model->services, message, &info, failure);
        }
        if (r < 0)
                remedy_free(remedy);
        return r;
}

int host_check_can(const HostModel *model, const HostCheck *check, const char *verb, CanAnswer *ret) {
        g_auto(Failure) failure = { 0 };

        for (size_t undo = 0; undo < G_N_ELEMENTS(verbs); undo++) {
                if (!g_str_equal(verbs[undo].name, verb))
                        continue;

                (void) remedy_check(model, check, undo, &failure);
                *ret = (CanAnswer){ .action = ACTION_HOST_FIX, .reason = failure.code, .name = check->id };
                return 1;
        }

        return 0;
}
