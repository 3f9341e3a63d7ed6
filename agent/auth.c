/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"

#define CHECKS_MAX 256U
#define CHECKS_PER_USER_MAX 64U

/* Flag of CheckAuthorization: polkit may ask the user. */
#define POLKIT_ALLOW_USER_INTERACTION 1U

struct Auth {
        sd_bus *bus;
        bool user_session;
        GHashTable *checks; /* set of AuthCheck */
        uint64_t last_cancellation;
};

struct AuthCheck {
        Auth *auth;
        sd_bus_message *message;
        char *action;
        char **details;
        Caller *caller; /* NULL until the bus told its credentials */
        char *cancellation;
        sd_bus_slot *gone_slot, *credentials_slot, *polkit_slot;
        auth_handler_t handler;
        void *userdata;
};

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
        sd_bus_slot_unref(check->credentials_slot);
        sd_bus_slot_unref(check->polkit_slot);
        sd_bus_message_unref(check->message);
        caller_unref(check->caller);
        g_strfreev(check->details);
        g_free(check->cancellation);
        g_free(check->action);
        g_free(check);
        return NULL;
}

int auth_new(sd_bus *bus, bool user_session, Auth **ret) {
        Auth *auth = g_new(Auth, 1);

        *auth = (Auth){
                .bus = sd_bus_ref(bus),
                .user_session = user_session,
                .checks = g_hash_table_new(NULL, NULL),
        };
        *ret = auth;
        return 0;
}

/* Answers and forgets the check. */
static void check_end(AuthCheck *check, int result, Failure *failure) {
        g_hash_table_remove(check->auth->checks, check);
        check->handler(check->userdata, result, check->caller, failure);
        check_free(check);
}

Auth *auth_free(Auth *auth) {
        GHashTableIter i;
        gpointer check;

        if (!auth)
                return NULL;

        for (;;) {
                g_auto(Failure) failure = { 0 };

                g_hash_table_iter_init(&i, auth->checks);
                if (!g_hash_table_iter_next(&i, &check, NULL))
                        break;

                (void) failure_set(&failure, ERROR_CANCELED, "The agent stops.");
                check_end(check, -ECONNRESET, &failure);
        }

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
        g_auto(Failure) failure = { 0 };
        const char *new_owner;
        int r;

        r = sd_bus_message_read(m, "sss", NULL, NULL, &new_owner);
        if (r < 0 || *new_owner)
                return 0;

        check_cancel_polkit(check);
        (void) failure_set(&failure, ERROR_CANCELED, "The caller left the bus.");
        check_end(check, -ECONNRESET, &failure);
        return 0;
}

/* sd-bus would leave the bus if a match is refused, were it not for this. */
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

                log_warning("polkit does not answer for %s: %s", check->action, e->message);
                check_deny(check, ERROR_ACCESS_DENIED);
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
        r = sd_bus_call_async(check->auth->bus, &check->polkit_slot, question, check_on_polkit, check,
                              interactive ? UINT64_MAX : 0);
        if (r < 0)
                return r;

        check->cancellation = g_steal_pointer(&cancellation);
        return 0;
}

/*
 * The caller
 */

static void caller_release(void *userdata) {
        caller_unref(userdata);
}

static int caller_on_unit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Caller *caller = userdata;
        g_autofree char *unit = NULL;
        const char *path;

        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "o", &path) < 0)
                return 0;

        if (sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &unit) > 0)
                caller->unit = g_strdup(unit);
        return 0;
}

