/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hypervisor.h"

#include <errno.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/text.h"
#include "hypervisor-link.h"
#include "hypervisor-stream.h"
#include "worker.h"

#define RETRY_FIRST_USEC (100 * G_TIME_SPAN_MILLISECOND)
#define RETRY_LAST_USEC (5 * G_TIME_SPAN_SECOND)
#define CONNECT_DEADLINE_USEC (8 * G_TIME_SPAN_SECOND)
#define STOP_TIMEOUT_USEC (3 * G_TIME_SPAN_SECOND)

/* Beside the lanes of requests: connecting, one at a time. */
#define LANE_CONNECT ((unsigned) _LANE_MAX)

struct Hypervisor {
        sd_event *event;
        Mailbox *mailbox;
        WorkerPool *pool;
        Streams *streams;
        GArray *listeners; /* of HypervisorListener */
        char *uri;

        Link *link; /* NULL while not connected */
        LinkIdentity identity;
        Failure unavailable;
        GHashTable *told; /* set of reasons logged since it was last connected: they can alternate */
        sd_event_source *retry_timer, *deadline_timer;
        uint64_t retry_usec;
        bool connecting, stopping;

        pthread_t loop_thread;
        gint loop_stop; /* atomic */
};

static void link_release(void *data) {
        link_unref(data);
}

static void link_released(void *data, bool canceled) {
}

/* Gives up a reference of the main thread. It may be the last, and closing can hang: a thread does it. */
static void hypervisor_release(Hypervisor *h, Link *link) {
        Work work = { .lane = LANE_CONNECT,
                      .run = link_release,
                      .done = link_released,
                      .data = link,
                      .finish = true };

        if (link && worker_pool_submit(h->pool, &work, /* ret_id= */ NULL) < 0)
                link_unref(link);
}

/*
 * Requests
 */

typedef struct Submission {
        Hypervisor *hypervisor;
        Request request; /* key is not ours */
        Link *link;      /* as of the submission */
        int result;
        Failure failure;
} Submission;

static Submission *submission_free(Submission *submission) {
        g_assert(!submission->link);
        failure_done(&submission->failure);
        g_free(submission);
        return NULL;
}

static void submission_run(void *data) {
        Submission *submission = data;
        const Request *request = &submission->request;
        virConnect *connection;

        if (request->lane == LANE_LOCAL) {
                submission->result = request->run(request->data, NULL, &submission->failure);
                return;
        }
        if (!submission->link) {
                submission->result = -EHOSTDOWN;
                return;
        }

        connection = link_take(submission->link, request->lane);
        virResetLastError();
        submission->result = request->run(request->data, connection, &submission->failure);
        link_give_back(submission->link, connection);

        /* Here, not on the main thread: it may be the last reference. */
        submission->link = link_unref(submission->link);
}

static void submission_began(void *data) {
        Submission *submission = data;
        submission->request.began(submission->request.data);
}

static void submission_done(void *data, bool canceled) {
        Submission *submission = data;

        if (canceled) {
                submission->result = failure_set(&submission->failure, ERROR_CANCELED,
                                                 "Canceled before it began.");
                hypervisor_release(submission->hypervisor, g_steal_pointer(&submission->link));
        }
        if (submission->result == -EHOSTDOWN && submission->failure.code == ERROR_NONE)
                (void) hypervisor_unavailable(submission->hypervisor, &submission->failure);

        submission->request.done(submission->request.data, submission->result, &submission->failure);
        submission_free(submission);
}

int hypervisor_submit(Hypervisor *h, const Request *request, uint64_t *ret_id, Failure *failure) {
        Submission *submission = g_new0(Submission, 1);
        Work work = {
                .lane = request->lane,
                .key = request->key,
                .run = submission_run,
                .began = request->began ? submission_began : NULL,
                .done = submission_done,
                .data = submission,
        };
        int r;

        if (h->stopping) {
                g_free(submission);
                return failure_set(failure, ERROR_CANCELED, "The agent stops.");
        }

        *submission = (Submission){ .hypervisor = h, .request = *request };
        if (h->link && request->lane != LANE_LOCAL)
                submission->link = link_ref(h->link);

        r = worker_pool_submit(h->pool, &work, ret_id);
        if (r < 0) {
                hypervisor_release(h, g_steal_pointer(&submission->link));
                submission_free(submission);
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "Too many calls to libvirt wait: %s.",
                                   g_strerror(-r));
        }

        return 0;
}

