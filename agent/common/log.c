/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int level = LOG_INFO;
static bool limited;
static unsigned messages_left;

static struct {
        int fd;
        const char *program;
} kernel = { .fd = -EBADF };

/* As sd-daemon(3) and systemd.exec(5) say: the variable names the device and inode of the stream. */
static bool is_journal_stream(int fd) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(fd, &st) == 0 &&
               st.st_dev == device && st.st_ino == inode;
}

bool log_to_journal(void) {
        static gsize answer; /* 1: no, 2: yes */

        if (g_once_init_enter(&answer))
                g_once_init_leave(&answer, is_journal_stream(STDERR_FILENO) ? 2 : 1);
        return answer == 2;
}

static void write_message(int priority, const char *text) {
        if (kernel.fd >= 0)
                (void) dprintf(kernel.fd, "<%d>%s[%d]: %s\n", LOG_DAEMON | priority, kernel.program,
                               (int) getpid(), text);
        else if (log_to_journal())
                fprintf(stderr, "<%d>%s\n", priority, text);
        else
                fprintf(stderr, "%s\n", text);
}

void log_message(int priority, const char *format, ...) {
        g_autofree char *text = NULL;
        va_list arguments;

        if (priority > level || (limited && messages_left == 0))
                return;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);

        write_message(priority, text);
        if (limited && --messages_left == 0)
                write_message(LOG_WARNING, "There is more to say, which is left out");
}

void log_to_kernel(const char *device, const char *program) {
        kernel.program = program;
        kernel.fd = open(device, O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

void log_set_limit(unsigned messages) {
        limited = true;
        messages_left = messages;
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
