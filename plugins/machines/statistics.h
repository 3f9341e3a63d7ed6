/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "machines.h"

/*
 * Samples the statistics of all running machines, while a client has subscribed or the configuration says
 * so ([Statistics] Background=); else it does nothing, and needs no timer.
 *
 * At each interval a request reads what the host's kernel knows of all machines (processors, networks): it
 * asks no hypervisor process, so that none can hold it up. Then each process is asked for the rest (memory,
 * disks), a call for each machine and STATISTICS_CALLS_MAX at a time. A process that does not answer keeps
 * its call, until it does, or ends: its machine gets no other meanwhile, and those of the others go on with
 * what is left. All of it has a connection to libvirt of its own (LANE_STATISTICS).
 */
typedef struct Statistics Statistics;

/* Calls to processes at a time. */
#define STATISTICS_CALLS_MAX 3U
/* After this a process counts as one that does not answer. */
#define STATISTICS_LATE_USEC (3 * G_TIME_SPAN_SECOND)
/* How long whoever asks waits for the first sample. */
#define STATISTICS_WAIT_USEC (2 * G_TIME_SPAN_SECOND)
/* Machines with a history; those that come later have none. */
#define STATISTICS_HISTORIES_MAX 2048U

Statistics *statistics_new(Machines *machines);
Statistics *statistics_free(Statistics *statistics); /* after hypervisor_stop(); NULL is none */

/* Begins or ends sampling: when somebody has subscribed, or nobody any more, and at the start. */
void statistics_update(Statistics *statistics);

/* The time of the last sample, µs since the epoch; 0 when there is none. */
uint64_t statistics_when(const Statistics *statistics);

/* The reading of a machine that may be shown now; NULL if there is none that is of its run and fresh. */
const StatsReading *statistics_reading(const Statistics *statistics, const Machine *machine, StatsWay way);

/* The last n samples of CPUPercent until statistics_when(), one for each interval, the last one last:
 * HISTORY_GAP where there was none. */
void statistics_recent_cpu(const Statistics *statistics, const Machine *machine, unsigned n, double *values);

/* Whether the machine's process answers, as far as is known. */
bool statistics_responds(const Statistics *statistics, const Machine *machine);

/* Whether the first sample is still to come; if so, done is called once, when it is there or
 * STATISTICS_WAIT_USEC have passed. */
bool statistics_wait(Statistics *statistics, void (*done)(void *data), void *data);

/* The bus's methods: statistics-dbus.c. */
int statistics_method_get(sd_bus_message *message, void *machines, sd_bus_error *error);
int statistics_method_get_history(sd_bus_message *message, void *machine, sd_bus_error *error);
