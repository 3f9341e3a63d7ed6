/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include <inttypes.h>

#include "audit.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "common/names.h"
#include "common/user-count.h"
#include "plugin.h"

#define ENDED_MAX 1024U
#define ENDED_KEEP_USEC (10 * G_TIME_SPAN_MINUTE)

struct Jobs {
        const Services *services;
        GHashTable *jobs; /* by path */
        GQueue by_begin;  /* of Job */
        GQueue ended;     /* of Job, in the order of their end */
        UserCount *running;
        JobRecords *records; /* NULL: none are kept */
        sd_event_source *expiry;
        uint32_t last_id;
};

struct Job {
        Jobs *jobs;
        uint32_t id;
        char *path;
        const char *operation, *action;
        char *object, *name, *uuid;
        Caller *caller;
        sd_bus_message *message; /* until answered */
        JobAnswer answer;
        uint64_t started_at, ended_at, expires; /* the last one by CLOCK_BOOTTIME */
        JobResult result;
        Failure failure;
        job_cancel_t cancel;
        void *cancel_userdata;
        JobRecord *record; /* does not change until the end: a thread writes it */
        bool left;         /* by another agent, and not adopted */
        JobProgress progress;
        uint64_t progress_at; /* when it was told last, by CLOCK_BOOTTIME; 0: never */
};

static const char *const result_names[_JOB_RESULT_MAX] = {
        [JOB_RUNNING] = "",          [JOB_DONE] = "done",       [JOB_FAILED] = "failed",
        [JOB_CANCELED] = "canceled", [JOB_TIMEOUT] = "timeout",
};

static const char *const job_properties[] = {
        [JOB_PROPERTY_OBJECTS] = "Objects",
        [JOB_PROPERTY_STATE] = "State",
        [JOB_PROPERTY_RESULT] = "Result",
        [JOB_PROPERTY_ERROR_NAME] = "ErrorName",
        [JOB_PROPERTY_ERROR_MESSAGE] = "ErrorMessage",
        [JOB_PROPERTY_ERROR_ARGUMENTS] = "ErrorArguments",
        [JOB_PROPERTY_ENDED_AT] = "EndedAt",
        [JOB_PROPERTY_CANCELABLE] = "Cancelable",
        [JOB_PROPERTY_PROGRESS] = "Progress",
        [JOB_PROPERTY_PROGRESS_VALID] = "ProgressValid",
        [JOB_PROPERTY_BYTES] = "Bytes",
        [JOB_PROPERTY_BYTES_TOTAL] = "BytesTotal",
        [JOB_PROPERTY_RATE] = "Rate",
        [JOB_PROPERTY_EXPECTED_END] = "ExpectedEnd",
        NULL,
};

const ObjectInterface job_interface = { .name = IFACE_JOB, .properties = job_properties };

static void job_changed(Job *job, uint64_t mask) {
        objects_changed(job->jobs->services->objects, job->path, &job_interface, mask);
}

static void job_free(Job *job) {
        sd_bus_message_unref(job->message);
        caller_unref(job->caller);
        failure_done(&job->failure);
        job_record_free(job->record);
        g_free(job->object);
        g_free(job->name);
        g_free(job->uuid);
        g_free(job->path);
        g_free(job);
}

static void job_forget(Job *job) {
        Jobs *jobs = job->jobs;

        objects_removed(jobs->services->objects, job->path);
        g_hash_table_remove(jobs->jobs, job->path);
        g_queue_remove(&jobs->by_begin, job);
        job_free(job);
}

static void jobs_arm_expiry(Jobs *jobs) {
        Job *oldest = g_queue_peek_head(&jobs->ended);

        if (!oldest) {
                (void) sd_event_source_set_enabled(jobs->expiry, SD_EVENT_OFF);
                return;
        }

        (void) sd_event_source_set_time(jobs->expiry, oldest->expires);
        (void) sd_event_source_set_enabled(jobs->expiry, SD_EVENT_ONESHOT);
}

