/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "auth.h"
#include "common/error.h"
#include "job.h"

/*
 * One method call that needs a right, on its way through the house:
 *
 *   the method's handler parses and validates, then  call_begin()
 *   polkit is asked; nothing has changed yet
 *   authorized() looks its object up again, and ends the call: with an answer (call_reply()), with an error
 *   (call_fail()), or by making it a job (call_begin_job()), which answers from then on. It may also keep
 * the call and end it later.
 *
 * A call whose caller leaves the bus meanwhile is dropped without a trace. What is denied is recorded in the
 * journal.
 */
typedef struct Call Call;

struct Services;

typedef struct CallInfo {
        const char *verb;   /* "start": polkit detail, job operation and journal field; static */
        const char *action; /* polkit action; static; NULL: everybody may, but who it is is wanted */
        const char *object; /* path; copied; or NULL */
        const char *name;   /* of the object, for people and polkit's rules; copied; or NULL */
        const char *uuid;   /* of the object, for polkit's rules; copied; or NULL */
        bool record;        /* write its end into the journal; a job writes its own */

        /* Main thread. Ends the call, now or later. */
        void (*authorized)(Call *call, void *arguments);

        void *arguments; /* owned by the call once call_begin() succeeded */
        void (*arguments_free)(void *arguments);
} CallInfo;

/* Fails with the errors of auth_check(), or of the bus. Returns 1, as a method's handler does whose answer
 * comes later. */
int call_begin(const struct Services *services, sd_bus_message *message, const CallInfo *info,
               Failure *failure);

/* Asks for one more right, of a call that has been authorized; authorized is called instead of the first
 * one. On failure the call is still there, to be ended by call_fail(). */
int call_authorize(Call *call, const char *action, void (*authorized)(Call *call, void *arguments),
                   Failure *failure);

/* Ends the call with an answer of these types and values. */
void call_reply(Call *call, const char *types, ...);

/* The same in two steps, for an answer that is made piece by piece; result: less than 0 if that failed. */
int call_new_reply(Call *call, sd_bus_message **ret);
void call_send_reply(Call *call, int result, sd_bus_message *reply);

/* Ends the call without an answer: the agent stops. */
void call_drop(Call *call);

/* Ends the call with an error. */
void call_fail(Call *call, const Failure *failure);

/* Makes the call a job, and ends it if that succeeds. Else the call is still there, to be ended by
 * call_fail(). cancel: see job_set_cancel(); may be NULL. */
int call_begin_job(Call *call, JobAnswer answer, job_cancel_t cancel, void *cancel_userdata, Job **ret,
                   Failure *failure);

/* Answers a message that did not become a call with an error. */
void call_refuse(sd_bus_message *message, const Failure *failure);

const struct Services *call_services(const Call *call);
const char *call_object(const Call *call);
const char *call_sender(const Call *call); /* unique name of the connection */
const char *call_name(const Call *call);   /* what polkit was told; "" if nothing */

/* Tells what the object is, once it is known: before call_authorize(). */
void call_describe(Call *call, const char *name, const char *uuid);
const Caller *call_caller(const Call *call);
