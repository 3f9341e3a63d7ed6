/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's sockets: enabled and started by systemd, over the bus. */
#include <errno.h>
#include <stdbool.h>

#include "checks/check.h"
#include "common/cleanup.h"
#include "common/names.h"
#include "remedy.h"

/* A socket is there at once; the service that stops with it has to let its workers end. */
#define JOB_USEC (30 * G_TIME_SPAN_SECOND)

/*
 * Asking systemd
 */

static int open_bus(const char *root, sd_bus **ret, Failure *failure) {
        int r = g_str_equal(root, "/") ? sd_bus_open_system(ret) : -ENOTCONN;
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot reach systemd on the bus: %s",
                                   g_strerror(-r));
        return 0;
}

static int fail(Failure *failure, const char *what, const char *unit, const sd_bus_error *error, int r) {
        return failure_set(failure, ERROR_FAILED, "systemd cannot %s %s: %s", what, unit,
                           error->message ?: g_strerror(-r));
}

/* A property of a unit, which need not be there; for free(). */
static int ask_unit(sd_bus *bus, const char *unit, const char *property, char **ret, Failure *failure) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        const char *path;
        int r;

        r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "LoadUnit", &error, &reply,
                               "s", unit);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                r = sd_bus_get_property_string(bus, SYSTEMD_NAME, path, SYSTEMD_UNIT, property, &error, ret);
        return r < 0 ? fail(failure, "tell about", unit, &error, r) : 0;
}

static int unit_is(sd_bus *bus, const char *unit, const char *property, const char *value,
                   Failure *failure) {
        char *text = NULL;
        int r = ask_unit(bus, unit, property, &text, failure);

        if (r >= 0)
                r = g_str_equal(text, value);
        free(text);
        return r;
}

/* The package went, or another kind of daemon took its place; one that is masked is off by somebody's will.
 * What was done to it has gone with it. */
static bool is_gone(const sd_bus_error *error) {
        static const char *const names[] = {
                SYSTEMD_NAME ".NoSuchUnit",
                SYSTEMD_NAME ".UnitMasked",
                SD_BUS_ERROR_FILE_NOT_FOUND,
        };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (sd_bus_error_has_name(error, names[i]))
                        return true;
        return false;
}

typedef struct Wait {
        const char *job;  /* whose end is waited for */
        bool done, right; /* right: it did what it was for */
} Wait;

static int on_job_removed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Wait *wait = userdata;
        const char *job, *result;

        if (sd_bus_message_read(m, "uoss", /* id= */ NULL, &job, /* unit= */ NULL, &result) < 0 ||
            !wait->job || !g_str_equal(job, wait->job))
                return 0;

        wait->done = true;
        wait->right = g_str_equal(result, "done");
        return 0;
}

static int wait_job(sd_bus *bus, Wait *wait) {
        int64_t end = g_get_monotonic_time() + JOB_USEC;

        while (!wait->done) {
                int64_t left = end - g_get_monotonic_time();
                int r = sd_bus_process(bus, NULL);

                if (r == 0 && left > 0)
                        r = sd_bus_wait(bus, (uint64_t) left);
                if (r < 0)
                        return r;
                if (left <= 0)
                        return -ETIMEDOUT;
        }
        return wait->right ? 0 : -EIO;
}

/* Waits until it has happened. To stop what is not there is a success. */
static int run_job(sd_bus *bus, bool start, const char *unit, Failure *failure) {
        const char *method = start ? "StartUnit" : "StopUnit";
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        g_autoptr(sd_bus_slot) slot = NULL;
        Wait wait = { 0 };
        int r;

        r = sd_bus_match_signal(bus, &slot, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "JobRemoved",
                                on_job_removed, &wait);
        if (r >= 0) /* what is signaled meanwhile is queued behind the reply */
                r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, method, &error,
                                       &reply, "ss", unit, "replace");
        if (r < 0 && !start && is_gone(&error))
                return 0;
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &wait.job);
        if (r >= 0)
                r = wait_job(bus, &wait);
        return r < 0 ? fail(failure, start ? "start" : "stop", unit, &error, r) : 0;
}

/* Enables or disables one unit file, in /etc, and has systemd know. To disable what is not there is a
 * success. */
