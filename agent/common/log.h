/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <syslog.h>

/* Messages for whoever runs the service: on standard error, with the priority in the form sd-daemon(3)
 * describes when the journal reads it. One line each; what comes from outside goes through text_printable()
 * first. Any thread. */
void log_message(int priority, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define log_error(...) log_message(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

/* Messages above this priority (LOG_ERR to LOG_DEBUG) are dropped; LOG_INFO to begin with. */
void log_set_level(int priority);

/* The priority by its name in the configuration ("error", "warning", "notice", "info", "debug"); -EINVAL. */
int log_level_from_string(const char *name);

/* Whether standard error is a stream to the journal. */
bool log_to_journal(void);

/* From now on to the kernel's log instead, for what systemd runs before there is a journal: messages go to
 * device ("/dev/kmsg"), with the name of the program. Where there is none, as in containers, standard error
 * stays. Before any thread. */
void log_to_kernel(const char *device, const char *program);

/* At most so many messages from now on, and one that says that there would be more: for a program that
 * complains of what others have written. Before any thread. */
void log_set_limit(unsigned messages);
