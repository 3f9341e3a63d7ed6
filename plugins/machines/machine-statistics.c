/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-statistics.h"

#define PERCENT_OF_USEC (100.0 / G_TIME_SPAN_SECOND)

const StatsField stats_fields[_STATS_VALUE_MAX] = {
        [STATS_CPU_TIME] = { "CPUTime", "CPUPercent", PERCENT_OF_USEC, STATS_OF_HOST },
        [STATS_MEMORY_ACTUAL] = { "MemoryActual", .way = STATS_OF_PROCESS },
        [STATS_MEMORY_RSS] = { "MemoryRSS", .way = STATS_OF_PROCESS },
        [STATS_MEMORY_AVAILABLE] = { "MemoryAvailable", .way = STATS_OF_PROCESS },
        [STATS_MEMORY_USED] = { "MemoryUsed", .way = STATS_OF_PROCESS },
        [STATS_MEMORY_VISIBLE] = { .way = STATS_OF_PROCESS },
        [STATS_MEMORY_UNUSED] = { .way = STATS_OF_PROCESS },
        [STATS_DISK_READ_BYTES] = { "DiskReadBytes", "DiskReadRate", 1, STATS_OF_PROCESS },
        [STATS_DISK_WRITE_BYTES] = { "DiskWriteBytes", "DiskWriteRate", 1, STATS_OF_PROCESS },
        [STATS_DISK_READ_REQUESTS] = { "DiskReadRequests", "DiskReadRequestRate", 1, STATS_OF_PROCESS },
        [STATS_DISK_WRITE_REQUESTS] = { "DiskWriteRequests", "DiskWriteRequestRate", 1, STATS_OF_PROCESS },
        [STATS_NETWORK_RECEIVE_BYTES] = { "NetworkReceiveBytes", "NetworkReceiveRate", 1, STATS_OF_HOST },
        [STATS_NETWORK_TRANSMIT_BYTES] = { "NetworkTransmitBytes", "NetworkTransmitRate", 1, STATS_OF_HOST },
        [STATS_NETWORK_RECEIVE_PACKETS] = { "NetworkReceivePackets", "NetworkReceivePacketRate", 1,
                                            STATS_OF_HOST },
        [STATS_NETWORK_TRANSMIT_PACKETS] = { "NetworkTransmitPackets", "NetworkTransmitPacketRate", 1,
                                             STATS_OF_HOST },
};

/* What each series of the history holds: a value, or its rate if it is a counter. */
static const StatsValue history_values[_HISTORY_SERIES_MAX] = {
        [HISTORY_CPU] = STATS_CPU_TIME,
        [HISTORY_MEMORY_USED] = STATS_MEMORY_USED,
        [HISTORY_MEMORY_RSS] = STATS_MEMORY_RSS,
        [HISTORY_DISK_READ] = STATS_DISK_READ_BYTES,
        [HISTORY_DISK_WRITE] = STATS_DISK_WRITE_BYTES,
        [HISTORY_DISK_READ_REQUESTS] = STATS_DISK_READ_REQUESTS,
        [HISTORY_DISK_WRITE_REQUESTS] = STATS_DISK_WRITE_REQUESTS,
        [HISTORY_NETWORK_RECEIVE] = STATS_NETWORK_RECEIVE_BYTES,
        [HISTORY_NETWORK_TRANSMIT] = STATS_NETWORK_TRANSMIT_BYTES,
};

const char *history_series_name(HistorySeries series) {
        const StatsField *field = &stats_fields[history_values[series]];
        return field->rate_name ?: field->name;
}

MachineStatistics *machine_statistics_new(void) {
        return g_new0(MachineStatistics, 1);
}

void machine_statistics_clear(MachineStatistics *statistics) {
        for (unsigned way = 0; way < _STATS_WAY_MAX; way++) {
                stats_sample_done(&statistics->readings[way].sample);
                statistics->readings[way] = (StatsReading){ 0 };
        }
        statistics->run = 0;
}

MachineStatistics *machine_statistics_free(MachineStatistics *statistics) {
        if (!statistics)
                return NULL;

        machine_statistics_clear(statistics);
        history_free(statistics->history);
        g_free(statistics);
        return NULL;
}

static double counter_rate(uint64_t old, uint64_t old_at, uint64_t new, uint64_t new_at) {
        if (old == STATS_UNKNOWN || new == STATS_UNKNOWN || old_at == 0 || old_at >= new_at || new < old)
                return HISTORY_GAP;

        return (double) (new - old) * G_TIME_SPAN_SECOND / (double) (new_at - old_at);
}

void machine_statistics_take(MachineStatistics *statistics, StatsWay way, unsigned run, uint64_t at,
                             StatsSample *sample) {
        StatsReading *reading = &statistics->readings[way];
        double rate;

        if (run != statistics->run)
                machine_statistics_clear(statistics);
        statistics->run = run;

        for (unsigned i = 0; i < _STATS_VALUE_MAX; i++) {
                rate = counter_rate(reading->sample.values[i], reading->at, sample->values[i], at);
                reading->rates[i] = rate < 0 ? HISTORY_GAP : rate * stats_fields[i].rate_factor;
        }

        stats_sample_done(&reading->sample);
        reading->sample = *sample;
        reading->at = at;
        *sample = (StatsSample){ 0 };
}

void machine_statistics_record(MachineStatistics *statistics, uint64_t since, uint64_t at) {
        double values[_HISTORY_SERIES_MAX];
        bool any = false;

        for (unsigned i = 0; i < _HISTORY_SERIES_MAX; i++) {
                StatsValue value = history_values[i];
                const StatsField *field = &stats_fields[value];
                const StatsReading *reading = &statistics->readings[field->way];
                uint64_t number = reading->sample.values[value];

                values[i] = HISTORY_GAP;
                if (reading->at == 0 || reading->at < since)
                        continue;
                if (field->rate_name)
                        values[i] = reading->rates[value];
                else if (number != STATS_UNKNOWN)
                        values[i] = (double) number;
                any |= values[i] >= 0;
        }

        if (any)
                history_add(statistics->history, at, values);
}
