/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/user-count.h"
#include "peer.h"

/* The bus allows a connection 128 calls that wait for their answer, if not configured otherwise: these must
 * be far less together. What waits to be identified costs the bus nothing. */
#define IDENTIFYING_MAX 24U
#define QUESTIONS_MAX 80U
#define QUESTIONS_PER_USER_MAX 16U
#define WAITING_PER_CONNECTION_MAX 64U

/* systemd answers at once, or is busy: then the unit is not worth waiting for. */
#define UNIT_TIMEOUT_USEC (1 * G_TIME_SPAN_SECOND)

/* Flag of CheckAuthorization: polkit may ask the user. */
#define POLKIT_ALLOW_USER_INTERACTION 1U

struct Auth {
        sd_bus *bus;
        bool user_session, stopping;
        GHashTable *checks;     /* set of AuthCheck */
        GQueue waiting;         /* of AuthCheck: to be identified */
        unsigned n_identifying; /* after that: the bus and systemd are asked who it is */
        unsigned n_questions;   /* after that: polkit is asked */
        UserCount *questions;
        sd_event_source *deferred; /* begins to identify */
        uint64_t last_cancellation;
};

typedef enum CheckStage {
        CHECK_WAITING,
        CHECK_IDENTIFYING,
        CHECK_ASKING,
        CHECK_ENDED,
} CheckStage;

typedef struct AuthCheck {
        Auth *auth;
        sd_bus_message *message;
        char *action;
        char **details;
        Caller *caller; /* NULL until the bus told its credentials */
        char *cancellation;
        CheckStage stage;
        sd_bus_slot *gone_slot, *question_slot; /* the question of the stage */
        auth_handler_t handler;
        void *userdata;
} AuthCheck;

Caller *caller_ref(Caller *caller) {
        caller->n_ref++;
        return caller;
}

Caller *caller_unref(Caller *caller) {
        if (!caller || --caller->n_ref > 0)
                return NULL;

        g_free(caller->unit);
        g_free(caller);
        return NULL;
}

static AuthCheck *check_free(AuthCheck *check) {
        sd_bus_slot_unref(check->gone_slot);
        sd_bus_slot_unref(check->question_slot);
        sd_bus_message_unref(check->message);
        caller_unref(check->caller);
        g_strfreev(check->details);
        g_free(check->cancellation);
        g_free(check->action);
        g_free(check);
        return NULL;
}

static int auth_on_deferred(sd_event_source *source, void *userdata);

int auth_new(sd_bus *bus, bool user_session, Auth **ret) {
        g_autoptr(Auth) auth = g_new(Auth, 1);
        int r;

        *auth = (Auth){
                .bus = sd_bus_ref(bus),
                .user_session = user_session,
                .checks = g_hash_table_new(NULL, NULL),
                .questions = user_count_new(QUESTIONS_PER_USER_MAX),
        };
        g_queue_init(&auth->waiting);

        r = sd_event_add_defer(sd_bus_get_event(bus), &auth->deferred, auth_on_deferred, auth);
        if (r < 0)
                return r;

        (void) sd_event_source_set_enabled(auth->deferred, SD_EVENT_OFF);
        *ret = g_steal_pointer(&auth);
        return 0;
}

static void auth_identify_next(Auth *auth);

/* Moves a check on to a stage, and keeps the counts of both. */
static void check_enter(AuthCheck *check, CheckStage stage) {
        Auth *auth = check->auth;

        check->question_slot = sd_bus_slot_unref(check->question_slot);

        if (check->stage == CHECK_WAITING)
                g_queue_remove(&auth->waiting, check);
        else if (check->stage == CHECK_IDENTIFYING)
                auth->n_identifying--;
        else if (check->stage == CHECK_ASKING) {
                auth->n_questions--;
                user_count_give_back(auth->questions, check->caller->uid);
        }

        check->stage = stage;
        if (stage == CHECK_IDENTIFYING)
                auth->n_identifying++;
        else if (stage == CHECK_ASKING)
                auth->n_questions++;
}

