/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "common/error.h"

/* Starts and stops the units that do as root what the agent cannot, and waits for the ends of systemd's jobs
 * without blocking. Which units it may, polkit says (units/hatago.rules.in).
 *
 * When systemd replaces itself (daemon-reexec), ends of jobs that it tells meanwhile are heard by nobody: it
 * is asked about each that is waited for, and again for what it has not read. */
typedef struct UnitRunner UnitRunner;

typedef enum UnitVerb {
        UNIT_START,
        UNIT_STOP,
} UnitVerb;

typedef struct UnitOrder {
        const char *unit; /* its name; copied */
        UnitVerb verb;
        ErrorCode failed;    /* what a unit that was started and failed is an error of */
        uint64_t patience;   /* µs that it is waited for; it goes on after that; 0: for ever */
        bool forget_failure; /* systemd need not show it as failed: whoever asked is told */
        bool fresh;          /* how often it was started before, and how that ended, does not count */

        /* Main thread, exactly once, never from within unit_runner_start(). result is 0; -errno with the
         * failure filled in: UnitUnavailable (systemd does not start it: its package is not installed, or
         * there is no systemd), .failed with the unit's StatusText (which it sends by sd_notify()),
         * TimedOut, or -ECANCELED (Canceled) when the agent stops. May take the failure's text. */
        void (*done)(void *userdata, int result, Failure *failure);
        void *userdata;
} UnitOrder;

UnitRunner *unit_runner_new(sd_event *event, sd_bus *bus);
UnitRunner *unit_runner_free(UnitRunner *runner); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnitRunner, unit_runner_free)

/* Has systemd tell of its units and of the ends of its jobs, which it does only while somebody has asked for
 * that; before the first order. There is one match for all, since that of sd-bus for the third argument of a
 * signal fails where the first is a number. Returns a negative errno. */
int unit_runner_listen(UnitRunner *runner);

/* Calls for each job of any unit that has ended, with the unit's name, until the runner is freed. */
void unit_runner_on_job_removed(UnitRunner *runner, void (*job_removed)(void *userdata, const char *unit),
                                void *userdata);

void unit_runner_order(UnitRunner *runner, const UnitOrder *order);

/* Has systemd run its generators and read its units again. Who asks while that is under way gets the next
 * time. done as in UnitOrder; the failure is UnitUnavailable, or Canceled when the agent stops. */
void unit_runner_reload(UnitRunner *runner, void (*done)(void *userdata, int result, Failure *failure),
                        void *userdata);
