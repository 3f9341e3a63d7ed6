/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

int64_t progress_of_save(const char *folder, const char *name) {
        g_autofree char *file = g_strconcat(name, ".save", NULL);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        struct stat status;

        return lstat(path, &status) < 0 ? -1 : (int64_t) status.st_size;
}

/* proc_pid_statm(5): its second number is what it has in memory, in pages. */
int64_t progress_of_restore(const char *folder, const char *name, const char *uuid) {
        g_autofree char *path = NULL, *text = NULL;
        long long resident;
        pid_t pid;
        int fd;

        fd = qemu_find(folder, name, uuid, &pid);
        if (fd < 0)
                return -1;
        (void) close(fd);

        path = g_strdup_printf("/proc/%d/statm", (int) pid);
        if (!g_file_get_contents(path, &text, /* length= */ NULL, /* error= */ NULL) ||
            sscanf(text, "%*d %lld", &resident) != 1)
                return -1;
        return (int64_t) resident * sysconf(_SC_PAGESIZE);
}

Patience patience_new(int64_t span, int64_t now) {
        return (Patience){ .span = span, .deadline = now + span, .mark = -1 };
}

bool patience_renew(Patience *patience, int64_t mark, int64_t now) {
        if (mark == patience->mark || mark < 0)
                return false;

        patience->mark = mark;
        patience->deadline = now + patience->span;
        return true;
}
