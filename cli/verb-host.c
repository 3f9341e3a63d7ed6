/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-texts.h"
#include "errors.h"
#include "fields.h"
#include "format.h"
#include "host-facts.h"
#include "json.h"
#include "status-machine.h"
#include "text.h"
#include "verbs.h"

#define BAR_WIDTH 12U

/* "Debian GNU/Linux 12 (bookworm), Linux 6.1.0-30-amd64, x86_64" */
static char *system_text(JsonObject *facts) {
        const char *system = json_string(facts, "OperatingSystem"), *kernel = json_string(facts, "Kernel"),
                   *architecture = json_string(facts, "Architecture");

        if (!*system && !*kernel)
                return NULL;
        return g_strdup_printf("%s, Linux %s, %s", system, kernel, architecture);
}

/* "AMD EPYC 7302, 32 CPUs (1 × 16 × 2)" */
static char *processor_text(JsonObject *facts) {
        uint64_t n = json_number(facts, "CPUs"), sockets = json_number(facts, "Sockets"),
                 cores = json_number(facts, "CoresPerSocket"),
                 threads = json_number(facts, "ThreadsPerCore");
        const char *model = json_string(facts, "CPUModel");

        if (n == 0)
                return *model ? g_strdup(model) : NULL;
        if (sockets * cores * threads != n)
                return g_strdup_printf(_("%s, %" PRIu64 " CPUs"), model, n);
        /* Translators: model and number of all CPUs; sockets, cores in each, threads in each core. */
        return g_strdup_printf(_("%s, %" PRIu64 " CPUs (sockets %" PRIu64 ", cores %" PRIu64
                                 ", threads %" PRIu64 ")"),
                               model, n, sockets, cores, threads);
}

/* What machines were given, and what they take of it, where that is known. Takes both. */
static char *given_text(char *given, char *used) {
        g_autofree char *taken = given, *also_taken = used;

        /* Translators: what running machines have been given, and how much of that they use. */
        return used ? g_strdup_printf(_("%s (%s used)"), given, used) : g_strdup(given);
}

static char *cpu_text(JsonObject *facts) {
        g_autofree char *busy = NULL, *given = NULL;

        if (json_object_has_member(facts, "CPUUsage"))
                busy = g_strdup_printf(_("%.0f%% busy"),
                                       100 * json_object_get_double_member(facts, "CPUUsage"));
        if (!json_object_has_member(facts, "VCPUsRunning"))
                return g_steal_pointer(&busy);
        given = given_text(g_strdup_printf(_("%" PRIu64 " virtual ones given to running machines"),
                                           json_number(facts, "VCPUsRunning")),
                           json_object_has_member(facts, "CPUsUsedByMachines")
                                           ? g_strdup_printf("%.1f",
                                                             json_object_get_double_member(
                                                                             facts, "CPUsUsedByMachines"))
                                           : NULL);
        return busy ? g_strdup_printf("%s, %s", busy, given) : g_steal_pointer(&given);
}

static char *memory_text(JsonObject *facts) {
        g_autofree char *all = format_size(json_number(facts, "Memory")),
                        *available = format_size(json_number(facts, "MemoryAvailable")),
                        *running = format_size(json_number(facts, "MemoryRunning")), *given = NULL;

        if (json_number(facts, "Memory") == 0)
                return NULL;
        given = given_text(g_strdup_printf(_("%s given to running machines"), running),
                           json_object_has_member(facts, "MemoryUsedByMachines")
                                           ? format_size(json_number(facts, "MemoryUsedByMachines"))
                                           : NULL);
        if (!json_object_has_member(facts, "MemoryAvailable"))
                return g_strdup_printf("%s, %s", all, given);
        return g_strdup_printf(_("%s, %s available, %s"), all, available, given);
}

