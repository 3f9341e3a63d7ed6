/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

#include <math.h>

#define STEP (5 * G_TIME_SPAN_SECOND)
#define COARSE_STEPS ((unsigned) (HISTORY_COARSE_USEC / STEP))
#define START (1000 * HISTORY_COARSE_USEC) /* where slots of both rings begin */

static void add(History *history, uint64_t slot, double value) {
        double values[_HISTORY_SERIES_MAX];

        for (unsigned i = 0; i < _HISTORY_SERIES_MAX; i++)
                values[i] = value < 0 ? HISTORY_GAP : value + i;
        history_add(history, START + slot * STEP, values);
}

static void assert_near(double value, double expected) {
        g_assert_cmpfloat(fabs(value - expected), <=, fabs(expected) * 0.0005);
}

static unsigned read_all(const History *history, HistoryResolution resolution, HistorySeries series,
                         double *values) {
        uint64_t start, step;
        unsigned n = history_range(history, resolution, 0, &start, &step);

        history_read(history, resolution, series, n, values);
        return n;
}

static void test_numbers_keep_their_size(void) {
        static const double numbers[] = { 0, 0.01, 0.5, 1, 1.5, 99.99, 100, 12345, 1e6, 4294967296.0, 9e15 };
        double row[_HISTORY_SERIES_MAX], value;

        for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
                g_autoptr(History) history = history_new(STEP);

                for (unsigned s = 0; s < _HISTORY_SERIES_MAX; s++)
                        row[s] = numbers[i];
                history_add(history, START, row);
                g_assert_cmpuint(read_all(history, HISTORY_FINE, HISTORY_CPU, &value), ==, 1);
                assert_near(value, numbers[i]);
        }
}

static void test_what_is_no_number_is_a_gap_or_the_limit(void) {
        double row[_HISTORY_SERIES_MAX] = { NAN, -5, INFINITY, 1e300, 1e-9 }, values[5];
        g_autoptr(History) history = history_new(STEP);

        history_add(history, START, row);
        for (unsigned s = 0; s < G_N_ELEMENTS(values); s++)
                g_assert_cmpuint(read_all(history, HISTORY_FINE, s, &values[s]), ==, 1);
        g_assert_cmpfloat(values[0], ==, HISTORY_GAP);
        g_assert_cmpfloat(values[1], ==, HISTORY_GAP);
        assert_near(values[2], 0x1p54);
        assert_near(values[3], 0x1p54);
        g_assert_cmpfloat(values[4], ==, 0);
}

static void test_each_series_has_its_own_numbers(void) {
        g_autoptr(History) history = history_new(STEP);
        double values[2];

        add(history, 0, 100);
        add(history, 1, 200);
        for (unsigned s = 0; s < _HISTORY_SERIES_MAX; s++) {
                g_assert_cmpuint(read_all(history, HISTORY_FINE, s, values), ==, 2);
                assert_near(values[0], 100 + s);
                assert_near(values[1], 200 + s);
        }
}

static void test_slots_without_a_sample_are_gaps(void) {
        g_autoptr(History) history = history_new(STEP);
        double values[4];

        add(history, 0, 1);
        add(history, 3, 4);
        g_assert_cmpuint(read_all(history, HISTORY_FINE, HISTORY_CPU, values), ==, 4);
        assert_near(values[0], 1);
        g_assert_cmpfloat(values[1], ==, HISTORY_GAP);
        g_assert_cmpfloat(values[2], ==, HISTORY_GAP);
        assert_near(values[3], 4);
}

static void test_a_slot_keeps_its_last_sample(void) {
        g_autoptr(History) history = history_new(STEP);
        double values[2];

        add(history, 1, 1);
        add(history, 1, 2);
        add(history, 0, 3); /* time does not go back */
        g_assert_cmpuint(read_all(history, HISTORY_FINE, HISTORY_CPU, values), ==, 1);
        assert_near(values[0], 2);
}

