/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "bus.h"
#include "errors.h"
#include "format.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "table.h"
#include "text.h"
#include "verbs.h"

#define WATCH_INTERVAL (2 * USEC_PER_SEC)
/* The second sample, the first with rates, comes a second after the first one. */
#define RATES_WAIT (3 * USEC_PER_SEC)
#define RATES_POLL (200 * USEC_PER_MSEC)

/* A machine that runs, and what was sampled of it. */
typedef struct Row {
        const Machine *machine;
        JsonObject *values; /* as on the bus */
} Row;

typedef struct Sample {
        uint64_t when;
        GPtrArray *machines; /* all of the host */
        JsonObject *by_path; /* those that run */
        GArray *rows;        /* of Row: those that run and were asked for; point into both */
        unsigned n_deaf;     /* of these, whose process does not answer */
} Sample;

static void sample_done(Sample *sample) {
        g_clear_pointer(&sample->machines, g_ptr_array_unref);
        g_clear_pointer(&sample->by_path, json_object_unref);
        g_clear_pointer(&sample->rows, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sample, sample_done)

static bool machine_is_wanted(const Machine *machine, char **patterns, unsigned n) {
        for (unsigned i = 0; i < n; i++)
                if (machine_fits(patterns[i], machine->name, machine->uuid))
                        return true;
        return n == 0;
}

static int read_statistics(const Cli *cli, sd_bus_error *error, Sample *sample) {
        const BusFlag flags[] = { { "devices", cli->options->json != JSON_OFF } };
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_autoptr(JsonNode) node = NULL;
        int r;

        r = bus_call_flags(cli, HATAGO_PATH, MACHINES_INTERFACE, "GetStatistics", flags, G_N_ELEMENTS(flags),
                           error, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "t", &sample->when);
        if (r >= 0)
                r = json_from_message(reply, &node);
        if (r < 0)
                return sd_bus_error_set_errno(error, r);
        sample->by_path = json_node_dup_object(node);
        return 0;
}

/* A number of the bus, or -1 if it is not known. */
static double value_of(const Row *row, const char *name) {
        return json_object_get_double_member_with_default(row->values, name, -1);
}

static int compare_names(gconstpointer a, gconstpointer b) {
        const Machine *x = ((const Row *) a)->machine, *y = ((const Row *) b)->machine;
        int result = text_compare(x->name, y->name);

        return result != 0 ? result : strcmp(x->path, y->path);
}

static int compare_cpu(gconstpointer a, gconstpointer b) {
        double x = value_of(a, "CPUPercent"), y = value_of(b, "CPUPercent");

        if (x != y)
                return x < y ? 1 : -1;
        return compare_names(a, b);
}

static void sample_select(Sample *sample, char **patterns, unsigned n) {
        sample->rows = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Row));
        for (guint i = 0; i < sample->machines->len; i++) {
                Row row = { .machine = sample->machines->pdata[i] };

                if (!json_object_has_member(sample->by_path, row.machine->path) ||
                    !machine_is_wanted(row.machine, patterns, n))
                        continue;
                row.values = json_object_get_object_member(sample->by_path, row.machine->path);
                sample->n_deaf += !json_flag(row.values, "Responding");
                g_array_append_val(sample->rows, row);
        }
        g_array_sort(sample->rows, compare_names);
}

/* Subscribes, too: each time, for the agent may be another one than before. */
static int sample_read(const Cli *cli, char **patterns, unsigned n, sd_bus_error *error, Sample *ret) {
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_auto(Sample) sample = { 0 };
        int r;

        r = bus_call_method(cli, HATAGO_PATH, MANAGER_INTERFACE, "Subscribe", error, &reply, "a{sv}", 0);
        if (r >= 0)
                r = read_statistics(cli, error, &sample);
        if (r >= 0)
                r = machines_list(cli, error, &sample.machines);
        if (r < 0)
                return r;

        sample_select(&sample, patterns, n);
        *ret = sample;
        sample = (Sample){ 0 };
        return 0;
}

