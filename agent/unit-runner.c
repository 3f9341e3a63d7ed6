/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit-runner.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"

typedef struct Listener {
        void (*job_removed)(void *userdata, const char *unit);
        void *userdata;
} Listener;

typedef struct Waiter {
        void (*done)(void *userdata, int result, Failure *failure);
        void *userdata;
} Waiter;

/* It runs all generators, and reads all units; of those there can be thousands. */
#define RELOAD_USEC (90 * G_USEC_PER_SEC)

struct UnitRunner {
        sd_event *event;
        sd_bus *bus;
        GPtrArray *runs;
        GArray *listeners; /* of Listener */
        sd_bus_slot *match, *owner_match;
        bool away;                   /* systemd is replacing itself (daemon-reexec) */
        sd_bus_slot *reload;         /* while systemd does it */
        GArray *reloading, *waiting; /* of Waiter: for the one under way, and for the next */
};

/* The methods of systemd's manager, by UnitVerb. */
static const char *const methods[] = { [UNIT_START] = "StartUnit", [UNIT_STOP] = "StopUnit" };

/* One start or stop of a unit. systemd's job of it may be gone before the answer that tells its path has
 * been read.
 */
typedef struct UnitRun {
        UnitRunner *runner;
        UnitOrder order; /* its unit is ours */
        char *job;       /* systemd's path of it; NULL: not known yet */
        char *gone_job, *gone_result;
        sd_bus_slot *call;
        sd_event_source *deadline;
        Failure failure; /* what is told if the deadline comes first */
} UnitRun;

static void run_free(gpointer p) {
        UnitRun *run = p;

        sd_bus_slot_unref(run->call);
        sd_event_source_disable_unref(run->deadline);
        failure_done(&run->failure);
        g_free((char *) run->order.unit);
        g_free(run->job);
        g_free(run->gone_job);
        g_free(run->gone_result);
        g_free(run);
}

/* Tells, and frees the run. */
static void run_end(UnitRun *run, int result, Failure *failure) {
        UnitOrder order = run->order;

        /* Unlinked first: what it tells may start another one. */
        order.unit = NULL;
        (void) g_ptr_array_remove_fast(run->runner->runs, run);
        order.done(order.userdata, result, failure);
}

static void run_fail(UnitRun *run, ErrorCode code, const char *text) {
        g_auto(Failure) failure = { 0 };
        int r;

        r = failure_set(&failure, code, "%s", text);
        run_end(run, r, &failure);
}

static GArray *waiters_new(void) {
        return g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Waiter));
}

/* Takes the array: what is called may ask again. */
static void waiters_tell(GArray *waiters, ErrorCode code, const char *text) {
        for (guint i = 0; i < waiters->len; i++) {
                const Waiter *waiter = &g_array_index(waiters, Waiter, i);
                g_auto(Failure) failure = { 0 };
                int r = code == ERROR_NONE ? 0 : failure_set(&failure, code, "%s", text);

                waiter->done(waiter->userdata, r, &failure);
        }
        g_array_unref(waiters);
}

UnitRunner *unit_runner_new(sd_event *event, sd_bus *bus) {
        UnitRunner *runner = g_new(UnitRunner, 1);

        *runner = (UnitRunner){
                .event = sd_event_ref(event),
                .bus = sd_bus_ref(bus),
                .runs = g_ptr_array_new_with_free_func(run_free),
                .listeners = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Listener)),
                .reloading = waiters_new(),
                .waiting = waiters_new(),
        };
        return runner;
}

UnitRunner *unit_runner_free(UnitRunner *runner) {
        if (!runner)
                return NULL;

        while (runner->runs->len > 0)
                run_fail(runner->runs->pdata[0], ERROR_CANCELED, "The agent stops.");
        g_ptr_array_unref(runner->runs);
        waiters_tell(runner->reloading, ERROR_CANCELED, "The agent stops.");
        waiters_tell(runner->waiting, ERROR_CANCELED, "The agent stops.");
        g_array_unref(runner->listeners);
        sd_bus_slot_unref(runner->reload);
        sd_bus_slot_unref(runner->match);
        sd_bus_slot_unref(runner->owner_match);
        sd_bus_unref(runner->bus);
        sd_event_unref(runner->event);
        g_free(runner);
        return NULL;
}

/*
 * Why a unit failed
 */

/* systemd forgets how it ended, and how often it was started. Where it does not know the unit, it says so to
 * nobody. */
