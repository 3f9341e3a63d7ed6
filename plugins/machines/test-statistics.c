/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-statistics.h"

#include <math.h>
#include <string.h>

/* The reader of libvirt's records, and what becomes of two of them. */

static virTypedParameter number(const char *name, uint64_t value) {
        virTypedParameter param = { .type = VIR_TYPED_PARAM_ULLONG, .value.ul = value };

        g_strlcpy(param.field, name, sizeof(param.field));
        return param;
}

static virTypedParameter text(const char *name, const char *value) {
        virTypedParameter param = { .type = VIR_TYPED_PARAM_STRING, .value.s = (char *) value };

        g_strlcpy(param.field, name, sizeof(param.field));
        return param;
}

static void read_params(const virTypedParameter *params, size_t n, StatsSample *ret) {
        stats_read_record(params, (int) n, ret);
}

static void test_a_record_is_read(void) {
        const virTypedParameter params[] = {
                number("balloon.current", 1024),
                number("balloon.rss", 2048),
                number("balloon.usable", 300),
                number("balloon.unused", 200),
                number("balloon.available", 1000),
                number("block.count", 2),
                text("block.0.name", "vda"),
                number("block.0.rd.bytes", 10),
                number("block.0.wr.bytes", 20),
                number("block.0.rd.reqs", 1),
                number("block.0.wr.reqs", 2),
                number("block.0.capacity", 1 << 30),
                text("block.1.name", "sda"),
                number("block.1.rd.bytes", 5),
                number("net.count", 1),
                text("net.0.name", "vnet7"),
                number("net.0.rx.bytes", 100),
                number("net.0.tx.bytes", 200),
                number("net.0.rx.drop", 3),
        };
        StatsSample s;

        read_params(params, G_N_ELEMENTS(params), &s);
        g_assert_cmpuint(stats_processor_time(5000000123), ==, 5000000);
        g_assert_cmpuint(stats_processor_time(UINT64_MAX), ==, STATS_UNKNOWN);
        g_assert_cmpuint(s.values[STATS_MEMORY_ACTUAL], ==, 1024 * 1024);
        g_assert_cmpuint(s.values[STATS_MEMORY_RSS], ==, 2048 * 1024);
        g_assert_cmpuint(s.values[STATS_MEMORY_AVAILABLE], ==, 300 * 1024);
        g_assert_cmpuint(s.values[STATS_MEMORY_USED], ==, 700 * 1024);
        g_assert_cmpuint(s.values[STATS_DISK_READ_BYTES], ==, 15);
        g_assert_cmpuint(s.values[STATS_DISK_WRITE_BYTES], ==, 20);
        g_assert_cmpuint(s.values[STATS_DISK_READ_REQUESTS], ==, 1);
        g_assert_cmpuint(s.values[STATS_DISK_WRITE_REQUESTS], ==, 2);
        g_assert_cmpuint(s.values[STATS_NETWORK_RECEIVE_BYTES], ==, 100);
        g_assert_cmpuint(s.values[STATS_NETWORK_TRANSMIT_BYTES], ==, 200);
        g_assert_cmpuint(s.values[STATS_NETWORK_RECEIVE_PACKETS], ==, STATS_UNKNOWN);

        g_assert_cmpuint(s.disks->len, ==, 2);
        g_assert_cmpstr(g_array_index(s.disks, StatsDevice, 1).name, ==, "sda");
        g_assert_cmpuint(g_array_index(s.disks, StatsDevice, 0).values[STATS_DISK_CAPACITY], ==, 1 << 30);
        g_assert_cmpuint(g_array_index(s.disks, StatsDevice, 1).values[STATS_DISK_CAPACITY], ==,
                         STATS_UNKNOWN);
        g_assert_cmpuint(s.interfaces->len, ==, 1);
        g_assert_cmpstr(g_array_index(s.interfaces, StatsDevice, 0).name, ==, "vnet7");
        g_assert_cmpuint(g_array_index(s.interfaces, StatsDevice, 0).values[STATS_INTERFACE_RECEIVE_DROPS],
                         ==, 3);
        stats_sample_done(&s);
}

static void test_nothing_told_is_nothing_known(void) {
        StatsSample s;

        stats_read_record(NULL, 0, &s);
        for (unsigned i = 0; i < _STATS_VALUE_MAX; i++)
                g_assert_cmpuint(s.values[i], ==, STATS_UNKNOWN);
        g_assert_null(s.disks);
        g_assert_null(s.interfaces);
        stats_sample_done(&s);
}

