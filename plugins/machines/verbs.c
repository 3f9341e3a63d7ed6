/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/options.h"
#include "sync.h"

#define SHUTDOWN_TIMEOUT_MIN (1 * G_TIME_SPAN_SECOND)
#define SHUTDOWN_TIMEOUT_MAX (24 * G_TIME_SPAN_HOUR)
#define SHUTDOWN_TIMEOUT_DEFAULT (3 * G_TIME_SPAN_MINUTE)

/* The options of all verbs; each verb's table says which it takes. */
typedef struct VerbOptions {
        bool paused;
        uint64_t timeout;
        bool managed_save, snapshots_metadata, nvram;
} VerbOptions;

typedef struct Verb {
        const char *member; /* of org.hatago.Host1.Machine */
        const char *name;
        const char *action;
        Lane lane;
        JobAnswer answer;
        const Option *options;

        /* Whether the machine can do this now. Main thread. */
        int (*check)(const Machine *machine, Failure *failure);

        /* The call to libvirt, returning less than 0 with libvirt's error set. On a thread. */
        int (*run)(virDomain *domain, const VerbOptions *options);

        /* What it means when libvirt finds the machine in the wrong state: it has changed since check(). */
        ErrorCode wrong_state;

        bool until_off; /* the job ends when the machine is off */
} Verb;

struct Verbs {
        Machines *machines;
        uint64_t shutdown_timeout;
        GQueue waiting; /* of VerbJob: for their machine to be off */
};

/* A verb under way: from the authorization to the end of its job. */
typedef struct VerbJob {
        Verbs *verbs;
        const Verb *verb;
        VerbOptions options;
        char uuid[VIR_UUID_STRING_BUFLEN];
        Job *job;
        uint64_t request_id;
        bool waiting;
        sd_event_source *timer;
} VerbJob;

/*
 * Checks
 */

static int check_off(const Machine *machine, Failure *failure) {
        if (!machine_is_active(machine))
                return 0;
        if (machine->state == VIR_DOMAIN_PAUSED)
                return failure_set(failure, ERROR_MACHINE_PAUSED, "Machine \"%s\" is paused; resume it.",
                                   machine->name);

        return failure_set(failure, ERROR_MACHINE_RUNNING, "Machine \"%s\" is running already.",
                           machine->name);
}

static int check_active(const Machine *machine, Failure *failure) {
        if (machine_is_active(machine))
                return 0;

        return failure_set(failure, ERROR_MACHINE_NOT_RUNNING, "Machine \"%s\" is not running.",
                           machine->name);
}

static int check_answers(const Machine *machine, Failure *failure) {
        if (machine->state == VIR_DOMAIN_PAUSED)
                return failure_set(
                                failure, ERROR_MACHINE_PAUSED,
                                "Machine \"%s\" is paused, its guest cannot answer; resume it or power it off.",
                                machine->name);

        return check_active(machine, failure);
}

static int check_paused(const Machine *machine, Failure *failure) {
        if (!machine_is_active(machine))
                return check_active(machine, failure);
        if (machine->state == VIR_DOMAIN_PAUSED || machine->state == VIR_DOMAIN_PMSUSPENDED)
                return 0;

        return failure_set(failure, ERROR_MACHINE_NOT_PAUSED, "Machine \"%s\" is not paused.",
                           machine->name);
}

static int check_undefine(const Machine *machine, Failure *failure) {
        if (!machine->persistent)
                return failure_set(failure, ERROR_MACHINE_TRANSIENT,
                                   "Machine \"%s\" has no definition; it vanishes when it is off.",
                                   machine->name);
        if (machine_is_active(machine))
                return failure_set(failure, ERROR_MACHINE_RUNNING,
                                   "Machine \"%s\" is running; shut it down or power it off first.",
                                   machine->name);

        return 0;
}

/*
 * Calls to libvirt
 */

