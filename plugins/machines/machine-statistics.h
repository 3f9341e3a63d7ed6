/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "history.h"
#include "statistics-record.h"

/*
 * The statistics of one machine: what was read last, and how it went over time. Values only, main thread.
 *
 * They are read in two ways: what the host's kernel knows of all machines in one call, and what each
 * machine's process must be asked for. The second can hang, so its answers come at times of their own.
 * Times are those of CLOCK_BOOTTIME, in µs.
 */
typedef enum StatsWay { STATS_OF_HOST, STATS_OF_PROCESS, _STATS_WAY_MAX } StatsWay;

/* How a value is called on the bus, and how fast it grows. */
typedef struct StatsField {
        const char *name;
        const char *rate_name; /* NULL: no counter */
        double rate_factor;    /* from its growth in a second to the rate as published */
        StatsWay way;
} StatsField;

/* By StatsValue; those without a name are not published. */
extern const StatsField stats_fields[_STATS_VALUE_MAX];

typedef struct StatsReading {
        uint64_t at; /* 0: there is none */
        StatsSample sample;
        double rates[_STATS_VALUE_MAX]; /* since the reading before; HISTORY_GAP where not known */
} StatsReading;

typedef struct MachineStatistics {
        unsigned run; /* whose readings these are */
        StatsReading readings[_STATS_WAY_MAX];
        History *history; /* NULL: none yet */

        /* The question to its process. */
        bool asked, told; /* told: that it does not answer */
        uint64_t asked_at, ask_after, patience;
} MachineStatistics;

MachineStatistics *machine_statistics_new(void);
MachineStatistics *machine_statistics_free(MachineStatistics *statistics); /* NULL is none */

/* Takes over what was read of a run, and computes rates: none for a run that was not known before, and none
 * for a counter that went backwards. sample is { 0 } afterwards. */
void machine_statistics_take(MachineStatistics *statistics, StatsWay way, unsigned run, uint64_t at,
                             StatsSample *sample);

/* Forgets the readings; the history stays. */
void machine_statistics_clear(MachineStatistics *statistics);

/* Adds to the history, which must be there, what was read since a time; nothing if nothing was. */
void machine_statistics_record(MachineStatistics *statistics, uint64_t since, uint64_t at);

/* What a series of the history is called on the bus. */
const char *history_series_name(HistorySeries series);
