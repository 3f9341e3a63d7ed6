/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-job.h"

#include <libvirt/virterror.h>

#include "common/cleanup.h"
#include "common/log.h"

#define INTERVAL_USEC (500 * G_TIME_SPAN_MILLISECOND)
#define ABORT_INTERVAL_USEC (100 * G_TIME_SPAN_MILLISECOND)
#define CALLS_MAX 2U

typedef struct Question Question;

struct DomainJob {
        Machines *machines;
        Job *job;
        char uuid[VIR_UUID_STRING_BUFLEN];
        void (*answered)(void *userdata, DomainJobState state);
        void *userdata;
        sd_event_source *timer, *abort_timer;
        Question *question, *abort; /* under way */
};

/* A call to libvirt: it outlives the DomainJob, if need be. */
struct Question {
        Machines *machines;
        DomainJob *asker; /* NULL: gone meanwhile */
        char uuid[VIR_UUID_STRING_BUFLEN];
        DomainJobState state;
        uint64_t bytes, total;
};

/* Asks for the job of a domain that is there. */
static int question_ask(Question *question, virDomain *domain, Failure *failure) {
        virTypedParameterPtr stats = NULL;
        unsigned long long total = 0, remaining = 0;
        int n = 0, type, operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;

        question->state = DOMAIN_JOB_NONE;
        if (virDomainGetJobStats(domain, &type, &stats, &n, /* flags= */ 0) < 0)
                /* Of one that is off, libvirt has no job to tell of. */
                return virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID ? 0 : hypervisor_failure(failure);

        (void) virTypedParamsGetInt(stats, n, VIR_DOMAIN_JOB_OPERATION, &operation);
        (void) virTypedParamsGetULLong(stats, n, VIR_DOMAIN_JOB_DATA_TOTAL, &total);
        (void) virTypedParamsGetULLong(stats, n, VIR_DOMAIN_JOB_DATA_REMAINING, &remaining);
        virTypedParamsFree(stats, n);

        /* Not one that somebody else began. */
        if ((type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED) &&
            operation == VIR_DOMAIN_JOB_OPERATION_SAVE)
                question->state = DOMAIN_JOB_RUNNING;
        question->total = total;
        question->bytes = total > remaining ? total - remaining : 0;
        return 0;
}

static int question_run(void *data, virConnect *connection, Failure *failure) {
        Question *question = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, question->uuid);

        if (domain)
                return question_ask(question, domain, failure);
        if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
                return hypervisor_failure(failure);

        question->state = DOMAIN_JOB_GONE;
        return 0;
}

static void question_done(void *data, int result, Failure *failure) {
        g_autofree Question *question = data;
        DomainJob *dj = question->asker;

        question->machines->n_domain_job_calls--;
        if (!dj)
                return;

        dj->question = NULL;
        if (result < 0)
                question->state = DOMAIN_JOB_UNKNOWN;
        if (question->state == DOMAIN_JOB_RUNNING && question->total > 0)
                job_set_bytes(dj->job, question->bytes, question->total);
        if (dj->answered)
                dj->answered(dj->userdata, question->state); /* may free it */
}

/* Sends one, unless too many are under way. */
static Question *question_send(DomainJob *dj,
                               int (*run)(void *data, virConnect *connection, Failure *failure),
                               void (*done)(void *data, int result, Failure *failure)) {
        g_autofree Question *question = g_new0(Question, 1);
        g_auto(Failure) failure = { 0 };
        Request request = { .lane = LANE_CONTROL, .run = run, .done = done, .data = question };

        question->machines = dj->machines;
        question->asker = dj;
        g_strlcpy(question->uuid, dj->uuid, sizeof(question->uuid));

        if (dj->machines->n_domain_job_calls >= CALLS_MAX ||
            hypervisor_submit(dj->machines->services->hypervisor, &request, /* ret_id= */ NULL, &failure) <
                            0)
                return NULL;

        dj->machines->n_domain_job_calls++;
        return g_steal_pointer(&question);
}

static int domain_job_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        DomainJob *dj = userdata;

        if (!dj->question)
                dj->question = question_send(dj, question_run, question_done);
        (void) sd_event_source_set_time_relative(source, INTERVAL_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

DomainJob *domain_job_new(Machines *machines, Job *job, const char *uuid,
                          void (*answered)(void *userdata, DomainJobState state), void *userdata) {
        DomainJob *dj = g_new(DomainJob, 1);

        *dj = (DomainJob){ .machines = machines, .job = job, .answered = answered, .userdata = userdata };
        g_strlcpy(dj->uuid, uuid, sizeof(dj->uuid));
        (void) sd_event_add_time_relative(machines->services->event, &dj->timer, CLOCK_MONOTONIC,
                                          INTERVAL_USEC, /* accuracy= */ 0, domain_job_on_timer, dj);
        return dj;
}

DomainJob *domain_job_free(DomainJob *dj) {
        if (!dj)
                return NULL;

        if (dj->question)
                dj->question->asker = NULL;
        if (dj->abort)
                dj->abort->asker = NULL;
        sd_event_source_disable_unref(dj->timer);
        sd_event_source_disable_unref(dj->abort_timer);
        g_free(dj);
        return NULL;
}

/*
 * Its end before its time
 */

static int abort_run(void *data, virConnect *connection, Failure *failure) {
        Question *question = data;
        g_autoptr(virDomain) domain = virDomainLookupByUUIDString(connection, question->uuid);
        int r;

        if (!domain)
                return hypervisor_failure(failure);

        r = question_ask(question, domain, failure);
        if (r < 0)
                return r;
        if (question->state != DOMAIN_JOB_RUNNING)
                return failure_set(failure, ERROR_BUSY, "libvirt has not begun.");

        return virDomainAbortJob(domain) < 0 ? hypervisor_failure(failure) : 0;
}

static int domain_job_on_abort_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        DomainJob *dj = userdata;

        dj->abort_timer = sd_event_source_disable_unref(dj->abort_timer);
        domain_job_abort(dj);
        return 0;
}

static void domain_job_abort_later(DomainJob *dj) {
        (void) sd_event_add_time_relative(dj->machines->services->event, &dj->abort_timer, CLOCK_MONOTONIC,
                                          ABORT_INTERVAL_USEC, /* accuracy= */ 0, domain_job_on_abort_timer,
                                          dj);
}

static void abort_done(void *data, int result, Failure *failure) {
        g_autofree Question *question = data;
        DomainJob *dj = question->asker;

        question->machines->n_domain_job_calls--;
        if (!dj)
                return;

        dj->abort = NULL;
        if (result >= 0)
                return;

        log_debug("Cannot break off %s yet: %s", job_path(dj->job), failure->message);
        domain_job_abort_later(dj);
}

void domain_job_abort(DomainJob *dj) {
        if (dj->abort || dj->abort_timer)
                return;

        dj->abort = question_send(dj, abort_run, abort_done);
        if (!dj->abort)
                domain_job_abort_later(dj);
}