/* Asks systemd for the unit; whoever records the caller later finds it, or not. */
static void caller_ask_unit(Caller *caller, sd_bus *bus) {
        g_autoptr(sd_bus_message) question = NULL;
        g_autoptr(sd_bus_slot) slot = NULL;

        if (caller->pid == 0)
                return;
        if (sd_bus_message_new_method_call(bus, &question, "org.freedesktop.systemd1",
                                           "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                                           "GetUnitByPID") < 0 ||
            sd_bus_message_append(question, "u", (uint32_t) caller->pid) < 0 ||
            sd_bus_message_set_auto_start(question, false) < 0 ||
            sd_bus_call_async(bus, &slot, question, caller_on_unit, caller, /* usec= */ 0) < 0)
                return;

        /* The slot lives until the answer comes, and the caller as long. */
        (void) caller_ref(caller);
        (void) sd_bus_slot_set_destroy_callback(slot, caller_release);
        (void) sd_bus_slot_set_floating(slot, true);
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

static unsigned auth_count_user(const Auth *auth, uid_t uid) {
        GHashTableIter i;
        gpointer check;
        unsigned n = 0;

        g_hash_table_iter_init(&i, auth->checks);
        while (g_hash_table_iter_next(&i, &check, NULL))
                if (((AuthCheck *) check)->caller && ((AuthCheck *) check)->caller->uid == uid)
                        n++;

        return n;
}

static int check_on_credentials(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        AuthCheck *check = userdata;
        uid_t uid = (uid_t) -1;
        pid_t pid = 0;

        if (sd_bus_message_is_method_error(m, NULL) || credentials_read(m, &uid, &pid) < 0) {
                g_auto(Failure) failure = { 0 };

                (void) failure_set(&failure, ERROR_CANCELED, "The caller left the bus.");
                check_end(check, -ECONNRESET, &failure);
                return 0;
        }

        check->caller = g_new(Caller, 1);
        *check->caller = (Caller){ .n_ref = 1, .uid = uid, .pid = pid };

        if (auth_count_user(check->auth, uid) > CHECKS_PER_USER_MAX) {
                g_auto(Failure) failure = { 0 };
                int r = failure_set(&failure, ERROR_LIMITS_EXCEEDED,
                                    "%u calls of user %u wait for their authorization already.",
                                    CHECKS_PER_USER_MAX, (unsigned) uid);

                check_end(check, r, &failure);
                return 0;
        }

        caller_ask_unit(check->caller, check->auth->bus);

        if (check->auth->user_session ? uid == getuid() : uid == 0 || !check->action)
                check_pass(check);
        else if (check->auth->user_session)
                check_deny(check, ERROR_ACCESS_DENIED);
        else if (check_ask_polkit(check) < 0)
                check_deny(check, ERROR_ACCESS_DENIED);

        return 0;
}

int auth_check(Auth *auth, sd_bus_message *message, const char *action, const char *const *details,
               auth_handler_t handler, void *userdata, Failure *failure) {
        const char *sender = sd_bus_message_get_sender(message);
        g_autofree char *match = NULL;
        AuthCheck *check;
        int r;

        if (!sender)
                return failure_set(failure, ERROR_ACCESS_DENIED, "The message has no sender.");
        if (g_hash_table_size(auth->checks) >= CHECKS_MAX)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                   "%u calls wait for their authorization already.", CHECKS_MAX);

        check = g_new(AuthCheck, 1);
        *check = (AuthCheck){
                .auth = auth,
                .message = sd_bus_message_ref(message),
                .action = g_strdup(action),
                .details = g_strdupv((char **) details),
                .handler = handler,
                .userdata = userdata,
        };

        /* The bus works on our calls in turn: whoever leaves after the match is seen to leave, whoever left
         * before has no credentials. */
        match = g_strdup_printf("type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                                sender);
        r = sd_bus_add_match_async(auth->bus, &check->gone_slot, match, check_on_gone,
                                   check_on_match_installed, check);
        if (r >= 0)
                r = sd_bus_call_method_async(auth->bus, &check->credentials_slot, "org.freedesktop.DBus",
                                             "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                             "GetConnectionCredentials", check_on_credentials, check, "s",
                                             sender);
        if (r < 0) {
                check_free(check);
                return failure_set(failure, ERROR_FAILED, "The bus cannot be asked who called: %s",
                                   g_strerror(-r));
        }

        g_hash_table_add(auth->checks, check);
        return 0;
}
