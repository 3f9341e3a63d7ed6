/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What is written down of a long job before its deed, so that the agent that comes after one that was killed
 * can tell what became of it: one small file a job, NUMBER.job, in a folder that nobody else may enter. Gone
 * at the job's end.
 */
typedef struct JobRecords JobRecords;

struct Hypervisor;

typedef struct JobRecord {
        uint32_t id;
        char *operation;     /* of the job */
        char *object, *name; /* of what it works on; name may be NULL */
        char *uuid;          /* of that */
        uid_t uid;           /* who asked for it */
        char *unit;          /* their systemd unit; NULL: not known */
        uint64_t started_at; /* µs since the epoch */

        /* For the plugin that does it. */
        uint64_t run;     /* of the object, that it was asked of */
        uint64_t timeout; /* µs, from the start; 0: none */
} JobRecord;

JobRecord *job_record_free(JobRecord *record); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobRecord, job_record_free)

/* Makes the folder if it is not there. Fails with the errno of mkdir(2) or open(2). */
int job_records_new(const char *folder, JobRecords **ret);
JobRecords *job_records_free(JobRecords *records); /* NULL is none */

/* Any thread. On the disk when this returns. Fails with the errno of what could not be done. */
int job_records_write(const JobRecords *records, const JobRecord *record);

/* Any thread. That there is none is no failure. */
void job_records_remove(const JobRecords *records, uint32_t id);

/* Main thread: the same on a thread of the hypervisor's, since a disk can take its time; at once where that
 * has ended. records must outlive the hypervisor. */
void job_records_remove_later(const JobRecords *records, struct Hypervisor *hypervisor, uint32_t id);

/* All of them, by number: a new array of JobRecord, which frees them. What is no record, or cannot be one,
 * is ignored with a warning: a file may have been cut off, or be anybody's. */
GPtrArray *job_records_read(const JobRecords *records);
