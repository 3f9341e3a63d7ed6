/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service.h"

#include <errno.h>
#include <stdarg.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/options.h"
#include "common/unit-name.h"
#include "service-settings.h"
#include "sync.h"
#include "verb-table.h"

/*
 * The way of Configure and of SetAutostart: authorized, a job; the settings are written and systemd is told;
 * then SetAutostart clears libvirt's own flag, so that it is never both who start a machine. Where that
 * fails the settings are what they were. Where machines have no units SetAutostart sets that flag and no
 * more.
 */

/* What was asked for. Not given: UINT64_MAX, NULL. */
typedef struct ServiceOptions {
        bool reset;
        char **start_after;
        char *ready, *host_shutdown;
        uint64_t start_delay, ready_port, ready_timeout, stop_timeout;
} ServiceOptions;

#define NOT_GIVEN UINT64_MAX

typedef struct ServiceCall {
        Machines *machines;
        char uuid[VIR_UUID_STRING_BUFLEN];
        bool sets_autostart, autostart;
        ServiceOptions options; /* start_after has UUIDs once it is authorized */
        Job *job;
        ServiceSettings *before; /* the settings, NULL: not changed yet */
        ServiceSettings *after;  /* what this call has made of them */
        Failure failure;         /* that the job ends with nevertheless */
} ServiceCall;

static const Option service_options[] = {
        { "reset", OPTION_BOOL, offsetof(ServiceOptions, reset) },
        { "start-after", OPTION_STRINGS, offsetof(ServiceOptions, start_after), .maximum = START_AFTER_MAX },
        { "start-delay", OPTION_UINT64, offsetof(ServiceOptions, start_delay), 0, START_DELAY_MAX },
        { "ready", OPTION_STRING, offsetof(ServiceOptions, ready) },
        { "ready-port", OPTION_NUMBER, offsetof(ServiceOptions, ready_port), 1, UINT16_MAX },
        { "ready-timeout", OPTION_UINT64, offsetof(ServiceOptions, ready_timeout), READY_TIMEOUT_MIN,
          READY_TIMEOUT_MAX },
        { "stop-timeout", OPTION_UINT64, offsetof(ServiceOptions, stop_timeout), 0, STOP_TIMEOUT_MAX },
        { "host-shutdown", OPTION_STRING, offsetof(ServiceOptions, host_shutdown) },
        {},
};

static void service_call_free(void *data) {
        ServiceCall *sc = data;

        g_strfreev(sc->options.start_after);
        g_free(sc->options.ready);
        g_free(sc->options.host_shutdown);
        service_settings_free(sc->before);
        service_settings_free(sc->after);
        failure_done(&sc->failure);
        g_free(sc);
}

static bool options_are_given(const ServiceOptions *o) {
        return o->reset || o->start_after || o->ready || o->host_shutdown || o->start_delay != NOT_GIVEN ||
               o->ready_port != NOT_GIVEN || o->ready_timeout != NOT_GIVEN || o->stop_timeout != NOT_GIVEN;
}

static int fail_word(const char *option, const char *words, Failure *failure) {
        return failure_set(failure, ERROR_INVALID_ARGUMENT, "\"%s\" is none of: %s.", option, words);
}

static int options_validate(const ServiceOptions *o, Failure *failure) {
        int when = o->ready ? ready_when_from_string(o->ready) : READY_PORT;

        if (when < 0)
                return fail_word("ready", "running, agent, port", failure);
        if (o->ready_port != NOT_GIVEN && when != READY_PORT)
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "\"ready-port\" goes with no other \"ready\" than \"port\".");
        if (o->stop_timeout > 0 && o->stop_timeout < STOP_TIMEOUT_MIN)
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "\"stop-timeout\" is less than a second, and not 0.");
        if (o->host_shutdown && host_shutdown_from_string(o->host_shutdown) < 0)
                return fail_word("host-shutdown", "shutdown, save, poweroff", failure);

        return 0;
}

/*
 * The settings
 */