/* Answers and forgets the check. */
static void check_end(AuthCheck *check, int result, Failure *failure) {
        Auth *auth = check->auth;

        check_enter(check, CHECK_ENDED);
        g_hash_table_remove(auth->checks, check);
        check->handler(check->userdata, result, check->caller, failure);
        check_free(check);
        auth_identify_next(auth);
}

static void check_gone(AuthCheck *check) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_CANCELED, "The caller left the bus.");
        check_end(check, -ECONNRESET, &failure);
}

static void check_fail(AuthCheck *check, int error, const char *what) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_FAILED, "%s: %s", what, g_strerror(-error));
        check_end(check, error, &failure);
}

Auth *auth_free(Auth *auth) {
        GHashTableIter i;
        gpointer check;

        if (!auth)
                return NULL;

        auth->stopping = true;
        for (;;) {
                g_auto(Failure) failure = { 0 };

                g_hash_table_iter_init(&i, auth->checks);
                if (!g_hash_table_iter_next(&i, &check, NULL))
                        break;

                (void) failure_set(&failure, ERROR_CANCELED, "The agent stops.");
                check_end(check, -ECONNRESET, &failure);
        }

        sd_event_source_disable_unref(auth->deferred);
        user_count_free(auth->questions);
        g_hash_table_unref(auth->checks);
        sd_bus_unref(auth->bus);
        g_free(auth);
        return NULL;
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

static void check_pass(AuthCheck *check) {
        g_auto(Failure) none = { 0 };
        check_end(check, 0, &none);
}

static void check_cancel_polkit(AuthCheck *check) {
        int r;

        if (!check->cancellation)
                return;

        r = sd_bus_call_method_async(check->auth->bus, NULL, "org.freedesktop.PolicyKit1",
                                     "/org/freedesktop/PolicyKit1/Authority",
                                     "org.freedesktop.PolicyKit1.Authority", "CancelCheckAuthorization",
                                     NULL, NULL, "s", check->cancellation);
        if (r < 0)
                log_warning("Cannot cancel a question to polkit, ignoring: %s", g_strerror(-r));
}

static int check_on_gone(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        AuthCheck *check = userdata;

        if (!peer_left(m))
                return 0;

        check_cancel_polkit(check);
        check_gone(check);
        return 0;
}

static int check_on_match_installed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        AuthCheck *check = userdata;
        g_auto(Failure) failure = { 0 };
        int r;

        if (!sd_bus_message_is_method_error(m, NULL))
                return 0;

        r = failure_set(&failure, ERROR_LIMITS_EXCEEDED, "The bus refuses to watch the caller: %s",
                        sd_bus_message_get_error(m)->message);
        check_end(check, r, &failure);
        return 0;
}

static int check_on_polkit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        AuthCheck *check = userdata;
        int authorized, challenge, r;

        if (sd_bus_message_is_method_error(m, NULL)) {
                const sd_bus_error *e = sd_bus_message_get_error(m);
                g_auto(Failure) failure = { 0 };

                r = failure_set(&failure, ERROR_ACCESS_DENIED, "polkit cannot be asked for %s: %s",
                                check->action, e->message);
                check_end(check, r, &failure);
                return 0;
        }

        r = sd_bus_message_enter_container(m, 'r', "bba{ss}");
        if (r >= 0)
                r = sd_bus_message_read(m, "bb", &authorized, &challenge);
        if (r < 0) {
                log_warning("Cannot read polkit's answer: %s", g_strerror(-r));
                check_deny(check, ERROR_ACCESS_DENIED);
                return 0;
        }

        if (authorized)
                check_pass(check);
        else if (challenge && !sd_bus_message_get_allow_interactive_authorization(check->message))
                check_deny(check, ERROR_AUTHORIZATION_REQUIRED);
        else
                check_deny(check, ERROR_ACCESS_DENIED);
        return 0;
}