static int jobs_on_expiry(sd_event_source *source, uint64_t usec, void *userdata) {
        Jobs *jobs = userdata;
        Job *oldest;

        while ((oldest = g_queue_peek_head(&jobs->ended)) && oldest->expires <= usec) {
                g_queue_pop_head(&jobs->ended);
                job_forget(oldest);
        }

        jobs_arm_expiry(jobs);
        return 0;
}

int jobs_new(const Services *services, Jobs **ret) {
        g_autoptr(Jobs) jobs = g_new0(Jobs, 1);
        int r;

        jobs->services = services;
        jobs->jobs = g_hash_table_new(g_str_hash, g_str_equal);
        g_queue_init(&jobs->by_begin);
        g_queue_init(&jobs->ended);
        jobs->running = user_count_new(JOBS_RUNNING_PER_USER_MAX);

        r = sd_event_add_time(services->event, &jobs->expiry, CLOCK_BOOTTIME, /* usec= */ 0,
                              G_TIME_SPAN_SECOND, jobs_on_expiry, jobs);
        if (r < 0)
                return r;

        (void) sd_event_source_set_enabled(jobs->expiry, SD_EVENT_OFF);
        *ret = g_steal_pointer(&jobs);
        return 0;
}

Jobs *jobs_free(Jobs *jobs) {
        Job *job;

        if (!jobs)
                return NULL;

        while ((job = g_queue_pop_head(&jobs->by_begin)))
                job_free(job);
        g_queue_clear(&jobs->ended);
        g_hash_table_unref(jobs->jobs);
        user_count_free(jobs->running);
        job_records_free(jobs->records);
        sd_event_source_disable_unref(jobs->expiry);
        g_free(jobs);
        return NULL;
}

Job *jobs_find(Jobs *jobs, const char *path) {
        return g_hash_table_lookup(jobs->jobs, path);
}

GHashTable *jobs_table(Jobs *jobs) {
        return jobs->jobs;
}

GPtrArray *jobs_list(Jobs *jobs) {
        GPtrArray *list = g_ptr_array_new();

        for (GList *l = jobs->by_begin.head; l; l = l->next)
                g_ptr_array_add(list, l->data);

        return list;
}

/*
 * Records
 */

void job_set_record(Job *job, uint64_t run, uint64_t timeout) {
        g_assert(!job->record);

        job->record = g_new(JobRecord, 1);
        *job->record = (JobRecord){
                .id = job->id,
                .operation = g_strdup(job->operation),
                .object = g_strdup(job->object),
                .name = g_strdup(job->name),
                .uuid = g_strdup(job->uuid),
                .uid = job->caller->uid,
                .unit = g_strdup(job->caller->unit),
                .started_at = job->started_at,
                .run = run,
                .timeout = timeout,
        };
}

void job_write_record(const Job *job) {
        int r;

        if (!job->record || !job->jobs->records)
                return;

        r = job_records_write(job->jobs->records, job->record);
        if (r < 0)
                log_warning("Cannot write down job %" PRIu32 ", ignoring: %s", job->id, g_strerror(-r));
}

/* Nobody waits for it, and nobody can be told of it yet. */
static void jobs_take_over(Jobs *jobs, JobRecord *record) {
        Job *job;

        if (!user_count_take(jobs->running, record->uid)) {
                log_warning("User %u has too many jobs, ignoring what is written of job %" PRIu32 ".",
                            (unsigned) record->uid, record->id);
                job_record_free(record);
                return;
        }

        job = g_new(Job, 1);
        *job = (Job){
                .jobs = jobs,
                .id = record->id,
                .path = g_strdup_printf(PATH_JOBS "/%" PRIu32, record->id),
                .operation = g_intern_string(record->operation),
                .action = ACTION_MACHINE_CONTROL,
                .object = g_strdup(record->object),
                .name = g_strdup(record->name),
                .uuid = g_strdup(record->uuid),
                .caller = caller_new(record->uid, *record->unit ? record->unit : NULL),
                .answer = JOB_ANSWER_PATH,
                .started_at = record->started_at,
                .record = record,
                .left = true,
        };
        jobs->last_id = MAX(jobs->last_id, record->id);
        g_hash_table_insert(jobs->jobs, job->path, job);
        g_queue_push_tail(&jobs->by_begin, job);
        log_notice("Job %" PRIu32 " (%s %s) was under way when the agent was ended.", job->id,
                   job->operation, job->uuid);
}