static void take_span(uint64_t given, uint64_t *field) {
        if (given != NOT_GIVEN)
                *field = (given + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC * G_USEC_PER_SEC;
}

static int take_ready(const ServiceOptions *o, ServiceSettings *settings, Failure *failure) {
        if (o->ready)
                settings->ready = (ReadyWhen) ready_when_from_string(o->ready);
        else if (o->ready_port != NOT_GIVEN)
                settings->ready = READY_PORT;

        if (o->ready_port != NOT_GIVEN)
                settings->ready_port = (uint16_t) o->ready_port;
        if (settings->ready != READY_PORT)
                settings->ready_port = 0;
        else if (settings->ready_port == 0)
                return failure_set(failure, ERROR_INVALID_ARGUMENT,
                                   "\"ready\" is \"port\", and there is no \"ready-port\".");

        return 0;
}

/* All but the name. */
static void settings_reset(ServiceSettings *settings) {
        g_autoptr(ServiceSettings) fresh = service_settings_new(settings->uuid, settings->name);
        ServiceSettings old = *settings;

        *settings = *fresh;
        *fresh = old;
}

static int service_call_change(void *userdata, ServiceSettings *settings, Failure *failure) {
        ServiceCall *sc = userdata;
        const ServiceOptions *o = &sc->options;
        int r;

        sc->before = service_settings_copy(settings);
        if (o->reset)
                settings_reset(settings);
        if (sc->sets_autostart)
                settings->autostart = sc->autostart;
        if (o->start_after) {
                g_strfreev(settings->start_after);
                settings->start_after = g_strdupv(o->start_after);
        }
        if (o->host_shutdown)
                settings->host_shutdown = (HostShutdown) host_shutdown_from_string(o->host_shutdown);
        take_span(o->start_delay, &settings->start_delay);
        take_span(o->ready_timeout, &settings->ready_timeout);
        take_span(o->stop_timeout, &settings->stop_timeout);
        r = take_ready(o, settings, failure);
        if (r >= 0)
                sc->after = service_settings_copy(settings);
        return r;
}

#define CHANGE_BACK(field)                                                                                  \
        if (settings->field == after->field)                                                                \
        settings->field = before->field

/* Back to what was, but for what others have set meanwhile, and the name, which may be another one by now.
 */
static int service_call_change_back(void *userdata, ServiceSettings *settings, Failure *failure) {
        const ServiceCall *sc = userdata;
        const ServiceSettings *before = sc->before, *after = sc->after;

        CHANGE_BACK(autostart);
        CHANGE_BACK(start_delay);
        CHANGE_BACK(ready_timeout);
        CHANGE_BACK(stop_timeout);
        CHANGE_BACK(host_shutdown);
        if (settings->ready == after->ready && settings->ready_port == after->ready_port) {
                settings->ready = before->ready;
                settings->ready_port = before->ready_port;
        }
        if (service_settings_same_order(settings, after)) {
                g_strfreev(settings->start_after);
                settings->start_after = g_strdupv(before->start_after);
        }
        return 0;
}

/*
 * The job
 */

static void service_call_end(ServiceCall *sc) {
        Job *job = sc->job;
        g_auto(Failure) failure = { 0 };

        failure_move(&failure, &sc->failure);
        service_call_free(sc);
        job_end(job, failure.code == ERROR_NONE ? JOB_DONE : JOB_FAILED, &failure);
}

static void service_call_on_read(void *data) {
        service_call_end(data);
}

static void service_call_on_changed_back(void *userdata, int result, Failure *failure) {
        service_call_end(userdata);
}

/* Who sets the flag is this agent's client alone where there are no units; else it is cleared. */
static int flag_run(void *data, virConnect *connection, Failure *failure) {
        ServiceCall *sc = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, sc->uuid);
        bool wanted = sc->autostart && !machines_use_units(sc->machines);
        int set = 0;

        if (!domain || virDomainGetAutostart(domain, &set) < 0)
                return hypervisor_failure(failure);
        if (!set == !wanted || virDomainSetAutostart(domain, wanted) >= 0)
                return 0;

        (void) hypervisor_failure(failure);
        if (virDomainIsPersistent(domain) == 0)
                failure->code = ERROR_MACHINE_TRANSIENT;
        return error_code_to_errno(failure->code);
}

static void flag_done(void *data, int result, Failure *failure) {
        ServiceCall *sc = data;

        if (result >= 0) {
                sync_read(sc->machines->sync, sc->uuid, FACTS_AUTOSTART, service_call_on_read, sc);
                return;
        }

        failure_move(&sc->failure, failure);
        if (sc->before)
                settings_store_change(sc->machines->settings,
                                      &(SettingsOrder){ .uuid = sc->uuid,
                                                        .change = service_call_change_back,
                                                        .done = service_call_on_changed_back,
                                                        .userdata = sc });
        else
                service_call_end(sc);
}

static void service_call_set_flag(ServiceCall *sc) {
        Request request = {
                .lane = LANE_ORDINARY, .key = sc->uuid, .run = flag_run, .done = flag_done, .data = sc
        };
        g_auto(Failure) failure = { 0 };
        int r;

        r = hypervisor_submit(sc->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure);
        if (r < 0)
                flag_done(sc, r, &failure);
}

static void service_call_on_changed(void *userdata, int result, Failure *failure) {
        ServiceCall *sc = userdata;

        if (result < 0)
                failure_move(&sc->failure, failure);

        /* It is written, and counts from the next boot on. */
        if (sc->sets_autostart && (result >= 0 || sc->failure.code == ERROR_UNIT_UNAVAILABLE))
                service_call_set_flag(sc);
        else
                service_call_end(sc);
}

/*
 * Before it
 */