static int run_start(virDomain *domain, const VerbOptions *options) {
        return virDomainCreateWithFlags(domain, options->paused ? VIR_DOMAIN_START_PAUSED : 0);
}

static int run_shutdown(virDomain *domain, const VerbOptions *options) {
        return virDomainShutdownFlags(domain, /* flags= */ 0);
}

static int run_power_off(virDomain *domain, const VerbOptions *options) {
        return virDomainDestroyFlags(domain, /* flags= */ 0);
}

static int run_reboot(virDomain *domain, const VerbOptions *options) {
        return virDomainReboot(domain, /* flags= */ 0);
}

static int run_reset(virDomain *domain, const VerbOptions *options) {
        return virDomainReset(domain, /* flags= */ 0);
}

static int run_suspend(virDomain *domain, const VerbOptions *options) {
        return virDomainSuspend(domain);
}

static int run_resume(virDomain *domain, const VerbOptions *options) {
        int state;

        if (virDomainGetState(domain, &state, NULL, /* flags= */ 0) >= 0 && state == VIR_DOMAIN_PMSUSPENDED)
                return virDomainPMWakeup(domain, /* flags= */ 0);

        return virDomainResume(domain);
}

static int run_undefine(virDomain *domain, const VerbOptions *options) {
        unsigned flags = (options->managed_save ? VIR_DOMAIN_UNDEFINE_MANAGED_SAVE : 0) |
                         (options->snapshots_metadata ? VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA : 0) |
                         (options->nvram ? VIR_DOMAIN_UNDEFINE_NVRAM : 0);

        /* libvirt would make a running machine transient instead: it may have been started since it was
         * checked. */
        if (virDomainIsActive(domain) > 0)
                return -EBUSY;

        /* A driver without such state knows no flags. */
        return flags != 0 ? virDomainUndefineFlags(domain, flags) : virDomainUndefine(domain);
}

static const Option start_options[] = {
        { "paused", OPTION_BOOL, offsetof(VerbOptions, paused) },
        {},
};

static const Option shutdown_options[] = {
        { "timeout", OPTION_UINT64, offsetof(VerbOptions, timeout), SHUTDOWN_TIMEOUT_MIN,
          SHUTDOWN_TIMEOUT_MAX },
        {},
};

static const Option undefine_options[] = {
        { "managed-save", OPTION_BOOL, offsetof(VerbOptions, managed_save) },
        { "snapshots-metadata", OPTION_BOOL, offsetof(VerbOptions, snapshots_metadata) },
        { "nvram", OPTION_BOOL, offsetof(VerbOptions, nvram) },
        {},
};

static const Verb verb_table[] = {
        { "Start", "start", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_PATH, start_options, check_off,
          run_start, ERROR_MACHINE_RUNNING },
        { "Shutdown", "shutdown", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_PATH, shutdown_options,
          check_answers, run_shutdown, ERROR_MACHINE_NOT_RUNNING, .until_off = true },
        { "PowerOff", "poweroff", ACTION_MACHINE_CONTROL, LANE_CONTROL, JOB_ANSWER_PATH, NULL, check_active,
          run_power_off, ERROR_MACHINE_NOT_RUNNING },
        { "Reboot", "reboot", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_answers,
          run_reboot, ERROR_MACHINE_NOT_RUNNING },
        { "Reset", "reset", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_active,
          run_reset, ERROR_MACHINE_NOT_RUNNING },
        { "Suspend", "suspend", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_active,
          run_suspend, ERROR_MACHINE_NOT_RUNNING },
        { "Resume", "resume", ACTION_MACHINE_CONTROL, LANE_ORDINARY, JOB_ANSWER_EMPTY, NULL, check_paused,
          run_resume, ERROR_MACHINE_NOT_PAUSED },
        { "Undefine", "undefine", ACTION_MACHINE_DELETE, LANE_ORDINARY, JOB_ANSWER_EMPTY, undefine_options,
          check_undefine, run_undefine, ERROR_MACHINE_HAS_STATE },
};

/*
 * The way
 */