static int check_append_details(const AuthCheck *check, sd_bus_message *question) {
        int r;

        r = sd_bus_message_open_container(question, 'a', "{ss}");
        if (r < 0)
                return r;

        for (char **d = check->details; d[0] && d[1]; d += 2) {
                r = sd_bus_message_append(question, "{ss}", d[0], d[1]);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(question);
}

static int check_ask_polkit(AuthCheck *check) {
        g_autoptr(sd_bus_message) question = NULL;
        bool interactive = sd_bus_message_get_allow_interactive_authorization(check->message) > 0;
        g_autofree char *cancellation = NULL;
        int r;

        r = sd_bus_message_new_method_call(check->auth->bus, &question, "org.freedesktop.PolicyKit1",
                                           "/org/freedesktop/PolicyKit1/Authority",
                                           "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
        if (r < 0)
                return r;

        r = sd_bus_message_append(question, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                  sd_bus_message_get_sender(check->message), check->action);
        if (r < 0)
                return r;

        r = check_append_details(check, question);
        if (r < 0)
                return r;

        cancellation = g_strdup_printf("hatago-%" PRIu64, ++check->auth->last_cancellation);
        r = sd_bus_message_append(question, "us", interactive ? POLKIT_ALLOW_USER_INTERACTION : 0,
                                  cancellation);
        if (r < 0)
                return r;

        /* A person may take as long as they like to type a password. */
        r = sd_bus_call_async(check->auth->bus, &check->question_slot, question, check_on_polkit, check,
                              interactive ? UINT64_MAX : 0);
        if (r < 0)
                return r;

        check->cancellation = g_steal_pointer(&cancellation);
        return 0;
}

/*
 * The caller
 */

/* It is known who calls: goes on to whether they may. */
static void check_identified(AuthCheck *check) {
        Auth *auth = check->auth;
        uid_t uid = check->caller->uid;
        g_auto(Failure) failure = { 0 };
        int r;

        if (auth->user_session ? uid == getuid() : uid == 0 || !check->action) {
                check_pass(check);
                return;
        }
        if (auth->user_session) {
                check_deny(check, ERROR_ACCESS_DENIED);
                return;
        }

        if (auth->n_questions >= QUESTIONS_MAX || !user_count_take(auth->questions, uid)) {
                r = failure_set(&failure, ERROR_LIMITS_EXCEEDED,
                                "Too many calls, of user %u or in all, wait for polkit's answer already.",
                                (unsigned) uid);
                check_end(check, r, &failure);
                return;
        }

        check_enter(check, CHECK_ASKING);
        r = check_ask_polkit(check);
        if (r < 0)
                check_fail(check, r, "polkit cannot be asked");
        else
                auth_identify_next(auth);
}

static int check_on_unit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        AuthCheck *check = userdata;
        g_autofree char *unit = NULL;
        const char *path;

        if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "o", &path) >= 0 &&
            sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &unit) > 0)
                check->caller->unit = g_strdup(unit);

        check_identified(check);
        return 0;
}

/* Asks systemd for the caller's unit, for the record of what comes of the call. */
static int check_ask_unit(AuthCheck *check) {
        g_autoptr(sd_bus_message) question = NULL;
        int r;

        r = sd_bus_message_new_method_call(check->auth->bus, &question, "org.freedesktop.systemd1",
                                           "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                                           "GetUnitByPID");
        if (r >= 0)
                r = sd_bus_message_append(question, "u", (uint32_t) check->caller->pid);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(question, false);
        if (r < 0)
                return r;

        check->question_slot = sd_bus_slot_unref(check->question_slot);
        return sd_bus_call_async(check->auth->bus, &check->question_slot, question, check_on_unit, check,
                                 UNIT_TIMEOUT_USEC);
}

static int credentials_read(sd_bus_message *m, uid_t *ret_uid, pid_t *ret_pid) {
        bool found = false;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key;
                uint32_t number;

                r = sd_bus_message_read(m, "s", &key);
                if (r < 0)
                        return r;

                if (g_str_equal(key, "UnixUserID") || g_str_equal(key, "ProcessID")) {
                        r = sd_bus_message_read(m, "v", "u", &number);
                        if (r >= 0 && g_str_equal(key, "UnixUserID")) {
                                *ret_uid = number;
                                found = true;
                        } else if (r >= 0)
                                *ret_pid = number;
                } else
                        r = sd_bus_message_skip(m, "v");
                if (r < 0)
                        return r;

                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }

        return r < 0 ? r : found ? 0 : -ENODATA;
}

