/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "statistics.h"

#include <time.h>

#include "common/cleanup.h"
#include "common/options.h"

/* The face of the statistics on the bus: Machines.GetStatistics and Machine.GetHistory. Both answer from
 * memory, and to everybody, as states do. */

/* Samples before the last one that are told of all machines at once. */
#define RECENT_MAX 120U

/* What a device's values are called. */
static const char *const disk_names[STATS_DEVICE_VALUES_MAX] = {
        "ReadBytes",
        "WriteBytes",
        "ReadRequests",
        "WriteRequests",
        [STATS_DISK_CAPACITY] = "Capacity",
        [STATS_DISK_ALLOCATION] = "Allocation",
        [STATS_DISK_PHYSICAL] = "Physical",
};

static const char *const interface_names[STATS_DEVICE_VALUES_MAX] = {
        "ReceiveBytes",
        "TransmitBytes",
        "ReceivePackets",
        "TransmitPackets",
        [STATS_INTERFACE_RECEIVE_ERRORS] = "ReceiveErrors",
        [STATS_INTERFACE_TRANSMIT_ERRORS] = "TransmitErrors",
        [STATS_INTERFACE_RECEIVE_DROPS] = "ReceiveDrops",
        [STATS_INTERFACE_TRANSMIT_DROPS] = "TransmitDrops",
};

static int append_number(sd_bus_message *reply, const char *name, uint64_t number) {
        return number == STATS_UNKNOWN || !name ? 0
                                                : sd_bus_message_append(reply, "{sv}", name, "t", number);
}

static int append_rate(sd_bus_message *reply, const char *name, double rate) {
        return rate < 0 || !name ? 0 : sd_bus_message_append(reply, "{sv}", name, "d", rate);
}

/* The keys are those of the properties Disks and Interfaces. A disk's is its name; an interface has a MAC,
 * and of the machine's XML the one with this device is it. */
static const char *device_key(const Config *config, const StatsDevice *device, const char *const *names) {
        if (names == disk_names)
                return device->name;

        for (uint32_t i = 0; i < config->interfaces.n; i++) {
                const MachineInterface *interface = items_get(&config->interfaces, MachineInterface, i);
                if (g_str_equal(interface->target, device->name))
                        return interface->key;
        }

        return NULL;
}

