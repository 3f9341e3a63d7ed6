/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* No more at once to what may block: what a pipe takes when poll() says that it takes something. */
#define CHUNK_MAX 4096U

/* One direction. */
typedef struct Flow {
        char data[CHUNK_MAX];
        size_t begin, end;
        bool ended; /* nothing more comes */
} Flow;

static bool flow_is_empty(const Flow *flow) {
        return flow->begin == flow->end;
}

/* Reads into an empty flow; at the end of the file, or when it cannot be read, it has ended. */
static void flow_read(Flow *flow, int fd) {
        ssize_t n = read(fd, flow->data, sizeof(flow->data));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        flow->begin = 0;
        flow->end = n > 0 ? (size_t) n : 0;
        flow->ended = n <= 0;
}

/* Writes some of it; false if nobody takes it any more. */
static bool flow_write(Flow *flow, int fd, bool is_socket) {
        size_t left = flow->end - flow->begin;
        ssize_t n = is_socket ? send(fd, flow->data + flow->begin, left, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : write(fd, flow->data + flow->begin, left);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR;
        flow->begin += (size_t) n;
        return true;
}

/* Cuts the input at the escape character. */
static bool flow_cut(Flow *flow, int escape) {
        char *found = escape < 0 ? NULL : memchr(flow->data + flow->begin, escape, flow->end - flow->begin);

        if (found)
                flow->end = (size_t) (found - flow->data);
        return found != NULL;
}

static int timeout_msec(uint64_t deadline) {
        uint64_t now = (uint64_t) g_get_monotonic_time();

        if (deadline == UINT64_MAX)
                return -1;
        return now >= deadline ? 0 : (int) ((deadline - now) / USEC_PER_MSEC) + 1;
}

static struct pollfd poll_entry(int fd, short events) {
        return (struct pollfd){ .fd = events ? fd : -1, .events = events };
}

RelayEnd relay_run(const Relay *relay) {
        Flow up = { 0 }, down = { 0 };
        uint64_t deadline = UINT64_MAX; /* after the end of the input */
        bool escaped = false;

        for (;;) {
                struct pollfd fds[] = {
                        poll_entry(relay->in, flow_is_empty(&up) && !up.ended && !escaped ? POLLIN : 0),
                        poll_entry(relay->remote, (flow_is_empty(&down) && !down.ended ? POLLIN : 0) |
                                                                  (flow_is_empty(&up) ? 0 : POLLOUT)),
                        poll_entry(relay->out, flow_is_empty(&down) ? 0 : POLLOUT),
                        poll_entry(relay->wake, POLLIN),
                };
                int n = poll(fds, G_N_ELEMENTS(fds), timeout_msec(deadline));

                if (n < 0 && errno != EINTR)
                        return RELAY_LOCAL;
                if (n <= 0) {
                        if (deadline != UINT64_MAX && timeout_msec(deadline) == 0)
                                return RELAY_LOCAL;
                        continue;
                }
                if (fds[3].revents)
                        return RELAY_WAKE;

                if (fds[0].revents) {
                        flow_read(&up, relay->in);
                        escaped = flow_cut(&up, relay->escape);
                }
                if (fds[1].revents & (POLLIN | POLLHUP | POLLERR) && flow_is_empty(&down) && !down.ended)
                        flow_read(&down, relay->remote);
                if (!flow_is_empty(&up) && fds[1].revents &&
                    !flow_write(&up, relay->remote, /* is_socket= */ true))
                        up = (Flow){ .ended = true };
                if (fds[2].revents && !flow_write(&down, relay->out, /* is_socket= */ false))
                        return RELAY_LOCAL;

                if (escaped && flow_is_empty(&up))
                        return RELAY_ESCAPE;
                if (down.ended && flow_is_empty(&down))
                        return RELAY_REMOTE;
                if (up.ended && flow_is_empty(&up) && deadline == UINT64_MAX) {
                        (void) shutdown(relay->remote, SHUT_WR);
                        deadline = (uint64_t) g_get_monotonic_time() + relay->linger;
                }
        }
}
