/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "task.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct Task {
        void (*run)(gpointer data);
        gpointer data;
        int ended; /* an eventfd, written once */
};

static struct {
        int fd; /* a signalfd; nothing is read from it, so what has come stays */
        bool heed;
} stop_signal = { .fd = -EBADF };

static gpointer task_thread(gpointer p) {
        Task *task = p;
        uint64_t one = 1;

        task->run(task->data);
        if (write(task->ended, &one, sizeof(one)) < 0)
                g_error("Cannot tell the end of a call: %s", g_strerror(errno));
        return NULL;
}

Task *task_start(void (*run)(gpointer data), gpointer data) {
        Task *task = g_new(Task, 1);

        *task = (Task){ .run = run, .data = data, .ended = eventfd(0, EFD_CLOEXEC) };
        if (task->ended < 0)
                g_error("Cannot make an eventfd: %s", g_strerror(errno));
        g_thread_unref(g_thread_new("libvirt", task_thread, task));
        return task;
}

/* What is left until a deadline, for poll(). */
static int milliseconds_left(int64_t deadline) {
        int64_t left;

        if (deadline == 0)
                return -1;
        left = (deadline - g_get_monotonic_time() + 999) / 1000;
        return (int) CLAMP(left, 0, G_MAXINT);
}

TaskEnd task_wait(Task *task, int fd, int64_t deadline) {
        struct pollfd fds[] = {
                { .fd = task ? task->ended : -1, .events = POLLIN },
                { .fd = fd, .events = POLLIN },
                { .fd = stop_signal.heed ? stop_signal.fd : -1, .events = POLLIN },
        };
        int n;

        do
                n = poll(fds, G_N_ELEMENTS(fds), milliseconds_left(deadline));
        while (n < 0 && errno == EINTR);

        if (fds[0].revents) {
                (void) close(task->ended);
                g_free(task);
                return TASK_DONE;
        }
        if (n > 0)
                return fds[1].revents ? TASK_FD_READY : TASK_STOPPED;
        return TASK_LATE;
}

TaskEnd task_run(void (*run)(gpointer data), gpointer data, int64_t span) {
        return task_wait(task_start(run, data), -1, span == 0 ? 0 : g_get_monotonic_time() + span);
}

void stop_signal_catch(void) {
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGTERM);
        (void) sigaddset(&set, SIGINT);
        (void) sigprocmask(SIG_BLOCK, &set, /* oldset= */ NULL);
        stop_signal.fd = signalfd(-1, &set, SFD_CLOEXEC);
        if (stop_signal.fd < 0)
                g_error("Cannot make a signalfd: %s", g_strerror(errno));
        stop_signal.heed = true;
}

bool stop_signal_came(void) {
        struct pollfd fd = { .fd = stop_signal.fd, .events = POLLIN };

        return poll(&fd, 1, /* timeout= */ 0) > 0;
}

void stop_signal_heed(bool heed) {
        stop_signal.heed = heed;
}