static void run_reset(const UnitRun *run) {
        (void) sd_bus_call_method_async(run->runner->bus, /* ret_slot= */ NULL, SYSTEMD_NAME, SYSTEMD_PATH,
                                        SYSTEMD_MANAGER, "ResetFailedUnit", /* callback= */ NULL,
                                        /* userdata= */ NULL, "s", run->order.unit);
}

/* Asks for a property of its unit, or for all of an interface if property is NULL. */
static int run_ask(UnitRun *run, const char *interface, const char *property,
                   sd_bus_message_handler_t answered) {
        char *path = NULL; /* by malloc() */
        int r;

        r = sd_bus_path_encode(SYSTEMD_PATH "/unit", run->order.unit, &path);
        if (r < 0)
                return r;

        run->call = sd_bus_slot_unref(run->call);
        r = sd_bus_call_method_async(run->runner->bus, &run->call, SYSTEMD_NAME, path,
                                     "org.freedesktop.DBus.Properties", property ? "Get" : "GetAll",
                                     answered, run, property ? "ss" : "s", interface, property);
        free(path);
        return r;
}

static int run_on_status(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        UnitRun *run = userdata;
        g_autofree char *text = NULL;
        const char *status = "";

        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "v", "s", &status) < 0)
                status = "";

        if (run->order.forget_failure)
                run_reset(run);
        if (g_str_equal(run->gone_result, "canceled"))
                text = g_strdup_printf("%s was stopped before it had started.", run->order.unit);
        else if (*status)
                text = g_strdup(status);
        else
                text = g_strdup_printf("%s: %s; journalctl -u %s tells why.", run->order.unit,
                                       run->gone_result, run->order.unit);
        run_fail(run, run->order.failed, text);
        return 0;
}

/*
 * Its start and its end
 */

/* The job is over, and the result is in gone_result. */
static void run_on_over(UnitRun *run) {
        g_auto(Failure) none = { 0 }; /* whoever is told may find that it failed nevertheless */

        if (g_str_equal(run->gone_result, "done"))
                run_end(run, 0, &none);
        else if (run_ask(run, SYSTEMD_SERVICE, "StatusText", run_on_status) < 0)
                run_fail(run, run->order.failed, run->gone_result);
}

/* A job of its unit has ended: its own, or one before. */
static void run_on_removed(UnitRun *run, const char *job, const char *result) {
        if (run->job && !g_str_equal(run->job, job))
                return;

        g_free(run->gone_job);
        g_free(run->gone_result);
        run->gone_job = g_strdup(job);
        run->gone_result = g_strdup(result);
        if (run->job)
                run_on_over(run);
}

static int run_on_started(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        UnitRun *run = userdata;
        const char *job;

        run->call = sd_bus_slot_unref(run->call);
        if (sd_bus_message_is_method_error(m, NULL) && run->runner->away)
                return 0; /* it has not read it: it is asked again when it is back */
        if (sd_bus_message_is_method_error(m, NULL)) {
                g_autofree char *text =
                                g_strdup_printf("systemd does not %s %s: %s",
                                                run->order.verb == UNIT_STOP ? "stop" : "start",
                                                run->order.unit, sd_bus_message_get_error(m)->message);

                run_fail(run, ERROR_UNIT_UNAVAILABLE, text);
                return 0;
        }
        if (sd_bus_message_read(m, "o", &job) < 0) {
                run_fail(run, ERROR_UNIT_UNAVAILABLE, "systemd answers something else than a job.");
                return 0;
        }

        run->job = g_strdup(job);
        if (run->gone_job && g_str_equal(run->gone_job, job))
                run_on_over(run);
        return 0;
}

static int run_on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        UnitRun *run = userdata;
        g_auto(Failure) failure = { 0 };

        failure_move(&failure, &run->failure);
        run_end(run, error_code_to_errno(failure.code), &failure);
        return 0;
}

static int run_send(UnitRun *run) {
        if (run->order.fresh)
                run_reset(run);
        return sd_bus_call_method_async(run->runner->bus, &run->call, SYSTEMD_NAME, SYSTEMD_PATH,
                                        SYSTEMD_MANAGER, methods[run->order.verb], run_on_started, run, "ss",
                                        run->order.unit, "replace");
}

