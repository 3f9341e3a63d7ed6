/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_fresh(int folder_fd, const char *name, const char *text, mode_t mode, bool durable) {
        size_t length = strlen(text);
        int fd, r = 0;
        ssize_t n;

        (void) unlinkat(folder_fd, name, /* flags= */ 0);
        fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0)
                return -errno;

        n = write(fd, text, length);
        if (n < 0)
                r = -errno;
        else if ((size_t) n != length)
                r = -ENOSPC;
        else if (fchmod(fd, mode) < 0 || (durable && fsync(fd) < 0))
                r = -errno;
        if (close(fd) < 0 && r == 0)
                r = -errno;
        return r;
}

int file_replace(int folder_fd, const char *name, const char *fresh, const char *text, mode_t mode,
                 bool durable) {
        int r;

        r = write_fresh(folder_fd, fresh, text, mode, durable);
        if (r >= 0 && renameat(folder_fd, fresh, folder_fd, name) < 0)
                r = -errno;
        if (r < 0)
                (void) unlinkat(folder_fd, fresh, /* flags= */ 0);
        else if (durable && fsync(folder_fd) < 0)
                r = -errno;
        return r;
}
