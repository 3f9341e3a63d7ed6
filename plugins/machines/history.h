/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How a few numbers went over time, bounded: the last HISTORY_ROWS samples, and as many means of
 * HISTORY_COARSE_USEC each. Time is counted in slots of equal length from any beginning; a slot without a
 * sample is a gap.
 *
 * Each number takes two bytes (an error of at most 0.05 %), and a ring grows with what it holds: nothing
 * before the first sample, HISTORY_BYTES_MAX when both are full.
 */
#define HISTORY_ROWS 720U
#define HISTORY_COARSE_USEC (2 * G_TIME_SPAN_MINUTE)

typedef enum HistorySeries {
        HISTORY_CPU,
        HISTORY_MEMORY_USED,
        HISTORY_MEMORY_RSS,
        HISTORY_DISK_READ,
        HISTORY_DISK_WRITE,
        HISTORY_DISK_READ_REQUESTS,
        HISTORY_DISK_WRITE_REQUESTS,
        HISTORY_NETWORK_RECEIVE,
        HISTORY_NETWORK_TRANSMIT,
        _HISTORY_SERIES_MAX,
} HistorySeries;

#define HISTORY_BYTES_MAX (2 * HISTORY_ROWS * _HISTORY_SERIES_MAX * sizeof(uint16_t) + 512)

/* A number that is not known; all others are 0 or more. */
#define HISTORY_GAP (-1.0)

typedef struct History History;

/* step_usec: the length of a slot of the fine ring, at most HISTORY_COARSE_USEC. */
History *history_new(uint64_t step_usec);
History *history_free(History *history); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

/* Adds a sample taken at this time; another one in the same slot replaces it, and one of an earlier slot is
 * ignored. */
void history_add(History *history, uint64_t at_usec, const double values[_HISTORY_SERIES_MAX]);

typedef enum HistoryResolution { HISTORY_FINE, HISTORY_COARSE, _HISTORY_RESOLUTION_MAX } HistoryResolution;

/* The slots from the one of since_usec on, the last with a sample at the end. Returns how many there are,
 * at most HISTORY_ROWS; the time of the first one's beginning, if there is any, and the length of each. */
unsigned history_range(const History *history, HistoryResolution resolution, uint64_t since_usec,
                       uint64_t *ret_start_usec, uint64_t *ret_step_usec);

/* One series of the last n slots, n as history_range() gave it. */
void history_read(const History *history, HistoryResolution resolution, HistorySeries series, unsigned n,
                  double *values);

/* One series of the last n slots of the fine ring that there were at a time, whether it has them or not:
 * HISTORY_GAP where it has none. history may be NULL. */
void history_recent(const History *history, HistorySeries series, uint64_t until_usec, unsigned n,
                    double *values);

/* The time of the last sample; 0 if there is none. */
uint64_t history_last(const History *history);

/* What it takes of memory, in bytes. */
size_t history_size(const History *history);