static void test_the_oldest_give_way(void) {
        g_autoptr(History) history = history_new(STEP);
        g_autofree double *values = g_new(double, HISTORY_ROWS);
        uint64_t start, step;

        for (unsigned i = 0; i < 2 * HISTORY_ROWS + 7; i++) {
                add(history, i, i);
                g_assert_cmpuint(history_range(history, HISTORY_FINE, 0, &start, &step), ==,
                                 MIN(i + 1, HISTORY_ROWS));
        }
        g_assert_cmpuint(start, ==, START + (HISTORY_ROWS + 7) * STEP);
        g_assert_cmpuint(step, ==, STEP);
        g_assert_cmpuint(read_all(history, HISTORY_FINE, HISTORY_CPU, values), ==, HISTORY_ROWS);
        for (unsigned i = 0; i < HISTORY_ROWS; i++)
                assert_near(values[i], HISTORY_ROWS + 7 + i);
}

static void test_after_a_long_time_only_the_new_is_left(void) {
        g_autoptr(History) history = history_new(STEP);
        g_autofree double *values = g_new(double, HISTORY_ROWS);

        add(history, 0, 1);
        add(history, UINT32_MAX, 2);
        g_assert_cmpuint(read_all(history, HISTORY_FINE, HISTORY_CPU, values), ==, HISTORY_ROWS);
        for (unsigned i = 0; i < HISTORY_ROWS - 1; i++)
                g_assert_cmpfloat(values[i], ==, HISTORY_GAP);
        assert_near(values[HISTORY_ROWS - 1], 2);
}

static void test_since(void) {
        g_autoptr(History) history = history_new(STEP);
        uint64_t start, step;

        g_assert_cmpuint(history_range(history, HISTORY_FINE, 0, &start, &step), ==, 0);
        g_assert_cmpuint(start, ==, 0);
        for (unsigned i = 0; i < 10; i++)
                add(history, i, i);

        g_assert_cmpuint(history_range(history, HISTORY_FINE, START + 7 * STEP, &start, &step), ==, 3);
        g_assert_cmpuint(start, ==, START + 7 * STEP);
        g_assert_cmpuint(history_range(history, HISTORY_FINE, START + 10 * STEP - 1, &start, &step), ==, 1);
        g_assert_cmpuint(history_range(history, HISTORY_FINE, START + 10 * STEP, &start, &step), ==, 0);
        g_assert_cmpuint(history_range(history, HISTORY_FINE, UINT64_MAX, &start, &step), ==, 0);
}

static void test_the_last_slots_until_a_time(void) {
        g_autoptr(History) history = history_new(STEP);
        double values[4];

        history_recent(NULL, HISTORY_CPU, START, 4, values);
        for (unsigned i = 0; i < 4; i++)
                g_assert_cmpfloat(values[i], ==, HISTORY_GAP);
        history_recent(history, HISTORY_CPU, START, 4, values);
        for (unsigned i = 0; i < 4; i++)
                g_assert_cmpfloat(values[i], ==, HISTORY_GAP);

        add(history, 1, 1);
        add(history, 3, 3);
        history_recent(history, HISTORY_CPU, START + 4 * STEP - 1, 4, values);
        g_assert_cmpfloat(values[0], ==, HISTORY_GAP); /* before the first */
        assert_near(values[1], 1);
        g_assert_cmpfloat(values[2], ==, HISTORY_GAP);
        assert_near(values[3], 3);
        history_recent(history, HISTORY_DISK_READ, START + 4 * STEP, 2, values);
        assert_near(values[0], 3 + HISTORY_DISK_READ);
        g_assert_cmpfloat(values[1], ==, HISTORY_GAP); /* after the last */
        history_recent(history, HISTORY_CPU, START + 2 * STEP, 4, values);
        assert_near(values[2], 1);
        g_assert_cmpfloat(values[3], ==, HISTORY_GAP);

        for (unsigned i = 4; i < HISTORY_ROWS + 50; i++) /* a ring that has gone round */
                add(history, i, i);
        history_recent(history, HISTORY_CPU, START + (HISTORY_ROWS + 49) * STEP, 4, values);
        for (unsigned i = 0; i < 4; i++)
                assert_near(values[i], HISTORY_ROWS + 46 + i);
        history_recent(history, HISTORY_CPU, START + 51 * STEP, 4, values);
        g_assert_cmpfloat(values[1], ==, HISTORY_GAP);
        assert_near(values[2], 50);
        history_recent(history, HISTORY_CPU, 2 * STEP, 4, values); /* there are no slots before the first */
        g_assert_cmpfloat(values[0], ==, HISTORY_GAP);
}

