/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One line: "hatago-run-1 UUID ID PID [restored] [stopped]". */
#define VERSION_WORD "hatago-run-1"
#define RESTORED "restored"
#define STOPPED "stopped"
#define FILE_MAX 256
/* Linux takes 128 KiB for one argument and megabytes for all; QEMU's UUID stands among the first. */
#define COMMAND_LINE_MAX (4 << 20)

/* The file's bytes, with a zero behind them; without waiting for anybody. g_malloc(); NULL with errno. */
static char *read_file(const char *path, gsize max, gsize *ret_size) {
        int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        g_autoptr(GString) bytes = g_string_new(NULL);
        char part[4096];
        ssize_t n;

        if (fd < 0)
                return NULL;

        while ((n = read(fd, part, sizeof(part))) > 0 && bytes->len <= max)
                g_string_append_len(bytes, part, n);
        (void) close(fd);
        if (n < 0)
                return NULL;
        if (bytes->len > max) {
                errno = EFBIG;
                return NULL;
        }
        *ret_size = bytes->len;
        return g_string_free(g_steal_pointer(&bytes), /* free_segment= */ FALSE);
}

int run_record_write(const char *folder, const char *instance, const RunRecord *run) {
        g_autofree char *path = g_build_filename(folder, instance, NULL);
        g_autofree char *text =
                        g_strdup_printf(VERSION_WORD " %s %u %d%s%s\n", run->uuid, run->id, (int) run->pid,
                                        run->restored ? " " RESTORED : "", run->stopped ? " " STOPPED : "");
        g_autoptr(GError) error = NULL;

        if ((run->id == 0) != (run->pid == 0))
                return -EINVAL;
        if (!g_file_set_contents_full(path, text, (gssize) strlen(text), G_FILE_SET_CONTENTS_CONSISTENT,
                                      0600, &error))
                return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ? -ENOSPC : -EIO;
        return 0;
}

void run_record_remove(const char *folder, const char *instance) {
        g_autofree char *path = g_build_filename(folder, instance, NULL);

        (void) unlink(path);
}

/* No instance begins with a dot. */
static char *seen_path(const char *folder, const char *instance) {
        g_autofree char *name = g_strconcat(".", instance, NULL);

        return g_build_filename(folder, name, NULL);
}

void run_note_seen(const char *folder, const char *instance) {
        g_autofree char *path = seen_path(folder, instance);
        int fd = open(path, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd >= 0)
                (void) close(fd);
}

bool run_was_seen(const char *folder, const char *instance) {
        g_autofree char *path = seen_path(folder, instance);

        return access(path, F_OK) == 0;
}

static bool parse_number(const char *word, int *ret) {
        uint64_t number;

        if (!g_ascii_string_to_unsigned(word, 10, /* min= */ 0, INT_MAX, &number, /* error= */ NULL))
                return false;
        *ret = (int) number;
        return true;
}

int run_record_parse(const char *text, gsize size, RunRecord *ret) {
        g_autofree char *line = NULL;
        g_auto(GStrv) words = NULL;
        RunRecord run = { 0 };
        int id, pid;
        guint n;

        if (size < 2 || size > FILE_MAX || text[size - 1] != '\n' || memchr(text, '\0', size))
                return -EINVAL;

        line = g_strndup(text, size - 1);
        words = g_strsplit(line, " ", /* max_tokens= */ 0);
        n = g_strv_length(words);
        if (n < 4 || !g_str_equal(words[0], VERSION_WORD) || !g_uuid_string_is_valid(words[1]) ||
            !parse_number(words[2], &id) || !parse_number(words[3], &pid) || (id == 0) != (pid == 0))
                return -EINVAL;
        for (char **word = words + 4; *word; word++)
                if (g_str_equal(*word, RESTORED) && !run.restored)
                        run.restored = true;
                else if (g_str_equal(*word, STOPPED) && !run.stopped)
                        run.stopped = true;
                else
                        return -EINVAL;

        (void) g_strlcpy(run.uuid, words[1], sizeof(run.uuid));
        run.id = (unsigned) id;
        run.pid = pid;
        *ret = run;
        return 0;
}

int run_record_read(const char *folder, const char *instance, RunRecord *ret) {
        g_autofree char *path = g_build_filename(folder, instance, NULL), *text = NULL;
        gsize size;

        text = read_file(path, FILE_MAX, &size);
        return text ? run_record_parse(text, size, ret) : -errno;
}

bool qemu_command_line_has_uuid(const char *text, gsize size, const char *uuid) {
        const char *end = text + size, *argument = text;

        while (argument < end) {
                const char *next = memchr(argument, '\0', (size_t) (end - argument));

                if (!next)
                        return false;
                next++;
                /* Both with their zero: a last argument that was cut off is none. */
                if (g_str_equal(argument, "-uuid"))
                        return next < end && memchr(next, '\0', (size_t) (end - next)) &&
                               g_str_equal(next, uuid);
                argument = next;
        }
        return false;
}

int qemu_open(pid_t pid, const char *uuid) {
        g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int) pid), *text = NULL;
        int fd = (int) syscall(SYS_pidfd_open, pid, /* flags= */ 0), r;
        gsize size = 0;

        if (fd < 0)
                return -errno;

        /* What was read while it lived is its own. */
        text = read_file(path, COMMAND_LINE_MAX, &size);
        r = !text ? -errno : qemu_command_line_has_uuid(text, size, uuid) ? 0 : -ESRCH;
        if (r >= 0 && poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, /* timeout= */ 0) > 0)
                r = -ESRCH;
        if (r >= 0)
                return fd;

        (void) close(fd);
        return r == -ENOENT ? -ESRCH : r;
}

/* libvirt writes the number alone, without a newline. */
static int read_pid_file(const char *path, pid_t *ret) {
        g_autofree char *text = NULL;
        gsize size;
        int pid;

        text = read_file(path, FILE_MAX, &size);
        if (!text)
                return errno == ENOENT ? -ESRCH : -errno;
        if (!parse_number(g_strchomp(text), &pid) || pid <= 1)
                return -EINVAL;
        *ret = pid;
        return 0;
}

static int find_by_file(const char *folder, const char *stem, const char *uuid, pid_t *ret_pid) {
        g_autofree char *file = g_strconcat(stem, ".pid", NULL);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        pid_t pid, again;
        int fd, r;

        r = read_pid_file(path, &pid);
        if (r < 0)
                return r;
        fd = qemu_open(pid, uuid);
        if (fd < 0)
                return fd;

        r = read_pid_file(path, &again);
        if (r >= 0 && again == pid) {
                *ret_pid = pid;
                return fd;
        }
        (void) close(fd);
        return r < 0 ? r : -ESRCH;
}

int qemu_find(const char *folder, const char *name, const char *uuid, pid_t *ret_pid) {
        g_autofree char *escaped = NULL;
        int fd = find_by_file(folder, name, uuid, ret_pid);

        if (fd >= 0 || !strpbrk(name, "&<>'\""))
                return fd;
        /* libvirt (9.0: virPidFileBuildPath()) escapes the name as if it were for XML. */
        escaped = g_markup_escape_text(name, /* length= */ -1);
        return find_by_file(folder, escaped, uuid, ret_pid);
}
