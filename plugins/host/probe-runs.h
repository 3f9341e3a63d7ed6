/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/error.h"
#include "report-watch.h"
#include "unit-runner.h"

/*
 * When hatago-probe looks at the host: one run at a time. Whoever asks while one is under way gets the next
 * one, since that one may have read before already what has changed. All who wait share it.
 */
typedef struct ProbeRuns ProbeRuns;

typedef struct ProbePace {
        uint64_t delay;    /* µs from the first sign of a change to a run: signs come in crowds */
        uint64_t interval; /* µs from the beginning of a run to that of the next, at least */
} ProbePace;

extern const ProbePace probe_pace; /* 1 s, 2 s */

#define PROBE_UNIT "hatago-probe.service"

/* Once, on the main thread, never from within probe_runs_ask(). result is 0: the report of the run has been
 * taken over; else the failure says more: that of unit_runner_start(), or ProbeFailed. */
typedef void (*probe_done_t)(void *userdata, int result, const Failure *failure);

ProbeRuns *probe_runs_new(sd_event *event, UnitRunner *units, ReportWatch *watch, const ProbePace *pace);
ProbeRuns *probe_runs_free(ProbeRuns *runs); /* who waits is told Canceled; NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProbeRuns, probe_runs_free)

/* Something may have changed: look soon. */
void probe_runs_want(ProbeRuns *runs);

/* Somebody waits for a look that begins after now. at_once: the interval is not waited for. */
void probe_runs_ask(ProbeRuns *runs, bool at_once, probe_done_t done, void *userdata);