static char *accelerator_text(JsonObject *facts, Colour *ret_colour) {
        const char *accelerator = json_string(facts, "Accelerator");

        *ret_colour = COLOUR_NONE;
        if (strcmp(accelerator, "kvm") == 0)
                return g_strdup("KVM");
        if (strcmp(accelerator, "none") != 0)
                return NULL;
        *ret_colour = COLOUR_RED;
        return g_strdup(_("none: guests are emulated, and slow"));
}

static char *versions_text(JsonObject *facts) {
        const char *libvirt = json_string(facts, "LibvirtVersion"),
                   *hypervisor = json_string(facts, "HypervisorVersion");

        const char *name = g_str_has_prefix(json_string(facts, "LibvirtURI"), "qemu") ? ", QEMU "
                                                                                      : ", hypervisor ";

        return g_strdup_printf("hatago %s%s%s%s%s", json_string(facts, "Version"),
                               *libvirt ? ", libvirt " : "", libvirt, *hypervisor ? name : "", hypervisor);
}

static char *machines_text(JsonObject *facts) {
        if (!json_object_has_member(facts, "Machines"))
                return NULL;
        return g_strdup_printf(_("%" PRIu64 ", %" PRIu64 " running"), json_number(facts, "Machines"),
                               json_number(facts, "MachinesRunning"));
}

/* "default (virbr0)", "lan: inactive" */
static char *network_text(JsonObject *network) {
        const char *name = json_string(network, "Name"), *bridge = json_string(network, "Bridge");

        if (!json_flag(network, "Active"))
                return g_strdup_printf(_("%s: inactive"), name);
        return *bridge ? g_strdup_printf("%s (%s)", name, bridge) : g_strdup(name);
}

/* "default  [####--------] 62%, 38 GiB of 100 GiB free" */
static char *pool_text(JsonObject *pool) {
        uint64_t capacity = json_number(pool, "Capacity"), free = json_number(pool, "Available");
        g_autofree char *all = format_size(capacity), *left = format_size(free), *full = NULL, *empty = NULL;
        const char *name = json_string(pool, "Name");
        unsigned percent, n;

        if (!json_flag(pool, "Active"))
                return g_strdup_printf(_("%s: inactive"), name);
        if (capacity == 0 || free > capacity)
                return g_strdup(name);

        percent = (unsigned) (100.0 * (double) (capacity - free) / (double) capacity + 0.5);
        n = MIN((percent * BAR_WIDTH + 50) / 100, BAR_WIDTH);
        full = g_strnfill(n, '#');
        empty = g_strnfill(BAR_WIDTH - n, '-');
        /* Translators: name, a bar, how full, how much is free of how much. */
        return g_strdup_printf(_("%s  [%s%s] %u%%, %s of %s free"), name, full, empty, percent, left, all);
}

static Colour pool_colour(JsonObject *pool) {
        uint64_t capacity = json_number(pool, "Capacity"), free = json_number(pool, "Available");

        if (!json_flag(pool, "Active"))
                return COLOUR_DIM;
        return capacity > 0 && free < capacity / 20 ? COLOUR_RED : COLOUR_NONE;
}

static void add_networks(Fields *fields, JsonArray *networks) {
        for (guint i = 0; networks && i < json_array_get_length(networks); i++) {
                JsonObject *network = json_array_get_object_element(networks, i);

                fields_add(fields, i == 0 ? _("Networks") : NULL, network_text(network),
                           json_flag(network, "Active") ? COLOUR_NONE : COLOUR_DIM);
        }
}

static void add_pools(Fields *fields, JsonArray *pools) {
        for (guint i = 0; pools && i < json_array_get_length(pools); i++) {
                JsonObject *pool = json_array_get_object_element(pools, i);

                fields_add(fields, i == 0 ? _("Storage") : NULL, pool_text(pool), pool_colour(pool));
        }
}

/* Those with this result; first: nothing stands above them yet. Returns how many they are. */
static guint add_problems_of(Fields *fields, JsonArray *problems, const char *result, const char *word,
                             Colour colour, bool first) {
        guint n = 0;

        for (guint i = 0; i < json_array_get_length(problems); i++) {
                JsonObject *check = json_array_get_object_element(problems, i);

                if (strcmp(json_string(check, "Result"), result) != 0)
                        continue;
                fields_add(fields, first && n == 0 ? _("Wrong") : NULL,
                           g_strdup_printf("%s  %s", word, json_string(check, "Title")), colour);
                n++;
        }
        return n;
}