/* A guest of old tells what is free, not what it could make free. */
static void test_memory_used_without_usable(void) {
        const virTypedParameter params[] = { number("balloon.available", 1000),
                                             number("balloon.unused", 400) };
        const virTypedParameter nonsense[] = { number("balloon.available", 1000),
                                               number("balloon.usable", 4000) };
        StatsSample s;

        read_params(params, G_N_ELEMENTS(params), &s);
        g_assert_cmpuint(s.values[STATS_MEMORY_USED], ==, 600 * 1024);
        stats_sample_done(&s);

        read_params(nonsense, G_N_ELEMENTS(nonsense), &s);
        g_assert_cmpuint(s.values[STATS_MEMORY_USED], ==, STATS_UNKNOWN);
        stats_sample_done(&s);
}

static void test_strange_records_are_harmless(void) {
        virTypedParameter params[] = {
                number("balloon.unused", UINT64_MAX),
                number("balloon.rss", UINT64_MAX / 2),
                number("balloon.current", STATS_LIMIT / 1024),
                number("block.256.rd.bytes", 1),
                number("block.99999999999999999999.rd.bytes", 1),
                number("block.-1.rd.bytes", 1),
                number("block..rd.bytes", 1),
                number("block.", 1),
                number("block.0", 1),
                number("block.0.", 1),
                number("net.0x1.rx.bytes", 1),
                number("net. 1.rx.bytes", 1),
                number("net.3.rx.bytes", STATS_LIMIT),
                number("net.2.name", 5),
                text("net.1.name", "\xff"),
                text("net.1.name", NULL),
                text("net.4.name", "a"),
                text("net.4.name", "b"),
                text("balloon.unused", "12"),
                { .field = "block.1.rd.bytes", .type = VIR_TYPED_PARAM_LLONG, .value.l = -1 },
                { .field = "block.1.wr.bytes", .type = VIR_TYPED_PARAM_INT, .value.i = 7 },
                { .field = "block.1.wr.reqs", .type = VIR_TYPED_PARAM_DOUBLE, .value.d = 7 },
                { .field = "block.1.rd.reqs", .type = 99, .value.ul = 7 },
        };
        StatsSample s;

        /* libvirt's names end with a zero; one of full length does too. */
        memset(params[7].field, '1', sizeof(params[7].field) - 1);

        read_params(params, G_N_ELEMENTS(params), &s);
        for (unsigned i = 0; i < _STATS_VALUE_MAX; i++)
                g_assert_cmpuint(s.values[i], ==, i == STATS_DISK_WRITE_BYTES ? 7 : STATS_UNKNOWN);
        g_assert_cmpuint(s.disks->len, ==, 2);
        g_assert_cmpuint(s.interfaces->len, ==, 5);
        g_assert_null(g_array_index(s.interfaces, StatsDevice, 1).name);
        g_assert_cmpstr(g_array_index(s.interfaces, StatsDevice, 4).name, ==, "b");
        stats_sample_done(&s);
}

static void test_no_sum_reaches_the_limit(void) {
        virTypedParameter params[STATS_DEVICES_MAX];
        StatsSample s;

        for (unsigned i = 0; i < STATS_DEVICES_MAX; i++) {
                g_autofree char *name = g_strdup_printf("block.%u.rd.bytes", i);
                params[i] = number(name, STATS_LIMIT - 1);
        }
        read_params(params, STATS_DEVICES_MAX, &s);
        g_assert_cmpuint(s.values[STATS_DISK_READ_BYTES], ==, STATS_UNKNOWN);
        stats_sample_done(&s);
}

/*
 * Rates
 */

#define SECOND ((uint64_t) G_TIME_SPAN_SECOND)

static void take(MachineStatistics *m, unsigned run, uint64_t at, uint64_t cpu_nsec, uint64_t received) {
        const virTypedParameter params[] = { number("net.0.rx.bytes", received) };
        StatsSample sample;

        read_params(params, G_N_ELEMENTS(params), &sample);
        sample.values[STATS_CPU_TIME] = stats_processor_time(cpu_nsec);
        machine_statistics_take(m, STATS_OF_HOST, run, at, &sample);
        g_assert_null(sample.interfaces);
}

static void assert_rates(const MachineStatistics *m, double cpu, double received) {
        const double *rates = m->readings[STATS_OF_HOST].rates;

        g_assert_cmpfloat(fabs(rates[STATS_CPU_TIME] - cpu), <, 0.001);
        g_assert_cmpfloat(fabs(rates[STATS_NETWORK_RECEIVE_BYTES] - received), <, 0.001);
}

static void test_rates(void) {
        MachineStatistics *m = machine_statistics_new();

        take(m, 1, 10 * SECOND, 0, 1000);
        assert_rates(m, HISTORY_GAP, HISTORY_GAP);
        take(m, 1, 14 * SECOND, 6000000000, 5000);
        assert_rates(m, 150, 1000);
        take(m, 1, 15 * SECOND, 6000000000, 5000);
        assert_rates(m, 0, 0);
        machine_statistics_free(m);
}

