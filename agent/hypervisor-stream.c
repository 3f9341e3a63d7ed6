/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hypervisor-stream.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"

/* After so many bytes libvirt is asked something: it answers when it has taken them. */
#define UNANSWERED_MAX (16U * 1024)
#define CHUNK_MAX 4096U
/* How long whoever has the socket may take to read the rest, once the stream has ended. */
#define REST_TIMEOUT_MSEC 1000
#define FULL_RETRY_MSEC 20

struct Streams {
        Mailbox *mailbox;
        GHashTable *set; /* of Stream; main thread */
        pthread_mutex_t lock;
        pthread_cond_t thread_ended;
        unsigned n_threads; /* under lock */
        gint stopping;      /* atomic */
};

typedef struct Stream {
        gatomicrefcount n_ref; /* of the memory: the set, and libvirt's callback on the connection's end */
        Streams *streams;
        StreamRequest request;
        char *uri;
        Link *link; /* of the opening */
        pthread_t thread;
        int wake; /* eventfd: counts when the thread is to end */
        int socket, other_end;

        virConnect *connection;
        bool connection_is_own;
        virStream *stream;
        int result;
        Failure failure;

        pthread_mutex_t lock; /* of what follows */
        pthread_cond_t loop_passed;
        bool loop_has_passed;
        int watch;          /* of the socket */
        GByteArray *unread; /* came from the stream, and is to be sent */
} Stream;

static void stream_unref(void *opaque) {
        Stream *s = opaque;

        if (!g_atomic_ref_count_dec(&s->n_ref))
                return;

        failure_done(&s->failure);
        g_byte_array_unref(s->unread);
        pthread_mutex_destroy(&s->lock);
        pthread_cond_destroy(&s->loop_passed);
        close(s->wake);
        g_free(s->uri);
        g_free(s);
}

/* Any thread. */
static void stream_wake(Stream *s) {
        static const uint64_t one = 1;

        (void) !write(s->wake, &one, sizeof(one));
}

/*
 * From the stream to the socket: libvirt's event loop
 */

/* Sends what waits, as far as the socket takes it. Called with the lock held. */
static void stream_send_unread(Stream *s) {
        while (s->unread->len > 0) {
                ssize_t n = send(s->socket, s->unread->data, s->unread->len, MSG_DONTWAIT | MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno != EAGAIN)
                        g_byte_array_set_size(s->unread, 0); /* nobody is there: the thread sees it too */
                if (n < 0)
                        return;
                g_byte_array_remove_range(s->unread, 0, (guint) n);
        }
}

static void on_socket_writable(int watch, int fd, int events, void *opaque) {
        Stream *s = opaque;

        pthread_mutex_lock(&s->lock);
        stream_send_unread(s);
        if (s->unread->len == 0)
                virEventUpdateHandle(watch, /* events= */ 0);
        pthread_mutex_unlock(&s->lock);
}

static void stream_deliver(Stream *s, const char *data, size_t n) {
        pthread_mutex_lock(&s->lock);
        if (s->unread->len + n <= STREAM_BUFFER_MAX)
                g_byte_array_append(s->unread, (const uint8_t *) data, (guint) n);
        stream_send_unread(s);
        if (s->unread->len > 0 && s->watch >= 0)
                virEventUpdateHandle(s->watch, VIR_EVENT_HANDLE_WRITABLE);
        pthread_mutex_unlock(&s->lock);
}

static void on_stream_event(virStream *stream, int events, void *opaque) {
        char data[16 * 1024];
        Stream *s = opaque;
        int n = virStreamRecv(stream, data, sizeof(data));

        if (n > 0)
                stream_deliver(s, data, (size_t) n);
        else if (n != -2 || (events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP))) {
                (void) virStreamEventUpdateCallback(stream, /* events= */ 0);
                stream_wake(s);
        }
}

static void on_connection_closed(virConnect *connection, int reason, void *opaque) {
        stream_wake(opaque);
}

/*
 * The thread
 */

/* Waits for the socket; false when the thread is to end. */
static bool stream_wait(Stream *s, short events, int timeout_msec, short *ret_events) {
        struct pollfd fds[] = { { .fd = s->wake, .events = POLLIN }, { .fd = s->socket, .events = events } };

        while (poll(fds, G_N_ELEMENTS(fds), timeout_msec) < 0)
                if (errno != EINTR)
                        return false;

        *ret_events = fds[1].revents;
        return fds[0].revents == 0;
}

static bool stream_write(Stream *s, const char *data, size_t n) {
        while (n > 0) {
                int sent = virStreamSend(s->stream, data, n);
                struct pollfd wake = { .fd = s->wake, .events = POLLIN };

                if (sent == -2) {
                        if (poll(&wake, 1, FULL_RETRY_MSEC) != 0)
                                return false;
                        continue;
                }
                if (sent < 0)
                        return false;
                data += sent;
                n -= (size_t) sent;
        }

        return true;
}