static bool sample_has_rates(const Sample *sample) {
        for (guint i = 0; i < sample->rows->len; i++)
                if (json_object_has_member(g_array_index(sample->rows, Row, i).values, "CPUPercent"))
                        return true;
        return sample->rows->len == 0;
}

/* The first sample has no rates: waits for one that has. */
static int sample_read_with_rates(const Cli *cli, char **patterns, unsigned n, sd_bus_error *error,
                                  Sample *ret) {
        for (uint64_t waited = 0;; waited += RATES_POLL) {
                g_auto(Sample) sample = { 0 };
                int r;

                r = sample_read(cli, patterns, n, error, &sample);
                if (r < 0)
                        return r;
                if (sample_has_rates(&sample) || waited >= RATES_WAIT) {
                        *ret = sample;
                        sample = (Sample){ 0 };
                        return 0;
                }
                g_usleep(RATES_POLL);
        }
}

/* Names of no machine are errors; that a machine is off is only said. */
static bool names_check(const Cli *cli, const Sample *sample, char **names, unsigned n) {
        bool all_well = true;

        for (unsigned i = 0; i < n; i++) {
                g_autofree char *shown = terminal_text(cli->terminal, names[i]);
                bool exists = false, runs = false;

                for (guint j = 0; j < sample->machines->len && !runs; j++) {
                        const Machine *machine = sample->machines->pdata[j];

                        if (!machine_fits(names[i], machine->name, machine->uuid))
                                continue;
                        exists = true;
                        runs = json_object_has_member(sample->by_path, machine->path);
                }
                if (!exists) {
                        error_report_name(cli, names[i], HATAGO_ERROR("NoSuchMachine"), "", NULL);
                        all_well = false;
                } else if (!runs && cli->options->json == JSON_OFF)
                        fprintf(stderr, _("'%s' does not run.\n"), shown);
        }
        return all_well;
}

static char *row_percent(const Row *row, const char *name) {
        double value = value_of(row, name);

        return value < 0 ? g_strdup("-") : g_strdup_printf("%.1f%%", value);
}

static char *row_size(const Row *row, const char *name) {
        double value = value_of(row, name);

        return value < 0 ? g_strdup("-") : format_size((uint64_t) value);
}

static void sample_print_table(const Cli *cli, const Terminal *terminal, const Sample *sample, guint n_max) {
        static const TableColumn columns[] = {
                { N_("NAME"), TABLE_SHRINK },     { N_("CPU"), TABLE_RIGHT },
                { N_("MEMORY"), TABLE_RIGHT },    { N_("USED"), TABLE_RIGHT },
                { N_("READ/S"), TABLE_RIGHT },    { N_("WRITE/S"), TABLE_RIGHT },
                { N_("RECEIVE/S"), TABLE_RIGHT }, { N_("SEND/S"), TABLE_RIGHT },
        };
        static const char *const sizes[] = { "MemoryRSS",     "MemoryUsed",         "DiskReadRate",
                                             "DiskWriteRate", "NetworkReceiveRate", "NetworkTransmitRate" };
        g_autoptr(Table) table = table_new(terminal, columns, G_N_ELEMENTS(columns));

        for (guint i = 0; i < MIN(sample->rows->len, n_max); i++) {
                const Row *row = &g_array_index(sample->rows, Row, i);
                Colour colour = json_flag(row->values, "Responding") ? COLOUR_NONE : COLOUR_YELLOW;
                g_autofree char *cpu = row_percent(row, "CPUPercent");

                table_add(table, row->machine->name, colour);
                table_add(table, cpu, colour);
                for (size_t j = 0; j < G_N_ELEMENTS(sizes); j++) {
                        g_autofree char *size = row_size(row, sizes[j]);
                        table_add(table, size, colour);
                }
        }
        table_print(table, stdout, !cli->options->no_legend);
}

static void sample_print_legend(const Sample *sample) {
        printf(ngettext("%s%u machine runs.\n", "%s%u machines run.\n", sample->rows->len),
               sample->rows->len > 0 ? "\n" : "", sample->rows->len);
        if (sample->n_deaf > 0)
                printf(ngettext("%u process does not answer: memory and disks unknown.\n",
                                "%u processes do not answer: memory and disks unknown.\n", sample->n_deaf),
                       sample->n_deaf);
}

