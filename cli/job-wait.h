/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "cli.h"

/*
 * Waiting for the ends of jobs. Make it before the calls that start them, so that no end is missed: signals
 * that come before a call's reply are kept.
 */
typedef struct JobWait JobWait;

typedef struct JobEnd {
        char *result;  /* "done", "failed", "canceled", "timeout" */
        char *error;   /* full bus name; empty when done */
        char *message; /* the agent's text; empty when done */
} JobEnd;

/* Installs the matches. Sets error on failure. */
int job_wait_new(const Cli *cli, sd_bus_error *error, JobWait **ret);
JobWait *job_wait_free(JobWait *wait);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobWait, job_wait_free)

/* Waits for this job, too. label: what is shown while it runs, "web: start". */
void job_wait_add(JobWait *wait, const char *path, const char *label);

/* Tells what is known of it already. */
void job_wait_add_properties(JobWait *wait, const char *path, JsonObject *properties);

/* Something to be printed, with the end of the line, if this job has not ended after a while; taken. */
void job_wait_add_notice(JobWait *wait, const char *path, char *notice);

/* Tells how a job ended that was found ended already. */
void job_wait_add_end(JobWait *wait, const char *path, const char *result, const char *error,
                      const char *message);

/*
 * Waits until all that were added have ended, and shows progress on a terminal. Returns 0; -EINTR if the
 * user pressed Ctrl-C: the jobs go on; -ECONNRESET if the agent left the bus, or another of bus errors: how
 * the jobs end is unknown.
 */
int job_wait_run(JobWait *wait);

/* How the job ended; NULL if that is not known. */
const JobEnd *job_wait_end(const JobWait *wait, const char *path);

/*
 * Prints how a job that was waited for did not end well (r is what job_wait_run() returned), and returns
 * whether it ended well. subject: what it was about.
 */
bool job_wait_report(const JobWait *wait, int r, const char *path, const char *subject);
