/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "statistics-record.h"

#include <string.h>

#define NSEC_PER_USEC 1000U
#define KIB 1024U

/* libvirt's names of what a machine has once; each number in KiB. */
static const struct {
        const char *name;
        StatsValue value;
} machine_fields[] = {
        { "balloon.current", STATS_MEMORY_ACTUAL },   { "balloon.rss", STATS_MEMORY_RSS },
        { "balloon.usable", STATS_MEMORY_AVAILABLE }, { "balloon.available", STATS_MEMORY_VISIBLE },
        { "balloon.unused", STATS_MEMORY_UNUSED },
};

typedef struct DeviceField {
        const char *name;
        unsigned value;
} DeviceField;

static const DeviceField disk_fields[] = {
        { "rd.bytes", STATS_DISK_READ_BYTES - STATS_DISK_READ_BYTES },
        { "wr.bytes", STATS_DISK_WRITE_BYTES - STATS_DISK_READ_BYTES },
        { "rd.reqs", STATS_DISK_READ_REQUESTS - STATS_DISK_READ_BYTES },
        { "wr.reqs", STATS_DISK_WRITE_REQUESTS - STATS_DISK_READ_BYTES },
        { "capacity", STATS_DISK_CAPACITY },
        { "allocation", STATS_DISK_ALLOCATION },
        { "physical", STATS_DISK_PHYSICAL },
        {},
};

static const DeviceField interface_fields[] = {
        { "rx.bytes", STATS_NETWORK_RECEIVE_BYTES - STATS_NETWORK_RECEIVE_BYTES },
        { "tx.bytes", STATS_NETWORK_TRANSMIT_BYTES - STATS_NETWORK_RECEIVE_BYTES },
        { "rx.pkts", STATS_NETWORK_RECEIVE_PACKETS - STATS_NETWORK_RECEIVE_BYTES },
        { "tx.pkts", STATS_NETWORK_TRANSMIT_PACKETS - STATS_NETWORK_RECEIVE_BYTES },
        { "rx.errs", STATS_INTERFACE_RECEIVE_ERRORS },
        { "tx.errs", STATS_INTERFACE_TRANSMIT_ERRORS },
        { "rx.drop", STATS_INTERFACE_RECEIVE_DROPS },
        { "tx.drop", STATS_INTERFACE_TRANSMIT_DROPS },
        {},
};

/* The number of a parameter of any integral type; STATS_UNKNOWN for a negative one, and for what is none. */
static uint64_t param_number(const virTypedParameter *param) {
        uint64_t number;

        switch (param->type) {
        case VIR_TYPED_PARAM_INT:
                number = param->value.i < 0 ? STATS_UNKNOWN : (uint64_t) param->value.i;
                break;
        case VIR_TYPED_PARAM_UINT:
                number = param->value.ui;
                break;
        case VIR_TYPED_PARAM_LLONG:
                number = param->value.l < 0 ? STATS_UNKNOWN : (uint64_t) param->value.l;
                break;
        case VIR_TYPED_PARAM_ULLONG:
                number = param->value.ul;
                break;
        default:
                number = STATS_UNKNOWN;
        }

        return number;
}

static uint64_t number_limit(uint64_t number) {
        return number < STATS_LIMIT ? number : STATS_UNKNOWN;
}

static void sample_read_value(StatsSample *sample, const virTypedParameter *param) {
        for (size_t i = 0; i < G_N_ELEMENTS(machine_fields); i++) {
                uint64_t number = param_number(param);

                if (strcmp(param->field, machine_fields[i].name) != 0)
                        continue;
                if (number < UINT64_MAX / KIB)
                        sample->values[machine_fields[i].value] = number_limit(number * KIB);
        }
}

static void device_clear(gpointer p) {
        g_clear_pointer(&((StatsDevice *) p)->name, g_free);
}

/* The device of this index, made if it was not there. */
static StatsDevice *devices_get(GArray **devices, unsigned index) {
        static const StatsDevice unknown = {
                .values = { [0 ... STATS_DEVICE_VALUES_MAX - 1] = STATS_UNKNOWN },
        };

        if (!*devices) {
                *devices = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE,
                                       sizeof(StatsDevice));
                g_array_set_clear_func(*devices, device_clear);
        }
        while ((*devices)->len <= index)
                g_array_append_val(*devices, unknown);

        return &g_array_index(*devices, StatsDevice, index);
}

