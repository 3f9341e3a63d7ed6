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

typedef struct FixVerb {
        const char *name;
        const char *unit; /* what its name begins with, before the check's id */
} FixVerb;

static const FixVerb verbs[] = {
        [false] = { "fix", "hatago-fix@" },
        [true] = { "undo-fix", "hatago-fix@undo:" },
};

/* A call of Fix, then its job. */
typedef struct FixCall {
        HostModel *model;
        char *path; /* of the check */
        bool undo;
        char *id; /* of the check, once it has begun; it is the key in model->remedies */
        Job *job;
        int result;
        Failure failure;
} FixCall;

static const Option options[] = {
        { "undo", OPTION_BOOL, offsetof(FixCall, undo) },
        {},
};

static void fix_free(void *p) {
        FixCall *fix = p;

        failure_done(&fix->failure);
        g_free(fix->path);
        g_free(fix->id);
        g_free(fix);
}

/* Whether it could begin now. */
static int fix_check(const HostModel *model, const HostCheck *check, bool undo, Failure *failure) {
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
static void fix_on_probed(void *userdata, int unused, const Failure *none) {
        FixCall *fix = userdata;
        JobResult result = fix->result == 0            ? JOB_DONE
                           : fix->result == -ETIMEDOUT ? JOB_TIMEOUT
                           : fix->result == -ECANCELED ? JOB_CANCELED
                                                       : JOB_FAILED;

        (void) g_hash_table_remove(fix->model->remedies, fix->id);
        job_end(fix->job, result, &fix->failure);
        fix_free(fix);
}

static void fix_on_done(void *userdata, int result, Failure *failure) {
        FixCall *fix = userdata;

        fix->result = result;
        failure_move(&fix->failure, failure);
        if (result == -ECANCELED)
                fix_on_probed(fix, result, failure);
        else
                probe_runs_ask(fix->model->runs, /* at_once= */ true, fix_on_probed, fix);
}

/* The call's arguments are copied: they end with it. */
static int fix_begin(const FixCall *arguments, Call *call, Failure *failure) {
        HostModel *model = arguments->model;
        const HostCheck *check = host_model_find(model, arguments->path);
        g_autofree char *unit = NULL;
        FixCall *fix;
        bool undo = arguments->undo;
        Job *job;
        int r;

        if (!check)
                return failure_set(failure, ERROR_NO_SUCH_CHECK, "The check is not there any more.");
        r = fix_check(model, check, undo, failure);
        if (r < 0)
                return r;
        r = call_begin_job(call, JOB_ANSWER_EMPTY, /* cancel= */ NULL, /* cancel_userdata= */ NULL, &job,
                           failure);
        if (r < 0)
                return r;

        fix = g_new(FixCall, 1);
        *fix = (FixCall){ .model = model, .id = g_strdup(check->id), .job = job };
        g_hash_table_insert(model->remedies, fix->id, fix);
        unit = g_strconcat(verbs[undo].unit, check->id, ".service", NULL);
        unit_runner_order(model->services->units, &(UnitOrder){ .unit = unit,
                                                                .failed = ERROR_FIX_FAILED,
                                                                .patience = PATIENCE,
                                                                .forget_failure = true,
                                                                .done = fix_on_done,
                                                                .userdata = fix });
        return 0;
}

static void fix_authorized(Call *call, void *arguments) {
        g_auto(Failure) failure = { 0 };

        if (fix_begin(arguments, call, &failure) < 0)
                call_fail(call, &failure);
}

int host_check_fix_on_call(HostModel *model, const HostCheck *check, sd_bus_message *message,
                           Failure *failure) {
        FixCall *fix = g_new(FixCall, 1);
        CallInfo info = {
                .action = ACTION_HOST_FIX,
                .object = check->path,
                .name = check->id,
                .record = true,
                .authorized = fix_authorized,
                .arguments = fix,
                .arguments_free = fix_free,
        };
        int r;

        *fix = (FixCall){ .model = model, .path = g_strdup(check->path) };
        r = options_read(message, options, fix, failure);
        if (r >= 0 && model->services->user_session)
                r = fix_check(model, check, fix->undo, failure);
        if (r >= 0) {
                info.verb = verbs[fix->undo].name;
                r = call_begin(model->services, message, &info, failure);
        }
        if (r < 0)
                fix_free(fix);
        return r;
}

int host_check_can(const HostModel *model, const HostCheck *check, const char *verb, CanAnswer *ret) {
        g_auto(Failure) failure = { 0 };

        for (size_t undo = 0; undo < G_N_ELEMENTS(verbs); undo++) {
                if (!g_str_equal(verbs[undo].name, verb))
                        continue;

                (void) fix_check(model, check, undo, &failure);
                *ret = (CanAnswer){ .action = ACTION_HOST_FIX, .reason = failure.code, .name = check->id };
                return 1;
        }

        return 0;
}
