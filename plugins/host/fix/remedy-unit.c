/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's sockets: enabled and started by systemd, over the bus. */
#include <errno.h>
#include <stdbool.h>

#include "common/cleanup.h"
#include "remedy.h"

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_NAME ".Manager"
#define SYSTEMD_UNIT SYSTEMD_NAME ".Unit"
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

/* method: StartUnit or StopUnit. Waits until it has happened. */
static int run_job(sd_bus *bus, const char *method, const char *what, const char *unit, Failure *failure) {
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
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &wait.job);
        if (r >= 0)
                r = wait_job(bus, &wait);
        return r < 0 ? fail(failure, what, unit, &error, r) : 0;
}

/* Enables or disables one unit file, in /etc, and has systemd know. */
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
        return run_job(bus, "StopUnit", "stop", target, failure);
}

static int enable(Fix *fix, sd_bus *bus, const char *unit, Failure *failure) {
        int r = unit_is(bus, unit, "UnitFileState", "disabled", failure);
        if (r <= 0)
                return r;

        r = record_note(fix->record, "unit-enabled", unit, "disabled", failure);
        if (r < 0)
                return r;

        remedy_say("Enabling %s", unit);
        return run_file(bus, /* enable= */ true, unit, failure);
}

static int start(Fix *fix, sd_bus *bus, const char *unit, Failure *failure) {
        int r = unit_is(bus, unit, "LoadState", "loaded", failure);
        if (r <= 0)
                return r;

        r = unit_is(bus, unit, "ActiveState", "active", failure);
        if (r != 0)
                return r < 0 ? r : 0;

        r = record_note(fix->record, "unit-active", unit, "inactive", failure);
        if (r < 0)
                return r;

        remedy_say("Starting %s", unit);
        return run_job(bus, "StartUnit", "start", unit, failure);
}

/*
 * libvirt
 */

/* Which of libvirt's daemons serves this host: the one that is enabled; else the first that is installed,
 * and that the administrator has not masked. */
static int find_daemon(sd_bus *bus, const char **ret, Failure *failure) {
        static const char *const daemons[] = { "libvirtd", "virtqemud" };
        static const struct {
                const char *property, *value;
        } signs[] = { { "UnitFileState", "enabled" }, { "LoadState", "loaded" } };

        for (size_t i = 0; i < G_N_ELEMENTS(signs) * G_N_ELEMENTS(daemons); i++) {
                const char *daemon = daemons[i % G_N_ELEMENTS(daemons)];
                g_autofree char *socket = g_strconcat(daemon, ".socket", NULL);
                int r = unit_is(bus, socket, signs[i / G_N_ELEMENTS(daemons)].property,
                                signs[i / G_N_ELEMENTS(daemons)].value, failure);

                if (r > 0)
                        *ret = daemon;
                if (r != 0)
                        return r;
        }

        return failure_set(failure, ERROR_FAILED,
                           "libvirt's sockets are not installed, or an administrator has masked them");
}

/* The daemon itself is started by its socket, at the first question, and has to go with it again. 1: it
 * runs. */
static int note_service(Fix *fix, sd_bus *bus, const char *daemon, Failure *failure) {
        g_autofree char *service = g_strconcat(daemon, ".service", NULL);
        int r = unit_is(bus, service, "ActiveState", "active", failure);

        return r != 0 ? r : record_note(fix->record, "unit-active", service, "inactive", failure);
}

int apply_libvirt_daemon(Fix *fix, const Remedy *remedy, Failure *failure) {
        static const char *const sockets[] = { ".socket", "-ro.socket", "-admin.socket" };
        g_auto(GStrv) units = g_new0(char *, G_N_ELEMENTS(sockets) + 1);
        g_autoptr(sd_bus) bus = NULL;
        const char *daemon;
        int r, active;

        r = open_bus(fix->root, &bus, failure);
        if (r >= 0)
                r = find_daemon(bus, &daemon, failure);
        if (r < 0)
                return r;

        for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(sockets); i++) {
                units[i] = g_strconcat(daemon, sockets[i], NULL);
                r = enable(fix, bus, units[i], failure);
        }
        if (r < 0)
                return r;

        active = unit_is(bus, units[0], "ActiveState", "active", failure);
        r = active != 0 ? active : note_service(fix, bus, daemon, failure);
        if (r != 0) /* a socket is not started beside a daemon that runs without */
                return r < 0 ? r : 0;

        for (size_t i = 0; r >= 0 && i < G_N_ELEMENTS(sockets); i++)
                r = start(fix, bus, units[i], failure);
        return r;
}