static void test_a_counter_that_goes_back_has_no_rate(void) {
        MachineStatistics *m = machine_statistics_new();

        take(m, 1, 10 * SECOND, 0, 1000);
        take(m, 1, 11 * SECOND, 1000000000, 10);
        assert_rates(m, 100, HISTORY_GAP);
        take(m, 1, 12 * SECOND, 1000000000, 20);
        assert_rates(m, 0, 10);
        machine_statistics_free(m);
}

static void test_a_new_run_begins_anew(void) {
        MachineStatistics *m = machine_statistics_new();
        StatsSample sample;

        take(m, 1, 10 * SECOND, 0, 0);
        stats_read_record(NULL, 0, &sample);
        machine_statistics_take(m, STATS_OF_PROCESS, 1, 10 * SECOND, &sample);
        take(m, 2, 11 * SECOND, 9000000000, 9000);
        assert_rates(m, HISTORY_GAP, HISTORY_GAP);
        g_assert_cmpuint(m->run, ==, 2);
        g_assert_cmpuint(m->readings[STATS_OF_PROCESS].at, ==, 0);
        machine_statistics_free(m);
}

static void test_no_time_between_two_is_no_rate(void) {
        MachineStatistics *m = machine_statistics_new();

        take(m, 1, 10 * SECOND, 0, 0);
        take(m, 1, 10 * SECOND, 1000, 1000);
        assert_rates(m, HISTORY_GAP, HISTORY_GAP);
        machine_statistics_free(m);
}

/* Restarts are gaps of what is not known, not the end of the history. */
static void test_history_has_what_was_read_since(void) {
        MachineStatistics *m = machine_statistics_new();
        double values[8];
        uint64_t start, step;

        m->history = history_new(SECOND);
        take(m, 1, 10 * SECOND, 0, 0);
        machine_statistics_record(m, 10 * SECOND, 10 * SECOND); /* no rate yet: nothing */
        g_assert_cmpuint(history_range(m->history, HISTORY_FINE, 0, &start, &step), ==, 0);
        take(m, 1, 11 * SECOND, 500000000, 0);
        machine_statistics_record(m, 11 * SECOND, 11 * SECOND);
        machine_statistics_record(m, 12 * SECOND, 12 * SECOND); /* nothing since */
        machine_statistics_clear(m);
        take(m, 2, 13 * SECOND, 0, 0);
        take(m, 2, 14 * SECOND, 250000000, 0);
        machine_statistics_record(m, 14 * SECOND, 14 * SECOND);

        g_assert_cmpuint(history_range(m->history, HISTORY_FINE, 0, &start, &step), ==, 4);
        g_assert_cmpuint(start, ==, 11 * SECOND);
        history_read(m->history, HISTORY_FINE, HISTORY_CPU, 4, values);
        g_assert_cmpfloat(fabs(values[0] - 50), <, 0.05);
        g_assert_cmpfloat(values[1], ==, HISTORY_GAP);
        g_assert_cmpfloat(values[2], ==, HISTORY_GAP);
        g_assert_cmpfloat(fabs(values[3] - 25), <, 0.05);
        history_read(m->history, HISTORY_FINE, HISTORY_MEMORY_RSS, 4, values);
        g_assert_cmpfloat(values[0], ==, HISTORY_GAP);
        machine_statistics_free(m);
}

static void test_all_series_have_names_of_their_own(void) {
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        for (HistorySeries s = 0; s < _HISTORY_SERIES_MAX; s++)
                g_assert_true(g_hash_table_add(names, (char *) history_series_name(s)));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/statistics/record", test_a_record_is_read);
        g_test_add_func("/statistics/empty", test_nothing_told_is_nothing_known);
        g_test_add_func("/statistics/memory-used", test_memory_used_without_usable);
        g_test_add_func("/statistics/strange", test_strange_records_are_harmless);
        g_test_add_func("/statistics/sum", test_no_sum_reaches_the_limit);
        g_test_add_func("/statistics/rates", test_rates);
        g_test_add_func("/statistics/backwards", test_a_counter_that_goes_back_has_no_rate);
        g_test_add_func("/statistics/new-run", test_a_new_run_begins_anew);
        g_test_add_func("/statistics/no-time", test_no_time_between_two_is_no_rate);
        g_test_add_func("/statistics/history", test_history_has_what_was_read_since);
        g_test_add_func("/statistics/names", test_all_series_have_names_of_their_own);
        return g_test_run();
}
