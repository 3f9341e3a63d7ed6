/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "auth.h"
#include "common/error.h"
#include "job-record.h"
#include "objects.h"

/*
 * A job: one change that a caller asked for, from the moment it was authorized until ten minutes after its
 * end. Each is on the bus (org.hatago.Host1.Job) and gets one record in the journal at its end.
 */
typedef struct Jobs Jobs;
typedef struct Job Job;

typedef enum JobResult {
        JOB_RUNNING,
        JOB_DONE,
        JOB_FAILED,
        JOB_CANCELED,
        JOB_TIMEOUT,
        _JOB_RESULT_MAX,
} JobResult;

/* What the caller gets, and when. */
typedef enum JobAnswer {
        JOB_ANSWER_PATH,   /* the job's path, at once */
        JOB_ANSWER_EMPTY,  /* nothing, or the error, at the end */
        JOB_ANSWER_OBJECT, /* the path of job_set_object(), or the error, at the end */
} JobAnswer;

/* Called by job_cancel(): ends the job (job_end() with JOB_CANCELED) and returns true, or begins to, where
 * what does the work has to be told; or returns false if it is too late for that. */
typedef bool (*job_cancel_t)(Job *job, void *userdata);

typedef struct JobInfo {
        const char *operation;   /* as in org.hatago.Host1.Job.Operation; static */
        const char *action;      /* polkit action that allowed it; static */
        const char *object;      /* path; NULL if it is yet to be made */
        const char *name;        /* of the object, for people */
        const char *uuid;        /* of the object, for polkit rules; or NULL */
        Caller *caller;          /* a reference is taken */
        sd_bus_message *message; /* the call to be answered; a reference is taken */
        JobAnswer answer;
        job_cancel_t cancel; /* NULL: not cancelable, see job_set_cancel() */
        void *cancel_userdata;
} JobInfo;

/* How far it is; all 0 where that is not known. */
typedef struct JobProgress {
        double progress; /* 0 to 1 */
        bool valid;      /* whether any of this is known */
        uint64_t bytes, bytes_total;
        uint64_t rate;         /* bytes per second, of late */
        uint64_t expected_end; /* µs since the epoch */
} JobProgress;

#define JOBS_RUNNING_PER_USER_MAX 1024U

struct Services;

/* services outlives the jobs; its bus, objects and event are used. */
int jobs_new(const struct Services *services, Jobs **ret);
Jobs *jobs_free(Jobs *jobs); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)

/*
 * Keeps records of long jobs in this folder from now on, and takes over those that are there, of an agent
 * that was killed: each is a job that runs, under its old number, until a plugin that knows its operation
 * has adopted it and found out what became of it, or jobs_end_left() gives it up. Before anybody can see the
 * jobs. Fails with the errors of job_records_new().
 */
int jobs_keep_records(Jobs *jobs, const char *folder);

/* The record of a job that was taken over and that nobody has adopted; else NULL. */
const JobRecord *job_left(const Job *job);

/* Takes it over: whoever does ends it. action: the polkit action that allows to cancel it. */
void job_adopt(Job *job, const char *action);

/* Ends those that nobody adopted as failed (Interrupted). */
void jobs_end_left(Jobs *jobs);

/* By path; NULL if there is none (any more). */
Job *jobs_find(Jobs *jobs, const char *path);

/* All jobs by path, as long as they live. */
GHashTable *jobs_table(Jobs *jobs);

/* All jobs, ended ones too, in the order of their begin: a new array of Job*. */
GPtrArray *jobs_list(Jobs *jobs);

/*
 * Begins a job, and announces it. It belongs to the registry; whoever made it holds the pointer until
 * job_end(), and calls that exactly once. Fails with -ENOBUFS (LimitsExceeded) when 1024 jobs of one user
 * run already.
 */
int job_begin(Jobs *jobs, const JobInfo *info, Job **ret, Failure *failure);

/* Has it recorded, as it is now: what is written by job_write_record(). uuid must have been told. run and
 * timeout as in JobRecord. */
void job_set_record(Job *job, uint64_t run, uint64_t timeout);

/* On a thread, before the deed: writes down the record, if it has one and records are kept. That it could
 * not be written is logged: the deed matters more. */
void job_write_record(const Job *job);

/* Makes it cancelable, or with NULL not so any more. */
void job_set_cancel(Job *job, job_cancel_t cancel, void *userdata);

/* Tells the object that the job made: its path, and its name for people. */
void job_set_object(Job *job, const char *path, const char *name);

/* Tells how far it is, and works out the rest. At most twice a second: each call is a signal. total 0: not
 * known (any more). */
void job_set_bytes(Job *job, uint64_t bytes, uint64_t total);

/* The end: answers the caller, writes the record, tells everybody. failure is for any result but JOB_DONE,
 * and is read only. The models must show what happened before. */
void job_end(Job *job, JobResult result, const Failure *failure);

/* Cancels it. Fails with JobNotCancelable. */
int job_cancel(Job *job, Failure *failure);

/* Ends all that run as failed, because the agent cannot wait for them: nobody knows what becomes of them.
 * Those that are written down are left alone, for the next agent to find out. */
void jobs_abandon(Jobs *jobs);

const char *job_path(const Job *job);
const char *job_action(const Job *job);
const char *job_name(const Job *job); /* of its object; may be NULL */
const char *job_uuid(const Job *job); /* of its object; may be NULL */
uid_t job_uid(const Job *job);
const struct Services *job_services(const Job *job);

/* The face on the bus, job-dbus.c: org.hatago.Host1.Job, and the answer of ListJobs. */
int jobs_publish(const struct Services *services);
int jobs_append_running(Jobs *jobs, sd_bus_message *reply);
extern const ObjectInterface job_interface;

/* For the face: the values of the properties. */
typedef struct JobFacts {
        uint32_t id;
        const char *operation, *object, *state, *result, *error_name, *error_message;
        const Failure *failure;        /* has the arguments of the error */
        uint64_t started_at, ended_at; /* µs since the epoch; 0: not yet */
        uid_t uid;
        bool cancelable;
        JobProgress progress;
} JobFacts;

JobFacts job_facts(const Job *job);

/* Bits of job_interface, in its order. */
enum {
        JOB_PROPERTY_OBJECTS,
        JOB_PROPERTY_STATE,
        JOB_PROPERTY_RESULT,
        JOB_PROPERTY_ERROR_NAME,
        JOB_PROPERTY_ERROR_MESSAGE,
        JOB_PROPERTY_ERROR_ARGUMENTS,
        JOB_PROPERTY_ENDED_AT,
        JOB_PROPERTY_CANCELABLE,
        JOB_PROPERTY_PROGRESS,
        JOB_PROPERTY_PROGRESS_VALID,
        JOB_PROPERTY_BYTES,
        JOB_PROPERTY_BYTES_TOTAL,
        JOB_PROPERTY_RATE,
        JOB_PROPERTY_EXPECTED_END,
};
