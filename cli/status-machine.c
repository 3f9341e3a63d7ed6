/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-machine.h"

#include <errno.h>
#include <time.h>

#include "bus.h"
#include "errors.h"
#include "fields.h"
#include "format.h"
#include "jobs.h"
#include "journal.h"
#include "json.h"
#include "machine.h"
#include "names.h"
#include "property-text.h"
#include "qemu-log.h"
#include "service.h"
#include "text.h"
#include "verbs.h"
#include "warnings.h"

/*
 * Reading
 */

/* Adds how it is a service; an agent that is older does not know. */
static void service_read(const Cli *cli, const char *path, JsonObject *machine) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        g_autoptr(JsonObject) service = NULL;
        g_autoptr(GList) names = NULL;

        if (bus_get_all(cli, path, SERVICE_INTERFACE, &ignored, &service) < 0)
                return;
        names = json_object_get_members(service);
        for (GList *l = names; l; l = l->next)
                json_object_set_member(
                                machine, l->data,
                                json_node_copy(json_object_get_member(service, l->data))); /* takes it */
}

/* Adds QEMU's last lines, or that they are not for this caller. Of another host there are none here. */
static void log_read(const Cli *cli, JsonObject *machine) {
        JsonArray *lines;
        int r;

        if (cli->options->user || cli->options->host || cli->options->lines == 0)
                return;
        r = qemu_log_read(QEMU_LOG_FOLDER, json_string(machine, "Name"), cli->options->lines, &lines);
        if (r >= 0)
                json_object_set_array_member(machine, "QEMULog", lines); /* takes it */
        else if (r == -EACCES)
                json_object_set_null_member(machine, "QEMULog");
}

int machine_status_read(const Cli *cli, const char *name, sd_bus_error *error, JsonObject **ret) {
        g_autoptr(JsonObject) machine = NULL;
        g_autofree char *path = NULL;
        JsonArray *jobs;
        int r;

        r = machine_find(cli, name, error, &path);
        if (r >= 0)
                r = bus_get_all(cli, path, MACHINE_INTERFACE, error, &machine);
        if (r < 0)
                return r;
        machine_read_explicit(cli, path, machine);
        service_read(cli, path, machine);
        r = jobs_running(cli, path, error, &jobs);
        if (r < 0)
                return r;
        json_object_set_array_member(machine, "Jobs", jobs); /* takes it */
        json_object_set_array_member(machine, "Journal",
                                     journal_read(path, json_string(machine, "Unit"), cli->options->user,
                                                  cli->options->lines)); /* takes it */
        log_read(cli, machine);
        *ret = g_steal_pointer(&machine);
        return 0;
}

/*
 * Printing
 */

void status_title_print(const Cli *cli, const char *name, const char *title, const char *state,
                        Colour colour) {
        static const char *const signs[][3] = { { "shutoff", "○", "o" }, { "crashed", "×", "x" } };
        const char *sign = terminal_sign(cli->terminal, "●", "*");
        g_autofree char *shown = terminal_text(cli->terminal, name);
        g_autofree char *shown_title = terminal_text(cli->terminal, title);
        bool enabled = cli->terminal->colour;

        for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
                if (strcmp(signs[i][0], state) == 0)
                        sign = terminal_sign(cli->terminal, signs[i][1], signs[i][2]);
        printf("%s%s%s %s%s%s\n", colour_on(enabled, colour), sign, colour_off(enabled, colour), shown,
               *title ? " - " : "", shown_title);
}

/* "running (booted) since Sat 2026-11-21 22:41:32 UTC; 3 h 20 min ago". New string. */
static char *state_text(JsonObject *machine) {
        uint64_t started = json_number(machine, "StartedAt");
        const char *state = json_string(machine, "State"), *reason = json_string(machine, "StateReason");
        g_autofree char *since = NULL, *named = NULL;

        named = strcmp(reason, "unknown") == 0 ? g_strdup(state) : g_strdup_printf("%s (%s)", state, reason);
        if (started == 0)
                return g_steal_pointer(&named);
        since = format_since(started, (uint64_t) g_get_real_time());
        /* Translators: a state, and the date since when. */
        return g_strdup_printf(_("%s, started %s"), named, since);
}

static char *accelerator_text(const char *accelerator) {
        if (!*accelerator)
                return NULL;
        if (strcmp(accelerator, "tcg") == 0)
                /* Translators: {accelerator} is not translated. */
                return text_fill(_("emulated, slow ({accelerator})"), "accelerator", accelerator);
        return g_strdup(accelerator);
}