static VerbJob *verb_job_free(VerbJob *vj) {
        if (vj->waiting)
                g_queue_remove(&vj->verbs->waiting, vj);
        sd_event_source_disable_unref(vj->timer);
        g_free(vj);
        return NULL;
}

static void verb_job_end(VerbJob *vj, JobResult result, const Failure *failure) {
        Job *job = vj->job;

        verb_job_free(vj);
        job_end(job, result, failure);
}

static bool verb_job_on_cancel(Job *job, void *userdata) {
        VerbJob *vj = userdata;
        g_auto(Failure) failure = { 0 };

        if (!vj->waiting)
                return hypervisor_withdraw(vj->verbs->machines->services->hypervisor, vj->request_id);

        (void) failure_set(&failure, ERROR_CANCELED,
                           "Canceled; the guest has been asked to shut down and may still do so.");
        verb_job_end(vj, JOB_CANCELED, &failure);
        return true;
}

static int verb_job_on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        VerbJob *vj = userdata;
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_TIMED_OUT,
                           "The guest did not shut down within %" G_GUINT64_FORMAT " s.",
                           vj->options.timeout / G_TIME_SPAN_SECOND);
        verb_job_end(vj, JOB_TIMEOUT, &failure);
        return 0;
}

static void verb_job_wait_for_off(VerbJob *vj) {
        const Services *services = vj->verbs->machines->services;

        (void) sd_event_add_time_relative(services->event, &vj->timer, CLOCK_BOOTTIME, vj->options.timeout,
                                          /* accuracy= */ 0, verb_job_on_timeout, vj);
        g_queue_push_tail(&vj->verbs->waiting, vj);
        vj->waiting = true;
        job_set_cancel(vj->job, verb_job_on_cancel, vj);
}

/* libvirt has done it, and the model shows it. */
static void verb_job_on_read(void *data) {
        VerbJob *vj = data;
        const Machine *machine = machines_find(vj->verbs->machines, vj->uuid);

        if (vj->verb->until_off && machine && machine_is_active(machine))
                verb_job_wait_for_off(vj);
        else
                verb_job_end(vj, JOB_DONE, NULL);
}

static int verb_job_run(void *data, virConnect *connection, Failure *failure) {
        VerbJob *vj = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, vj->uuid);
        int r;

        if (!domain)
                return hypervisor_failure(failure);

        r = vj->verb->run(domain, &vj->options);
        if (r == -EBUSY)
                return failure_set(failure, ERROR_MACHINE_RUNNING, "The machine is running.");
        if (r < 0) {
                bool wrong_state = virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID;

                (void) hypervisor_failure(failure);
                if (wrong_state)
                        failure->code = vj->verb->wrong_state;
                return error_code_to_errno(failure->code);
        }

        return 0;
}

static void verb_job_began(void *data) {
        VerbJob *vj = data;
        job_set_cancel(vj->job, NULL, NULL);
}

static void verb_job_done(void *data, int result, Failure *failure) {
        VerbJob *vj = data;

        if (result < 0) {
                verb_job_end(vj, result == -ECANCELED ? JOB_CANCELED : JOB_FAILED, failure);
                return;
        }

        /* The event of what was done may not have come yet: the job ends when its machine shows it. */
        sync_read(vj->verbs->machines->sync, vj->uuid, FACTS_STATE | FACTS_PERSISTENT, verb_job_on_read, vj);
}

/* The way of a verb that is authorized: the machine is looked up again, it may have changed or gone. */
typedef struct VerbCall {
        Machines *machines;
        const Verb *verb;
        VerbOptions options;
        char uuid[VIR_UUID_STRING_BUFLEN];
} VerbCall;

static int verb_check(const VerbCall *vc, const Machine *machine, Failure *failure) {
        const Services *services = vc->machines->services;

        if (!machine)
                return failure_set(failure, ERROR_NO_SUCH_MACHINE, "The machine is not there any more.");
        if (!hypervisor_is_connected(services->hypervisor))
                return hypervisor_unavailable(services->hypervisor, failure);

        return vc->verb->check(machine, failure);
}