int jobs_keep_records(Jobs *jobs, const char *folder) {
        g_autoptr(GPtrArray) records = NULL;
        int r;

        r = job_records_new(folder, &jobs->records);
        if (r < 0)
                return r;

        records = job_records_read(jobs->records);
        for (guint i = 0; i < records->len; i++)
                jobs_take_over(jobs, g_steal_pointer(&records->pdata[i]));
        return 0;
}

const JobRecord *job_left(const Job *job) {
        return job->left ? job->record : NULL;
}

void job_adopt(Job *job, const char *action) {
        g_assert(job->left);

        job->left = false;
        job->action = action;
}

void jobs_end_left(Jobs *jobs) {
        g_autoptr(GPtrArray) list = jobs_list(jobs);
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_INTERRUPTED,
                           "The agent was ended while it was under way; what became of it is not known.");
        for (guint i = 0; i < list->len; i++) {
                Job *job = list->pdata[i];

                if (job->left)
                        job_end(job, JOB_FAILED, &failure);
        }
}

/*
 * Jobs
 */

static void jobs_signal(Jobs *jobs, sd_bus_message *signal) {
        int r = sd_bus_send(jobs->services->bus, signal, NULL);
        if (r < 0)
                log_warning("Cannot send the signal %s, ignoring: %s", sd_bus_message_get_member(signal),
                            g_strerror(-r));
}

static void job_announce(Job *job) {
        g_autoptr(sd_bus_message) signal = NULL;

        objects_added(job->jobs->services->objects, job->path);

        if (sd_bus_message_new_signal(job->jobs->services->bus, &signal, PATH_ROOT, IFACE_MANAGER,
                                      "JobNew") >= 0 &&
            sd_bus_message_append(signal, "o", job->path) >= 0)
                jobs_signal(job->jobs, signal);
}

int job_begin(Jobs *jobs, const JobInfo *info, Job **ret, Failure *failure) {
        Job *job;

        if (!user_count_take(jobs->running, info->caller->uid))
                return failure_set(failure, ERROR_LIMITS_EXCEEDED,
                                   "%u jobs of user %u are under way already.", JOBS_RUNNING_PER_USER_MAX,
                                   (unsigned) info->caller->uid);

        job = g_new(Job, 1);
        *job = (Job){
                .jobs = jobs,
                .id = ++jobs->last_id,
                .path = g_strdup_printf(PATH_JOBS "/%u", jobs->last_id),
                .operation = info->operation,
                .action = info->action,
                .object = g_strdup(info->object),
                .name = g_strdup(info->name),
                .uuid = g_strdup(info->uuid),
                .caller = caller_ref(info->caller),
                .message = sd_bus_message_ref(info->message),
                .answer = info->answer,
                .cancel = info->cancel,
                .cancel_userdata = info->cancel_userdata,
                .started_at = g_get_real_time(),
        };
        g_hash_table_insert(jobs->jobs, job->path, job);
        g_queue_push_tail(&jobs->by_begin, job);

        job_announce(job);

        if (job->answer == JOB_ANSWER_PATH) {
                (void) sd_bus_reply_method_return(job->message, "o", job->path);
                job->message = sd_bus_message_unref(job->message);
        }

        *ret = job;
        return 0;
}

void job_set_cancel(Job *job, job_cancel_t cancel, void *userdata) {
        bool changed = !cancel != !job->cancel;

        job->cancel = cancel;
        job->cancel_userdata = userdata;
        if (changed)
                job_changed(job, UINT64_C(1) << JOB_PROPERTY_CANCELABLE);
}

