/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verbs.h"

#include <errno.h>
#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "common/names.h"
#include "common/options.h"
#include "domain-job.h"
#include "image-watch.h"
#include "sync.h"
#include "unit-start.h"
#include "verb-table.h"

#define SHUTDOWN_TIMEOUT_DEFAULT (3 * G_TIME_SPAN_MINUTE)

/* Each half a second after the one before. */
#define DOUBTS_MAX 4U

struct Verbs {
        Machines *machines;
        uint64_t shutdown_timeout;
        GQueue waiting; /* of VerbJob: for their machine to be off */
        GQueue adopted; /* of VerbJob */
};

/* A verb under way: from the authorization to the end of its job. */
typedef struct VerbJob {
        Verbs *verbs;
        const Verb *verb;
        VerbOptions options;
        char uuid[VIR_UUID_STRING_BUFLEN];
        unsigned run; /* libvirt's id of the run it was asked of */
        Job *job;
        uint64_t request_id;
        bool waiting;
        sd_event_source *timer;
        DomainJob *domain_job; /* while libvirt works on one of its own */
        UnitStart *unit_start; /* while systemd works on one of its own */
        bool aborted;          /* it was asked to break it off */
        unsigned n_doubts;     /* how often nothing showed that it was done, of an adopted one */
        JobResult result;      /* that it ends with once its machine was read */
        Failure failure;
} VerbJob;

/*
 * The way
 */