static int append_device(sd_bus_message *reply, const Config *config, const StatsDevice *device,
                         const char *const *names) {
        const char *key = device_key(config, device, names);
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0 && key)
                r = sd_bus_message_append(reply, "{sv}", "Key", "s", key);
        if (r >= 0 && names == interface_names)
                r = sd_bus_message_append(reply, "{sv}", "Target", "s", device->name);
        for (unsigned i = 0; r >= 0 && i < STATS_DEVICE_VALUES_MAX; i++)
                r = append_number(reply, names[i], device->values[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* "Disks" or "Interfaces", as a list of dictionaries. */
static int append_devices(sd_bus_message *reply, const char *name, const GArray *devices,
                          const Config *config, const char *const *names) {
        int r;

        if (!devices)
                return 0;

        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", name);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "aa{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < devices->len; i++) {
                const StatsDevice *device = &g_array_index(devices, StatsDevice, i);
                if (device->name)
                        r = append_device(reply, config, device, names);
        }
        for (unsigned i = 0; r >= 0 && i < 3; i++)
                r = sd_bus_message_close_container(reply);
        return r;
}

/* What is told of each machine beside its numbers. */
typedef struct StatisticsOptions {
        bool devices;
        uint64_t history; /* samples; 0: none */
} StatisticsOptions;

static int append_recent_cpu(sd_bus_message *reply, const Statistics *statistics, const Machine *machine,
                             uint64_t n) {
        double values[RECENT_MAX];
        int r;

        statistics_recent_cpu(statistics, machine, (unsigned) n, values);
        r = sd_bus_message_open_container(reply, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", "CPUPercentHistory");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'v', "ad");
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'd', values, n * sizeof(double));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_machine(sd_bus_message *reply, const Statistics *statistics, const Machine *machine,
                          const StatisticsOptions *options) {
        const StatsReading *readings[_STATS_WAY_MAX];
        int r;

        for (unsigned way = 0; way < _STATS_WAY_MAX; way++)
                readings[way] = statistics_reading(statistics, machine, way);
        if (!readings[STATS_OF_HOST])
                return 0;

        r = sd_bus_message_open_container(reply, 'e', "oa{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "o", machine->path);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}", "Responding", "b",
                                          (int) statistics_responds(statistics, machine));

        for (unsigned i = 0; r >= 0 && i < _STATS_VALUE_MAX; i++) {
                const StatsField *field = &stats_fields[i];
                const StatsReading *reading = readings[field->way];

                if (!reading)
                        continue;
                r = append_number(reply, field->name, reading->sample.values[i]);
                if (r >= 0)
                        r = append_rate(reply, field->rate_name, reading->rates[i]);
        }

        if (r >= 0 && options->history > 0)
                r = append_recent_cpu(reply, statistics, machine, options->history);
        if (r >= 0 && options->devices && readings[STATS_OF_PROCESS])
                r = append_devices(reply, "Disks", readings[STATS_OF_PROCESS]->sample.disks, machine->config,
                                   disk_names);
        if (r >= 0 && options->devices)
                r = append_devices(reply, "Interfaces", readings[STATS_OF_HOST]->sample.interfaces,
                                   machine->config, interface_names);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int reply_statistics(sd_bus_message *message, Machines *machines, const StatisticsOptions *options) {
        const Statistics *statistics = machines->statistics;
        g_autoptr(sd_bus_message) reply = NULL;
        GHashTableIter i;
        gpointer machine;
        int r;

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "t", statistics_when(statistics));
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{oa{sv}}");

        g_hash_table_iter_init(&i, machines->by_uuid);
        while (r >= 0 && g_hash_table_iter_next(&i, NULL, &machine))
                r = append_machine(reply, statistics, machine, options);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

/* A call that waits for the first sample. */
typedef struct Waiting {
        Machines *machines;
        sd_bus_message *message;
        StatisticsOptions options;
} Waiting;

static void waiting_done(void *data) {
        g_autofree Waiting *waiting = data;

        if (reply_statistics(waiting->message, waiting->machines, &waiting->options) < 0)
                (void) sd_bus_reply_method_errorf(waiting->message, SD_BUS_ERROR_NO_MEMORY,
                                                  "Not enough memory for the answer.");
        sd_bus_message_unref(waiting->message);
}

int statistics_method_get(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const Option options[] = {
                { "devices", OPTION_BOOL, offsetof(StatisticsOptions, devices) },
                { "history", OPTION_UINT32, offsetof(StatisticsOptions, history), 1, RECENT_MAX },
                {},
        };
        g_auto(Failure) failure = { 0 };
        g_autofree Waiting *waiting = g_new0(Waiting, 1);
        Machines *machines = userdata;
        int r;

        r = options_read(message, options, &waiting->options, &failure);
        if (r < 0)
                return failure_or_result(&failure, r, error);

        waiting->machines = machines;
        waiting->message = message;
        if (!statistics_wait(machines->statistics, waiting_done, waiting))
                return reply_statistics(message, machines, &waiting->options);

        sd_bus_message_ref(message);
        waiting = NULL; /* of those who wait */
        return 1;
}

/* What to add to a time of CLOCK_BOOTTIME for one since the epoch. */
static int64_t boottime_offset(void) {
        struct timespec now;

        clock_gettime(CLOCK_BOOTTIME, &now);
        return g_get_real_time() - (int64_t) (now.tv_sec * G_TIME_SPAN_SECOND + now.tv_nsec / 1000);
}

typedef struct HistoryOptions {
        uint64_t since;
        bool coarse;
} HistoryOptions;

static int append_series(sd_bus_message *reply, const History *history, HistoryResolution resolution,
                         HistorySeries series, unsigned n) {
        double values[HISTORY_ROWS];
        int r;

        history_read(history, resolution, series, n, values);
        r = sd_bus_message_open_container(reply, 'e', "sad");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", history_series_name(series));
        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'd', values, n * sizeof(double));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int reply_history(sd_bus_message *message, const History *history, const HistoryOptions *options) {
        HistoryResolution resolution = options->coarse ? HISTORY_COARSE : HISTORY_FINE;
        int64_t offset = boottime_offset(), since = (int64_t) options->since - offset;
        g_autoptr(sd_bus_message) reply = NULL;
        uint64_t start = 0, step = 0;
        unsigned n = 0;
        int r;

        if (history)
                n = history_range(history, resolution, (uint64_t) MAX(since, 0), &start, &step);

        r = sd_bus_message_new_method_return(message, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "tt", n > 0 ? (uint64_t) ((int64_t) start + offset) : 0,
                                          step);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sad}");
        for (HistorySeries series = 0; r >= 0 && n > 0 && series < _HISTORY_SERIES_MAX; series++)
                r = append_series(reply, history, resolution, series, n);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int statistics_method_get_history(sd_bus_message *message, void *userdata, sd_bus_error *error) {
        static const Option options[] = {
                { "since", OPTION_UINT64, offsetof(HistoryOptions, since), 0, STATS_LIMIT - 1 },
                { "coarse", OPTION_BOOL, offsetof(HistoryOptions, coarse) },
                {},
        };
        g_auto(Failure) failure = { 0 };
        const Machine *machine = userdata;
        HistoryOptions read = { 0 };
        int r;

        r = options_read(message, options, &read, &failure);
        if (r >= 0)
                r = reply_history(message, machine->statistics ? machine->statistics->history : NULL, &read);
        return failure_or_result(&failure, r, error);
}
