/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unanswered.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#include "common/log.h"

char *unanswered_name(const char *uuid, unsigned id) {
        return g_strdup_printf("%s.%u", uuid, id);
}

static char *file_of(const char *folder, const char *uuid, unsigned id) {
        g_autofree char *name = unanswered_name(uuid, id);

        return g_build_filename(folder, name, NULL);
}

bool unanswered_is(const char *folder, const char *uuid, unsigned id) {
        g_autofree char *path = file_of(folder, uuid, id);

        return access(path, F_OK) == 0;
}

void unanswered_add(const char *folder, const char *uuid, unsigned id) {
        g_autofree char *path = file_of(folder, uuid, id);
        int fd = open(path, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd < 0)
                log_warning("Cannot write %s, ignoring: %s", path, g_strerror(errno));
        else
                (void) close(fd);
}

unsigned unanswered_sweep(const char *folder, bool (*is_active)(void *userdata, const char *run),
                          void *userdata) {
        g_autoptr(GDir) dir = g_dir_open(folder, /* flags= */ 0, /* error= */ NULL);
        const char *name;
        unsigned n = 0;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);

                /* The lock lies there too. */
                if (name[0] == '.')
                        continue;
                if (is_active(userdata, name))
                        n++;
                else
                        (void) unlink(path);
        }
        return n;
}
