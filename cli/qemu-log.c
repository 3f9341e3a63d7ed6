/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qemu-log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* A command line of QEMU has some kilobytes. */
#define END_BYTES 65536

static int log_open(const char *folder, const char *name) {
        g_autofree char *path = NULL;
        int fd;

        if (strchr(name, '/'))
                return -ENOENT;
        path = g_strdup_printf("%s/%s.log", folder, name);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        return fd < 0 ? -errno : fd;
}

/* The end of the file, from the beginning of a line on. */
static int log_read_end(int fd, char **ret) {
        g_autofree char *text = g_malloc(END_BYTES + 1), *line = NULL;
        struct stat st;
        off_t begin;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -ENOENT;
        begin = MAX(st.st_size - END_BYTES, 0);
        n = pread(fd, text, END_BYTES, begin);
        if (n < 0)
                return -errno;
        for (ssize_t i = 0; i < n; i++)
                if (text[i] == '\0')
                        text[i] = ' ';
        text[n] = '\0';
        line = begin > 0 && strchr(text, '\n') ? g_strdup(strchr(text, '\n') + 1) : NULL;
        *ret = line ? g_steal_pointer(&line) : g_steal_pointer(&text);
        return 0;
}

/* libvirt writes a command line as a shell would take it: lines that end in a backslash, and one more. */
static GPtrArray *lines_without_commands(char **lines) {
        GPtrArray *kept = g_ptr_array_new();
        bool inside = false;

        for (; *lines; lines++) {
                bool goes_on = g_str_has_suffix(*lines, "\\");

                if (!inside && !goes_on && **lines)
                        g_ptr_array_add(kept, *lines);
                inside = goes_on;
        }
        return kept;
}

int qemu_log_read(const char *folder, const char *name, unsigned n, JsonArray **ret) {
        _cleanup_close_ int fd = log_open(folder, name);
        g_autoptr(GPtrArray) kept = NULL;
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;
        JsonArray *array;
        int r;

        if (fd < 0)
                return fd;
        r = log_read_end(fd, &text);
        if (r < 0)
                return r;

        lines = g_strsplit(text, "\n", -1);
        kept = lines_without_commands(lines);
        array = json_array_new();
        for (guint i = kept->len > n ? kept->len - n : 0; i < kept->len; i++) {
                g_autofree char *valid = g_utf8_make_valid(kept->pdata[i], -1);

                json_array_add_string_element(array, valid);
        }
        *ret = array;
        return 0;
}
