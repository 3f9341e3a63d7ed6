/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int level = LOG_INFO;

bool log_to_journal(void) {
        return getenv("JOURNAL_STREAM") != NULL;
}

void log_message(int priority, const char *format, ...) {
        g_autofree char *text = NULL;
        va_list arguments;

        if (priority > level)
                return;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        if (log_to_journal())
                fprintf(stderr, "<%d>%s\n", priority, text);
        else
                fprintf(stderr, "%s\n", text);
}

void log_set_level(int priority) {
        level = priority;
}

int log_level_from_string(const char *name) {
        static const struct {
                const char *name;
                int priority;
        } levels[] = {
                { "error", LOG_ERR }, { "warning", LOG_WARNING }, { "notice", LOG_NOTICE },
                { "info", LOG_INFO }, { "debug", LOG_DEBUG },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
                if (g_str_equal(levels[i].name, name))
                        return levels[i].priority;

        return -EINVAL;
}