bool hypervisor_withdraw(Hypervisor *h, uint64_t id) {
        return worker_pool_withdraw(h->pool, id);
}

int hypervisor_open_stream(Hypervisor *h, const StreamRequest *request, Failure *failure) {
        return h->link ? streams_open(h->streams, h->link, h->uri, request, failure)
                       : hypervisor_unavailable(h, failure);
}

/*
 * Connecting
 */

typedef struct Attempt {
        Hypervisor *hypervisor;
        char *uri;
        Link *link; /* NULL: failed */
        LinkIdentity identity;
        Failure failure;
} Attempt;

typedef struct Closed {
        Hypervisor *hypervisor;
        const Link *link; /* only to be compared: it may be gone */
        int reason;
} Closed;

static void hypervisor_retry(Hypervisor *h);
static void hypervisor_begin(Hypervisor *h);

/* Takes the failure: it is why there is no connection from now on. Says so if it is another one. */
static void hypervisor_complain(Hypervisor *h, Failure *failure) {
        bool news = g_strcmp0(h->unavailable.message, failure->message) != 0;

        failure->code = ERROR_HYPERVISOR_UNAVAILABLE;
        failure_move(&h->unavailable, failure);
        for (guint i = 0; news && i < h->listeners->len; i++) {
                const HypervisorListener *l = &g_array_index(h->listeners, HypervisorListener, i);

                if (l->complained)
                        l->complained(l->userdata);
        }
}

static void hypervisor_lost(Hypervisor *h, const char *reason) {
        g_auto(Failure) failure = { 0 };

        (void) failure_set(&failure, ERROR_HYPERVISOR_UNAVAILABLE, "The connection to %s was lost: %s.",
                           h->uri, reason);
        log_warning("%s", failure.message);
        hypervisor_complain(h, &failure);
        hypervisor_retry(h);
}

static void hypervisor_on_closed(void *data) {
        g_autofree Closed *closed = data;
        Hypervisor *h = closed->hypervisor;
        static const char *const reasons[] = {
                [VIR_CONNECT_CLOSE_REASON_ERROR] = "it broke",
                [VIR_CONNECT_CLOSE_REASON_EOF] = "libvirt went away",
                [VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "libvirt does not answer",
                [VIR_CONNECT_CLOSE_REASON_CLIENT] = "it was closed here",
        };

        if (h->link != closed->link || h->stopping)
                return; /* an older one, or another connection of the same link told it already */

        hypervisor_release(h, g_steal_pointer(&h->link));
        h->retry_usec = RETRY_FIRST_USEC;
        hypervisor_lost(h, closed->reason >= 0 && (size_t) closed->reason < G_N_ELEMENTS(reasons)
                                           ? reasons[closed->reason]
                                           : "no reason was given");
        for (guint i = 0; i < h->listeners->len; i++) {
                const HypervisorListener *l = &g_array_index(h->listeners, HypervisorListener, i);
                if (l->disconnected)
                        l->disconnected(l->userdata);
        }
}

static void on_link_closed(void *userdata, const Link *link, int reason) {
        Hypervisor *h = userdata;
        Closed *closed = g_new(Closed, 1);

        *closed = (Closed){ .hypervisor = h, .link = link, .reason = reason };
        mailbox_post(h->mailbox, hypervisor_on_closed, closed);
}

static void attempt_run(void *data) {
        Attempt *attempt = data;

        (void) link_open(attempt->uri, attempt->hypervisor->listeners, on_link_closed, attempt->hypervisor,
                         &attempt->link, &attempt->identity, &attempt->failure);
}

static void attempt_failed(Hypervisor *h, Failure *failure) {
        if (g_hash_table_add(h->told, g_strdup(failure->message))) {
                g_autofree char *reason = text_printable(failure->message);
                log_warning("Cannot connect to %s: %s", h->uri, reason);
        }

        hypervisor_complain(h, failure);
        hypervisor_retry(h);
}

static void attempt_succeeded(Hypervisor *h, Attempt *attempt) {
        g_autofree char *hostname = NULL;

        h->link = g_steal_pointer(&attempt->link);
        link_identity_done(&h->identity);
        h->identity = attempt->identity;
        attempt->identity = (LinkIdentity){ 0 };
        h->retry_usec = RETRY_FIRST_USEC;
        failure_done(&h->unavailable);
        g_hash_table_remove_all(h->told);
        hostname = text_printable(h->identity.hostname);
        log_info("Connected to %s (libvirt %s) on %s.", h->uri, h->identity.libvirt_version, hostname);

        for (guint i = 0; i < h->listeners->len; i++) {
                const HypervisorListener *l = &g_array_index(h->listeners, HypervisorListener, i);
                l->connected(l->userdata);
        }
}

static void attempt_done(void *data, bool canceled) {
        g_autofree Attempt *attempt = data;
        Hypervisor *h = attempt->hypervisor;

        h->connecting = false;
        h->deadline_timer = sd_event_source_disable_unref(h->deadline_timer);

        if (h->stopping)
                h->link = g_steal_pointer(&attempt->link); /* for hypervisor_stop() to close */
        else if (!attempt->link)
                attempt_failed(h, &attempt->failure);
        else if (link_is_closed(attempt->link))
                hypervisor_lost(h, "as soon as it was there"); /* the news of its end came first */
        else
                attempt_succeeded(h, attempt);

        hypervisor_release(h, attempt->link);
        link_identity_done(&attempt->identity);
        failure_done(&attempt->failure);
        g_free(attempt->uri);
}

static int hypervisor_on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        g_auto(Failure) failure = { 0 };
        Hypervisor *h = userdata;

        (void) failure_set(&failure, ERROR_HYPERVISOR_UNAVAILABLE,
                           "%s does not answer; the attempt to connect goes on.", h->uri);
        log_warning("%s", failure.message);
        hypervisor_complain(h, &failure);
        return 0;
}