static VerbJob *verb_job_free(VerbJob *vj) {
        if (vj->waiting)
                g_queue_remove(&vj->verbs->waiting, vj);
        (void) g_queue_remove(&vj->verbs->adopted, vj);
        sd_event_source_disable_unref(vj->timer);
        domain_job_free(vj->domain_job);
        verb_options_done(&vj->options);
        failure_done(&vj->failure);
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

        if (vj->domain_job || vj->unit_start) {
                vj->aborted = true;
                if (vj->unit_start)
                        unit_start_cancel(vj->unit_start);
                else
                        domain_job_abort(vj->domain_job);
                return true;
        }
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

/* libvirt has done it, or not, and the model shows it. */
static void verb_job_on_read(void *data) {
        VerbJob *vj = data;
        const Machine *machine = machines_find(vj->verbs->machines, vj->uuid);

        if (vj->result != JOB_DONE) {
                g_auto(Failure) failure = { 0 };

                failure_move(&failure, &vj->failure);
                verb_job_end(vj, vj->result, &failure);
        } else if (vj->verb->until_off && machine && machine->id == vj->run)
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

        job_write_record(vj->job);
        r = vj->verb->run(domain, &vj->options, failure);
        if (r < 0 && failure->code == ERROR_NONE) {
                bool invalid = virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID;
                ErrorCode blamed;

                (void) hypervisor_failure(failure);
                blamed = invalid ? vj->verb->blame(domain) : ERROR_NONE;
                if (blamed != ERROR_NONE)
                        failure->code = blamed;
                else if (vj->verb->explain)
                        vj->verb->explain(domain, failure);
                return error_code_to_errno(failure->code);
        }

        return r;
}

static void verb_job_began(void *data) {
        VerbJob *vj = data;

        if (vj->verb->libvirt_job)
                vj->domain_job = domain_job_new(vj->verbs->machines, vj->job, vj->uuid, /* answered= */ NULL,
                                                /* userdata= */ NULL);
        else
                job_set_cancel(vj->job, NULL, NULL);
}

static void verb_job_remember_failure(const VerbJob *vj) {
        Machines *machines = vj->verbs->machines;
        Machine *machine = machines_find(machines, vj->uuid);

        /* One that runs after all was started by somebody else. */
        if (!machine || vj->failure.code == ERROR_MACHINE_RUNNING)
                return;

        machines_changed(machines, machine, machine_apply_start(machine, &vj->failure));
        image_watch_look(machines->images, vj->uuid);
}

static void verb_job_done(void *data, int result, Failure *failure) {
        VerbJob *vj = data;
        bool canceled;

        /* Where the connection was lost, nobody knows what came of it. */
        canceled = result == -ECANCELED || (vj->aborted && result < 0 && result != -EHOSTDOWN);
        vj->result = canceled ? JOB_CANCELED : result < 0 ? JOB_FAILED : JOB_DONE;
        if (result < 0)
                failure_move(&vj->failure, failure);
        if (vj->aborted && canceled && vj->verb->libvirt_job)
                (void) failure_set(&vj->failure, ERROR_CANCELED, "Canceled; nothing was saved.");

        if (vj->verb->starts && vj->result == JOB_FAILED)
                verb_job_remember_failure(vj);

        /* What failed at once has changed nothing; what was broken off had begun to. */
        if (result < 0 && !vj->aborted && !vj->domain_job) {
                verb_job_on_read(vj);
                return;
        }

        vj->domain_job = domain_job_free(vj->domain_job);
        job_set_cancel(vj->job, NULL, NULL);

        /* The event of what was done may not have come yet: the job ends when its machine shows it. */
        sync_read(vj->verbs->machines->sync, vj->uuid, FACTS_STATE | FACTS_PERSISTENT | vj->verb->reads,
                  verb_job_on_read, vj);
}

/*
 * A start by systemd: its unit calls libvirt
 */

static void verb_job_on_unit_started(void *data, int result, Failure *failure) {
        VerbJob *vj = data;

        vj->unit_start = NULL;
        /* The agent stops, the start goes on: the next agent takes it over. */
        if (result == -ECANCELED && !vj->aborted)
                verb_job_free(vj);
        else
                verb_job_done(vj, result, failure);
}

/* It is written down; much may have happened before that. */
static void verb_job_start_unit(void *data, int result, Failure *failure) {
        VerbJob *vj = data;
        Machines *machines = vj->verbs->machines;
        const Machine *machine = machines_find(machines, vj->uuid);
        const StartRequest request = { .paused = vj->options.paused,
                                       .discard_save = vj->options.discard_save };

        if (result >= 0 && !machine)
                result = failure_set(failure, ERROR_NO_SUCH_MACHINE, "The machine is not there any more.");
        if (result >= 0)
                result = vj->verb->check(machine, failure);
        if (result >= 0)
                result = unit_start_new(machines->starts, machine, &request, verb_job_on_unit_started, vj,
                                        &vj->unit_start, failure);
        if (result < 0)
                verb_job_done(vj, result, failure);
        else
                job_set_cancel(vj->job, verb_job_on_cancel, vj);
}

static int verb_job_write_record(void *data, virConnect *connection, Failure *failure) {
        const VerbJob *vj = data;

        job_write_record(vj->job);
        return 0;
}

/*
 * Verbs that an agent before this one had begun
 */

static void verb_job_watch(VerbJob *vj);

/* What the rest of its time is; it was told when the verb began. */
static uint64_t verb_job_time_left(const VerbJob *vj, const JobRecord *record) {
        uint64_t now = (uint64_t) g_get_real_time();
        uint64_t gone = now > record->started_at ? now - record->started_at : 0;

        return gone + SHUTDOWN_TIMEOUT_MIN < vj->options.timeout ? vj->options.timeout - gone
                                                                 : (uint64_t) SHUTDOWN_TIMEOUT_MIN;
}

/* libvirt works on it no more, and the model shows what became of it. */
static void verb_job_on_settled(void *data) {
        VerbJob *vj = data;
        Machines *machines = vj->verbs->machines;
        const Machine *machine = machines_find(machines, vj->uuid);
        VerbOutcome outcome = vj->verb->outcome(machine);
        bool canceled = vj->aborted && machine && machine_is_active(machine);

        /* libvirt's job ends before all that it does shows, and begins after its call. */
        if (outcome == VERB_UNKNOWN && vj->n_doubts < DOUBTS_MAX && !canceled) {
                vj->n_doubts++;
                outcome = VERB_GOES_ON;
        }
        if (outcome == VERB_GOES_ON || !hypervisor_is_connected(machines->services->hypervisor)) {
                verb_job_watch(vj);
                return;
        }

        if (outcome == VERB_UNKNOWN && canceled) {
                vj->result = JOB_CANCELED;
                (void) failure_set(&vj->failure, ERROR_CANCELED, "Canceled; nothing was saved.");
        } else if (outcome == VERB_UNKNOWN && vj->verb->starts && machine &&
                   machine->start_failure.code != ERROR_NONE) {
                vj->result = JOB_FAILED;
                failure_copy(&vj->failure, &machine->start_failure);
        } else if (outcome == VERB_UNKNOWN) {
                vj->result = JOB_FAILED;
                (void) failure_set(
                                &vj->failure, ERROR_INTERRUPTED,
                                "The agent was ended while it was under way, and the machine does not show "
                                "that it was done; what became of it is not known.");
        }
        verb_job_on_read(vj);
}

static void verb_job_on_watched(void *userdata, DomainJobState state) {
        VerbJob *vj = userdata;
        Sync *sync = vj->verbs->machines->sync;

        if (state == DOMAIN_JOB_RUNNING || state == DOMAIN_JOB_UNKNOWN || !sync_is_synced(sync))
                return;

        vj->domain_job = domain_job_free(vj->domain_job);
        job_set_cancel(vj->job, NULL, NULL);
        sync_read(sync, vj->uuid, FACTS_ALL, verb_job_on_settled, vj);
}

static void verb_job_watch(VerbJob *vj) {
        vj->domain_job = domain_job_new(vj->verbs->machines, vj->job, vj->uuid, verb_job_on_watched, vj);
        if (vj->verb->libvirt_job)
                job_set_cancel(vj->job, verb_job_on_cancel, vj);
}

static void verbs_adopt_one(Verbs *verbs, const Verb *verb, Job *job) {
        const JobRecord *record = job_left(job);
        VerbJob *vj = g_new0(VerbJob, 1);

        vj->verbs = verbs;
        vj->verb = verb;
        vj->job = job;
        vj->run = (unsigned) record->run;
        vj->options.timeout = CLAMP(record->timeout, (uint64_t) SHUTDOWN_TIMEOUT_MIN,
                                    (uint64_t) SHUTDOWN_TIMEOUT_MAX);
        vj->options.timeout = verb_job_time_left(vj, record);
        vj->result = JOB_DONE;
        g_strlcpy(vj->uuid, record->uuid, sizeof(vj->uuid));
        g_queue_push_tail(&verbs->adopted, vj);
        job_adopt(job, verb->action);
        verb_job_watch(vj);
}

void verbs_adopt(Verbs *verbs) {
        g_autoptr(GPtrArray) jobs = jobs_list(verbs->machines->services->jobs);

        for (guint i = 0; i < jobs->len; i++) {
                const JobRecord *record = job_left(jobs->pdata[i]);
                const Verb *verb = record ? verb_find_by_name(record->operation) : NULL;

                if (verb && verb->outcome)
                        verbs_adopt_one(verbs, verb, jobs->pdata[i]);
        }
}

/* The way of a verb that is authorized: the machine is looked up again, it may have changed or gone. */
typedef struct VerbCall {
        Machines *machines;
        const Verb *verb;
        VerbOptions options;
        char uuid[VIR_UUID_STRING_BUFLEN];
} VerbCall;

static void verb_call_free(void *data) {
        VerbCall *vc = data;

        verb_options_done(&vc->options);
        g_free(vc);
}

static int verb_check(const VerbCall *vc, const Machine *machine, Failure *failure) {
        const Services *services = vc->machines->services;

        if (!hypervisor_is_connected(services->hypervisor))
                return hypervisor_unavailable(services->hypervisor, failure);

        return vc->verb->check(machine, failure);
}

static void verb_on_authorized(Call *call, void *arguments) {
        VerbCall *vc = arguments;
        Machines *machines = vc->machines;
        g_auto(Failure) failure = { 0 };
        Machine *machine;
        bool by_unit;
        VerbJob *vj;
        Job *job;

        if (machines_find_authorized(machines, vc->uuid, call, &machine, &failure) < 0 ||
            verb_check(vc, machine, &failure) < 0) {
                call_fail(call, &failure);
                return;
        }

        vj = g_new0(VerbJob, 1);
        vj->verbs = machines->verbs;
        vj->verb = vc->verb;
        vj->options = vc->options;
        vc->options = (VerbOptions){ 0 }; /* have moved */
        vj->run = machine->id;
        g_strlcpy(vj->uuid, vc->uuid, sizeof(vj->uuid));

        if (call_begin_job(call, vj->verb->answer, verb_job_on_cancel, vj, &job, &failure) < 0) {
                verb_job_free(vj);
                call_fail(call, &failure);
                return;
        }

        vj->job = job;
        if (vj->verb->outcome)
                job_set_record(job, vj->run, vj->options.timeout);
        by_unit = vj->verb->starts && machines_use_units(machines);
        Request request = {
                .lane = vj->verb->lane,
                .key = vj->uuid,
                .run = by_unit ? verb_job_write_record : verb_job_run,
                .began = verb_job_began,
                .done = by_unit ? verb_job_start_unit : verb_job_done,
                .data = vj,
        };
        if (hypervisor_submit(machines->services->hypervisor, &request, &vj->request_id, &failure) < 0)
                verb_job_end(vj, JOB_FAILED, &failure);
}

int verbs_on_call(Machines *machines, Machine *machine, sd_bus_message *message, Failure *failure) {
        VerbCall *vc = g_new0(VerbCall, 1);
        CallInfo info;
        int r;

        vc->machines = machines;
        vc->verb = verb_find(sd_bus_message_get_member(message));
        vc->options.timeout = machine_settings(machine)->stop_timeout ?: machines->verbs->shutdown_timeout;
        g_strlcpy(vc->uuid, machine->uuid, sizeof(vc->uuid));
        g_assert(vc->verb);

        r = arguments_read(message, vc->verb->arguments, &vc->options, failure);
        if (r >= 0)
                r = options_read(message, vc->verb->options, &vc->options, failure);
        if (r >= 0 && vc->verb->validate)
                r = vc->verb->validate(&vc->options, failure);
        if (r < 0) {
                verb_call_free(vc);
                return r;
        }

        info = (CallInfo){
                .verb = vc->verb->name,
                .action = vc->verb->action,
                .object = machine->path,
                .name = machine->name,
                .uuid = machine->uuid,
                .authorized = verb_on_authorized,
                .arguments = vc,
                .arguments_free = verb_call_free,
        };
        r = call_begin(machines->services, message, &info, failure);
        if (r < 0)
                verb_call_free(vc);
        return r;
}

void verbs_on_run_ended(Verbs *verbs, const char *uuid, unsigned run) {
        for (GList *l = verbs->waiting.head, *next; l; l = next) {
                VerbJob *vj = l->data;

                next = l->next;
                if (vj->run != run && g_str_equal(vj->uuid, uuid))
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
        g_queue_init(&verbs->adopted);
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

        /* The next agent takes them over in turn. */
        while ((vj = g_queue_peek_head(&verbs->adopted)))
                verb_job_free(vj);

        g_free(verbs);
        return NULL;
}
