/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service.h"

#include "format.h"
#include "json.h"
#include "text.h"

/*
 * Reading
 */

int services_read(const Cli *cli, sd_bus_error *error, GPtrArray **ret) {
        static const char *const properties[] = { "UnitState",   "UnitResult",  "UnitStatus",
                                                  "AutostartBy", "StartAfter",  "StartDelay",
                                                  "ReadyWhen",   "ReadyPort",   "ReadyTimeout",
                                                  "ReadyState",  "StopTimeout", "HostShutdown",
                                                  NULL };
        int r;

        r = machines_query(cli, properties, error, ret);
        if (r >= 0)
                services_sort(*ret);
        return r;
}

static gint compare_names(gconstpointer a, gconstpointer b) {
        const Machine *x = *(Machine *const *) a, *y = *(Machine *const *) b;
        int order = text_compare(x->name, y->name);

        return order != 0 ? order : strcmp(x->path, y->path);
}

static const Machine *machine_by_uuid(const GPtrArray *machines, const char *uuid) {
        for (guint i = 0; machines && i < machines->len; i++)
                if (strcmp(((const Machine *) machines->pdata[i])->uuid, uuid) == 0)
                        return machines->pdata[i];
        return NULL;
}

/* Puts a machine behind those that it starts after. Marked first, so that a cycle ends. */
static void sorted_add(GPtrArray *sorted, GHashTable *marks, const GPtrArray *machines,
                       const Machine *machine) {
        JsonArray *after = json_array(machine->facts, "StartAfter");

        if (!g_hash_table_add(marks, (gpointer) machine))
                return;
        for (guint i = 0; after && i < json_array_get_length(after); i++) {
                const Machine *other = machine_by_uuid(machines, json_array_get_string_element(after, i));

                if (other)
                        sorted_add(sorted, marks, machines, other);
        }
        g_ptr_array_add(sorted, (gpointer) machine);
}

void services_sort(GPtrArray *machines) {
        g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(machines->len);
        g_autoptr(GHashTable) marks = g_hash_table_new(NULL, NULL);

        g_ptr_array_sort(machines, compare_names);
        for (guint i = 0; i < machines->len; i++)
                sorted_add(sorted, marks, machines, machines->pdata[i]);
        memcpy(machines->pdata, sorted->pdata, sorted->len * sizeof(gpointer));
}

/*
 * Words
 */

static bool array_is_empty(JsonArray *array) {
        return !array || json_array_get_length(array) == 0;
}

/* The agent's standard, which is that of its interface. */
#define READY_TIMEOUT_DEFAULT (5 * 60 * USEC_PER_SEC)

bool service_is_set(JsonObject *facts) {
        return !array_is_empty(json_array(facts, "AutostartBy")) ||
               !array_is_empty(json_array(facts, "StartAfter")) || json_number(facts, "StartDelay") > 0 ||
               strcmp(json_string(facts, "ReadyWhen"), "running") != 0 ||
               json_number(facts, "ReadyTimeout") != READY_TIMEOUT_DEFAULT ||
               json_number(facts, "StopTimeout") > 0 ||
               strcmp(json_string(facts, "HostShutdown"), "shutdown") != 0;
}

static bool array_has(JsonArray *array, const char *word) {
        for (guint i = 0; array && i < json_array_get_length(array); i++)
                if (strcmp(json_array_get_string_element(array, i), word) == 0)
                        return true;
        return false;
}

bool service_is_started_by(JsonObject *facts, const char *word) {
        return array_has(json_array(facts, "AutostartBy"), word);
}

bool service_starts_after(JsonObject *facts, const char *uuid) {
        return array_has(json_array(facts, "StartAfter"), uuid);
}

const char *service_name_of(const GPtrArray *machines, const char *uuid) {
        const Machine *machine = machine_by_uuid(machines, uuid);

        return machine ? machine->name : NULL;
}

const ServiceText service_by_texts[] = {
        { "hatago", N_("yes") },
        { "libvirt", N_("yes, by libvirt's own flag") },
        { "systemd", N_("yes, by an administrator's 'systemctl enable'") },
        {},
};

static char *by_text(JsonObject *facts) {
        for (size_t i = 0; service_by_texts[i].word; i++)
                if (service_is_started_by(facts, service_by_texts[i].word))
                        return g_strdup(_(service_by_texts[i].text));
        return g_strdup(_("no"));
}

