/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <systemd/sd-daemon.h>

#include "common/log.h"
#include "vm-status.h"
#include "vm.h"

#define SETTLE_USEC (5 * G_TIME_SPAN_SECOND)

/* systemd takes a backslash for an escape (strv_split_newlines() of its src/basic/strv.c). */
static char *escape(const char *line) {
        g_auto(GStrv) parts = g_strsplit(line, "\\", /* max_tokens= */ 0);

        return g_strjoinv("\\\\", parts);
}

void notify_status(const char *format, ...) {
        g_autofree char *text = NULL, *line = NULL, *escaped = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        line = status_line(text);
        escaped = escape(line);
        (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s", escaped);
}

void notify_extend(int64_t span) {
        (void) sd_notifyf(/* unset_environment= */ false, "EXTEND_TIMEOUT_USEC=%" PRId64, span);
}

void notify_settle(void) {
        (void) sd_notify_barrier(/* unset_environment= */ false, SETTLE_USEC);
}

ExitStatus notify_failure(const Failure *failure) {
        g_autofree char *line = status_line(failure->message);

        log_error("%s", line);
        notify_status("%s", failure->message);
        notify_settle();
        return vm_exit_status(failure);
}
