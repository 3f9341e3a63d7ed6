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
#include "worker.h"

#define N_CONNECTIONS 4U
#define CALLS_PER_CONNECTION 3U
#define KEEPALIVE_INTERVAL_SEC 2
#define KEEPALIVE_COUNT 3U
#define RETRY_FIRST_USEC (100 * G_TIME_SPAN_MILLISECOND)
#define RETRY_LAST_USEC (5 * G_TIME_SPAN_SECOND)
#define CONNECT_DEADLINE_USEC (8 * G_TIME_SPAN_SECOND)
#define STOP_TIMEOUT_USEC (3 * G_TIME_SPAN_SECOND)

/* Beside the lanes of requests: connecting, one at a time. */
#define LANE_CONNECT ((unsigned) _LANE_MAX)

static const struct {
        unsigned first, count; /* connections */
} lane_connections[_LANE_MAX] = {
        [LANE_READ] = { 0, 1 },
        [LANE_CONTROL] = { 1, 1 },
        [LANE_ORDINARY] = { 2, 2 },
};

/* All connections of one successful attempt; shared between threads, each holds a reference. */
typedef struct Link {
        gatomicrefcount n_ref;
        virConnect *connections[N_CONNECTIONS];
        gint in_flight[N_CONNECTIONS]; /* atomic */
        const GArray *listeners;       /* the hypervisor's: no more come once it connects */
        GPtrArray *registrations;      /* of the first of the listeners, as far as they went */
} Link;

/* What the hypervisor says of itself. */
typedef struct Identity {
        char *libvirt_version, *version, *hostname;
} Identity;

struct Hypervisor {
        sd_event *event;
        Mailbox *mailbox;
        WorkerPool *pool;
        GArray *listeners; /* of HypervisorListener */
        char *uri;

        Link *link; /* NULL while not connected */
        Identity identity;
        Failure unavailable;
        sd_event_source *retry_timer, *deadline_timer;
        uint64_t retry_usec;
        bool connecting, stopping;

        pthread_t loop_thread;
        gint loop_stop; /* atomic */
};

static void on_close(virConnectPtr connection, int reason, void *opaque);

static Link *link_ref(Link *link) {
        g_atomic_ref_count_inc(&link->n_ref);
        return link;
}

static void link_deregister(Link *link) {
        for (guint i = 0; i < link->registrations->len; i++) {
                const HypervisorListener *l = &g_array_index(link->listeners, HypervisorListener, i);

                if (l->closing)
                        l->closing(link->connections[0], link->registrations->pdata[i]);
        }
}

static int link_register(Link *link, Failure *failure) {
        for (guint i = 0; i < link->listeners->len; i++) {
                const HypervisorListener *l = &g_array_index(link->listeners, HypervisorListener, i);
                void *registration = NULL;
                int r;

                r = l->opened ? l->opened(link->connections[0], l->userdata, &registration, failure) : 0;
                if (r < 0)
                        return r;

                g_ptr_array_add(link->registrations, registration);
        }

        return 0;
}

/* Closing says good-bye to libvirtd and waits for its answer: see hypervisor_release(). */
static Link *link_unref(Link *link) {
        if (!link || !g_atomic_ref_count_dec(&link->n_ref))
                return NULL;

        link_deregister(link);
        for (unsigned i = 0; i < N_CONNECTIONS; i++)
                if (link->connections[i]) {
                        (void) virConnectUnregisterCloseCallback(link->connections[i], on_close);
                        virConnectClose(link->connections[i]);
                }
        g_ptr_array_unref(link->registrations);
        g_free(link);
        return NULL;
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_unref)

static void identity_done(Identity *identity) {
        g_free(identity->libvirt_version);
        g_free(identity->version);
        g_free(identity->hostname);
        *identity = (Identity){ 0 };
}

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

typedef struct Call {
        Hypervisor *hypervisor;
        Request request; /* key is not ours */
        Link *link;      /* as of the submission */
        int result;
        Failure failure;
} Call;

static Call *call_free(Call *call) {
        failure_done(&call->failure);
        g_assert(!call->link);
        g_free(call);
        return NULL;
}

static void call_run(void *data) {
        Call *call = data;
        Link *link = call->link;
        unsigned first = lane_connections[call->request.lane].first, best = first;

        if (!link) {
                call->result = -EHOSTDOWN;
                return;
        }

        for (unsigned i = first; i < first + lane_connections[call->request.lane].count; i++)
                if (g_atomic_int_get(&link->in_flight[i]) < g_atomic_int_get(&link->in_flight[best]))
                        best = i;

        g_atomic_int_inc(&link->in_flight[best]);
        virResetLastError();
        call->result = call->request.run(call->request.data, link->connections[best], &call->failure);
        g_atomic_int_add(&link->in_flight[best], -1);

        /* Here, not on the main thread: it may be the last reference. */
        call->link = link_unref(link);
}