/* "2", or "2 of at most 4". Takes the texts; maximum is not shown if it is the same. */
static char *bounded_text(char *now, char *maximum) {
        g_autofree char *number = now, *most = maximum;

        if (!*most || strcmp(number, most) == 0)
                return g_steal_pointer(&number);
        /* Translators: how much it has, and how much it can have. */
        return g_strdup_printf(_("%s of at most %s"), number, most);
}

static char *number_text(uint64_t number) {
        return number > 0 ? g_strdup_printf("%" PRIu64, number) : NULL;
}

static char *processors_text(JsonObject *machine) {
        return bounded_text(g_strdup_printf("%" PRIu64, json_number(machine, "VCPUs")),
                            g_strdup_printf("%" PRIu64, json_number(machine, "VCPUsMaximum")));
}

static char *memory_text(JsonObject *machine) {
        return bounded_text(format_size(json_number(machine, "Memory")),
                            format_size(json_number(machine, "MemoryMaximum")));
}

static char *text_or_null(const char *text) {
        return *text ? g_strdup(text) : NULL;
}

/* Those that are not empty, with commas between; NULL if all are. New string. */
static char *parts_join(const char *const *parts, size_t n) {
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < n; i++)
                if (parts[i] && *parts[i])
                        g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", parts[i]);
        return g_string_free(out, out->len == 0);
}

static char *hardware_text(JsonObject *machine) {
        const char *const parts[] = { json_string(machine, "Architecture"),
                                      json_string(machine, "MachineType"),
                                      json_string(machine, "Firmware") };

        return parts_join(parts, G_N_ELEMENTS(parts));
}

/* The unit with its state, and what it says of itself. */
static void unit_add(Fields *fields, JsonObject *machine) {
        const char *unit = json_string(machine, "Unit"), *state = json_string(machine, "UnitState");
        bool failed = strcmp(state, "failed") == 0;
        const char *result = failed ? json_string(machine, "UnitResult") : "";

        if (!*unit)
                return;
        fields_add(fields, _("Unit"),
                   g_strdup_printf("%s (%s%s%s)", unit, state, *result ? ": " : "", result),
                   failed ? COLOUR_RED : COLOUR_NONE);
        /* What it said before it ended is of no use any more, but for why it failed. */
        if (strcmp(state, "inactive") == 0)
                return;
        fields_add_sentence(fields, NULL, text_or_null(json_string(machine, "UnitStatus")),
                            failed ? COLOUR_RED : COLOUR_DIM);
}

static void service_add(const Cli *cli, Fields *fields, JsonObject *machine) {
        _cleanup_error_ sd_bus_error ignored = SD_BUS_ERROR_NULL;
        JsonArray *after = json_array(machine, "StartAfter");
        g_autoptr(GPtrArray) machines = NULL;

        unit_add(fields, machine);
        fields_add(fields, _("Main PID"), number_text(json_number(machine, "PID")), COLOUR_NONE);
        if (after && json_array_get_length(after) > 0)
                (void) machines_list(cli, &ignored, &machines);
        if (after)
                service_fields_add(fields, machine, machines, /* all= */ false);
        else
                fields_add(fields, _("Autostart"),
                           g_strdup(json_flag(machine, "Autostart") ? _("yes") : _("no")), COLOUR_NONE);
}

static char *disk_text(JsonObject *disk) {
        const char *source = json_string(disk, "Source"), *device = json_string(disk, "Device");
        bool drive = strcmp(device, "cdrom") == 0; /* one can only read there */
        const char *const parts[] = { strcmp(device, "disk") == 0 ? "" : device,
                                      *source ? source : _("empty"),
                                      json_string(disk, "Pool"),
                                      json_string(disk, "Protocol"),
                                      json_string(disk, "Format"),
                                      json_string(disk, "Bus"),
                                      json_flag(disk, "ReadOnly") && !drive ? _("read only") : "" };

        return parts_join(parts, G_N_ELEMENTS(parts));
}

static char *interface_text(JsonObject *interface) {
        const char *source = json_string(interface, "Source");
        g_autofree char *where = g_strdup_printf("%s%s%s", json_string(interface, "Type"),
                                                 *source ? " " : "", source);
        bool unplugged = json_object_has_member(interface, "LinkUp") && !json_flag(interface, "LinkUp");
        const char *const parts[] = { where, json_string(interface, "Model"),
                                      json_string(interface, "Target"),
                                      unplugged ? _("its cable is out") : "" };

        return parts_join(parts, G_N_ELEMENTS(parts));
}