void job_set_object(Job *job, const char *path, const char *name) {
        g_free(job->object);
        g_free(job->name);
        job->object = g_strdup(path);
        job->name = g_strdup(name);
        job_changed(job, UINT64_C(1) << JOB_PROPERTY_OBJECTS);
}

static void job_progress_changed(Job *job, const JobProgress *progress) {
        const JobProgress old = job->progress;

        job->progress = *progress;
        job_changed(job,
                    (old.progress != progress->progress ? UINT64_C(1) << JOB_PROPERTY_PROGRESS : 0) |
                                    (old.valid != progress->valid
                                                     ? UINT64_C(1) << JOB_PROPERTY_PROGRESS_VALID
                                                     : 0) |
                                    (old.bytes != progress->bytes ? UINT64_C(1) << JOB_PROPERTY_BYTES : 0) |
                                    (old.bytes_total != progress->bytes_total
                                                     ? UINT64_C(1) << JOB_PROPERTY_BYTES_TOTAL
                                                     : 0) |
                                    (old.rate != progress->rate ? UINT64_C(1) << JOB_PROPERTY_RATE : 0) |
                                    (old.expected_end != progress->expected_end
                                                     ? UINT64_C(1) << JOB_PROPERTY_EXPECTED_END
                                                     : 0));
}

/* What it did since the last time, and what it had done per second until then: three parts of the one to one
 * of the other, so that neither a pause nor a burst throws the expected end about. */
static uint64_t job_rate(const Job *job, uint64_t bytes, uint64_t now) {
        uint64_t rate;

        if (job->progress_at == 0 || now <= job->progress_at || bytes < job->progress.bytes)
                return job->progress.rate;

        rate = (uint64_t) ((double) (bytes - job->progress.bytes) * G_TIME_SPAN_SECOND /
                           (double) (now - job->progress_at));
        return job->progress.rate == 0 ? rate : (job->progress.rate * 3 + rate) / 4;
}

void job_set_bytes(Job *job, uint64_t bytes, uint64_t total) {
        JobProgress progress = { .valid = total > 0, .bytes = MIN(bytes, total), .bytes_total = total };
        uint64_t now = 0;

        g_assert(job->result == JOB_RUNNING);

        (void) sd_event_now(job->jobs->services->event, CLOCK_BOOTTIME, &now);
        if (progress.valid) {
                progress.progress = (double) progress.bytes / (double) total;
                progress.rate = job_rate(job, progress.bytes, now);
        }
        if (progress.rate > 0)
                progress.expected_end = (uint64_t) g_get_real_time() +
                                        (uint64_t) ((double) (total - progress.bytes) * G_TIME_SPAN_SECOND /
                                                    (double) progress.rate);

        job_progress_changed(job, &progress);
        job->progress_at = now;
}

/* What is over has no rate; what is done is done whole. */
static void job_end_progress(Job *job) {
        JobProgress progress = job->progress;

        progress.rate = progress.expected_end = 0;
        if (job->result == JOB_DONE && progress.valid) {
                progress.progress = 1;
                progress.bytes = progress.bytes_total;
        }
        job_progress_changed(job, &progress);
}

/* Answers the call that waits for the end. That the caller may be gone is no matter. */
static void job_answer(Job *job) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;

        if (!job->message)
                return;

        if (job->result != JOB_DONE) {
                (void) failure_to_bus(&job->failure, &error);
                (void) sd_bus_reply_method_error(job->message, &error);
        } else if (job->answer == JOB_ANSWER_OBJECT)
                (void) sd_bus_reply_method_return(job->message, "o", job->object);
        else
                (void) sd_bus_reply_method_return(job->message, NULL);

        job->message = sd_bus_message_unref(job->message);
}

static void job_announce_end(Job *job) {
        g_autoptr(sd_bus_message) signal = NULL;
        JobFacts facts = job_facts(job);

        if (sd_bus_message_new_signal(job->jobs->services->bus, &signal, PATH_ROOT, IFACE_MANAGER,
                                      "JobRemoved") >= 0 &&
            sd_bus_message_append(signal, "osss", job->path, facts.result, facts.error_name,
                                  facts.error_message) >= 0)
                jobs_signal(job->jobs, signal);
}