static JsonObject *row_to_json(const Row *row, uint64_t when) {
        g_autoptr(GList) names = json_object_get_members(row->values);
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "Path", row->machine->path);
        json_object_set_string_member(object, "Name", row->machine->name);
        json_object_set_string_member(object, "UUID", row->machine->uuid);
        json_object_set_int_member(object, "When", (gint64) when);
        for (GList *l = names; l; l = l->next)
                json_object_set_member(object, l->data,
                                       json_node_copy(json_object_get_member(row->values, l->data)));
        return object;
}

static void sample_print_json(const Cli *cli, const Sample *sample) {
        JsonArray *array = json_array_new();
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_ARRAY);

        for (guint i = 0; i < sample->rows->len; i++)
                json_array_add_object_element(array, row_to_json(&g_array_index(sample->rows, Row, i),
                                                                 sample->when)); /* takes it */
        json_node_take_array(node, array);
        json_print(cli->options->json, node);
}

static void sample_print(const Cli *cli, const Sample *sample) {
        if (cli->options->json != JSON_OFF) {
                sample_print_json(cli, sample);
                return;
        }
        sample_print_table(cli, cli->terminal, sample, G_MAXUINT);
        if (!cli->options->no_legend)
                sample_print_legend(sample);
}

/* Over what was there before, as much as there is room for; the busiest first. */
static void sample_print_screen(const Cli *cli, const Sample *sample) {
        /* The date, an empty line, the headings; an empty line, two of the legend; the cursor's. */
        unsigned lines_around = cli->options->no_legend ? 1 : 7, n_max = 24;
        g_autofree char *moment = format_moment(sample->when);
        struct winsize size = { 0 };
        Terminal terminal;

        terminal_init(&terminal); /* its size may have changed */
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_row > 0)
                n_max = size.ws_row;
        n_max = n_max > lines_around ? n_max - lines_around : 1;

        g_array_sort(sample->rows, compare_cpu);
        fputs("\033[H\033[J", stdout);
        if (!cli->options->no_legend)
                printf("%s\n\n", sample->when > 0 ? moment : "-");
        sample_print_table(cli, &terminal, sample, n_max);
        if (!cli->options->no_legend)
                sample_print_legend(sample);
}

/* Until it is interrupted, or the agent cannot be asked any more. What was told already is not told again,
 * but on a terminal's screen. */
static void stats_watch(const Cli *cli, char **patterns, unsigned n, sd_bus_error *error) {
        bool screen = cli->terminal->out_tty && cli->options->json == JSON_OFF;
        uint64_t interval = cli->options->interval > 0 ? cli->options->interval : WATCH_INTERVAL, last = 0;

        for (;;) {
                g_auto(Sample) sample = { 0 };

                if (sample_read(cli, patterns, n, error, &sample) < 0)
                        return;
                if (screen)
                        sample_print_screen(cli, &sample);
                else if (sample.when != last)
                        sample_print(cli, &sample);
                last = sample.when;
                if (fflush(stdout) == EOF)
                        return;
                g_usleep(interval);
        }
}

int verb_stats(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_auto(Sample) sample = { 0 };
        bool all_well;

        if (sample_read_with_rates(cli, arguments, n, &error, &sample) < 0) {
                error_report(cli, NULL, &error);
                return EXIT_FAILURE;
        }
        all_well = names_check(cli, &sample, arguments, n);
        if (!all_well && sample.rows->len == 0)
                return EXIT_FAILURE;
        if (!cli->options->watch && cli->options->interval == 0) {
                sample_print(cli, &sample);
                return all_well ? EXIT_SUCCESS : EXIT_FAILURE;
        }
        stats_watch(cli, arguments, n, &error);
        if (sd_bus_error_is_set(&error))
                error_report(cli, NULL, &error);
        return EXIT_FAILURE; /* or output_finish() tells why it ended */
}
