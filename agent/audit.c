/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"

#include <glib.h>
#include <syslog.h>
#include <systemd/sd-journal.h>

#include "common/log.h"
#include "common/names.h"
#include "common/text.h"

static int audit_priority(const AuditRecord *record) {
        return g_str_equal(record->result, "done") ? LOG_INFO : LOG_NOTICE;
}

void audit_write(const AuditRecord *record) {
        g_autofree char *name = text_printable(record->name ?: "");
        g_autofree char *reason = text_printable(
                        record->failure && record->failure->message ? record->failure->message : "");
        g_autofree char *uid = record->caller ? g_strdup_printf("%u", (unsigned) record->caller->uid) : NULL;
        g_autofree char *text = NULL;
        const char *error = record->failure ? error_code_to_bus_name(record->failure->code) : NULL;

        text = g_strdup_printf("%s%s%s by user %s: %s%s%s", record->verb, *name ? " " : "", name, uid ?: "?",
                               record->result, *reason ? ": " : "", reason);

        if (!log_to_journal()) {
                log_message(audit_priority(record), "%s", text);
                return;
        }

        (void) sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", audit_priority(record), FIELD_VERB "=%s",
                               record->verb, FIELD_RESULT "=%s", record->result, FIELD_OBJECT "=%s",
                               record->object ?: "", FIELD_OBJECT_NAME "=%s", record->name ?: "",
                               FIELD_JOB "=%s", record->job ?: "", FIELD_ERROR "=%s", error ?: "",
                               FIELD_CALLER_UID "=%s", uid ?: "", FIELD_CALLER_UNIT "=%s",
                               record->caller && record->caller->unit ? record->caller->unit : "", NULL);
}