/* From the socket to the stream, until the thread is to end. */
static void stream_carry(Stream *s) {
        char data[CHUNK_MAX];
        unsigned long version;
        size_t unanswered = 0;
        short wanted = POLLIN, events;
        gint64 left_at = 0; /* when the other end was closed */

        while (stream_wait(s, wanted, /* timeout_msec= */ -1, &events)) {
                ssize_t n = events & POLLIN ? recv(s->socket, data, sizeof(data), MSG_DONTWAIT) : -1;

                if (n < 0 && (events & (POLLHUP | POLLERR)))
                        return;
                /* Last words are sent, but nobody waits for a guest that is slow to take many. */
                if ((events & POLLHUP) && left_at == 0)
                        left_at = g_get_monotonic_time();
                if (left_at != 0 &&
                    g_get_monotonic_time() > left_at + REST_TIMEOUT_MSEC * G_TIME_SPAN_MILLISECOND)
                        return;
                if (n == 0)
                        wanted = 0; /* nothing more will be written, but it may still be read */
                if (n <= 0)
                        continue;

                if (!stream_write(s, data, (size_t) n))
                        return;
                unanswered += (size_t) n;
                if (unanswered >= UNANSWERED_MAX && s->connection_is_own) {
                        if (virConnectGetLibVersion(s->connection, &version) < 0)
                                return;
                        unanswered = 0;
                }
        }
}

static void on_loop_passed(int timer, void *opaque) {
        Stream *s = opaque;

        (void) virEventRemoveTimeout(timer);
        pthread_mutex_lock(&s->lock);
        s->loop_has_passed = true;
        pthread_cond_signal(&s->loop_passed);
        pthread_mutex_unlock(&s->lock);
}

/* Takes back the callbacks. One that had begun has returned when libvirt's event loop comes to a timer that
 * was set later; that libvirt releases what belongs to a callback cannot be waited for: of a remote stream
 * it never says so. */
static void stream_stop_callbacks(Stream *s) {
        (void) virStreamEventRemoveCallback(s->stream);
        if (s->watch >= 0)
                (void) virEventRemoveHandle(s->watch);

        if (virEventAddTimeout(/* frequency= */ 0, on_loop_passed, s, NULL) < 0)
                return;
        pthread_mutex_lock(&s->lock);
        while (!s->loop_has_passed)
                pthread_cond_wait(&s->loop_passed, &s->lock);
        pthread_mutex_unlock(&s->lock);
}

/* Gives whoever reads a moment for the last words of the guest. */
static void stream_send_rest(Stream *s) {
        struct pollfd fd = { .fd = s->socket, .events = POLLOUT };
        gint64 deadline = g_get_monotonic_time() + REST_TIMEOUT_MSEC * G_TIME_SPAN_MILLISECOND;

        while (s->unread->len > 0 && !g_atomic_int_get(&s->streams->stopping)) {
                gint64 left = deadline - g_get_monotonic_time();

                if (left <= 0 || poll(&fd, 1, (int) (left / G_TIME_SPAN_MILLISECOND) + 1) < 0)
                        return;
                stream_send_unread(s);
        }
}

static int stream_start_callbacks(Stream *s) {
        int r;

        s->watch = virEventAddHandle(s->socket, /* events= */ 0, on_socket_writable, s, NULL);
        if (s->watch >= 0 &&
            virStreamEventAddCallback(s->stream, VIR_STREAM_EVENT_READABLE, on_stream_event, s, NULL) >= 0)
                return 0;

        r = hypervisor_failure(&s->failure);
        stream_stop_callbacks(s);
        return r;
}

static int stream_connect(Stream *s) {
        if (!s->link)
                return -EHOSTDOWN;

        s->connection = link_connect_anew(s->link, s->uri, &s->connection_is_own, &s->failure);
        s->link = link_unref(s->link);
        if (!s->connection)
                return error_code_to_errno(s->failure.code);
        if (!s->connection_is_own)
                return 0;

        /* Where that is not supported, a stream's end must do. */
        g_atomic_ref_count_inc(&s->n_ref);
        if (virConnectRegisterCloseCallback(s->connection, on_connection_closed, s, stream_unref) < 0)
                stream_unref(s);
        return 0;
}

static int stream_open(Stream *s) {
        int pair[2], r;

        r = stream_connect(s);
        if (r < 0)
                return r;

        s->stream = virStreamNew(s->connection, VIR_STREAM_NONBLOCK);
        if (!s->stream)
                return hypervisor_failure(&s->failure);
        r = s->request.open(s->request.data, s->connection, s->stream, &s->failure);
        if (r < 0)
                return r;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                r = failure_set(&s->failure, ERROR_FAILED, "No socket can be made: %s", g_strerror(errno));
        else {
                s->socket = pair[0];
                s->other_end = pair[1];
                r = stream_start_callbacks(s);
        }
        if (r < 0)
                (void) virStreamAbort(s->stream);
        return r;
}

