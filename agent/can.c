/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "can.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"
#include "common/text.h"
#include "plugin-loader.h"

#define VERBS_MAX 64U

/* One call: its verbs are worked through in turn, each with one question to polkit at most. */
typedef struct Can {
        Manager *manager;
        char *object;
        char **verbs;
        const char *answers[VERBS_MAX]; /* static */
        unsigned n_answers;
        Call *call;
} Can;

static void can_free(void *data) {
        Can *can = data;

        g_free(can->object);
        g_strfreev(can->verbs);
        g_free(can);
}

/* Whoever began a job may cancel it; others need the right that it was begun with. */
static int look_job(const Can *can, const char *verb, CanAnswer *ret, Failure *failure) {
        const Job *job = jobs_find(manager_services(can->manager)->jobs, can->object);
        bool own = job && can->call && job_uid(job) == call_caller(can->call)->uid;

        if (!job)
                return failure_set(failure, ERROR_NO_SUCH_JOB, "There is no job %s.", can->object);
        if (!g_str_equal(verb, "cancel"))
                return 0;

        *ret = (CanAnswer){
                .action = own ? NULL : job_action(job),
                .reason = job_facts(job).cancelable ? ERROR_NONE : ERROR_JOB_NOT_CANCELABLE,
                .name = job_name(job),
                .uuid = job_uuid(job),
        };
        return 1;
}

static int look_plugins(const Can *can, const char *verb, CanAnswer *ret, Failure *failure) {
        const GArray *plugins = manager_plugins(can->manager);

        for (guint i = 0; i < plugins->len; i++) {
                const Plugin *plugin = &g_array_index(plugins, Plugin, i);
                int r;

                if (!plugin->descriptor->can)
                        continue;

                r = plugin->descriptor->can(plugin->instance, can->object, verb, ret, failure);
                if (r != 0)
                        return r;
        }

        return 0;
}

/* What the verb needs, and whether the object's state lets it happen. */
static int can_look(const Can *can, const char *verb, CanAnswer *ret, Failure *failure) {
        g_autofree char *printable = NULL;
        int r;

        r = g_str_has_prefix(can->object, PATH_JOBS "/") ? look_job(can, verb, ret, failure)
                                                         : look_plugins(can, verb, ret, failure);
        if (r != 0)
                return r;

        printable = text_printable(verb);
        return failure_set(failure, ERROR_INVALID_ARGUMENT, "%s has no verb \"%s\".", can->object,
                           printable);
}

static const char *reason_name(ErrorCode code) {
        return error_code_to_bus_name(code) + strlen(ERROR_PREFIX);
}

/* Takes down the answer to the next verb. The right comes before the state, as in the verb itself. */
static int can_take(Can *can, AuthAnswer answer, Failure *failure) {
        CanAnswer look;
        int r;

        /* Again: things may have changed while polkit thought. */
        r = can_look(can, can->verbs[can->n_answers], &look, failure);
        if (r < 0)
                return r;

        can->answers[can->n_answers++] = answer == AUTH_NO           ? "no"
                                         : look.reason != ERROR_NONE ? reason_name(look.reason)
                                         : answer == AUTH_PASSWORD   ? "auth"
                                                                     : "yes";
        return 0;
}

static void can_reply(Can *can) {
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        r = call_new_reply(can->call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{ss}");
        for (unsigned i = 0; r >= 0 && i < can->n_answers; i++)
                r = sd_bus_message_append(reply, "{ss}", can->verbs[i], can->answers[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        call_send_reply(can->call, r, reply);
}

static void can_on_answer(void *userdata, int result, AuthAnswer answer);

/* Whether the caller may do the next verb: 1 and the answer, or 0 when it comes later. */
static int can_ask(Can *can, AuthAnswer *ret, Failure *failure) {
        const char *verb = can->verbs[can->n_answers];
        CanAnswer look;
        int r;

        r = can_look(can, verb, &look, failure);
        if (r < 0)
                return r;

        if (!look.action) {
                *ret = AUTH_YES;
                return 1;
        }

        const char *details[] = { "verb", verb, "name", look.name ?: "", "uuid", look.uuid ?: "", NULL };
        return auth_ask(manager_services(can->manager)->auth, call_sender(can->call), call_caller(can->call),
                        look.action, details, can_on_answer, can, ret, failure);
}

static void can_go_on(Can *can) {
        g_auto(Failure) failure = { 0 };
        AuthAnswer answer;
        int r;

        while (can->verbs[can->n_answers]) {
                r = can_ask(can, &answer, &failure);
                if (r == 0)
                        return;
                if (r > 0)
                        r = can_take(can, answer, &failure);
                if (r < 0) {
                        call_fail(can->call, &failure);
                        return;
                }
        }

        can_reply(can);
}

static void can_on_answer(void *userdata, int result, AuthAnswer answer) {
        Can *can = userdata;
        g_auto(Failure) failure = { 0 };

        if (result < 0)
                call_drop(can->call);
        else if (can_take(can, answer, &failure) < 0)
                call_fail(can->call, &failure);
        else
                can_go_on(can);
}

static void can_on_identified(Call *call, void *arguments) {
        Can *can = arguments;

        can->call = call;
        can_go_on(can);
}

/* Before anything is asked: all that needs no answer of anybody. */
static int can_check(const Can *can, Failure *failure) {
        CanAnswer unused;
        int r;

        if (g_strv_length(can->verbs) > VERBS_MAX)
                return failure_set(failure, ERROR_INVALID_ARGUMENT, "More than %u verbs.", VERBS_MAX);

        for (char **verb = can->verbs; *verb; verb++) {
                r = can_look(can, *verb, &unused, failure);
                if (r < 0)
                        return r;

                for (char **other = can->verbs; other < verb; other++)
                        if (g_str_equal(*other, *verb))
                                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                                   "Verb \"%s\" is given twice.", *verb);
        }

        return 0;
}

int can_begin(Manager *manager, sd_bus_message *message, const char *object, char **verbs,
              Failure *failure) {
        Can *can = g_new0(Can, 1);
        const CallInfo info = {
                .verb = "can",
                .object = object,
                .authorized = can_on_identified,
                .arguments = can,
                .arguments_free = can_free,
        };
        int r;

        can->manager = manager;
        can->object = g_strdup(object);
        can->verbs = verbs ? g_strdupv(verbs) : g_new0(char *, 1);

        r = can_check(can, failure);
        if (r >= 0)
                r = call_begin(manager_services(manager), message, &info, failure);
        if (r < 0)
                can_free(can);
        return r;
}