/* "N.what", of a kind of devices. */
static void devices_read_value(GArray **devices, const DeviceField *fields, const char *field,
                               const virTypedParameter *param) {
        char *what;
        uint64_t index;

        if (!g_ascii_isdigit(*field))
                return;
        index = g_ascii_strtoull(field, &what, /* base= */ 10);
        if (*what != '.' || index >= STATS_DEVICES_MAX)
                return;
        what++;

        if (strcmp(what, "name") == 0 && param->type == VIR_TYPED_PARAM_STRING && param->value.s &&
            g_utf8_validate(param->value.s, /* max_len= */ -1, /* end= */ NULL)) {
                StatsDevice *device = devices_get(devices, (unsigned) index);

                g_free(device->name);
                device->name = g_strdup(param->value.s);
        }

        for (; fields->name; fields++)
                if (strcmp(what, fields->name) == 0)
                        devices_get(devices, (unsigned) index)->values[fields->value] =
                                        number_limit(param_number(param));
}

/* The sum of what is known; STATS_UNKNOWN if nothing is, or if it is no number for a client. */
static uint64_t devices_sum(const GArray *devices, unsigned value) {
        uint64_t sum = STATS_UNKNOWN;

        for (guint i = 0; devices && i < devices->len; i++) {
                uint64_t number = g_array_index(devices, StatsDevice, i).values[value];

                /* At most STATS_DEVICES_MAX numbers below STATS_LIMIT: 2^61. */
                if (number != STATS_UNKNOWN)
                        sum = (sum == STATS_UNKNOWN ? 0 : sum) + number;
        }

        return number_limit(sum);
}

/* What the guest uses: all that it sees, less what it could give to programs without swapping; a guest too
 * old to tell that tells what is free. */
static uint64_t sample_memory_used(const StatsSample *sample) {
        uint64_t visible = sample->values[STATS_MEMORY_VISIBLE],
                 available = sample->values[STATS_MEMORY_AVAILABLE];

        if (available == STATS_UNKNOWN)
                available = sample->values[STATS_MEMORY_UNUSED];
        if (visible == STATS_UNKNOWN || available == STATS_UNKNOWN || available > visible)
                return STATS_UNKNOWN;

        return visible - available;
}

void stats_read_record(const virTypedParameter *params, int n, StatsSample *ret) {
        StatsSample sample = { .values = { [0 ... _STATS_VALUE_MAX - 1] = STATS_UNKNOWN } };

        for (int i = 0; i < n; i++) {
                const virTypedParameter *param = &params[i];

                if (g_str_has_prefix(param->field, "block."))
                        devices_read_value(&sample.disks, disk_fields, param->field + strlen("block."),
                                           param);
                else if (g_str_has_prefix(param->field, "net."))
                        devices_read_value(&sample.interfaces, interface_fields,
                                           param->field + strlen("net."), param);
                else
                        sample_read_value(&sample, param);
        }

        for (unsigned i = 0; i <= STATS_DISK_WRITE_REQUESTS - STATS_DISK_READ_BYTES; i++)
                sample.values[STATS_DISK_READ_BYTES + i] = devices_sum(sample.disks, i);
        for (unsigned i = 0; i <= STATS_NETWORK_TRANSMIT_PACKETS - STATS_NETWORK_RECEIVE_BYTES; i++)
                sample.values[STATS_NETWORK_RECEIVE_BYTES + i] = devices_sum(sample.interfaces, i);
        sample.values[STATS_MEMORY_USED] = sample_memory_used(&sample);

        *ret = sample;
}

uint64_t stats_processor_time(unsigned long long nsec) {
        return number_limit(nsec / NSEC_PER_USEC);
}

void stats_sample_done(StatsSample *sample) {
        g_clear_pointer(&sample->disks, g_array_unref);
        g_clear_pointer(&sample->interfaces, g_array_unref);
}