static void stream_close(Stream *s) {
        if (s->stream)
                virStreamFree(s->stream);
        if (s->connection) {
                if (s->connection_is_own)
                        (void) virConnectUnregisterCloseCallback(s->connection, on_connection_closed);
                virConnectClose(s->connection);
        }
        if (s->socket >= 0)
                close(s->socket);
}

/* Mails to the main thread. */

static void stream_on_opened(void *data) {
        Stream *s = data;
        int fd = s->other_end;

        s->other_end = -EBADF;
        if (s->result < 0 && fd >= 0) {
                close(fd);
                fd = -EBADF;
        }
        s->request.opened(s->request.data, s->result, fd, &s->failure);
}

static void stream_on_ended(void *data) {
        Stream *s = data;

        pthread_join(s->thread, NULL);
        g_hash_table_remove(s->streams->set, s);
        s->request.ended(s->request.data);
        stream_unref(s);
}

static void *stream_run(void *userdata) {
        Stream *s = userdata;
        Streams *streams = s->streams;

        s->result = stream_open(s);
        mailbox_post(streams->mailbox, stream_on_opened, s);
        if (s->result >= 0) {
                stream_carry(s);
                stream_stop_callbacks(s);
                stream_send_rest(s);
                (void) virStreamAbort(s->stream);
        }
        stream_close(s);
        mailbox_post(streams->mailbox, stream_on_ended, s);

        pthread_mutex_lock(&streams->lock);
        streams->n_threads--;
        pthread_cond_signal(&streams->thread_ended);
        pthread_mutex_unlock(&streams->lock);
        return NULL;
}

static int stream_start(Stream *s) {
        sigset_t all, old;
        int r;

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &old);
        r = pthread_create(&s->thread, NULL, stream_run, s);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        return -r;
}

int streams_open(Streams *streams, Link *link, const char *uri, const StreamRequest *request,
                 Failure *failure) {
        Stream *s;
        int wake, r;

        if (g_atomic_int_get(&streams->stopping))
                return failure_set(failure, ERROR_CANCELED, "The agent stops.");
        if (g_hash_table_size(streams->set) >= STREAMS_MAX)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "%u streams are open already.",
                                   STREAMS_MAX);

        wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (wake < 0)
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "No stream can be opened: %s.",
                                   g_strerror(errno));

        s = g_new(Stream, 1);
        *s = (Stream){
                .streams = streams,
                .request = *request,
                .uri = g_strdup(uri),
                .link = link ? link_ref(link) : NULL,
                .wake = wake,
                .socket = -EBADF,
                .other_end = -EBADF,
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .loop_passed = PTHREAD_COND_INITIALIZER,
                .watch = -1,
                .unread = g_byte_array_new(),
        };
        g_atomic_ref_count_init(&s->n_ref);

        pthread_mutex_lock(&streams->lock);
        r = stream_start(s);
        if (r >= 0)
                streams->n_threads++;
        pthread_mutex_unlock(&streams->lock);
        if (r < 0) {
                s->link = link_unref(s->link);
                stream_unref(s);
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "No thread can be made: %s.",
                                   g_strerror(-r));
        }

        g_hash_table_add(streams->set, s);
        return 0;
}

Streams *streams_new(Mailbox *mailbox) {
        Streams *streams = g_new(Streams, 1);
        pthread_condattr_t attributes;

        *streams = (Streams){
                .mailbox = mailbox,
                .set = g_hash_table_new(NULL, NULL),
                .lock = PTHREAD_MUTEX_INITIALIZER,
        };
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&streams->thread_ended, &attributes);
        pthread_condattr_destroy(&attributes);
        return streams;
}

int streams_stop(Streams *streams, uint64_t timeout_usec) {
        struct timespec deadline;
        GHashTableIter i;
        gpointer stream;
        int r = 0;

        g_atomic_int_set(&streams->stopping, 1);
        g_hash_table_iter_init(&i, streams->set);
        while (g_hash_table_iter_next(&i, &stream, NULL))
                stream_wake(stream);

        clock_gettime(CLOCK_MONOTONIC, &deadline);
        deadline.tv_sec += (time_t) (timeout_usec / G_USEC_PER_SEC);

        pthread_mutex_lock(&streams->lock);
        while (streams->n_threads > 0 && r == 0)
                r = pthread_cond_timedwait(&streams->thread_ended, &streams->lock, &deadline);
        pthread_mutex_unlock(&streams->lock);
        return -r;
}

Streams *streams_free(Streams *streams) {
        if (!streams)
                return NULL;

        g_hash_table_unref(streams->set);
        pthread_mutex_destroy(&streams->lock);
        pthread_cond_destroy(&streams->thread_ended);
        g_free(streams);
        return NULL;
}
