/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * What "systemctl status" says of a running machine, kept true: hatago-vm-status.service is started when one
 * of them is suspended or goes on, is given processors or memory, or when its guest agent connects, which
 * may know the guest's address. (That there is a lease, hatago-vm-leases.path sees.) A crowd of changes is
 * one run of it.
 */
typedef struct StatusLines StatusLines;

#define STATUS_LINES_UNIT "hatago-vm-status.service"

/* How soon after a change it is started, and after its last start; µs. */
typedef struct StatusPace {
        uint64_t delay, interval;
} StatusPace;

extern const StatusPace status_pace;

/* units may be NULL: machines have no units, and nothing happens. */
StatusLines *status_lines_new(sd_event *event, UnitRunner *units, const StatusPace *pace);
StatusLines *status_lines_free(StatusLines *lines); /* NULL is none */

/* The machine may have changed. What a run begins with, the start of its unit has told. */
void status_lines_look(StatusLines *lines, Machine *machine);

/* For hypervisor_listen(): what happened before is not known. */
void status_lines_on_connected(void *lines);