static int run_file(sd_bus *bus, bool enable, const char *unit, Failure *failure) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        if (enable)
                r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "EnableUnitFiles",
                                       &error, /* reply= */ NULL, "asbb", 1, unit, /* runtime= */ false,
                                       /* force= */ false);
        else
                r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "DisableUnitFiles",
                                       &error, /* reply= */ NULL, "asb", 1, unit, /* runtime= */ false);
        if (r < 0 && !enable && is_gone(&error))
                return 0;
        if (r >= 0)
                r = sd_bus_call_method(bus, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER, "Reload", &error,
                                       /* reply= */ NULL, NULL);
        return r < 0 ? fail(failure, enable ? "enable" : "disable", unit, &error, r) : 0;
}

/*
 * Changes
 */

int unit_enabled_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        g_autoptr(sd_bus) bus = NULL;
        int r;

        r = open_bus(fix->root, &bus, failure);
        if (r < 0)
                return r;

        remedy_say("Disabling %s", target);
        return run_file(bus, /* enable= */ false, target, failure);
}

int unit_active_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        g_autoptr(sd_bus) bus = NULL;
        int r;

        r = open_bus(fix->root, &bus, failure);
        if (r < 0)
                return r;

        remedy_say("Stopping %s", target);
        return run_job(bus, /* start= */ false, target, failure);
}

/* One that is enabled until the next boot only is disabled as well. */
static int enable(Fix *fix, sd_bus *bus, const char *unit, Failure *failure) {
        char *before = NULL;
        int r = ask_unit(bus, unit, "UnitFileState", &before, failure);

        if (r >= 0 && (g_str_equal(before, "disabled") || g_str_equal(before, "enabled-runtime"))) {
                r = fix_note(fix, "unit-enabled", unit, before, failure);
                if (r >= 0) {
                        remedy_say("Enabling %s", unit);
                        r = run_file(bus, /* enable= */ true, unit, failure);
                }
        }
        free(before);
        return r;
}

static int start(Fix *fix, sd_bus *bus, const char *unit, Failure *failure) {
        int r = unit_is(bus, unit, "LoadState", "loaded", failure);
        if (r <= 0)
                return r;

        r = unit_is(bus, unit, "ActiveState", "active", failure);
        if (r != 0)
                return r < 0 ? r : 0;

        r = fix_note(fix, "unit-active", unit, "inactive", failure);
        if (r < 0)
                return r;

        remedy_say("Starting %s", unit);
        return run_job(bus, /* start= */ true, unit, failure);
}

/*
 * libvirt
 */

/* The daemon itself is started by its socket, at the first question, and has to go with it again. */
static int start_sockets(Fix *fix, sd_bus *bus, const char *service, char **sockets, Failure *failure) {
        int r = unit_is(bus, service, "ActiveState", "active", failure);
        if (r != 0) /* beside a daemon that runs without its sockets they cannot be started */
                return r < 0 ? r : 0;

        r = fix_note(fix, "unit-active", service, "inactive", failure);
        for (char **socket = sockets; r >= 0 && *socket; socket++)
                r = start(fix, bus, *socket, failure);
        return r;
}

static int ensure_daemon(Fix *fix, sd_bus *bus, const char *daemon, Failure *failure) {
        g_autofree char *service = g_strconcat(daemon, ".service", NULL);
        g_auto(GStrv) sockets = libvirt_sockets(daemon);
        int r;

        r = unit_is(bus, sockets[0], "LoadState", "loaded", failure);
        if (r == 0)
                r = failure_set(failure, ERROR_FAILED, "%s is not installed, or masked by an administrator",
                                sockets[0]);
        for (char **socket = sockets; r >= 0 && *socket; socket++)
                r = enable(fix, bus, *socket, failure);

        if (r >= 0)
                r = unit_is(bus, sockets[0], "ActiveState", "active", failure);
        if (r == 0)
                r = start_sockets(fix, bus, service, sockets, failure);
        return r < 0 ? r : 0;
}

int apply_libvirt_daemon(Fix *fix, const Remedy *remedy, Failure *failure) {
        g_autoptr(Host) host = host_new(fix->root);
        g_auto(Verdict) verdict = { 0 };
        g_auto(GStrv) daemons = NULL;
        g_autoptr(sd_bus) bus = NULL;
        int r;

        verdict_init(&verdict);
        daemons = libvirt_daemons(host, &verdict);
        if (!*daemons)
                return failure_set(failure, ERROR_FAILED, "libvirt is not installed here");

        r = open_bus(fix->root, &bus, failure);
        for (char **daemon = daemons; r >= 0 && *daemon; daemon++)
                r = ensure_daemon(fix, bus, *daemon, failure);
        return r;
}