static void hypervisor_begin(Hypervisor *h) {
        Attempt *attempt;
        Work work;

        if (h->connecting || h->link || h->stopping)
                return;

        attempt = g_new(Attempt, 1);
        *attempt = (Attempt){ .hypervisor = h, .uri = g_strdup(h->uri) };
        work = (Work){ .lane = LANE_CONNECT, .run = attempt_run, .done = attempt_done, .data = attempt };

        if (worker_pool_submit(h->pool, &work, /* ret_id= */ NULL) < 0) {
                g_free(attempt->uri);
                g_free(attempt);
                hypervisor_retry(h);
                return;
        }

        h->connecting = true;
        (void) sd_event_add_time_relative(h->event, &h->deadline_timer, CLOCK_MONOTONIC,
                                          CONNECT_DEADLINE_USEC,
                                          /* accuracy= */ 0, hypervisor_on_deadline, h);
}

static int hypervisor_on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Hypervisor *h = userdata;

        h->retry_timer = sd_event_source_disable_unref(h->retry_timer);
        hypervisor_begin(h);
        return 0;
}

static void hypervisor_retry(Hypervisor *h) {
        if (h->retry_timer)
                return;

        (void) sd_event_add_time_relative(h->event, &h->retry_timer, CLOCK_MONOTONIC, h->retry_usec,
                                          /* accuracy= */ 0, hypervisor_on_retry, h);
        h->retry_usec = MIN(h->retry_usec * 2, (uint64_t) RETRY_LAST_USEC);
}

/*
 * The object
 */

static void *loop_run(void *userdata) {
        Hypervisor *h = userdata;

        while (!g_atomic_int_get(&h->loop_stop))
                if (virEventRunDefaultImpl() < 0)
                        log_error("libvirt's event loop failed, ignoring.");

        return NULL;
}

static void loop_wake(int timer, void *opaque) {
        (void) virEventRemoveTimeout(timer);
}

/* libvirt would print errors on standard error itself; hypervisor_failure() takes them instead. */
static void on_libvirt_error(void *userdata, virErrorPtr error) {
}