static int check_on_credentials(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        AuthCheck *check = userdata;
        uid_t uid = (uid_t) -1;
        pid_t pid = 0;
        int r;

        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
                check_gone(check);
                return 0;
        }

        r = sd_bus_message_is_method_error(m, NULL) ? -sd_bus_message_get_errno(m)
                                                    : credentials_read(m, &uid, &pid);
        if (r < 0) {
                check_fail(check, r, "The bus does not say who calls");
                return 0;
        }

        check->caller = g_new(Caller, 1);
        *check->caller = (Caller){ .n_ref = 1, .uid = uid, .pid = pid };

        if (pid == 0 || check->auth->user_session || check_ask_unit(check) < 0)
                check_identified(check);
        return 0;
}

/* The bus works on our calls in turn: whoever leaves after the match is seen to leave, whoever left before
 * has no credentials. */
static int check_identify(AuthCheck *check) {
        const char *sender = sd_bus_message_get_sender(check->message);
        int r;

        r = peer_watch(check->auth->bus, sender, check_on_gone, check_on_match_installed, check,
                       &check->gone_slot);
        if (r < 0)
                return r;

        return sd_bus_call_method_async(check->auth->bus, &check->question_slot, "org.freedesktop.DBus",
                                        "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "GetConnectionCredentials", check_on_credentials, check, "s",
                                        sender);
}

static void auth_identify_next(Auth *auth) {
        while (!auth->stopping && auth->n_identifying < IDENTIFYING_MAX && auth->waiting.head) {
                AuthCheck *check = auth->waiting.head->data;
                int r;

                check_enter(check, CHECK_IDENTIFYING);
                r = check_identify(check);
                if (r < 0)
                        check_fail(check, r, "The bus cannot be asked who calls");
        }
}

static unsigned auth_count_waiting(const Auth *auth, const char *sender) {
        unsigned n = 0;

        for (GList *l = auth->waiting.head; l; l = l->next)
                if (g_str_equal(sd_bus_message_get_sender(((AuthCheck *) l->data)->message), sender))
                        n++;

        return n;
}

static int auth_on_deferred(sd_event_source *source, void *userdata) {
        auth_identify_next(userdata);
        return 0;
}

int auth_check(Auth *auth, sd_bus_message *message, const char *action, const char *const *details,
               auth_handler_t handler, void *userdata, Failure *failure) {
        const char *sender = sd_bus_message_get_sender(message);
        AuthCheck *check;

        if (!sender)
                return failure_set(failure, ERROR_ACCESS_DENIED, "The message has no sender.");
        if (auth_count_waiting(auth, sender) >= WAITING_PER_CONNECTION_MAX)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                   "%u calls of this connection wait already.", WAITING_PER_CONNECTION_MAX);

        check = g_new(AuthCheck, 1);
        *check = (AuthCheck){
                .auth = auth,
                .message = sd_bus_message_ref(message),
                .action = g_strdup(action),
                .details = g_strdupv((char **) details),
                .handler = handler,
                .userdata = userdata,
        };
        g_hash_table_add(auth->checks, check);
        g_queue_push_tail(&auth->waiting, check);

        /* From the event loop: the handler must not be called from within this. */
        (void) sd_event_source_set_enabled(auth->deferred, SD_EVENT_ONESHOT);
        return 0;
}
