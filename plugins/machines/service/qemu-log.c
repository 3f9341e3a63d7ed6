/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qemu-log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"

/* How much of the end is looked at: a command line alone may have some kilobytes. */
#define TAIL_MAX (64 << 10)
/* What libvirt writes at the beginning of a run, and at its end, after the time (qemuLogOperation() and
 * qemuDomainLogAppendMessage() of src/qemu); the command line has a line for each word between. */
#define STARTING ": starting up libvirt version: "
#define ENDING ": shutting down, reason="
/* Of a console, each time. */
#define REDIRECTED "char device redirected to "

/* Whether libvirt wrote it: "2026-11-20 01:02:03.456+0000: …". QEMU's times have a T. */
static bool is_libvirts(const char *line, const char *what) {
        const char *found = strstr(line, what);

        return found && found - line == strlen("2026-11-20 01:02:03.456+0000") && line[10] == ' ';
}

static bool is_qemus(const char *line) {
        return *line && !g_str_has_prefix(line, REDIRECTED) && !is_libvirts(line, ENDING);
}

char **qemu_log_lines(const char *text, gsize size, unsigned max) {
        g_autofree char *copy = g_strndup(text, size);
        g_auto(GStrv) lines = g_strsplit(copy, "\n", /* max_tokens= */ 0);
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
        char **from = lines;

        for (char **line = lines; *line; line++)
                if (is_libvirts(*line, STARTING))
                        from = line + 1;
        /* All but the last of the command line's end in a backslash. */
        if (from != lines) {
                while (*from && g_str_has_suffix(*from, " \\"))
                        from++;
                if (*from)
                        from++;
        }

        for (; *from; from++)
                if (is_qemus(*from))
                        g_ptr_array_add(found, text_printable(*from));
        if (found->len > max)
                g_ptr_array_remove_range(found, 0, found->len - max);
        g_ptr_array_add(found, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&found), /* free_segment= */ FALSE);
}

char **qemu_log_tail(const char *folder, const char *name, unsigned max) {
        g_autofree char *file = g_strconcat(name, ".log", NULL);
        g_autofree char *path = g_build_filename(folder, file, NULL), *text = g_malloc(TAIL_MAX);
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat status;
        ssize_t n = 0;

        if (fd >= 0 && fstat(fd, &status) >= 0 && S_ISREG(status.st_mode))
                n = pread(fd, text, TAIL_MAX, MAX(0, status.st_size - TAIL_MAX));
        if (fd >= 0)
                (void) close(fd);
        return qemu_log_lines(text, n > 0 ? (gsize) n : 0, max);
}
