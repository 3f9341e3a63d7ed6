/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "caller.h"
#include "common/error.h"

/*
 * Who calls, and whether they may.
 *
 * The bus is asked for the caller's credentials, then polkit whether the caller (by the name on the bus,
 * never by what a caller says of itself) may do the action. All of it is asynchronous. Root passes without a
 * question: polkit is the first to go at shutdown. On the bus of a user's session, that user passes and
 * nobody else.
 */
typedef struct Auth Auth;

/*
 * The answer, once, and never from within auth_check(). result is 0; -EACCES (AccessDenied, or
 * InteractiveAuthorizationRequired where a password would help and the message did not allow to ask for
 * one); -ENOBUFS (LimitsExceeded: 16 questions to polkit for this user, or 80 in all, wait for their
 * answer); -ECONNRESET when the caller left the bus: there is nobody to answer; or an errno of sd-bus
 * (Failed). caller is NULL if not known.
 */
typedef void (*auth_handler_t)(void *userdata, int result, Caller *caller, Failure *failure);

/* user_session: the bus is that of a user's session. */
int auth_new(sd_bus *bus, bool user_session, Auth **ret);
Auth *auth_free(Auth *auth); /* ends what is under way with -ECONNRESET; NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Auth, auth_free)

/*
 * Asks whether the sender of message may do action. details: keys and values in turn, for the rules of the
 * administrator and the text of the question; ends with NULL; copied. action NULL: only who it is; the
 * answer is yes. Fails with -ENOBUFS (LimitsExceeded: 64 calls of this connection wait to be identified) or
 * the errno of sd-bus; handler is not called then.
 */
int auth_check(Auth *auth, sd_bus_message *message, const char *action, const char *const *details,
               auth_handler_t handler, void *userdata, Failure *failure);

typedef enum AuthAnswer {
        AUTH_YES,
        AUTH_PASSWORD, /* not without one */
        AUTH_NO,
} AuthAnswer;

/* The answer to auth_ask(), once, and never from within it; result is 0, or -ECONNRESET when the agent
 * stops.
 */
typedef void (*auth_answer_handler_t)(void *userdata, int result, AuthAnswer answer);

/* Asks what would become of auth_check() for a caller who is identified already: no one is asked for a
 * password. Returns 1 with the answer if it is known at once, 0 if handler will be called, -ENOBUFS
 * (LimitsExceeded, as above) or the errno of sd-bus. */
int auth_ask(Auth *auth, const char *sender, const Caller *caller, const char *action,
             const char *const *details, auth_answer_handler_t handler, void *userdata, AuthAnswer *ret,
             Failure *failure);
