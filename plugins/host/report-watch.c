/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks/report.h"
#include "common/log.h"
#include "common/text.h"
#include "places.h"

#define FOLDER_IS_GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct ReportWatch {
        sd_event *event;
        char *folder, *path;
        sd_event_source *inotify; /* NULL: there is no folder */
        struct stat seen;         /* the file that was looked at last */
        char *complaint;          /* what was logged last; NULL: nothing, or a report came since */
        uint64_t count;
        void (*taken)(void *userdata, GVariant *report);
        void *userdata;
};

ReportWatch *report_watch_new(sd_event *event, const char *folder,
                              void (*taken)(void *userdata, GVariant *report), void *userdata) {
        ReportWatch *watch = g_new(ReportWatch, 1);

        *watch = (ReportWatch){
                .event = sd_event_ref(event),
                .folder = g_strdup(folder),
                .path = g_build_filename(folder, REPORT_NAME, NULL),
                .taken = taken,
                .userdata = userdata,
        };
        return watch;
}

ReportWatch *report_watch_free(ReportWatch *watch) {
        if (!watch)
                return NULL;

        sd_event_source_disable_unref(watch->inotify);
        sd_event_unref(watch->event);
        g_free(watch->folder);
        g_free(watch->path);
        g_free(watch->complaint);
        g_free(watch);
        return NULL;
}

uint64_t report_watch_count(const ReportWatch *watch) {
        return watch->count;
}

static void watch_complain(ReportWatch *watch, const char *text) {
        g_autofree char *printable = text_printable(text);

        if (g_strcmp0(watch->complaint, printable) == 0)
                return;

        log_warning("Cannot use %s, ignoring: %s", watch->path, printable);
        g_free(watch->complaint);
        watch->complaint = g_steal_pointer(&printable);
}

static bool is_seen(const ReportWatch *watch, const struct stat *st) {
        const struct stat *seen = &watch->seen;

        return seen->st_dev == st->st_dev && seen->st_ino == st->st_ino && seen->st_size == st->st_size &&
               seen->st_ctim.tv_sec == st->st_ctim.tv_sec && seen->st_ctim.tv_nsec == st->st_ctim.tv_nsec;
}

/* The bytes of an open file; NULL with a failure: too many, or errno of reading. */
static GBytes *read_all(int fd, Failure *failure) {
        g_autofree uint8_t *data = g_malloc(REPORT_BYTES_MAX + 1);
        size_t size = 0;
        ssize_t n;

        while (size <= REPORT_BYTES_MAX && (n = read(fd, data + size, REPORT_BYTES_MAX + 1 - size)) != 0) {
                if (n < 0) {
                        (void) failure_set(failure, ERROR_FAILED, "%s", g_strerror(errno));
                        return NULL;
                }
                size += (size_t) n;
        }

        if (size > REPORT_BYTES_MAX) {
                (void) failure_set(failure, ERROR_FAILED, "It has more than %u bytes.", REPORT_BYTES_MAX);
                return NULL;
        }
        return g_bytes_new_take(g_steal_pointer(&data), size);
}

static void watch_take(ReportWatch *watch, int fd) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(GBytes) bytes = read_all(fd, &failure);
        g_autoptr(GVariant) report = NULL;

        if (!bytes || report_parse(bytes, &report, &failure) < 0) {
                watch_complain(watch, failure.message);
                return;
        }

        g_clear_pointer(&watch->complaint, g_free);
        watch->count++;
        watch->taken(watch->userdata, report);
}

/* Files in /run: reading them does not wait. Nothing that could is opened for it. */
static void watch_read(ReportWatch *watch) {
        int fd = open(watch->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        struct stat st;

        if (fd < 0) {
                if (errno != ENOENT)
                        watch_complain(watch, g_strerror(errno));
                return;
        }

        if (fstat(fd, &st) < 0)
                watch_complain(watch, g_strerror(errno));
        else if (!S_ISREG(st.st_mode))
                watch_complain(watch, "It is no regular file.");
        else if (!is_seen(watch, &st)) {
                watch->seen = st;
                watch_take(watch, fd);
        }
        close(fd);
}

static int watch_on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        ReportWatch *watch = userdata;

        if (event->mask & FOLDER_IS_GONE)
                watch->inotify = sd_event_source_disable_unref(watch->inotify);
        else if (event->mask & IN_Q_OVERFLOW || (event->len > 0 && g_str_equal(event->name, REPORT_NAME)))
                watch_read(watch);
        return 0;
}

void report_watch_look(ReportWatch *watch) {
        int r = 0;

        if (!watch->inotify)
                r = sd_event_add_inotify(watch->event, &watch->inotify, watch->folder,
                                         IN_ONLYDIR | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF |
                                                         IN_MOVE_SELF,
                                         watch_on_inotify, watch);
        if (r < 0 && r != -ENOENT)
                watch_complain(watch, g_strerror(-r));

        watch_read(watch);
}