/* UUIDs of what is named. One that is there already may be of a machine that is not there any more. */
static int resolve(Machines *machines, const Machine *machine, char **names, char ***ret, Failure *failure) {
        char *const *known = machine_settings(machine)->start_after;
        g_autoptr(GPtrArray) uuids = g_ptr_array_new_null_terminated(4, g_free, /* null_terminated= */ TRUE);

        for (; *names; names++) {
                g_autofree char *lower = g_ascii_strdown(*names, /* len= */ -1);
                const char *uuid = lower;
                Machine *other;
                int r;

                if (!known || !g_strv_contains((const char *const *) known, lower)) {
                        r = machines_find_by_name(machines, *names, &other, failure);
                        if (r < 0)
                                return r;
                        uuid = other->uuid;
                }
                if (!g_ptr_array_find_with_equal_func(uuids, uuid, g_str_equal, NULL))
                        g_ptr_array_add(uuids, g_strdup(uuid));
        }

        *ret = (char **) g_ptr_array_free(g_steal_pointer(&uuids), /* free_segment= */ FALSE);
        return 0;
}

static int check_enabled(const Machine *machine, Failure *failure) {
        g_autofree char *unit = NULL;

        if (!(machine->autostart_by & (UINT32_C(1) << AUTOSTART_SYSTEMD)))
                return 0;

        unit = vm_unit_name(machine->name, machine->uuid);
        return failure_set(failure, ERROR_AUTOSTART_BY_SYSTEMD,
                           "An administrator enabled the unit of machine \"%s\": systemctl disable '%s'",
                           machine->name, unit);
}

static int service_call_check(ServiceCall *sc, const Machine *machine, Failure *failure) {
        Machines *machines = sc->machines;
        bool units = machines_use_units(machines);
        char **uuids;
        int r;

        if (!units && (!sc->sets_autostart || options_are_given(&sc->options)))
                return failure_set(failure, ERROR_NOT_SUPPORTED,
                                   "Machines have no systemd units here: nothing of that can be set.");
        if (!hypervisor_is_connected(machines->services->hypervisor))
                return hypervisor_unavailable(machines->services->hypervisor, failure);

        r = verb_check_persistent(machine, failure);
        if (r >= 0 && sc->sets_autostart && !sc->autostart && units)
                r = check_enabled(machine, failure);
        if (r < 0 || !sc->options.start_after)
                return r;

        r = resolve(machines, machine, sc->options.start_after, &uuids, failure);
        if (r >= 0) {
                g_strfreev(sc->options.start_after);
                sc->options.start_after = uuids;
        }
        return r;
}

static void service_on_authorized(Call *call, void *arguments) {
        ServiceCall *from = arguments, *sc;
        g_auto(Failure) failure = { 0 };
        Machine *machine;

        if (machines_find_authorized(from->machines, from->uuid, call, &machine, &failure) < 0 ||
            service_call_check(from, machine, &failure) < 0) {
                call_fail(call, &failure);
                return;
        }

        /* The call's arguments end with it, the job goes on. */
        sc = g_new(ServiceCall, 1);
        *sc = *from;
        from->options = (ServiceOptions){ 0 };
        if (call_begin_job(call, JOB_ANSWER_EMPTY, NULL, NULL, &sc->job, &failure) < 0) {
                call_fail(call, &failure);
                service_call_free(sc);
                return;
        }

        if (!machines_use_units(sc->machines))
                service_call_set_flag(sc);
        else
                settings_store_change(sc->machines->settings,
                                      &(SettingsOrder){ .uuid = sc->uuid,
                                                        .replace = sc->options.reset,
                                                        .change = service_call_change,
                                                        .done = service_call_on_changed,
                                                        .userdata = sc });
}

static int service_call_read(ServiceCall *sc, sd_bus_message *message, Failure *failure) {
        int r = 0, autostart;

        if (sc->sets_autostart) {
                r = sd_bus_message_read(message, "b", &autostart);
                sc->autostart = r >= 0 && autostart;
        }
        if (r >= 0)
                r = options_read(message, service_options, &sc->options, failure);
        return r < 0 ? r : options_validate(&sc->options, failure);
}

int service_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure) {
        ServiceCall *sc = g_new(ServiceCall, 1);
        CallInfo info;
        int r;

        *sc = (ServiceCall){
                .machines = machines,
                .sets_autostart = g_str_equal(sd_bus_message_get_member(message), "SetAutostart"),
                .options = { .start_delay = NOT_GIVEN,
                             .ready_port = NOT_GIVEN,
                             .ready_timeout = NOT_GIVEN,
                             .stop_timeout = NOT_GIVEN },
        };
        g_strlcpy(sc->uuid, machine->uuid, sizeof(sc->uuid));
        info = (CallInfo){
                .verb = sc->sets_autostart ? "set-autostart" : "configure",
                .action = ACTION_MACHINE_CONFIGURE,
                .object = machine->path,
                .name = machine->name,
                .uuid = machine->uuid,
                .authorized = service_on_authorized,
                .arguments = sc,
                .arguments_free = service_call_free,
        };

        r = service_call_read(sc, message, failure);
        if (r >= 0)
                r = call_begin(machines->services, message, &info, failure);
        if (r < 0)
                service_call_free(sc);
        return r;
}