void unit_runner_order(UnitRunner *runner, const UnitOrder *order) {
        UnitRun *run = g_new(UnitRun, 1);
        uint64_t patience = order->patience;
        int r;

        *run = (UnitRun){ .runner = runner, .order = *order };
        run->order.unit = g_strdup(order->unit);
        g_ptr_array_add(runner->runs, run);

        (void) failure_set(&run->failure, ERROR_TIMED_OUT, "%s has not ended within %u s; it goes on.",
                           order->unit, (unsigned) (patience / G_USEC_PER_SEC));
        r = runner->away ? 0 : run_send(run);
        if (r < 0) {
                (void) failure_set(&run->failure, ERROR_UNIT_UNAVAILABLE,
                                   "Cannot ask systemd for %s of %s: %s", methods[order->verb], order->unit,
                                   g_strerror(-r));
                patience = 1;
        }

        if (patience == 0)
                return;
        r = sd_event_add_time_relative(runner->event, &run->deadline, CLOCK_BOOTTIME, patience,
                                       /* accuracy= */ 0, run_on_deadline, run);
        g_assert(r >= 0);
}

/*
 * When systemd has replaced itself: what it told meanwhile nobody has heard
 */

/* How a job has ended that is not there any more; what is not known is not told as done. */
static const char *run_judge(const UnitRun *run, const char *active, bool oneshot) {
        static const struct {
                UnitVerb verb;
                const char *active, *result;
        } rows[] = {
                { UNIT_START, "active", "done" },   { UNIT_START, "reloading", "done" },
                { UNIT_START, "failed", "failed" }, { UNIT_START, "activating", "failed" }, /* once more */
                { UNIT_STOP, "inactive", "done" },  { UNIT_STOP, "failed", "done" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (rows[i].verb == run->order.verb && g_str_equal(rows[i].active, active))
                        return rows[i].result;

        /* Such a unit has done all that it does. */
        return run->order.verb == UNIT_START && oneshot && g_str_equal(active, "inactive") ? "done"
                                                                                           : "canceled";
}

/* Of all the properties of a unit these: a{sv}. The strings are the message's. */
static int read_state(sd_bus_message *m, const char **ret_active, const char **ret_type,
                      const char **ret_job) {
        const char *name;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = sd_bus_message_read(m, "s", &name);
                if (r < 0)
                        return r;

                if (g_str_equal(name, "ActiveState"))
                        r = sd_bus_message_read(m, "v", "s", ret_active);
                else if (g_str_equal(name, "Type"))
                        r = sd_bus_message_read(m, "v", "s", ret_type);
                else if (g_str_equal(name, "Job"))
                        r = sd_bus_message_read(m, "v", "(uo)", NULL, ret_job);
                else
                        r = sd_bus_message_skip(m, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r;
}

static int run_on_state(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        UnitRun *run = userdata;
        const char *active = "", *type = "", *job = "";
        g_autofree char *text = NULL;

        run->call = sd_bus_slot_unref(run->call);
        if (!sd_bus_message_is_method_error(m, NULL) && read_state(m, &active, &type, &job) >= 0) {
                if (!g_str_equal(job, run->job))
                        run_on_removed(run, run->job, run_judge(run, active, g_str_equal(type, "oneshot")));
                return 0;
        }
        if (run->runner->away)
                return 0;

        text = g_strdup_printf("systemd does not tell what became of %s.", run->order.unit);
        run_fail(run, ERROR_UNIT_UNAVAILABLE, text);
        return 0;
}

static bool run_is_over(const UnitRun *run) {
        return run->job && g_strcmp0(run->job, run->gone_job) == 0;
}

static void runner_subscribe(UnitRunner *runner);

static int runner_on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        UnitRunner *runner = userdata;
        const char *owner;

        if (sd_bus_message_read(m, "sss", NULL, NULL, &owner) < 0)
                return 0;

        runner->away = !*owner;
        if (runner->away)
                return 0;

        runner_subscribe(runner);
        /* From the end: one may leave the array, and others with it. */
        for (guint i = runner->runs->len; i > 0; i--) {
                UnitRun *run = i <= runner->runs->len ? runner->runs->pdata[i - 1] : NULL;
                int r = 0;

                if (!run)
                        continue;
                if (run->job && !run_is_over(run))
                        r = run_ask(run, /* all interfaces */ "", /* property= */ NULL, run_on_state);
                else if (!run->job && !run->call)
                        r = run_send(run);
                if (r < 0)
                        run_fail(run, ERROR_UNIT_UNAVAILABLE, "Cannot ask systemd.");
        }
        return 0;
}

/*
 * What systemd tells of all units
 */

static int runner_on_removed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        UnitRunner *runner = userdata;
        const char *job, *unit, *result;

        if (sd_bus_message_read(m, "uoss", NULL, &job, &unit, &result) < 0)
                return 0;

        /* From the end: the one that is told may leave the array, and others with it. */
        for (guint i = runner->runs->len; i > 0; i--) {
                UnitRun *run = i <= runner->runs->len ? runner->runs->pdata[i - 1] : NULL;

                if (run && g_str_equal(run->order.unit, unit))
                        run_on_removed(run, job, result);
        }
        for (guint i = 0; i < runner->listeners->len; i++) {
                const Listener *listener = &g_array_index(runner->listeners, Listener, i);

                listener->job_removed(listener->userdata, unit);
        }
        return 0;
}

/* sd-bus would leave the bus if nobody took a refusal. */
static int runner_on_match(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (sd_bus_message_is_method_error(m, NULL))
                log_warning("Cannot listen to systemd, ignoring: %s", sd_bus_message_get_error(m)->message);
        return 0;
}

void unit_runner_on_job_removed(UnitRunner *runner, void (*job_removed)(void *userdata, const char *unit),
                                void *userdata) {
        Listener listener = { .job_removed = job_removed, .userdata = userdata };

        g_array_append_val(runner->listeners, listener);
}

/* Without an answer: if there is no systemd, starting a unit says so. */
static void runner_subscribe(UnitRunner *runner) {
        (void) sd_bus_call_method_async(runner->bus, /* ret_slot= */ NULL, SYSTEMD_NAME, SYSTEMD_PATH,
                                        SYSTEMD_MANAGER, "Subscribe", /* callback= */ NULL,
                                        /* userdata= */ NULL, NULL);
}

int unit_runner_listen(UnitRunner *runner) {
        int r;

        r = sd_bus_match_signal_async(runner->bus, &runner->match, SYSTEMD_NAME, SYSTEMD_PATH,
                                      SYSTEMD_MANAGER, "JobRemoved", runner_on_removed, runner_on_match,
                                      runner);
        if (r >= 0)
                r = sd_bus_add_match_async(runner->bus, &runner->owner_match,
                                           "type='signal',sender='org.freedesktop.DBus',"
                                           "path='/org/freedesktop/DBus',"
                                           "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
                                           "arg0='" SYSTEMD_NAME "'",
                                           runner_on_owner, runner_on_match, runner);
        if (r >= 0)
                runner_subscribe(runner);
        return r;
}

/*
 * Reload
 */

static void runner_reload_next(UnitRunner *runner);

/* Tells those who waited for it, and does what was asked for meanwhile. */
static void runner_reloaded(UnitRunner *runner, ErrorCode code, const char *text) {
        GArray *done = g_steal_pointer(&runner->reloading);

        runner->reload = sd_bus_slot_unref(runner->reload);
        runner->reloading = waiters_new();
        waiters_tell(done, code, text);
        runner_reload_next(runner);
}

static int runner_on_reloaded(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        g_autofree char *text = NULL;
        bool failed = sd_bus_message_is_method_error(m, NULL);

        if (failed)
                text = g_strdup_printf("systemd does not read its units again: %s",
                                       sd_bus_message_get_error(m)->message);
        runner_reloaded(userdata, failed ? ERROR_UNIT_UNAVAILABLE : ERROR_NONE, text);
        return 0;
}

static void runner_reload_next(UnitRunner *runner) {
        g_autoptr(sd_bus_message) question = NULL;
        GArray *idle = runner->reloading;
        int r;

        if (runner->reload || runner->waiting->len == 0)
                return;

        runner->reloading = runner->waiting;
        runner->waiting = idle;
        r = sd_bus_message_new_method_call(runner->bus, &question, SYSTEMD_NAME, SYSTEMD_PATH,
                                           SYSTEMD_MANAGER, "Reload");
        if (r >= 0)
                r = sd_bus_call_async(runner->bus, &runner->reload, question, runner_on_reloaded, runner,
                                      RELOAD_USEC);
        if (r < 0)
                runner_reloaded(runner, ERROR_UNIT_UNAVAILABLE,
                                "Cannot ask systemd to read its units again.");
}

void unit_runner_reload(UnitRunner *runner, void (*done)(void *userdata, int result, Failure *failure),
                        void *userdata) {
        Waiter waiter = { .done = done, .userdata = userdata };

        g_array_append_val(runner->waiting, waiter);
        runner_reload_next(runner);
}