static void test_the_coarse_ring_has_means(void) {
        g_autoptr(History) history = history_new(STEP);
        g_autofree double *values = g_new(double, HISTORY_ROWS);
        double mean = (COARSE_STEPS - 1) / 2.0;
        uint64_t start, step;

        for (unsigned i = 0; i < COARSE_STEPS; i++)
                add(history, i, i);
        g_assert_cmpuint(history_range(history, HISTORY_COARSE, 0, &start, &step), ==, 0);

        /* Gaps do not count, and a time that was a gap is one. */
        add(history, COARSE_STEPS, 10);
        add(history, COARSE_STEPS + 1, HISTORY_GAP);
        add(history, COARSE_STEPS + 2, 20);
        add(history, 3 * COARSE_STEPS, HISTORY_GAP);
        add(history, 4 * COARSE_STEPS, 1);

        g_assert_cmpuint(history_range(history, HISTORY_COARSE, 0, &start, &step), ==, 4);
        g_assert_cmpuint(start, ==, START);
        g_assert_cmpuint(step, ==, HISTORY_COARSE_USEC);
        history_read(history, HISTORY_COARSE, HISTORY_CPU, 4, values);
        assert_near(values[0], mean);
        assert_near(values[1], 15);
        g_assert_cmpfloat(values[2], ==, HISTORY_GAP);
        g_assert_cmpfloat(values[3], ==, HISTORY_GAP);
}

/* docs/architecture.md names the figure. */
static void test_memory_is_bounded_and_taken_as_needed(void) {
        g_autoptr(History) history = history_new(STEP);

        g_assert_cmpuint(history_size(history), <, 512);
        for (unsigned i = 0; i < 45; i++)
                add(history, i, i);
        g_assert_cmpuint(history_size(history), <, 2048);
        for (unsigned i = 45; i < (HISTORY_ROWS + 2) * COARSE_STEPS; i++)
                add(history, i, i);
        g_assert_cmpuint(history_size(history), <=, HISTORY_BYTES_MAX);
        g_assert_cmpuint(HISTORY_BYTES_MAX, <, 27 * 1024);
        for (unsigned i = 0; i < 100; i++)
                add(history, ((uint64_t) i + 1) << 32, i);
        g_assert_cmpuint(history_size(history), <=, HISTORY_BYTES_MAX);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/history/numbers", test_numbers_keep_their_size);
        g_test_add_func("/history/no-numbers", test_what_is_no_number_is_a_gap_or_the_limit);
        g_test_add_func("/history/series", test_each_series_has_its_own_numbers);
        g_test_add_func("/history/gaps", test_slots_without_a_sample_are_gaps);
        g_test_add_func("/history/same-slot", test_a_slot_keeps_its_last_sample);
        g_test_add_func("/history/wrap", test_the_oldest_give_way);
        g_test_add_func("/history/long-gap", test_after_a_long_time_only_the_new_is_left);
        g_test_add_func("/history/since", test_since);
        g_test_add_func("/history/recent", test_the_last_slots_until_a_time);
        g_test_add_func("/history/coarse", test_the_coarse_ring_has_means);
        g_test_add_func("/history/memory", test_memory_is_bounded_and_taken_as_needed);
        return g_test_run();
}
