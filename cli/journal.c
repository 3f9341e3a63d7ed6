/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#define AGENT_UNIT "hatagod.service"

static void journal_close_p(sd_journal **journal) {
        if (*journal)
                sd_journal_close(*journal);
}

static int match(sd_journal *journal, const char *field, const char *value) {
        g_autofree char *text = g_strdup_printf("%s=%s", field, value);

        return sd_journal_add_match(journal, text, 0);
}

/* Anybody can write fields into the journal that do not begin with "_": those say who wrote the entry. */
static int journal_match(sd_journal *journal, const char *path, const char *unit, bool user) {
        g_autofree char *uid = g_strdup_printf("%u", (unsigned) getuid());
        int r;

        r = match(journal, "HATAGO_OBJECT", path);
        if (r >= 0)
                r = user ? match(journal, "_UID", uid) : match(journal, "_SYSTEMD_UNIT", AGENT_UNIT);
        if (r < 0 || !*unit)
                return r;
        r = sd_journal_add_disjunction(journal);
        if (r >= 0)
                r = match(journal, "_SYSTEMD_UNIT", unit);
        if (r >= 0)
                r = sd_journal_add_disjunction(journal);
        if (r >= 0)
                r = match(journal, "UNIT", unit);
        return r < 0 ? r : match(journal, "_PID", "1");
}

/* The field of the entry, or nothing; text that is no UTF-8 is not shown. */
static void entry_take(sd_journal *journal, const char *field, JsonObject *entry, const char *name) {
        size_t skip = strlen(field) + 1, n = 0;
        g_autofree char *text = NULL;
        const void *data;

        if (sd_journal_get_data(journal, field, &data, &n) >= 0 && n >= skip &&
            g_utf8_validate((const char *) data + skip, (gssize) (n - skip), NULL))
                text = g_strndup((const char *) data + skip, n - skip);
        json_object_set_string_member(entry, name, text ? text : "");
}

static JsonObject *entry_new(sd_journal *journal) {
        JsonObject *entry = json_object_new();
        uint64_t when = 0;

        (void) sd_journal_get_realtime_usec(journal, &when);
        json_object_set_int_member(entry, "Time", (gint64) when);
        entry_take(journal, "SYSLOG_IDENTIFIER", entry, "Identifier");
        entry_take(journal, "_PID", entry, "PID");
        entry_take(journal, "MESSAGE", entry, "Message");
        return entry;
}

JsonArray *journal_read(const char *path, const char *unit, bool user, unsigned n) {
        _cleanup_(journal_close_p) sd_journal *journal = NULL;
        JsonArray *entries = json_array_new();

        if (n == 0 || sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY) < 0)
                return entries;
        if (journal_match(journal, path, unit, user) < 0 || sd_journal_seek_tail(journal) < 0 ||
            sd_journal_previous_skip(journal, n) <= 0)
                return entries;
        do
                json_array_add_object_element(entries, entry_new(journal)); /* takes it */
        while (sd_journal_next(journal) > 0);
        return entries;
}

bool journal_is_denied(void) {
        static const char *const folders[] = { "/var/log/journal", "/run/log/journal" };
        char id[SD_ID128_STRING_MAX];
        sd_id128_t machine;

        if (sd_id128_get_machine(&machine) < 0)
                return false;
        for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *file = g_strdup_printf("%s/%s/system.journal", folders[i],
                                                        sd_id128_to_string(machine, id));

                if (access(file, F_OK) == 0 && access(file, R_OK) < 0)
                        return true;
        }
        return false;
}
