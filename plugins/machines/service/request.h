/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the agent has to say to the start of a unit that it asks systemd for, which takes no arguments: a
 * small file in REQUESTS_FOLDER, named as the unit's instance, since the machine may be gone with its run;
 * written before StartUnit and removed when systemd's job is over. Without one a start is a plain start.
 *
 * An adoption names the run (libvirt's id) that it is for: where that is gone, the start does nothing, and
 * the unit ends at once without having failed. To root the file is hostile: a regular file, not by a
 * symbolic link, of 128 bytes at most, a version, words and numbers.
 *
 * systemd's job may wait for long for other units, and the agent may end meanwhile: what was to be taken
 * over, or started paused, must not be plainly started then. An agent that starts removes what nobody waits
 * for. Where none does, one older than REQUEST_AGE_MAX is ignored: a start by somebody else is not the one
 * that it was for.
 */
#define REQUEST_AGE_MAX (3600 * G_TIME_SPAN_SECOND)

typedef struct StartRequest {
        unsigned adopt;            /* the run to take over; 0: none, start it */
        bool paused, discard_save; /* as the options of org.hatago.Host1.Machine.Start */
        uint64_t when;             /* CLOCK_BOOTTIME, µs */
} StartRequest;

/* Main thread: REQUESTS_FOLDER is in memory (tmpfs). when is filled in. Returns a negative errno. */
int start_request_write(const char *folder, const char *instance, const StartRequest *request);
void start_request_remove(const char *folder, const char *instance);

/* Removes all, for an agent that starts. */
void start_requests_clear(const char *folder);

/* Reads and removes it. -ENOENT: there is none, or none that counts any more. What is none is logged as a
 * warning, and -EINVAL. */
int start_request_take(const char *folder, const char *instance, StartRequest *ret);

/* From the bytes of a file; -EINVAL. */
int start_request_parse(const char *text, gsize size, StartRequest *ret);
