/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller.h"

#include <errno.h>

#include "common/cleanup.h"
#include "peer.h"

/* The bus allows a connection 128 calls that wait for their answer, if not configured otherwise: these must
 * be far less together with polkit's. What waits to be identified costs the bus nothing. */
#define IDENTIFYING_MAX 24U
#define WAITING_PER_CONNECTION_MAX 64U

/* systemd answers at once, or is busy: then the unit is not worth waiting for. */
#define UNIT_TIMEOUT_USEC (1 * G_TIME_SPAN_SECOND)

struct Callers {
        sd_bus *bus;
        bool with_unit, stopping;
        GQueue waiting;            /* of Visit */
        unsigned n_identifying;    /* after that: the bus and systemd are asked who it is */
        sd_event_source *deferred; /* begins to identify */
};

typedef enum VisitStage {
        VISIT_WAITING,
        VISIT_IDENTIFYING,
        VISIT_IDENTIFIED,
        VISIT_FAILED,
} VisitStage;

struct Visit {
        Callers *callers;
        char *sender;
        Caller *caller; /* NULL until the bus told its credentials */
        VisitStage stage;
        sd_bus_slot *gone_slot, *question_slot;
        const VisitHandler *handler;
        void *userdata;
};

Caller *caller_new(uid_t uid, const char *unit) {
        Caller *caller = g_new(Caller, 1);

        *caller = (Caller){ .n_ref = 1, .uid = uid, .unit = g_strdup(unit) };
        return caller;
}

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

static int callers_on_deferred(sd_event_source *source, void *userdata);

int callers_new(sd_bus *bus, bool with_unit, Callers **ret) {
        g_autoptr(Callers) callers = g_new(Callers, 1);
        int r;

        *callers = (Callers){ .bus = sd_bus_ref(bus), .with_unit = with_unit };
        g_queue_init(&callers->waiting);

        r = sd_event_add_defer(sd_bus_get_event(bus), &callers->deferred, callers_on_deferred, callers);
        if (r < 0)
                return r;

        (void) sd_event_source_set_enabled(callers->deferred, SD_EVENT_OFF);
        *ret = g_steal_pointer(&callers);
        return 0;
}

void callers_stop(Callers *callers) {
        callers->stopping = true;
}

Callers *callers_free(Callers *callers) {
        if (!callers)
                return NULL;

        g_assert(!callers->waiting.head && callers->n_identifying == 0);
        sd_event_source_disable_unref(callers->deferred);
        sd_bus_unref(callers->bus);
        g_free(callers);
        return NULL;
}

/* Moves a visit on to a stage, and keeps the counts of both. */
static void visit_enter(Visit *visit, VisitStage stage) {
        Callers *callers = visit->callers;

        visit->question_slot = sd_bus_slot_unref(visit->question_slot);

        if (visit->stage == VISIT_WAITING)
                g_queue_remove(&callers->waiting, visit);
        else if (visit->stage == VISIT_IDENTIFYING)
                callers->n_identifying--;

        visit->stage = stage;
        if (stage == VISIT_IDENTIFYING)
                callers->n_identifying++;

        /* Somebody else may come in. */
        if (stage != VISIT_IDENTIFYING && callers->waiting.head && !callers->stopping)
                (void) sd_event_source_set_enabled(callers->deferred, SD_EVENT_ONESHOT);
}

Visit *visit_free(Visit *visit) {
        if (!visit)
                return NULL;

        visit_enter(visit, VISIT_FAILED);
        sd_bus_slot_unref(visit->gone_slot);
        caller_unref(visit->caller);
        g_free(visit->sender);
        g_free(visit);
        return NULL;
}

static void visit_gone(Visit *visit) {
        g_auto(Failure) failure = { 0 };

        visit_enter(visit, VISIT_FAILED);
        (void) failure_set(&failure, ERROR_CANCELED, "The caller left the bus.");
        visit->handler->failed(visit->userdata, -ECONNRESET, &failure);
}

static void visit_fail(Visit *visit, int error, const char *what) {
        g_auto(Failure) failure = { 0 };

        visit_enter(visit, VISIT_FAILED);
        (void) failure_set(&failure, ERROR_FAILED, "%s: %s", what, g_strerror(-error));
        visit->handler->failed(visit->userdata, error, &failure);
}

static void visit_identified(Visit *visit) {
        visit_enter(visit, VISIT_IDENTIFIED);
        visit->handler->identified(visit->userdata, visit->caller);
}

static int visit_on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (peer_left(m))
                visit_gone(userdata);
        return 0;
}