/* What keeps guests from running comes first. */
static void add_problems(Fields *fields, JsonArray *problems) {
        guint n;

        if (!problems)
                return;

        n = add_problems_of(fields, problems, "fail", "FAIL", COLOUR_RED, /* first= */ true);
        n += add_problems_of(fields, problems, "warn", "WARN", COLOUR_YELLOW, n == 0);
        if (n > 0)
                fields_add(fields, NULL, g_strdup_printf(_("%u in all: %s"), n, "hatago validate"),
                           COLOUR_DIM);
}

/* What there is to say of the checks besides what they find wrong; silence would look like good news. */
static void add_checks(Fields *fields, JsonObject *facts) {
        JsonArray *problems = json_array(facts, "Problems");
        const char *error = json_string(facts, "ChecksError");
        uint64_t when = json_number(facts, "CheckedAt");
        g_autofree char *moment = when > 0 ? format_moment(when) : NULL;

        if (*error && when > 0)
                /* Translators: when the host was last looked at, and why not just now. */
                fields_add_sentence(fields, _("Checks"), g_strdup_printf(_("as of %s: %s"), moment, error),
                                    COLOUR_YELLOW);
        else if (when == 0)
                fields_add_sentence(fields, _("Checks"),
                                    *error ? g_strdup_printf(_("not judged yet: %s"), error)
                                           : g_strdup(_("not judged yet")),
                                    COLOUR_YELLOW);
        else if (!problems || json_array_get_length(problems) == 0)
                fields_add(fields, _("Checks"), g_strdup(_("nothing is wrong")), COLOUR_NONE);
}

static void host_print(const Cli *cli, JsonObject *facts) {
        g_autoptr(Fields) fields = fields_new(cli->terminal);
        bool connected = json_flag(facts, "Connected");
        const char *name = json_string(facts, "Hostname");
        char *accelerator;
        Colour colour;

        accelerator = accelerator_text(facts, &colour);
        fields_add_sentence(fields, _("System"), system_text(facts), COLOUR_NONE);
        fields_add_sentence(fields, _("Processor"), processor_text(facts), COLOUR_NONE);
        fields_add(fields, _("Accelerator"), accelerator, colour);
        fields_add_sentence(fields, _("CPUs"), cpu_text(facts), COLOUR_NONE);
        fields_add_sentence(fields, _("Memory"), memory_text(facts), COLOUR_NONE);
        fields_add(fields, _("Machines"), machines_text(facts), COLOUR_NONE);
        add_networks(fields, json_array(facts, "Networks"));
        add_pools(fields, json_array(facts, "Pools"));
        fields_add_sentence(fields, _("Versions"), versions_text(facts), COLOUR_NONE);
        if (!connected)
                fields_add(fields, _("libvirt"), g_strdup(_("does not answer: hatago status")), COLOUR_RED);
        add_checks(fields, facts);
        add_problems(fields, json_array(facts, "Problems"));

        status_title_print(cli, *name ? name : g_get_host_name(), "", connected ? "running" : "crashed",
                           connected ? COLOUR_GREEN : COLOUR_RED);
        fields_print(fields, stdout);
}

int verb_host(Cli *cli, char **arguments, unsigned n) {
        _cleanup_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) facts = NULL;
        g_autoptr(JsonNode) node = NULL;

        if (host_facts_read(cli, &error, &facts) < 0) {
                error_report(cli, NULL, &error);
                return EXIT_FAILURE;
        }
        if (cli->options->json == JSON_OFF) {
                host_print(cli, facts);
                return EXIT_SUCCESS;
        }
        node = json_node_init_object(json_node_alloc(), facts);
        json_print(cli->options->json, node);
        return EXIT_SUCCESS;
}
