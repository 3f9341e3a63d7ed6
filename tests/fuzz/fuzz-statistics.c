/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "history.h"
#include "input.h"
#include "statistics-record.h"

/* Statistics as libvirt tells them, of which guests and their devices have named the parts; and what is kept
 * of them over time. */

#define PARAMS_MAX 64U
#define SAMPLES_MAX 200U

/* Names that mean something, and after each what the input has. */
static const char *const fields[] = { "",
                                      "block.",
                                      "net.",
                                      "block.0.name",
                                      "block.0.rd.bytes",
                                      "net.1.name",
                                      "net.1.rx.bytes",
                                      "balloon.current",
                                      "balloon.rss",
                                      "balloon.available",
                                      "balloon.unused",
                                      "cpu.time" };

static void read_param(Input *input, virTypedParameter *param) {
        const char *field = fields[input_byte(input) % G_N_ELEMENTS(fields)];
        g_autofree char *text = input_text(input), *name = g_strconcat(field, text, NULL);
        uint64_t number;

        g_strlcpy(param->field, name, sizeof(param->field));
        param->type = 1 + input_byte(input) % VIR_TYPED_PARAM_STRING;
        if (param->type == VIR_TYPED_PARAM_STRING) {
                param->value.s = input_text(input);
                return;
        }
        number = input_number(input);
        memcpy(&param->value, &number, sizeof(param->value));
}

static void devices_are_sound(const GArray *devices) {
        for (guint i = 0; devices && i < devices->len; i++) {
                const StatsDevice *device = &g_array_index(devices, StatsDevice, i);

                g_assert_true(!device->name || g_utf8_validate(device->name, -1, NULL));
                for (unsigned v = 0; v < STATS_DEVICE_VALUES_MAX; v++)
                        g_assert_true(device->values[v] < STATS_LIMIT || device->values[v] == STATS_UNKNOWN);
        }
}

static void read_record(Input *input) {
        unsigned n = input_byte(input) % PARAMS_MAX;
        g_autofree virTypedParameter *params = g_new0(virTypedParameter, n);
        StatsSample sample;

        for (unsigned i = 0; i < n; i++)
                read_param(input, &params[i]);
        stats_read_record(params, (int) n, &sample);
        for (unsigned v = 0; v < _STATS_VALUE_MAX; v++)
                g_assert_true(sample.values[v] < STATS_LIMIT || sample.values[v] == STATS_UNKNOWN);
        devices_are_sound(sample.disks);
        devices_are_sound(sample.interfaces);
        stats_sample_done(&sample);
        for (unsigned i = 0; i < n; i++)
                if (params[i].type == VIR_TYPED_PARAM_STRING)
                        g_free(params[i].value.s);
}

static void read_history(const History *history, HistoryResolution resolution, uint64_t since) {
        double values[HISTORY_ROWS];
        uint64_t start = 0, step = 0;
        unsigned n = history_range(history, resolution, since, &start, &step);

        g_assert_cmpuint(n, <=, HISTORY_ROWS);
        for (HistorySeries series = 0; series < _HISTORY_SERIES_MAX; series++) {
                history_read(history, resolution, series, n, values);
                for (unsigned i = 0; i < n; i++)
                        g_assert_true(values[i] == HISTORY_GAP || (values[i] >= 0 && isfinite(values[i])));
        }
}

/* Times come in any order: a clock may be wrong. */
static void keep_history(Input *input) {
        g_autoptr(History) history = history_new(G_TIME_SPAN_SECOND * (1 + input_byte(input) % 60));
        uint64_t when = 0;

        for (unsigned i = 0; i < SAMPLES_MAX && input->size > 0; i++) {
                double values[_HISTORY_SERIES_MAX];

                for (unsigned s = 0; s < _HISTORY_SERIES_MAX; s++) {
                        uint64_t bits = input_number(input);

                        memcpy(&values[s], &bits, sizeof(values[s]));
                }
                when = input_byte(input) & 1 ? input_number(input) : when + input_number(input) % (1 << 30);
                history_add(history, when, values);
        }
        read_history(history, HISTORY_FINE, when / 2);
        read_history(history, HISTORY_COARSE, 0);
        g_assert_cmpuint(history_size(history), <=, HISTORY_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Input input = { data, size };

        read_record(&input);
        keep_history(&input);
        return 0;
}
