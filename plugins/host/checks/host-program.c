/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What programs of the system say. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-internal.h"

#define OUTPUT_BYTES_MAX (1024U * 1024U)
#define DEADLINE_USEC (2 * G_TIME_SPAN_SECOND)

/* 0: there is something, or the other end is closed; -errno, -ETIMEDOUT. */
static int wait_for(int fd, int64_t deadline) {
        int64_t left = deadline - g_get_monotonic_time();
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        int r = poll(&pollfd, 1, (int) (MAX(left, 0) / 1000));

        if (r < 0)
                return -errno;
        return r == 0 ? -ETIMEDOUT : 0;
}

static int read_output(int fd, int64_t deadline, GString *text) {
        char buffer[4096];

        for (;;) {
                int r = wait_for(fd, deadline);
                ssize_t n;

                if (r < 0)
                        return r;
                n = read(fd, buffer, sizeof(buffer));
                if (n <= 0)
                        return n < 0 ? -errno : 0;
                if (text->len + (size_t) n > OUTPUT_BYTES_MAX)
                        return -EFBIG;
                g_string_append_len(text, buffer, n);
        }
}

/* -errno; -EIO: it ended with a failure. Ends it if it does not by itself. */
static int reap(GPid pid, int64_t deadline) {
        int fd = pidfd_open(pid, /* flags= */ 0);
        int r = fd < 0 ? -errno : wait_for(fd, deadline);
        int status;

        if (fd >= 0)
                (void) close(fd);
        if (r < 0)
                (void) kill(pid, SIGKILL);
        while (waitpid(pid, &status, /* options= */ 0) < 0)
                if (errno != EINTR)
                        return -errno;

        if (r < 0)
                return r;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int run(const char *const *command, GString *text) {
        static char *no_environment[] = { NULL };
        int64_t deadline = g_get_monotonic_time() + DEADLINE_USEC;
        int fd, r, r_reap;
        GPid pid;

        if (access(command[0], X_OK) < 0)
                return -errno;
        if (!g_spawn_async_with_pipes("/", (char **) command, no_environment,
                                      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL |
                                                      G_SPAWN_CLOEXEC_PIPES,
                                      /* child_setup= */ NULL, /* user_data= */ NULL, &pid,
                                      /* standard_input= */ NULL, &fd, /* standard_error= */ NULL,
                                      /* error= */ NULL))
                return -EIO;

        r = read_output(fd, deadline, text);
        (void) close(fd);
        r_reap = reap(pid, r < 0 ? 0 : deadline);
        return r < 0 ? r : r_reap;
}

char *host_run(Host *host, Verdict *verdict, const char *const *command) {
        g_autofree char *source = g_strjoinv(" ", (char **) command);
        g_autoptr(GString) text = g_string_new(NULL);
        int r;

        verdict_read(verdict, source);
        if (!host->is_real) {
                errno = ENOENT;
                return g_strdup(g_hash_table_lookup(host->outputs, command[0]));
        }

        r = run(command, text);
        if (r < 0) {
                errno = r == -EIO && geteuid() != 0 ? EACCES : -r;
                return NULL;
        }
        return g_strchomp(g_string_free(g_steal_pointer(&text), /* free_segment= */ FALSE));
}