static void verb_on_authorized(Call *call, void *arguments) {
        const VerbCall *vc = arguments;
        Machines *machines = vc->machines;
        g_auto(Failure) failure = { 0 };
        VerbJob *vj;
        Job *job;

        if (verb_check(vc, machines_find(machines, vc->uuid), &failure) < 0) {
                call_fail(call, &failure);
                return;
        }

        vj = g_new0(VerbJob, 1);
        vj->verbs = machines->verbs;
        vj->verb = vc->verb;
        vj->options = vc->options;
        g_strlcpy(vj->uuid, vc->uuid, sizeof(vj->uuid));

        if (call_begin_job(call, vj->verb->answer, verb_job_on_cancel, vj, &job, &failure) < 0) {
                verb_job_free(vj);
                call_fail(call, &failure);
                return;
        }

        vj->job = job;
        Request request = {
                .lane = vj->verb->lane,
                .key = vj->uuid,
                .run = verb_job_run,
                .began = verb_job_began,
                .done = verb_job_done,
                .data = vj,
        };
        if (hypervisor_submit(machines->services->hypervisor, &request, &vj->request_id, &failure) < 0)
                verb_job_end(vj, JOB_FAILED, &failure);
}

static const Verb *verb_find(const char *member) {
        for (size_t i = 0; i < G_N_ELEMENTS(verb_table); i++)
                if (g_str_equal(verb_table[i].member, member))
                        return &verb_table[i];

        return NULL;
}

int verbs_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure) {
        g_autofree VerbCall *vc = g_new0(VerbCall, 1);
        CallInfo info;
        int r;

        vc->machines = machines;
        vc->verb = verb_find(sd_bus_message_get_member(message));
        vc->options.timeout = machines->verbs->shutdown_timeout;
        g_strlcpy(vc->uuid, machine->uuid, sizeof(vc->uuid));
        g_assert(vc->verb);

        r = options_read(message, vc->verb->options, &vc->options, failure);
        if (r < 0)
                return r;

        info = (CallInfo){
                .verb = vc->verb->name,
                .action = vc->verb->action,
                .object = machine->path,
                .name = machine->name,
                .uuid = machine->uuid,
                .authorized = verb_on_authorized,
                .arguments = vc,
                .arguments_free = g_free,
        };
        r = call_begin(machines->services, message, &info, failure);
        if (r >= 0)
                vc = NULL; /* the call's */
        return r;
}

void verbs_on_off(Verbs *verbs, const char *uuid) {
        for (GList *l = verbs->waiting.head, *next; l; l = next) {
                VerbJob *vj = l->data;

                next = l->next;
                if (g_str_equal(vj->uuid, uuid))
                        verb_job_end(vj, JOB_DONE, NULL);
        }
}

Verbs *verbs_new(Machines *machines) {
        Verbs *verbs = g_new(Verbs, 1);

        *verbs = (Verbs){
                .machines = machines,
                .shutdown_timeout = configuration_span(machines->services->configuration, "Machines",
                                                       "ShutdownTimeoutSec", SHUTDOWN_TIMEOUT_MIN,
                                                       SHUTDOWN_TIMEOUT_MAX, SHUTDOWN_TIMEOUT_DEFAULT),
        };
        g_queue_init(&verbs->waiting);
        return verbs;
}

Verbs *verbs_free(Verbs *verbs) {
        VerbJob *vj;

        if (!verbs)
                return NULL;

        while ((vj = g_queue_peek_head(&verbs->waiting))) {
                g_auto(Failure) failure = { 0 };

                (void) failure_set(
                                &failure, ERROR_CANCELED,
                                "The agent stops; the guest has been asked to shut down and may still do so.");
                verb_job_end(vj, JOB_CANCELED, &failure);
        }

        g_free(verbs);
        return NULL;
}
