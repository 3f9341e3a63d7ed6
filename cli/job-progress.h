/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "terminal.h"

/* The line on standard error that shows, on a terminal, what is being waited for. Elsewhere nothing is
 * drawn. */
typedef struct JobProgress {
        const Terminal *terminal;
        GHashTable *told; /* path → JobTold: of jobs that tell their progress */
        GString *labels;  /* of all jobs */
        unsigned n_jobs;
        int64_t began; /* µs, monotonic */
        bool drawn;
} JobProgress;

void job_progress_init(JobProgress *progress, const Terminal *terminal);
void job_progress_done(JobProgress *progress);

void job_progress_add(JobProgress *progress, const char *path, const char *label);

/* Takes the properties of a job that changed. */
void job_progress_update(JobProgress *progress, const char *path, JsonObject *properties);

/* How long to sleep before drawing again, ms, as poll() takes it. */
int job_progress_interval(const JobProgress *progress);

void job_progress_draw(JobProgress *progress, unsigned n_ended);
void job_progress_clear(JobProgress *progress);