void job_end(Job *job, JobResult result, const Failure *failure) {
        Jobs *jobs = job->jobs;

        g_assert(job->result == JOB_RUNNING);
        g_assert(result != JOB_RUNNING);

        job->result = result;
        user_count_give_back(jobs->running, job->caller->uid);
        job_end_progress(job);
        if (job->record && jobs->records)
                job_records_remove_later(jobs->records, jobs->services->hypervisor, job->id);
        if (result != JOB_DONE)
                failure_copy(&job->failure, failure);
        job->ended_at = g_get_real_time();
        job_set_cancel(job, NULL, NULL);
        job_changed(job, UINT64_C(1) << JOB_PROPERTY_STATE | UINT64_C(1) << JOB_PROPERTY_RESULT |
                                         UINT64_C(1) << JOB_PROPERTY_ERROR_NAME |
                                         UINT64_C(1) << JOB_PROPERTY_ERROR_MESSAGE |
                                         UINT64_C(1) << JOB_PROPERTY_ERROR_ARGUMENTS |
                                         UINT64_C(1) << JOB_PROPERTY_ENDED_AT);

        /* What changed goes out before the news that it is done. */
        objects_flush(jobs->services->objects);
        job_answer(job);
        job_announce_end(job);

        audit_write(&(AuditRecord){
                        .caller = job->caller,
                        .verb = job->operation,
                        .object = job->object,
                        .name = job->name,
                        .job = job->path,
                        .result = result_names[result],
                        .failure = result == JOB_DONE ? NULL : &job->failure,
        });

        (void) sd_event_now(jobs->services->event, CLOCK_BOOTTIME, &job->expires);
        job->expires += ENDED_KEEP_USEC;
        g_queue_push_tail(&jobs->ended, job);
        if (jobs->ended.length > ENDED_MAX)
                job_forget(g_queue_pop_head(&jobs->ended));
        jobs_arm_expiry(jobs);
}

void jobs_abandon(Jobs *jobs) {
        g_autoptr(GPtrArray) list = jobs_list(jobs);
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_INTERRUPTED,
                           "The agent ended while libvirt worked on it; what became of it is not known.");
        for (guint i = 0; i < list->len; i++) {
                Job *job = list->pdata[i];

                if (job->result == JOB_RUNNING && !(job->record && jobs->records))
                        job_end(job, JOB_FAILED, &failure);
        }
}

int job_cancel(Job *job, Failure *failure) {
        if (!job->cancel || !job->cancel(job, job->cancel_userdata))
                return failure_set(failure, ERROR_JOB_NOT_CANCELABLE, "Job %u (%s) cannot be canceled %s.",
                                   job->id, job->operation,
                                   job->result == JOB_RUNNING ? "any more" : "after its end");

        return 0;
}

const char *job_path(const Job *job) {
        return job->path;
}

const char *job_action(const Job *job) {
        return job->action;
}

const char *job_name(const Job *job) {
        return job->name;
}

const char *job_uuid(const Job *job) {
        return job->uuid;
}

uid_t job_uid(const Job *job) {
        return job->caller->uid;
}

const Services *job_services(const Job *job) {
        return job->jobs->services;
}

JobFacts job_facts(const Job *job) {
        bool failed = job->failure.code != ERROR_NONE;

        return (JobFacts){
                .id = job->id,
                .operation = job->operation,
                .object = job->object,
                .state = job->result == JOB_RUNNING ? "running" : "ended",
                .result = result_names[job->result],
                .error_name = failed ? error_code_to_bus_name(job->failure.code) : "",
                .error_message = failed ? job->failure.message : "",
                .failure = &job->failure,
                .started_at = job->started_at,
                .ended_at = job->ended_at,
                .uid = job->caller->uid,
                .cancelable = job->cancel != NULL,
                .progress = job->progress,
        };
}