static char *display_text(JsonObject *display) {
        const char *listen = json_string(display, "Listen"), *socket = json_string(display, "Socket");
        uint64_t port = json_number(display, "Port");

        if (*socket)
                return g_strdup(socket);
        if (port > 0)
                return g_strdup_printf(strchr(listen, ':') ? "[%s]:%" PRIu64 : "%s:%" PRIu64, listen, port);
        return g_strdup(listen);
}

/* One line for each item: its key, and what text() says of it. */
static void items_add(Fields *fields, const char *label, JsonArray *items, char *(*text)(JsonObject *item)) {
        for (guint i = 0; items && i < json_array_get_length(items); i++) {
                JsonObject *item = json_array_get_object_element(items, i);
                g_autofree char *more = text(item);

                fields_add(fields, i == 0 ? label : NULL,
                           g_strdup_printf("%s%s%s", json_string(item, "Key"), more && *more ? "  " : "",
                                           more ? more : ""),
                           COLOUR_NONE);
        }
}

static char *pending_text(JsonObject *machine) {
        g_autofree char *words = json_words_text(json_array(machine, "PendingChanges"));

        /* Translators: parts of the configuration that have been changed. */
        return *words ? g_strdup_printf(_("%s: from its next start on"), words) : NULL;
}

static char *addresses_text(JsonObject *machine) {
        JsonArray *addresses = json_array(machine, "Addresses");

        return addresses && json_array_get_length(addresses) > 0 ? json_words_text(addresses) : NULL;
}

static void warnings_add(Fields *fields, JsonObject *machine, const char *name) {
        JsonArray *codes = json_array(machine, "Warnings");

        for (guint i = 0; codes && i < json_array_get_length(codes); i++) {
                char *sentence, *remedy;

                warning_explain(json_array_get_string_element(codes, i), name, &sentence, &remedy);
                fields_add_sentence(fields, _("Warning"), sentence, COLOUR_YELLOW);
                fields_add_sentence(fields, NULL, remedy, COLOUR_DIM);
        }
}

/* The last start, if it failed: (name of the error, text, arguments). */
static void start_failure_add(const Cli *cli, Fields *fields, JsonObject *machine) {
        _cleanup_(explanation_done) Explanation explanation = { 0 };
        JsonArray *failure = json_array(machine, "StartFailure");
        char word[] = "start", *words[] = { word };
        unsigned taken;
        Cli start = *cli;

        if (!failure || json_array_get_length(failure) != 3 || !*json_array_get_string_element(failure, 0))
                return;
        start.verb = verb_find(words, 1, &taken);
        error_explain(&start, json_string(machine, "Name"), NULL, json_array_get_string_element(failure, 0),
                      json_array_get_string_element(failure, 1), json_array_get_object_element(failure, 2),
                      &explanation);
        fields_add_sentence(fields, _("Last start"), g_strdup_printf(_("failed: %s"), explanation.reason),
                            COLOUR_RED);
        fields_add_sentence(fields, NULL, g_steal_pointer(&explanation.hint), COLOUR_DIM);
}

static void jobs_add(Fields *fields, JsonArray *jobs) {
        uint64_t now = (uint64_t) g_get_real_time();

        for (guint i = 0; i < json_array_get_length(jobs); i++) {
                JsonObject *job = json_array_get_object_element(jobs, i);
                uint64_t started = json_number(job, "StartedAt");
                g_autofree char *progress = job_progress_text(job, now);
                g_autofree char *span = format_duration(now > started ? now - started : 0), *text = NULL;

                /* Translators: number and operation of a job, and for how long it has run. */
                text = g_strdup_printf(_("%u %s, for %s"), (unsigned) json_number(job, "Id"),
                                       json_string(job, "Operation"), span);
                fields_add(fields, _("Job"),
                           g_strdup_printf("%s%s%s", text, progress ? ": " : "", progress ? progress : ""),
                           COLOUR_BOLD);
        }
}

