/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-facts.h"

#include "bus.h"
#include "check-look.h"
#include "checks.h"
#include "errors.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "verbs.h"

/* Between two readings of the CPUs' time. */
#define INTERVAL (500 * USEC_PER_MSEC)

/* For the second sample of the machines' statistics, the first with rates. */
#define STATISTICS_WAIT (2 * USEC_PER_SEC)
#define STATISTICS_POLL (200 * USEC_PER_MSEC)

static void add_members(JsonObject *facts, JsonObject *from) {
        JsonObjectIter iter;
        const char *name;
        JsonNode *node;

        json_object_iter_init(&iter, from);
        while (json_object_iter_next(&iter, &name, &node))
                json_object_set_member(facts, name, json_node_copy(node)); /* takes it */
}

/* NULL: libvirt does not answer, or nobody asks it. */
static JsonObject *usage_read(const Cli *cli) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        _cleanup_message_ sd_bus_message *reply = NULL;
        JsonObject *usage = NULL;

        if (bus_call_method(cli, HATAGO_PATH, HOST_INTERFACE, "GetUsage", &ignored, &reply, "a{sv}", 0) < 0)
                return NULL;
        return json_object_from_message(reply, &usage) < 0 ? NULL : usage;
}

double host_cpu_usage(JsonObject *before, JsonObject *after) {
        uint64_t busy = json_number(after, "CPUTime") - json_number(before, "CPUTime"),
                 idle = json_number(after, "CPUIdleTime") - json_number(before, "CPUIdleTime");

        /* The kernel's counters can step back a little: then there is nothing to tell. */
        if (busy > INT64_MAX || idle > INT64_MAX || busy + idle == 0)
                return -1;
        return (double) busy / (double) (busy + idle);
}

static void add_usage(const Cli *cli, JsonObject *facts) {
        g_autoptr(JsonObject) before = usage_read(cli), after = NULL;
        double usage;

        if (!before)
                return;
        g_usleep(INTERVAL);
        after = usage_read(cli);
        if (!after)
                return;

        usage = host_cpu_usage(before, after);
        json_object_remove_member(after, "CPUTime");
        json_object_remove_member(after, "CPUIdleTime");
        add_members(facts, after);
        if (usage >= 0)
                json_object_set_double_member(facts, "CPUUsage", usage);
}

/* A machine's part of GetStatistics; what it does not tell counts as unknown. */
static bool add_statistics_of(JsonObject *values, double *cpus, double *memory) {
        double percent = json_object_get_double_member_with_default(values, "CPUPercent", -1),
               rss = json_object_get_double_member_with_default(values, "MemoryRSS", -1);

        *cpus += percent / 100;
        *memory += rss;
        return percent >= 0 && rss >= 0;
}

/* Whether all machines that run have told what they take. */
static bool read_statistics(const Cli *cli, double *ret_cpus, double *ret_memory) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_autoptr(JsonNode) node = NULL;
        double cpus = 0, memory = 0;
        JsonObjectIter iter;
        const char *path;
        JsonNode *values;
        uint64_t when;

        if (bus_call_method(cli, HATAGO_PATH, MACHINES_INTERFACE, "GetStatistics", &ignored, &reply, "a{sv}",
                            0) < 0 ||
            sd_bus_message_read(reply, "t", &when) < 0 || json_from_message(reply, &node) < 0)
                return false;
        json_object_iter_init(&iter, json_node_get_object(node));
        while (json_object_iter_next(&iter, &path, &values))
                if (!add_statistics_of(json_node_get_object(values), &cpus, &memory))
                        return false;

        *ret_cpus = cpus;
        *ret_memory = memory;
        return true;
}

/* Rates come with the second sample: waits for that as long as it may take. */
static void add_statistics(const Cli *cli, JsonObject *facts) {
        for (uint64_t waited = 0; waited <= STATISTICS_WAIT; waited += STATISTICS_POLL) {
                double cpus, memory;

                if (read_statistics(cli, &cpus, &memory)) {
                        json_object_set_double_member(facts, "CPUsUsedByMachines", cpus);
                        json_object_set_int_member(facts, "MemoryUsedByMachines", (gint64) memory);
                        return;
                }
                g_usleep(STATISTICS_POLL);
        }
}

