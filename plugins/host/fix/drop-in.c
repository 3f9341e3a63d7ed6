/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of configuration that a remedy leaves in /etc. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "remedy.h"

/* The beginning of the first line, by which undo knows its own. */
#define SIGN "# Written by hatago-fix(8). "

static int write_all(int fd, const char *text) {
        size_t left = strlen(text);

        while (left > 0) {
                ssize_t n = write(fd, text, left);

                if (n < 0)
                        return -errno;
                text += n;
                left -= (size_t) n;
        }

        return fchmod(fd, 0644) < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int sync_folder(const char *path) {
        g_autofree char *folder = g_path_get_dirname(path);
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

        if (fd < 0)
                return -errno;

        r = fsync(fd) < 0 ? -errno : 0;
        close(fd);
        return r;
}

/* Makes a file, whole or not at all. -EEXIST: it is there; it stays as it is. */
static int make_file(const char *path, const char *text) {
        g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
        int fd = mkostemp(temporary, O_CLOEXEC), r;

        if (fd < 0)
                return -errno;

        r = write_all(fd, text);
        close(fd);
        if (r >= 0 && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) < 0)
                r = -errno;
        if (r < 0) {
                (void) unlink(temporary);
                return r;
        }
        return sync_folder(path);
}

/* NULL: cannot be read; errno says why. Links are not followed: we make none. */
static char *read_own(const char *path) {
        struct stat status;
        char *text = NULL;

        if (lstat(path, &status) < 0)
                return NULL;
        if (!S_ISREG(status.st_mode) || !g_file_get_contents(path, &text, NULL, NULL))
                errno = EEXIST;
        return text;
}

int drop_in_write(Fix *fix, const Remedy *remedy, const char *path, const char *lines, Failure *failure) {
        g_autofree char *below = g_build_filename(fix->root, path, NULL), *there = read_own(below);
        g_autofree char *text = g_strdup_printf(
                        SIGN "To take it back: systemctl start hatago-fix@undo:%s.service\n%s", remedy->id,
                        lines);
        int r;

        if (there && g_str_equal(there, text))
                return 0;
        if (there || errno != ENOENT)
                return failure_set(failure, ERROR_FAILED,
                                   "%s is there already, with something else in it, and is left as it is",
                                   path);

        r = fix_note(fix, "file", path, "", failure);
        if (r < 0)
                return r;

        remedy_say("Making %s", path);
        r = make_file(below, text);
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot make %s: %s", path, g_strerror(-r));
        return 0;
}

int drop_in_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        g_autofree char *below = g_build_filename(fix->root, target, NULL), *there = read_own(below);

        if (!there && errno == ENOENT)
                return 0;
        if (!there || !g_str_has_prefix(there, SIGN)) {
                log_notice("%s is not as hatago-fix has written it, and stays", target);
                return 0;
        }

        remedy_say("Removing %s", target);
        if (unlink(below) < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot remove %s: %s", target, g_strerror(errno));
        (void) sync_folder(below);
        return 0;
}
