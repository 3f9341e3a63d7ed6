/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

#include <math.h>
#include <string.h>

#define ROWS_FIRST 45U /* doubled four times it is HISTORY_ROWS */

typedef uint16_t Row[_HISTORY_SERIES_MAX];

typedef struct Ring {
        Row *rows;
        unsigned n, n_allocated, first; /* first: of the oldest, 0 until all rows are in use */
        uint64_t last_slot;
} Ring;

struct History {
        uint64_t step[_HISTORY_RESOLUTION_MAX], last_usec;
        Ring rings[_HISTORY_RESOLUTION_MAX];

        /* What the coarse ring's next row is the mean of. */
        double sums[_HISTORY_SERIES_MAX];
        unsigned counts[_HISTORY_SERIES_MAX];
        uint64_t coarse_slot;
};

/*
 * A number in two bytes: 0 is a gap, 1 is zero, the rest is a floating point number without a sign, from
 * 2^EXPONENT_MIN/2 to 2^EXPONENT_MAX.
 */
#define MANTISSA_BITS 10
#define EXPONENT_MIN (-8)
#define EXPONENT_MAX 54
#define CODE_MAX (2 + ((EXPONENT_MAX - EXPONENT_MIN + 1) << MANTISSA_BITS) - 1)

static uint16_t number_encode(double number) {
        double mantissa;
        int exponent;

        if (!(number >= 0))
                return 0;

        mantissa = frexp(number, &exponent); /* 0.5 to 1 */
        mantissa = round(ldexp(mantissa - 0.5, MANTISSA_BITS + 1));
        if (mantissa >= 1 << MANTISSA_BITS) {
                mantissa = 0;
                exponent++;
        }
        if (number == 0 || exponent < EXPONENT_MIN)
                return 1;
        if (!isfinite(number) || exponent > EXPONENT_MAX)
                return CODE_MAX;

        return (uint16_t) (2 + ((unsigned) (exponent - EXPONENT_MIN) << MANTISSA_BITS) +
                           (unsigned) mantissa);
}

static double number_decode(uint16_t code) {
        unsigned bits = code - 2U;

        if (code == 0)
                return HISTORY_GAP;
        if (code == 1)
                return 0;

        return ldexp(0.5 + ldexp(bits & ((1U << MANTISSA_BITS) - 1), -MANTISSA_BITS - 1),
                     (int) (bits >> MANTISSA_BITS) + EXPONENT_MIN);
}

static Row *ring_row(const Ring *ring, unsigned i) {
        return &ring->rows[(ring->first + i) % HISTORY_ROWS];
}

/* One more row at the end, a gap; the oldest gives way to it. */
static Row *ring_append(Ring *ring) {
        Row *row;

        if (ring->n == HISTORY_ROWS)
                ring->first = (ring->first + 1) % HISTORY_ROWS;
        else if (ring->n++ == ring->n_allocated) {
                ring->n_allocated = MIN(MAX(ring->n_allocated * 2, ROWS_FIRST), HISTORY_ROWS);
                ring->rows = g_renew(Row, ring->rows, ring->n_allocated);
        }

        row = ring_row(ring, ring->n - 1);
        memset(row, 0, sizeof(*row));
        return row;
}

static void ring_add(Ring *ring, uint64_t slot, const double *values) {
        uint64_t n_missed;
        Row *row;

        if (ring->n > 0 && slot < ring->last_slot)
                return;

        n_missed = ring->n > 0 && slot > ring->last_slot ? slot - ring->last_slot - 1 : 0;
        for (uint64_t i = 0; i < MIN(n_missed, HISTORY_ROWS); i++)
                (void) ring_append(ring);

        row = ring->n > 0 && slot == ring->last_slot ? ring_row(ring, ring->n - 1) : ring_append(ring);
        for (unsigned i = 0; i < _HISTORY_SERIES_MAX; i++)
                (*row)[i] = number_encode(values[i]);
        ring->last_slot = slot;
}

History *history_new(uint64_t step_usec) {
        History *history = g_new0(History, 1);

        history->step[HISTORY_FINE] = step_usec;
        history->step[HISTORY_COARSE] = HISTORY_COARSE_USEC;
        return history;
}

History *history_free(History *history) {
        if (!history)
                return NULL;

        for (unsigned i = 0; i < _HISTORY_RESOLUTION_MAX; i++)
                g_free(history->rings[i].rows);
        g_free(history);
        return NULL;
}

/* Makes a row of the means so far. */
static void history_add_means(History *history) {
        double means[_HISTORY_SERIES_MAX];

        for (unsigned i = 0; i < _HISTORY_SERIES_MAX; i++)
                means[i] = history->counts[i] > 0 ? history->sums[i] / history->counts[i] : HISTORY_GAP;
        ring_add(&history->rings[HISTORY_COARSE], history->coarse_slot, means);

        memset(history->sums, 0, sizeof(history->sums));
        memset(history->counts, 0, sizeof(history->counts));
}

void history_add(History *history, uint64_t at_usec, const double values[_HISTORY_SERIES_MAX]) {
        uint64_t coarse_slot = at_usec / history->step[HISTORY_COARSE];

        if (at_usec < history->last_usec)
                return;

        /* The first row of means is made when its time is over: a machine that runs for less has none. */
        if (history->last_usec > 0 && coarse_slot != history->coarse_slot)
                history_add_means(history);
        history->coarse_slot = coarse_slot;
        for (unsigned i = 0; i < _HISTORY_SERIES_MAX; i++)
                if (values[i] >= 0) {
                        history->sums[i] += values[i];
                        history->counts[i]++;
                }

        ring_add(&history->rings[HISTORY_FINE], at_usec / history->step[HISTORY_FINE], values);
        history->last_usec = at_usec;
}

unsigned history_range(const History *history, HistoryResolution resolution, uint64_t since_usec,
                       uint64_t *ret_start_usec, uint64_t *ret_step_usec) {
        const Ring *ring = &history->rings[resolution];
        uint64_t step = history->step[resolution], since = since_usec / step, n = ring->n;

        *ret_step_usec = step;
        if (n == 0 || since > ring->last_slot) {
                *ret_start_usec = 0;
                return 0;
        }

        n = MIN(n, ring->last_slot - since + 1);
        *ret_start_usec = (ring->last_slot - n + 1) * step;
        return (unsigned) n;
}

void history_read(const History *history, HistoryResolution resolution, HistorySeries series, unsigned n,
                  double *values) {
        const Ring *ring = &history->rings[resolution];

        for (unsigned i = 0; i < n; i++)
                values[i] = number_decode((*ring_row(ring, ring->n - n + i))[series]);
}

void history_recent(const History *history, HistorySeries series, uint64_t until_usec, unsigned n,
                    double *values) {
        const Ring *ring = history ? &history->rings[HISTORY_FINE] : NULL;

        for (unsigned i = 0; i < n; i++) {
                uint64_t before = n - 1 - i, slot, age;

                values[i] = HISTORY_GAP;
                if (!ring || before > until_usec / history->step[HISTORY_FINE])
                        continue;
                slot = until_usec / history->step[HISTORY_FINE] - before;
                age = ring->last_slot - slot; /* huge where the ring does not go so far yet */
                if (age < ring->n)
                        values[i] = number_decode((*ring_row(ring, ring->n - 1 - (unsigned) age))[series]);
        }
}

uint64_t history_last(const History *history) {
        return history->last_usec;
}

size_t history_size(const History *history) {
        size_t size = sizeof(*history);

        for (unsigned i = 0; i < _HISTORY_RESOLUTION_MAX; i++)
                size += history->rings[i].n_allocated * sizeof(Row);
        return size;
}
