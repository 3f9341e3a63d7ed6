/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vm-status.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/unit-name.h"

/* systemd reads 4 KiB of a message (PIPE_BUF), of which the other words need a few. */
#define STATUS_MAX 3000

void vm_status_done(VmStatus *status) {
        g_clear_pointer(&status->name, g_free);
        *status = (VmStatus){ 0 };
}

/* What sd_notify(3) or the terminal would take for more than a letter is left out. */
static char *read_name(virDomain *domain) {
        const char *name = virDomainGetName(domain);
        char uuid[VIR_UUID_STRING_BUFLEN];
        g_autofree char *instance = NULL, *text = NULL;

        if (!name || virDomainGetUUIDString(domain, uuid) < 0)
                return NULL;
        instance = vm_instance(name, uuid);
        text = unit_unescape(instance);
        return g_strcmp0(text, name) == 0 ? NULL : g_strdelimit(text_printable(name), "\\", '?');
}

int vm_status_read(virDomain *domain, VmStatus *ret) {
        VmStatus status = { 0 };
        virDomainInfo info;
        char *xml;

        if (virDomainGetState(domain, &status.state, &status.reason, /* flags= */ 0) < 0 ||
            virDomainGetInfo(domain, &info) < 0)
                return -EIO;
        xml = virDomainGetXMLDesc(domain, /* flags= */ 0);
        if (!xml)
                return -EIO;

        /* libvirt writes the root element's type first. */
        status.kvm = g_str_has_prefix(xml, "<domain type='kvm'");
        free(xml);
        status.vcpus = info.nrVirtCpu;
        status.memory = info.maxMem;
        status.name = read_name(domain);
        *ret = status;
        return 0;
}

static const char *paused_reason(int reason) {
        switch (reason) {
        case VIR_DOMAIN_PAUSED_IOERROR:
                return " (I/O error)";
        case VIR_DOMAIN_PAUSED_WATCHDOG:
                return " (watchdog)";
        case VIR_DOMAIN_PAUSED_CRASHED:
                return " (its guest has crashed)";
        case VIR_DOMAIN_PAUSED_MIGRATION:
        case VIR_DOMAIN_PAUSED_POSTCOPY:
                return " (migration)";
        case VIR_DOMAIN_PAUSED_POSTCOPY_FAILED:
                return " (failed migration)";
        case VIR_DOMAIN_PAUSED_SAVE:
        case VIR_DOMAIN_PAUSED_DUMP:
        case VIR_DOMAIN_PAUSED_SNAPSHOT:
                return " (being saved)";
        default:
                return "";
        }
}

static const char *state_word(int state) {
        switch (state) {
        case VIR_DOMAIN_PAUSED:
                return "Paused";
        case VIR_DOMAIN_PMSUSPENDED:
                return "Asleep";
        case VIR_DOMAIN_CRASHED:
                return "Its guest has crashed";
        case VIR_DOMAIN_SHUTDOWN:
                return "Shutting down";
        default:
                return NULL;
        }
}

char *vm_status_format(const VmStatus *status) {
        g_autofree char *memory = NULL;
        const char *word = state_word(status->state);

        if (status->memory >= 1 << 20)
                memory = g_strdup_printf("%.1f GiB", (double) status->memory / (1 << 20));
        else
                memory = g_strdup_printf("%.0f MiB", (double) status->memory / (1 << 10));
        return g_strdup_printf("%s%s%s%s%s%u vCPU%s, %s, %s", status->name ?: "", status->name ? ": " : "",
                               word ?: "",
                               status->state == VIR_DOMAIN_PAUSED ? paused_reason(status->reason) : "",
                               word ? ": " : "", status->vcpus, status->vcpus == 1 ? "" : "s", memory,
                               status->kvm ? "KVM" : "emulated (TCG)");
}

char *status_line(const char *text) {
        g_autoptr(GString) line = g_string_new(NULL);
        g_autofree char *valid = g_utf8_make_valid(text, /* len= */ -1);

        for (const char *c = g_strchomp(valid); *c && line->len < STATUS_MAX; c = g_utf8_next_char(c)) {
                gunichar u = g_utf8_get_char(c);

                if (*c == '\n')
                        g_string_append(line, STATUS_LINE_END);
                else if (g_unichar_iscntrl(u))
                        g_string_append_printf(line, "\\x%02x", (unsigned) u);
                else
                        g_string_append_unichar(line, u);
        }
        return g_string_free(g_steal_pointer(&line), /* free_segment= */ FALSE);
}

char *status_line_to_text(const char *line) {
        g_auto(GStrv) lines = g_strsplit(line, STATUS_LINE_END, /* max_tokens= */ 0);

        return g_strjoinv("\n", lines);
}