char *service_after_text(JsonObject *facts, const GPtrArray *machines) {
        JsonArray *after = json_array(facts, "StartAfter");
        g_autoptr(GString) text = g_string_new(NULL);

        if (array_is_empty(after))
                return NULL;
        for (guint i = 0; i < json_array_get_length(after); i++) {
                const char *uuid = json_array_get_string_element(after, i);
                const Machine *machine = machine_by_uuid(machines, uuid);
                g_autofree char *gone = machine ? NULL : text_fill(_("{uuid} (gone)"), "uuid", uuid);

                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", machine ? machine->name : gone);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

char *service_delay_text(JsonObject *facts) {
        uint64_t delay = json_number(facts, "StartDelay");

        return delay > 0 ? format_duration(delay) : NULL;
}

char *service_ready_word(JsonObject *facts) {
        const char *when = json_string(facts, "ReadyWhen");

        if (strcmp(when, "running") == 0)
                return NULL;
        if (strcmp(when, "port") == 0)
                /* As the option has it. */
                return g_strdup_printf("port:%" PRIu64, json_number(facts, "ReadyPort"));
        return g_strdup(when);
}

char *service_stop_timeout_text(JsonObject *facts) {
        uint64_t timeout = json_number(facts, "StopTimeout");

        return timeout > 0 ? format_duration(timeout) : NULL;
}

/*
 * Lines
 */

/* The unit that waits for it, and says on what: new string, NULL: it has none. */
static char *ready_unit(JsonObject *facts) {
        const char *unit = json_string(facts, "Unit");

        return g_str_has_prefix(unit, "hatago-vm@")
                               ? g_strconcat("hatago-vm-ready@", unit + strlen("hatago-vm@"), NULL)
                               : NULL;
}

const ServiceText service_ready_texts[] = {
        { "waiting", N_("not yet") },
        { "ready", N_("it does") },
        { "failed", N_("it did not in time") },
        {},
};

static char *ready_text(JsonObject *facts, bool all) {
        const char *when = json_string(facts, "ReadyWhen"), *state = json_string(facts, "ReadyState");
        g_autofree char *port = g_strdup_printf("%" PRIu64, json_number(facts, "ReadyPort")), *text = NULL;
        g_autofree char *span = format_duration(json_number(facts, "ReadyTimeout"));

        if (strcmp(when, "agent") == 0)
                text = g_strdup(_("when its guest agent answers"));
        else if (strcmp(when, "port") == 0)
                text = text_fill(_("when its TCP port {port} answers"), "port", port);
        else
                return all ? g_strdup(_("as soon as it runs")) : NULL;
        for (const ServiceText *row = service_ready_texts; row->word; row++)
                if (strcmp(row->word, state) == 0) {
                        g_autofree char *unit = ready_unit(facts), *told = NULL;

                        /* Translators: when it counts as ready, and whether it is: "when …: not yet". */
                        told = g_strdup_printf(_("%s: %s"), text, _(row->text));
                        if (!unit || strcmp(state, "ready") == 0)
                                return g_steal_pointer(&told);
                        return g_strdup_printf("%s (%s)", told, unit);
                }
        /* Translators: when it counts as ready, and after how long nobody waits for that any more. */
        return g_strdup_printf(_("%s, given up after %s"), text, span);
}

static char *stop_timeout_line(JsonObject *facts, bool all) {
        char *text = service_stop_timeout_text(facts);

        return text || !all ? text : g_strdup(_("3 min, as nothing is set"));
}

static char *host_shutdown_line(JsonObject *facts, bool all) {
        const char *what = json_string(facts, "HostShutdown");

        if (strcmp(what, "save") == 0)
                return g_strdup(_("its memory is saved, the next start goes on from there"));
        if (strcmp(what, "poweroff") == 0)
                return g_strdup(_("it is turned off hard"));
        return all ? g_strdup(_("it is shut down")) : NULL;
}

void service_fields_add(Fields *fields, JsonObject *facts, const GPtrArray *machines, bool all) {
        bool failed = strcmp(json_string(facts, "ReadyState"), "failed") == 0;

        fields_add_sentence(fields, _("Autostart"), by_text(facts),
                            service_is_started_by(facts, "libvirt") ? COLOUR_YELLOW : COLOUR_NONE);
        fields_add_sentence(fields, _("After"), service_after_text(facts, machines), COLOUR_NONE);
        fields_add(fields, _("Delay"), service_delay_text(facts), COLOUR_NONE);
        fields_add_sentence(fields, _("Ready"), ready_text(facts, all), failed ? COLOUR_RED : COLOUR_NONE);
        fields_add(fields, _("Stop timeout"), stop_timeout_line(facts, all), COLOUR_NONE);
        fields_add_sentence(fields, _("Host shutdown"), host_shutdown_line(facts, all), COLOUR_NONE);
}
