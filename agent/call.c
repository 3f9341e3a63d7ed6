/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "call.h"

#include <errno.h>
#include <stdarg.h>

#include "audit.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "plugin.h"

struct Call {
        const Services *services;
        sd_bus_message *message;
        CallInfo info; /* its strings are ours, but for the static ones */
        Caller *caller;
};

static Call *call_free(Call *call) {
        if (call->info.arguments_free)
                call->info.arguments_free(call->info.arguments);
        g_free((char *) call->info.object);
        g_free((char *) call->info.name);
        g_free((char *) call->info.uuid);
        caller_unref(call->caller);
        sd_bus_message_unref(call->message);
        g_free(call);
        return NULL;
}

static void call_record(const Call *call, const char *result, const Failure *failure) {
        audit_write(&(AuditRecord){
                        .caller = call->caller,
                        .verb = call->info.verb,
                        .object = call->info.object,
                        .name = call->info.name,
                        .result = result,
                        .failure = failure,
        });
}

static void call_on_authorized(void *userdata, int result, Caller *caller, Failure *failure) {
        Call *call = userdata;

        if (result == -ECONNRESET) {
                call_free(call);
                return;
        }

        if (caller)
                call->caller = caller_ref(caller);

        if (result < 0) {
                call_record(call, "denied", failure);
                call->info.record = false;
                call_fail(call, failure);
                return;
        }

        call->info.authorized(call, call->info.arguments);
}

static int call_check(Call *call, Failure *failure) {
        const char *details[] = {
                "verb", call->info.verb, "name", call->info.name ?: "", "uuid", call->info.uuid ?: "", NULL,
        };

        return auth_check(call->services->auth, call->message, call->info.action, details,
                          call_on_authorized, call, failure);
}

int call_authorize(Call *call, const char *action, void (*authorized)(Call *call, void *arguments),
                   Failure *failure) {
        call->caller = caller_unref(call->caller);
        call->info.action = action;
        call->info.authorized = authorized;
        return call_check(call, failure);
}

int call_begin(const Services *services, sd_bus_message *message, const CallInfo *info, Failure *failure) {
        Call *call = g_new(Call, 1);
        int r;

        *call = (Call){ .services = services, .message = sd_bus_message_ref(message), .info = *info };
        call->info.object = g_strdup(info->object);
        call->info.name = g_strdup(info->name);
        call->info.uuid = g_strdup(info->uuid);

        r = call_check(call, failure);
        if (r < 0) {
                call->info.arguments_free = NULL; /* the arguments remain the caller's */
                call_free(call);
                return r;
        }

        return 1;
}

int call_new_reply(Call *call, sd_bus_message **ret) {
        return sd_bus_message_new_method_return(call->message, ret);
}

void call_send_reply(Call *call, int result, sd_bus_message *reply) {
        int r = result;

        if (call->info.record)
                call_record(call, "done", /* failure= */ NULL);
        if (r >= 0)
                r = sd_bus_send(sd_bus_message_get_bus(call->message), reply, NULL);
        if (r < 0)
                (void) sd_bus_reply_method_errno(call->message, r, NULL);

        call_free(call);
}

void call_reply(Call *call, const char *types, ...) {
        g_autoptr(sd_bus_message) reply = NULL;
        va_list values;
        int r;

        va_start(values, types);
        r = call_new_reply(call, &reply);
        if (r >= 0 && types)
                r = sd_bus_message_appendv(reply, types, values);
        va_end(values);

        call_send_reply(call, r, reply);
}

void call_drop(Call *call) {
        call_free(call);
}

void call_refuse(sd_bus_message *message, const Failure *failure) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

        (void) failure_to_bus(failure, &error);
        (void) sd_bus_reply_method_error(message, &error);
}

void call_fail(Call *call, const Failure *failure) {
        if (call->info.record)
                call_record(call, "failed", failure);
        call_refuse(call->message, failure);
        call_free(call);
}

int call_begin_job(Call *call, JobAnswer answer, job_cancel_t cancel, void *cancel_userdata, Job **ret,
                   Failure *failure) {
        JobInfo info = {
                .operation = call->info.verb,
                .action = call->info.action,
                .object = call->info.object,
                .name = call->info.name,
                .uuid = call->info.uuid,
                .caller = call->caller,
                .message = call->message,
                .answer = answer,
                .cancel = cancel,
                .cancel_userdata = cancel_userdata,
        };
        int r;

        r = job_begin(call->services->jobs, &info, ret, failure);
        if (r < 0)
                return r;

        call_free(call);
        return 0;
}

const Services *call_services(const Call *call) {
        return call->services;
}

const char *call_object(const Call *call) {
        return call->info.object;
}

const char *call_sender(const Call *call) {
        return sd_bus_message_get_sender(call->message);
}

const char *call_name(const Call *call) {
        return call->info.name ?: "";
}

void call_describe(Call *call, const char *name, const char *uuid) {
        g_free((char *) call->info.name);
        g_free((char *) call->info.uuid);
        call->info.name = g_strdup(name);
        call->info.uuid = g_strdup(uuid);
}

const Caller *call_caller(const Call *call) {
        return call->caller;
}