static void call_began(void *data) {
        Call *call = data;
        call->request.began(call->request.data);
}

static void call_done(void *data, bool canceled) {
        Call *call = data;

        if (canceled) {
                call->result = failure_set(&call->failure, ERROR_CANCELED, "Canceled before it began.");
                hypervisor_release(call->hypervisor, g_steal_pointer(&call->link));
        }
        if (call->result == -EHOSTDOWN && call->failure.code == ERROR_NONE)
                (void) hypervisor_unavailable(call->hypervisor, &call->failure);

        call->request.done(call->request.data, call->result, &call->failure);
        call_free(call);
}

int hypervisor_submit(Hypervisor *h, const Request *request, uint64_t *ret_id, Failure *failure) {
        Call *call = g_new0(Call, 1);
        Work work = {
                .lane = request->lane,
                .key = request->key,
                .run = call_run,
                .began = request->began ? call_began : NULL,
                .done = call_done,
                .data = call,
        };
        int r;

        *call = (Call){ .hypervisor = h, .request = *request, .link = h->link ? link_ref(h->link) : NULL };

        r = worker_pool_submit(h->pool, &work, ret_id);
        if (r < 0) {
                hypervisor_release(h, g_steal_pointer(&call->link));
                call_free(call);
                return failure_set(failure, ERROR_LIMITS_EXCEEDED, "Too many calls to libvirt wait: %s.",
                                   g_strerror(-r));
        }

        return 0;
}

bool hypervisor_withdraw(Hypervisor *h, uint64_t id) {
        return worker_pool_withdraw(h->pool, id);
}

/*
 * Connecting
 */

typedef struct Attempt {
        Hypervisor *hypervisor;
        char *uri;
        Link *link; /* NULL: failed */
        Identity identity;
        Failure failure;
} Attempt;

typedef struct Closed {
        Hypervisor *hypervisor;
        Link *link; /* only to be compared */
        int reason;
} Closed;

static void hypervisor_retry(Hypervisor *h);
static void hypervisor_begin(Hypervisor *h);

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

        (void) failure_set(&h->unavailable, ERROR_HYPERVISOR_UNAVAILABLE,
                           "The connection to %s was lost: %s.", h->uri,
                           closed->reason >= 0 && (size_t) closed->reason < G_N_ELEMENTS(reasons)
                                           ? reasons[closed->reason]
                                           : "no reason was given");
        log_warning("%s", h->unavailable.message);

        hypervisor_release(h, g_steal_pointer(&h->link));
        for (guint i = 0; i < h->listeners->len; i++) {
                HypervisorListener *l = &g_array_index(h->listeners, HypervisorListener, i);
                l->disconnected(l->userdata);
        }

        h->retry_usec = RETRY_FIRST_USEC;
        hypervisor_retry(h);
}

static void on_close(virConnectPtr connection, int reason, void *opaque) {
        Closed *closed = opaque;
        Closed *copy = g_new(Closed, 1);

        *copy = *closed;
        copy->reason = reason;
        mailbox_post(closed->hypervisor->mailbox, hypervisor_on_closed, copy);
}

static char *version_string(unsigned long version) {
        return version == 0 ? g_strdup("")
                            : g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
                                              version % 1000);
}

/* libvirt's test driver keeps its machines in the connection, so that all must be one. */
static bool uri_is_test(const char *uri) {
        return g_str_has_prefix(uri, "test:");
}

static int link_open_one(Attempt *attempt, Link *link, unsigned i) {
        Closed *closed;

        if (i > 0 && uri_is_test(attempt->uri)) {
                virConnectRef(link->connections[0]);
                link->connections[i] = link->connections[0];
                return 0;
        }

        link->connections[i] = virConnectOpen(attempt->uri);
        if (!link->connections[i])
                return hypervisor_failure(&attempt->failure);

        /* The test driver has no connection to lose, and never frees what comes with a callback. */
        if (uri_is_test(attempt->uri))
                return 0;

        (void) virConnectSetKeepAlive(link->connections[i], KEEPALIVE_INTERVAL_SEC, KEEPALIVE_COUNT);
        closed = g_new(Closed, 1);
        *closed = (Closed){ .hypervisor = attempt->hypervisor, .link = link };
        if (virConnectRegisterCloseCallback(link->connections[i], on_close, closed, g_free) < 0)
                g_free(closed);
        return 0;
}