int hypervisor_new(sd_event *event, Mailbox *mailbox, const char *uri, Hypervisor **ret) {
        static const unsigned limits[_LANE_MAX + 1] = {
                [LANE_READ] = LINK_CALLS_PER_CONNECTION,
                [LANE_CONTROL] = LINK_CALLS_PER_CONNECTION,
                [LANE_ORDINARY] = LINK_ORDINARY_CONNECTIONS * LINK_CALLS_PER_CONNECTION,
                [LANE_STATISTICS] = LINK_STATISTICS_CALLS,
                [LANE_GUEST] = LINK_GUEST_CALLS,
                [LANE_LOCAL] = 1,
                [LANE_CONNECT] = 1,
        };
        Hypervisor *h;
        sigset_t all, old;
        int r;

        if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
                return -EIO;
        virSetErrorFunc(NULL, on_libvirt_error);

        h = g_new(Hypervisor, 1);
        *h = (Hypervisor){
                .event = sd_event_ref(event),
                .mailbox = mailbox,
                .pool = worker_pool_new(mailbox, limits, G_N_ELEMENTS(limits)),
                .streams = streams_new(mailbox),
                .listeners = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE,
                                         sizeof(HypervisorListener)),
                .uri = g_strdup(uri),
                .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                .retry_usec = RETRY_FIRST_USEC,
        };

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &old);
        r = pthread_create(&h->loop_thread, NULL, loop_run, h);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (r != 0) {
                hypervisor_free(h);
                return -r;
        }

        *ret = h;
        return 0;
}

int hypervisor_stop(Hypervisor *h) {
        int r, streams;

        h->stopping = true;
        h->retry_timer = sd_event_source_disable_unref(h->retry_timer);
        h->deadline_timer = sd_event_source_disable_unref(h->deadline_timer);

        hypervisor_release(h, g_steal_pointer(&h->link));
        /* Both: whatever else hangs, what waits is canceled, and told so. */
        streams = streams_stop(h->streams, STOP_TIMEOUT_USEC);
        r = worker_pool_stop(h->pool, STOP_TIMEOUT_USEC);

        /* What ended in time; the last attempt may have been successful, and callbacks under way. */
        mailbox_deliver(h->mailbox);
        if (streams < 0 || r < 0)
                return streams < 0 ? streams : r;
        h->link = link_unref(h->link);

        g_atomic_int_set(&h->loop_stop, 1);
        (void) virEventAddTimeout(/* frequency= */ 0, loop_wake, NULL, NULL);
        pthread_join(h->loop_thread, NULL);

        /* What libvirt's callbacks posted last: nobody posts any more. */
        mailbox_deliver(h->mailbox);
        return 0;
}

Hypervisor *hypervisor_free(Hypervisor *h) {
        if (!h)
                return NULL;

        worker_pool_free(h->pool);
        streams_free(h->streams);
        sd_event_unref(h->event);
        g_array_unref(h->listeners);
        g_hash_table_unref(h->told);
        link_identity_done(&h->identity);
        failure_done(&h->unavailable);
        g_free(h->uri);
        g_free(h);
        return NULL;
}

void hypervisor_listen(Hypervisor *h, const HypervisorListener *listener) {
        g_array_append_val(h->listeners, *listener);
}

void hypervisor_connect(Hypervisor *h) {
        hypervisor_begin(h);
}

void hypervisor_post(Hypervisor *h, mail_handler_t deliver, void *data) {
        mailbox_post(h->mailbox, deliver, data);
}

bool hypervisor_is_connected(const Hypervisor *h) {
        return h->link != NULL;
}

int hypervisor_unavailable(const Hypervisor *h, Failure *failure) {
        return failure_set(failure, ERROR_HYPERVISOR_UNAVAILABLE, "%s",
                           h->unavailable.message ?: "The agent is connecting to libvirt.");
}

const char *hypervisor_connection_error(const Hypervisor *h) {
        return !h->link && h->unavailable.message ? h->unavailable.message : "";
}

const char *hypervisor_uri(const Hypervisor *h) {
        return h->uri;
}

const char *hypervisor_libvirt_version(const Hypervisor *h) {
        return h->identity.libvirt_version ?: "";
}

const char *hypervisor_version(const Hypervisor *h) {
        return h->identity.version ?: "";
}

const char *hypervisor_hostname(const Hypervisor *h) {
        return h->identity.hostname ?: "";
}
