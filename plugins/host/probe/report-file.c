/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "places.h"

/* Only root can open it, and so hold it: the folder itself could be locked by everybody. */
#define LOCK_NAME ".lock"

int report_file_lock(const char *folder) {
        g_autofree char *path = g_build_filename(folder, LOCK_NAME, NULL);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), r;

        if (fd < 0)
                return -errno;

        do
                r = flock(fd, LOCK_EX) < 0 ? -errno : 0;
        while (r == -EINTR);
        if (r < 0) {
                (void) close(fd);
                return r;
        }
        return fd;
}

int report_file_write(const char *folder, GVariant *report) {
        g_autofree char *path = g_build_filename(folder, REPORT_NAME, NULL);
        g_autoptr(GError) error = NULL;

        if (!g_file_set_contents_full(path, g_variant_get_data(report), (gssize) g_variant_get_size(report),
                                      G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error)) {
                log_error("Cannot write the report: %s", error->message);
                return -EIO;
        }
        return 0;
}

uint64_t report_file_fresh_for(const char *folder, uint64_t age) {
        g_autofree char *path = g_build_filename(folder, REPORT_NAME, NULL);
        struct stat status;
        int64_t old;

        if (stat(path, &status) < 0)
                return 0;

        old = g_get_real_time() -
              ((int64_t) status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000);
        /* From the future: the clock was set back. */
        return old < 0 || old >= (int64_t) age ? 0 : age - (uint64_t) old;
}