static int visit_on_watched(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Visit *visit = userdata;
        g_auto(Failure) failure = { 0 };
        int r;

        if (!sd_bus_message_is_method_error(m, NULL))
                return 0;

        visit_enter(visit, VISIT_FAILED);
        r = failure_set(&failure, ERROR_LIMITS_EXCEEDED, "The bus refuses to watch the caller: %s",
                        sd_bus_message_get_error(m)->message);
        visit->handler->failed(visit->userdata, r, &failure);
        return 0;
}

static int visit_on_unit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Visit *visit = userdata;
        g_autofree char *unit = NULL;
        const char *path;

        if (!sd_bus_message_is_method_error(m, NULL) && sd_bus_message_read(m, "o", &path) >= 0 &&
            sd_bus_path_decode(path, "/org/freedesktop/systemd1/unit", &unit) > 0)
                visit->caller->unit = g_strdup(unit);

        visit_identified(visit);
        return 0;
}

/* Asks systemd for the caller's unit, for the record of what comes of the call. */
static int visit_ask_unit(Visit *visit) {
        g_autoptr(sd_bus_message) question = NULL;
        int r;

        r = sd_bus_message_new_method_call(visit->callers->bus, &question, "org.freedesktop.systemd1",
                                           "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                                           "GetUnitByPID");
        if (r >= 0)
                r = sd_bus_message_append(question, "u", (uint32_t) visit->caller->pid);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(question, false);
        if (r < 0)
                return r;

        visit->question_slot = sd_bus_slot_unref(visit->question_slot);
        return sd_bus_call_async(visit->callers->bus, &visit->question_slot, question, visit_on_unit, visit,
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

static int visit_on_credentials(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Visit *visit = userdata;
        uid_t uid = (uid_t) -1;
        pid_t pid = 0;
        int r;

        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
                visit_gone(visit);
                return 0;
        }

        r = sd_bus_message_is_method_error(m, NULL) ? -sd_bus_message_get_errno(m)
                                                    : credentials_read(m, &uid, &pid);
        if (r < 0) {
                visit_fail(visit, r, "The bus does not say who calls");
                return 0;
        }

        visit->caller = g_new(Caller, 1);
        *visit->caller = (Caller){ .n_ref = 1, .uid = uid, .pid = pid };

        if (pid == 0 || !visit->callers->with_unit || visit_ask_unit(visit) < 0)
                visit_identified(visit);
        return 0;
}

/* The bus works on our calls in turn: whoever leaves after the match is seen to leave, whoever left before
 * has no credentials. */
static int visit_identify(Visit *visit) {
        sd_bus *bus = visit->callers->bus;
        int r;

        r = peer_watch(bus, visit->sender, visit_on_changed, visit_on_watched, visit, &visit->gone_slot);
        if (r < 0)
                return r;

        return sd_bus_call_method_async(bus, &visit->question_slot, "org.freedesktop.DBus",
                                        "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "GetConnectionCredentials", visit_on_credentials, visit, "s",
                                        visit->sender);
}

static int callers_on_deferred(sd_event_source *source, void *userdata) {
        Callers *callers = userdata;

        while (!callers->stopping && callers->n_identifying < IDENTIFYING_MAX && callers->waiting.head) {
                Visit *visit = callers->waiting.head->data;
                int r;

                visit_enter(visit, VISIT_IDENTIFYING);
                r = visit_identify(visit);
                if (r < 0)
                        visit_fail(visit, r, "The bus cannot be asked who calls");
        }

        return 0;
}

static unsigned callers_count_waiting(const Callers *callers, const char *sender) {
        unsigned n = 0;

        for (GList *l = callers->waiting.head; l; l = l->next)
                if (g_str_equal(((const Visit *) l->data)->sender, sender))
                        n++;

        return n;
}

int visit_new(Callers *callers, sd_bus_message *message, const VisitHandler *handler, void *userdata,
              Visit **ret, Failure *failure) {
        const char *sender = sd_bus_message_get_sender(message);
        Visit *visit;

        if (!sender)
                return failure_set(failure, ERROR_ACCESS_DENIED, "The message has no sender.");
        if (callers_count_waiting(callers, sender) >= WAITING_PER_CONNECTION_MAX)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                   "%u calls of this connection wait already.", WAITING_PER_CONNECTION_MAX);

        visit = g_new(Visit, 1);
        *visit = (Visit){
                .callers = callers,
                .sender = g_strdup(sender),
                .handler = handler,
                .userdata = userdata,
        };
        g_queue_push_tail(&callers->waiting, visit);

        /* From the event loop: no handler is called from within this. */
        (void) sd_event_source_set_enabled(callers->deferred, SD_EVENT_ONESHOT);
        *ret = visit;
        return 0;
}
