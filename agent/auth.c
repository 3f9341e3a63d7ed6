/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth.h"

#include <errno.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "polkit.h"

struct Auth {
        bool user_session;
        Callers *callers;
        Polkit *polkit;
        GHashTable *checks; /* set of AuthCheck */
        GHashTable *asks;   /* set of AuthAsk */
};

typedef struct AuthCheck {
        Auth *auth;
        sd_bus_message *message;
        char *action;
        char **details;
        Visit *visit;
        Caller *caller;     /* NULL until it is known; the visit's */
        Question *question; /* NULL until polkit is asked */
        auth_handler_t handler;
        void *userdata;
} AuthCheck;

/* A question of auth_ask(). */
typedef struct AuthAsk {
        Auth *auth;
        Question *question;
        auth_answer_handler_t handler;
        void *userdata;
} AuthAsk;

int auth_new(sd_bus *bus, bool user_session, Auth **ret) {
        g_autoptr(Auth) auth = g_new0(Auth, 1);
        int r;

        auth->user_session = user_session;
        auth->checks = g_hash_table_new(NULL, NULL);
        auth->asks = g_hash_table_new(NULL, NULL);
        auth->polkit = polkit_new(bus);

        r = callers_new(bus, /* with_unit= */ !user_session, &auth->callers);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&auth);
        return 0;
}

/* Answers and forgets the check. */
static void check_end(AuthCheck *check, int result, Failure *failure) {
        g_hash_table_remove(check->auth->checks, check);
        check->handler(check->userdata, result, check->caller, failure);

        question_free(check->question);
        visit_free(check->visit);
        sd_bus_message_unref(check->message);
        g_strfreev(check->details);
        g_free(check->action);
        g_free(check);
}

static void ask_end(AuthAsk *ask, int result, AuthAnswer answer) {
        g_hash_table_remove(ask->auth->asks, ask);
        ask->handler(ask->userdata, result, answer);
        question_free(ask->question);
        g_free(ask);
}

static gpointer any_of(GHashTable *set) {
        GHashTableIter i;
        gpointer member = NULL;

        g_hash_table_iter_init(&i, set);
        (void) g_hash_table_iter_next(&i, &member, NULL);
        return member;
}

Auth *auth_free(Auth *auth) {
        gpointer member;

        if (!auth)
                return NULL;

        if (auth->callers)
                callers_stop(auth->callers);
        while ((member = any_of(auth->checks))) {
                g_auto(Failure) failure = { 0 };

                (void) failure_set(&failure, ERROR_CANCELED, "The agent stops.");
                check_end(member, -ECONNRESET, &failure);
        }
        while ((member = any_of(auth->asks)))
                ask_end(member, -ECONNRESET, AUTH_NO);

        callers_free(auth->callers);
        polkit_free(auth->polkit);
        g_hash_table_unref(auth->checks);
        g_hash_table_unref(auth->asks);
        g_free(auth);
        return NULL;
}

static void check_pass(AuthCheck *check) {
        g_auto(Failure) none = { 0 };
        check_end(check, 0, &none);
}

static void check_deny(AuthCheck *check, ErrorCode code) {
        g_auto(Failure) failure = { 0 };
        int r;

        if (code == ERROR_AUTHORIZATION_REQUIRED)
                r = failure_set(&failure, code, "Interactive authorization is required for %s.",
                                check->action);
        else
                r = failure_set(&failure, code, "Permission denied: %s.",
                                check->action ?: "this bus is another user's");
        check_end(check, r, &failure);
}

static void check_on_answer(void *userdata, PolkitAnswer answer, const char *text) {
        AuthCheck *check = userdata;
        g_auto(Failure) failure = { 0 };
        int r;

        if (answer == POLKIT_YES)
                check_pass(check);
        else if (answer == POLKIT_BROKEN) {
                r = failure_set(&failure, ERROR_ACCESS_DENIED, "polkit cannot be asked for %s: %s",
                                check->action, text);
                check_end(check, r, &failure);
        } else if (answer == POLKIT_PASSWORD &&
                   !sd_bus_message_get_allow_interactive_authorization(check->message))
                check_deny(check, ERROR_AUTHORIZATION_REQUIRED);
        else
                check_deny(check, ERROR_ACCESS_DENIED);
}

/* It is known who calls: goes on to whether they may. */
static void check_on_identified(void *userdata, Caller *caller) {
        AuthCheck *check = userdata;
        Auth *auth = check->auth;
        g_auto(Failure) failure = { 0 };
        int r;

        check->caller = caller;
        if (auth->user_session ? caller->uid == getuid() : caller->uid == 0 || !check->action) {
                check_pass(check);
                return;
        }
        if (auth->user_session) {
                check_deny(check, ERROR_ACCESS_DENIED);
                return;
        }

        const QuestionInfo question = {
                .subject = sd_bus_message_get_sender(check->message),
                .uid = caller->uid,
                .action = check->action,
                .details = (const char *const *) check->details,
                .interactive = sd_bus_message_get_allow_interactive_authorization(check->message) > 0,
        };
        r = question_new(auth->polkit, &question, check_on_answer, check, &check->question, &failure);
        if (r < 0)
                check_end(check, r, &failure);
}

static void check_on_failed(void *userdata, int result, Failure *failure) {
        check_end(userdata, result, failure);
}

static const VisitHandler check_handler = { .identified = check_on_identified, .failed = check_on_failed };

int auth_check(Auth *auth, sd_bus_message *message, const char *action, const char *const *details,
               auth_handler_t handler, void *userdata, Failure *failure) {
        AuthCheck *check = g_new(AuthCheck, 1);
        int r;

        *check = (AuthCheck){ .auth = auth, .handler = handler, .userdata = userdata };
        r = visit_new(auth->callers, message, &check_handler, check, &check->visit, failure);
        if (r < 0) {
                g_free(check);
                return r;
        }

        check->message = sd_bus_message_ref(message);
        check->action = g_strdup(action);
        check->details = g_strdupv((char **) details);
        g_hash_table_add(auth->checks, check);
        return 0;
}

static void ask_on_answer(void *userdata, PolkitAnswer answer, const char *text) {
        ask_end(userdata, 0,
                answer == POLKIT_YES        ? AUTH_YES
                : answer == POLKIT_PASSWORD ? AUTH_PASSWORD
                                            : AUTH_NO);
}

int auth_ask(Auth *auth, const char *sender, const Caller *caller, const char *action,
             const char *const *details, auth_answer_handler_t handler, void *userdata, AuthAnswer *ret,
             Failure *failure) {
        const QuestionInfo question = {
                .subject = sender,
                .uid = caller->uid,
                .action = action,
                .details = details,
        };
        AuthAsk *ask;
        int r;

        /* Of a user's session only that user gets as far as to be identified. */
        if (auth->user_session || caller->uid == 0) {
                *ret = AUTH_YES;
                return 1;
        }

        ask = g_new(AuthAsk, 1);
        *ask = (AuthAsk){ .auth = auth, .handler = handler, .userdata = userdata };
        r = question_new(auth->polkit, &question, ask_on_answer, ask, &ask->question, failure);
        if (r < 0) {
                g_free(ask);
                return r;
        }

        g_hash_table_add(auth->asks, ask);
        return 0;
}