static void facts_add(const Cli *cli, Fields *fields, JsonObject *machine, const char *name, Colour colour) {
        const char *accelerator = json_string(machine, "Accelerator"),
                   *system = json_string(machine, "OSInfo");
        bool slow = strcmp(accelerator, "tcg") == 0;

        fields_add(fields, _("State"), state_text(machine), colour);
        fields_add_sentence(fields, NULL, state_reason_remedy(json_string(machine, "StateReason"), name),
                            COLOUR_DIM);
        jobs_add(fields, json_array(machine, "Jobs"));
        start_failure_add(cli, fields, machine);
        warnings_add(fields, machine, name);
        fields_add_sentence(fields, _("Pending"), pending_text(machine), COLOUR_YELLOW);
        if (!json_flag(machine, "Persistent"))
                fields_add(fields, _("Definition"), g_strdup(_("none: it vanishes when it ends")),
                           COLOUR_YELLOW);
        if (json_flag(machine, "ManagedSave"))
                fields_add(fields, _("Saved"), g_strdup(_("its memory: the next start goes on from there")),
                           COLOUR_NONE);
        fields_add(fields, _("OS"), *system ? format_os(system) : NULL, COLOUR_NONE);
        fields_add(fields, _("Hardware"), hardware_text(machine), COLOUR_NONE);
        fields_add(fields, _("Accelerator"), accelerator_text(accelerator),
                   slow ? COLOUR_YELLOW : COLOUR_NONE);
        fields_add(fields, _("vCPUs"), processors_text(machine), COLOUR_NONE);
        fields_add(fields, _("Memory"), memory_text(machine), COLOUR_NONE);
        items_add(fields, _("Disks"), json_array(machine, "Disks"), disk_text);
        items_add(fields, _("Interfaces"), json_array(machine, "Interfaces"), interface_text);
        fields_add(fields, _("Addresses"), addresses_text(machine), COLOUR_NONE);
        items_add(fields, _("Displays"), json_array(machine, "Displays"), display_text);
        service_add(cli, fields, machine);
        fields_add(fields, _("UUID"), text_or_null(json_string(machine, "UUID")), COLOUR_NONE);
}

static void entry_print(const Cli *cli, JsonObject *entry) {
        g_autofree char *who = terminal_text(cli->terminal, json_string(entry, "Identifier"));
        g_autofree char *pid = terminal_text(cli->terminal, json_string(entry, "PID"));
        g_autofree char *message = terminal_text(cli->terminal, json_string(entry, "Message"));
        time_t when = (time_t) (json_number(entry, "Time") / USEC_PER_SEC);
        char clock[64] = "";
        struct tm tm;

        if (localtime_r(&when, &tm))
                (void) strftime(clock, sizeof(clock), "%b %d %H:%M:%S", &tm);
        printf("%s %s[%s]: %s\n", clock, who, pid, message);
}

static void journal_print(const Cli *cli, JsonArray *entries) {
        bool colour = cli->terminal->colour;

        if (json_array_get_length(entries) > 0)
                puts("");
        for (guint i = 0; i < json_array_get_length(entries); i++)
                entry_print(cli, json_array_get_object_element(entries, i));
        if (cli->options->lines > 0 && !cli->options->user && journal_is_denied())
                printf("\n%s%s%s\n", colour_on(colour, COLOUR_DIM),
                       _("What happened to it is in the journal, which the groups adm and systemd-journal may read."),
                       colour_off(colour, COLOUR_DIM));
}

static void dim_print(const Cli *cli, const char *text) {
        bool colour = cli->terminal->colour;

        printf("\n%s%s%s\n", colour_on(colour, COLOUR_DIM), text, colour_off(colour, COLOUR_DIM));
}

static void log_print(const Cli *cli, JsonObject *machine) {
        JsonArray *lines = json_array(machine, "QEMULog");
        g_autofree char *path = NULL, *shown = NULL, *heading = NULL;

        /* Who may not read it is told where there is something to be found out. */
        if (!lines && strcmp(json_string(machine, "UnitState"), "failed") != 0)
                return;
        if (!json_object_has_member(machine, "QEMULog") || (lines && json_array_get_length(lines) == 0))
                return;
        path = g_strdup_printf("%s/%s.log", QEMU_LOG_FOLDER, json_string(machine, "Name"));
        shown = terminal_text(cli->terminal, path);
        heading = text_fill(lines ? _("The last lines of {path}:")
                                  : _("What QEMU said is in {path}, which you may not read."),
                            "path", shown);
        dim_print(cli, heading);
        for (guint i = 0; lines && i < json_array_get_length(lines); i++) {
                g_autofree char *line =
                                terminal_text(cli->terminal, json_array_get_string_element(lines, i));

                puts(line);
        }
}

void machine_status_print(const Cli *cli, JsonObject *machine) {
        const char *state = json_string(machine, "State"), *name = json_string(machine, "Name");
        g_autofree char *shown = terminal_text(cli->terminal, name);
        g_autoptr(Fields) fields = fields_new(cli->terminal);
        Colour colour = machine_state_colour(state);

        facts_add(cli, fields, machine, shown, colour);
        status_title_print(cli, name, json_string(machine, "Title"), state, colour);
        fields_print(fields, stdout);
        journal_print(cli, json_array(machine, "Journal"));
        log_print(cli, machine);
}
