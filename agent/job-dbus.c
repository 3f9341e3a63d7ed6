/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job.h"

#include <errno.h>

#include "audit.h"
#include "common/getter.h"
#include "common/names.h"
#include "common/options.h"
#include "plugin.h"

/* The face of jobs on the bus: org.hatago.Host1.Job. The userdata of a found object is the Job. */

BUS_GETTER(get_id, Job, job, "u", job_facts(job).id)
BUS_GETTER(get_operation, Job, job, "s", job_facts(job).operation)
BUS_GETTER(get_state, Job, job, "s", job_facts(job).state)
BUS_GETTER(get_result, Job, job, "s", job_facts(job).result)
BUS_GETTER(get_error_name, Job, job, "s", job_facts(job).error_name)
BUS_GETTER(get_error_message, Job, job, "s", job_facts(job).error_message)
BUS_GETTER(get_started_at, Job, job, "t", job_facts(job).started_at)
BUS_GETTER(get_ended_at, Job, job, "t", job_facts(job).ended_at)
BUS_GETTER(get_uid, Job, job, "u", (uint32_t) job_facts(job).uid)
BUS_GETTER(get_cancelable, Job, job, "b", (int) job_facts(job).cancelable)
BUS_GETTER(get_progress, Job, job, "d", job_facts(job).progress.progress)
BUS_GETTER(get_progress_valid, Job, job, "b", (int) job_facts(job).progress.valid)
BUS_GETTER(get_bytes, Job, job, "t", job_facts(job).progress.bytes)
BUS_GETTER(get_bytes_total, Job, job, "t", job_facts(job).progress.bytes_total)
BUS_GETTER(get_rate, Job, job, "t", job_facts(job).progress.rate)
BUS_GETTER(get_expected_end, Job, job, "t", job_facts(job).progress.expected_end)

static int get_error_arguments(sd_bus *bus, const char *path, const char *interface, const char *property,
                               sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return failure_append_arguments(job_facts(userdata).failure, reply);
}

static int append_objects(sd_bus_message *reply, const JobFacts *facts) {
        return facts->object ? sd_bus_message_append(reply, "ao", 1, facts->object)
                             : sd_bus_message_append(reply, "ao", 0);
}

static int get_objects(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        const JobFacts facts = job_facts(userdata);
        return append_objects(reply, &facts);
}

static void cancel_job(Call *call, Job *job) {
        g_auto(Failure) failure = { 0 };

        if (!job)
                (void) failure_set(&failure, ERROR_NO_SUCH_JOB, "The job is not there any more.");
        else if (job_cancel(job, &failure) >= 0) {
                /* The job's own record has who began it. */
                audit_write(&(AuditRecord){
                                .caller = call_caller(call),
                                .verb = "cancel",
                                .object = call_object(call),
                                .name = job_name(job),
                                .result = "done",
                });
                call_reply(call, NULL);
                return;
        }

        call_fail(call, &failure);
}

/* Not the one who started it, but one who may do as much. */
static void cancel_authorized(Call *call, void *arguments) {
        cancel_job(call, jobs_find(call_services(call)->jobs, call_object(call)));
}

static void cancel_identified(Call *call, void *arguments) {
        const Services *services = call_services(call);
        Job *job = jobs_find(services->jobs, call_object(call));
        g_auto(Failure) failure = { 0 };

        if (!job || job_uid(job) == call_caller(call)->uid) {
                cancel_job(call, job);
                return;
        }

        if (call_authorize(call, job_action(job), cancel_authorized, &failure) < 0)
                call_fail(call, &failure);
}

static int method_cancel(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        g_auto(Failure) failure = { 0 };
        Job *job = userdata;
        CallInfo info = {
                .verb = "cancel",
                .object = job_path(job),
                .name = job_name(job),
                .uuid = job_uuid(job),
                .authorized = cancel_identified,
        };
        const Services *services = job_services(job);
        int r;

        r = options_read(message, NULL, NULL, &failure);
        if (r >= 0)
                r = call_begin(services, message, &info, &failure);
        return failure_or_result(&failure, r, error);
}

static const sd_bus_vtable job_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Id", "u", get_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Operation", "s", get_operation, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Objects", "ao", get_objects, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("State", "s", get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Result", "s", get_result, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ErrorName", "s", get_error_name, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ErrorMessage", "s", get_error_message, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ErrorArguments", "a{ss}", get_error_arguments, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("StartedAt", "t", get_started_at, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("EndedAt", "t", get_ended_at, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("StartedByUID", "u", get_uid, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Cancelable", "b", get_cancelable, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Progress", "d", get_progress, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ProgressValid", "b", get_progress_valid, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Bytes", "t", get_bytes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("BytesTotal", "t", get_bytes_total, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Rate", "t", get_rate, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ExpectedEnd", "t", get_expected_end, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_ARGS("Cancel", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, method_cancel,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static int job_find(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                    sd_bus_error *error) {
        *ret = jobs_find(userdata, path);
        return *ret != NULL;
}

/* org.hatago.Host1.Manager.ListJobs, called by the manager's face. */
int jobs_append_running(Jobs *jobs, sd_bus_message *reply) {
        g_autoptr(GPtrArray) list = jobs_list(jobs);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(usoao)");
        if (r < 0)
                return r;

        for (guint i = 0; i < list->len; i++) {
                const JobFacts facts = job_facts(list->pdata[i]);

                if (!g_str_equal(facts.state, "running"))
                        continue;

                r = sd_bus_message_open_container(reply, 'r', "usoao");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "uso", facts.id, facts.operation,
                                                  job_path(list->pdata[i]));
                if (r >= 0)
                        r = append_objects(reply, &facts);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
                if (r < 0)
                        return r;
        }

        return sd_bus_message_close_container(reply);
}

int jobs_publish(const Services *services) {
        return objects_publish(services->objects, &(ObjectKind){ .prefix = PATH_JOBS,
                                                                 .interface = IFACE_JOB,
                                                                 .vtable = job_vtable,
                                                                 .table = jobs_table(services->jobs),
                                                                 .find = job_find,
                                                                 .userdata = services->jobs });
}