static void link_identify(Link *link, Identity *ret) {
        unsigned long libvirt_version = 0, version = 0;
        char *hostname;

        (void) virConnectGetLibVersion(link->connections[0], &libvirt_version);
        (void) virConnectGetVersion(link->connections[0], &version);
        hostname = virConnectGetHostname(link->connections[0]);

        *ret = (Identity){
                .libvirt_version = version_string(libvirt_version),
                .version = version_string(version),
                .hostname = g_strdup(hostname ?: ""),
        };
        free(hostname);
}

static void attempt_run(void *data) {
        Attempt *attempt = data;
        g_autoptr(Link) link = g_new0(Link, 1);

        g_atomic_ref_count_init(&link->n_ref);
        link->listeners = attempt->hypervisor->listeners;
        link->registrations = g_ptr_array_new();
        for (unsigned i = 0; i < N_CONNECTIONS; i++)
                if (link_open_one(attempt, link, i) < 0)
                        return;
        if (link_register(link, &attempt->failure) < 0)
                return;

        link_identify(link, &attempt->identity);
        attempt->link = g_steal_pointer(&link);
}

static void attempt_done(void *data, bool canceled) {
        g_autofree Attempt *attempt = data;
        Hypervisor *h = attempt->hypervisor;

        h->connecting = false;
        h->deadline_timer = sd_event_source_disable_unref(h->deadline_timer);
        g_free(attempt->uri);

        if (canceled || h->stopping) {
                h->link = attempt->link; /* for hypervisor_stop() to close */
                identity_done(&attempt->identity);
                failure_done(&attempt->failure);
                return;
        }

        if (!attempt->link) {
                if (g_strcmp0(h->unavailable.message, attempt->failure.message) != 0) {
                        g_autofree char *reason = text_printable(attempt->failure.message);
                        log_warning("Cannot connect to %s: %s", h->uri, reason);
                }
                attempt->failure.code = ERROR_HYPERVISOR_UNAVAILABLE;
                failure_move(&h->unavailable, &attempt->failure);
                hypervisor_retry(h);
                return;
        }

        h->link = attempt->link;
        identity_done(&h->identity);
        h->identity = attempt->identity;
        h->retry_usec = RETRY_FIRST_USEC;
        failure_done(&h->unavailable);
        log_info("Connected to %s (libvirt %s) on %s.", h->uri, h->identity.libvirt_version,
                 h->identity.hostname);
        for (guint i = 0; i < h->listeners->len; i++) {
                HypervisorListener *l = &g_array_index(h->listeners, HypervisorListener, i);
                l->connected(l->userdata);
        }
}

static int hypervisor_on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        Hypervisor *h = userdata;

        (void) failure_set(&h->unavailable, ERROR_HYPERVISOR_UNAVAILABLE,
                           "%s does not answer; the attempt to connect goes on.", h->uri);
        log_warning("%s", h->unavailable.message);
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
                [LANE_READ] = CALLS_PER_CONNECTION,
                [LANE_CONTROL] = CALLS_PER_CONNECTION,
                [LANE_ORDINARY] = 2 * CALLS_PER_CONNECTION,
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
                .listeners = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE,
                                         sizeof(HypervisorListener)),
                .uri = g_strdup(uri),
                .retry_usec = RETRY_FIRST_USEC,
        };

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &old);
        r = pthread_create(&h->loop_thread, NULL, loop_run, h);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        g_assert(r == 0);

        *ret = h;
        return 0;
}

int hypervisor_stop(Hypervisor *h) {
        int r;

        h->stopping = true;
        h->retry_timer = sd_event_source_disable_unref(h->retry_timer);
        h->deadline_timer = sd_event_source_disable_unref(h->deadline_timer);

        hypervisor_release(h, g_steal_pointer(&h->link));
        r = worker_pool_stop(h->pool, STOP_TIMEOUT_USEC);
        if (r < 0)
                return r;

        /* The last attempt may have been successful, and callbacks may have been under way. */
        mailbox_deliver(h->mailbox);
        h->link = link_unref(h->link);

        g_atomic_int_set(&h->loop_stop, 1);
        (void) virEventAddTimeout(/* frequency= */ 0, loop_wake, NULL, NULL);
        pthread_join(h->loop_thread, NULL);
        return 0;
}

Hypervisor *hypervisor_free(Hypervisor *h) {
        if (!h)
                return NULL;

        worker_pool_free(h->pool);
        sd_event_unref(h->event);
        g_array_unref(h->listeners);
        identity_done(&h->identity);
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