/* Only for who has asked are there statistics: as early as can be. */
static void subscribe(const Cli *cli) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;

        (void) bus_call_method(cli, HATAGO_PATH, MANAGER_INTERFACE, "Subscribe", &ignored, NULL, "a{sv}", 0);
}

static void add_machines(const Cli *cli, JsonObject *facts) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        uint64_t n_running = 0, vcpus = 0, memory = 0;
        g_autoptr(GPtrArray) machines = NULL;

        if (!json_flag(facts, "Ready") || machines_list(cli, &ignored, &machines) < 0)
                return;
        for (guint i = 0; i < machines->len; i++) {
                const Machine *machine = machines->pdata[i];

                if (!machine_state_runs(machine->state))
                        continue;
                n_running++;
                vcpus += machine->vcpus;
                memory += machine->memory;
        }
        json_object_set_int_member(facts, "Machines", machines->len);
        json_object_set_int_member(facts, "MachinesRunning", (gint64) n_running);
        json_object_set_int_member(facts, "VCPUsRunning", (gint64) vcpus);
        json_object_set_int_member(facts, "MemoryRunning", (gint64) memory);
        if (n_running > 0)
                add_statistics(cli, facts);
}

/* What guests can expect: /dev/kvm alone proves nothing. */
static const char *accelerator(JsonArray *checks) {
        JsonObject *guest = checks_find(checks, "kvm-guest"), *device = checks_find(checks, "kvm-device");

        if (guest && check_is(guest, "pass"))
                return "kvm";
        if ((guest && check_is(guest, "fail")) || (device && !check_is(device, "pass")))
                return "none";
        return "";
}

/* A new look at the host, and when there was a look that succeeded. */
static void add_look(const Cli *cli, JsonObject *facts) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL, ignored = SD_BUS_ERROR_NULL;
        _cleanup_(explanation_done) Explanation explanation = { 0 };
        const Cli judging = verb_assume(cli, "validate");
        g_autoptr(JsonObject) validation = NULL;

        if (checks_look(cli, &error) < 0) {
                error_explain(&judging, /* subject= */ NULL, /* closest= */ NULL, error.name, error.message,
                              /* arguments= */ NULL, &explanation);
                json_object_set_string_member(facts, "ChecksError", explanation.reason);
        }
        if (!checks_are_missing(&error) &&
            bus_get_all(cli, HATAGO_PATH, VALIDATION_INTERFACE, &ignored, &validation) >= 0)
                json_object_set_int_member(facts, "CheckedAt",
                                           (gint64) json_number(validation, "CheckedAt"));
}

static void add_checks(const Cli *cli, JsonObject *facts) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        JsonArray *problems = json_array_new();
        g_autoptr(JsonArray) checks = NULL;

        json_object_set_array_member(facts, "Problems", problems); /* takes it */
        if (json_number(facts, "CheckedAt") == 0 || checks_read_bus(cli, &ignored, &checks) < 0)
                return;
        checks_add_texts(checks);
        json_object_set_string_member(facts, "Accelerator", accelerator(checks));
        for (guint i = 0; i < json_array_get_length(checks); i++) {
                JsonObject *check = json_array_get_object_element(checks, i);

                if (check_is_wrong(check))
                        json_array_add_object_element(problems, json_object_ref(check)); /* takes it */
        }
}

int host_facts_read(const Cli *cli, sd_bus_error *error, JsonObject **ret) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) facts = NULL, host = NULL, look = json_object_new();
        int r;

        /* Before all else: meanwhile an agent that was just started reads libvirt. */
        subscribe(cli);
        add_look(cli, look);
        r = bus_get_all(cli, HATAGO_PATH, MANAGER_INTERFACE, error, &facts);
        if (r < 0)
                return r;
        add_members(facts, look);
        if (bus_get_all(cli, HATAGO_PATH, HOST_INTERFACE, &ignored, &host) >= 0)
                add_members(facts, host);
        add_usage(cli, facts);
        add_machines(cli, facts);
        add_checks(cli, facts);
        *ret = g_steal_pointer(&facts);
        return 0;
}
