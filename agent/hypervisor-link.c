/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hypervisor-link.h"

#include <libvirt/virterror.h>
#include <pthread.h>

#include "common/cleanup.h"

#define KEEPALIVE_INTERVAL_SEC 2
#define KEEPALIVE_COUNT 3U
#define N_CONNECTIONS (4U + LINK_ORDINARY_CONNECTIONS)

/* LANE_LOCAL has none. */
static const struct {
        unsigned first, count; /* connections */
} lane_connections[_LANE_MAX] = {
        [LANE_READ] = { 0, 1 },
        [LANE_CONTROL] = { 1, 1 },
        [LANE_STATISTICS] = { 2, 1 },
        [LANE_GUEST] = { 3, 1 },
        [LANE_ORDINARY] = { 4, LINK_ORDINARY_CONNECTIONS },
};

struct Link {
        gatomicrefcount n_ref;    /* of the connections: with the last one they are closed */
        gatomicrefcount n_memory; /* of this struct: one for all of n_ref, and one for each close callback */
        gint closed;              /* atomic */
        link_closed_t on_closed;
        void *on_closed_userdata;

        /* The same one several times where all must be one. */
        virConnect *connections[N_CONNECTIONS];
        pthread_mutex_t lock; /* of n_calls */
        unsigned n_calls[N_CONNECTIONS];

        const GArray *listeners;
        GPtrArray *registrations; /* of the first of the listeners, as far as they went */
};

void link_identity_done(LinkIdentity *identity) {
        g_free(identity->libvirt_version);
        g_free(identity->version);
        g_free(identity->hostname);
        *identity = (LinkIdentity){ 0 };
}

static void link_free(void *opaque) {
        Link *link = opaque;

        if (!g_atomic_ref_count_dec(&link->n_memory))
                return;

        g_ptr_array_unref(link->registrations);
        pthread_mutex_destroy(&link->lock);
        g_free(link);
}

/* Can come after link_unref(): to unregister it needs an answer of a daemon that may have died. It stays
 * then until libvirt's event loop sees that too, and so does the struct. */
static void on_close(virConnectPtr connection, int reason, void *opaque) {
        Link *link = opaque;

        g_atomic_int_set(&link->closed, 1);
        link->on_closed(link->on_closed_userdata, link, reason);
}

/* libvirt's test driver keeps its machines in the connection, so that all must be one; it has no connection
 * to lose. */
static bool uri_is_test(const char *uri) {
        return g_str_has_prefix(uri, "test:");
}

/* Drivers without a daemon have no connection to lose. */
static int not_supported_is_fine(int result, Failure *failure) {
        if (result >= 0 || virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
                return 0;

        return hypervisor_failure(failure);
}

static int link_open_one(Link *link, unsigned i, const char *uri, Failure *failure) {
        int r;

        if (i > 0 && uri_is_test(uri)) {
                virConnectRef(link->connections[0]);
                link->connections[i] = link->connections[0];
                return 0;
        }

        link->connections[i] = virConnectOpen(uri);
        if (!link->connections[i])
                return hypervisor_failure(failure);
        if (uri_is_test(uri))
                return 0;

        r = not_supported_is_fine(virConnectSetKeepAlive(link->connections[i], KEEPALIVE_INTERVAL_SEC,
                                                         KEEPALIVE_COUNT),
                                  failure);
        if (r < 0)
                return r;

        g_atomic_ref_count_inc(&link->n_memory);
        r = virConnectRegisterCloseCallback(link->connections[i], on_close, link, link_free);
        if (r < 0)
                link_free(link);
        return not_supported_is_fine(r, failure);
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

static void link_deregister(Link *link) {
        for (guint i = 0; i < link->registrations->len; i++) {
                const HypervisorListener *l = &g_array_index(link->listeners, HypervisorListener, i);

                if (l->closing)
                        l->closing(link->connections[0], link->registrations->pdata[i]);
        }
}

static char *version_string(unsigned long version) {
        return version == 0 ? g_strdup("")
                            : g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
                                              version % 1000);
}

static void link_identify(Link *link, LinkIdentity *ret) {
        unsigned long libvirt_version = 0, version = 0;
        char *hostname;

        (void) virConnectGetLibVersion(link->connections[0], &libvirt_version);
        (void) virConnectGetVersion(link->connections[0], &version);
        hostname = virConnectGetHostname(link->connections[0]);

        *ret = (LinkIdentity){
                .libvirt_version = version_string(libvirt_version),
                .version = version_string(version),
                .hostname = g_strdup(hostname ?: ""),
        };
        free(hostname);
}

int link_open(const char *uri, const GArray *listeners, link_closed_t closed, void *userdata, Link **ret,
              LinkIdentity *ret_identity, Failure *failure) {
        g_autoptr(Link) link = g_new(Link, 1);
        int r;

        *link = (Link){
                .on_closed = closed,
                .on_closed_userdata = userdata,
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .listeners = listeners,
                .registrations = g_ptr_array_new(),
        };
        g_atomic_ref_count_init(&link->n_ref);
        g_atomic_ref_count_init(&link->n_memory);

        for (unsigned i = 0; i < N_CONNECTIONS; i++) {
                r = link_open_one(link, i, uri, failure);
                if (r < 0)
                        return r;
        }

        r = link_register(link, failure);
        if (r < 0)
                return r;

        link_identify(link, ret_identity);
        *ret = g_steal_pointer(&link);
        return 0;
}

virConnect *link_connect_anew(Link *link, const char *uri, bool *ret_own, Failure *failure) {
        g_autoptr(virConnect) connection = NULL;

        *ret_own = !uri_is_test(uri);
        if (!*ret_own) {
                virConnectRef(link->connections[0]);
                return link->connections[0];
        }

        connection = virConnectOpen(uri);
        if (!connection) {
                (void) hypervisor_failure(failure);
                return NULL;
        }
        if (not_supported_is_fine(
                            virConnectSetKeepAlive(connection, KEEPALIVE_INTERVAL_SEC, KEEPALIVE_COUNT),
                            failure) < 0)
                return NULL;

        return g_steal_pointer(&connection);
}

Link *link_ref(Link *link) {
        g_atomic_ref_count_inc(&link->n_ref);
        return link;
}

Link *link_unref(Link *link) {
        if (!link || !g_atomic_ref_count_dec(&link->n_ref))
                return NULL;

        /* libvirt holds on to a connection for each callback on it. */
        link_deregister(link);
        for (unsigned i = 0; i < N_CONNECTIONS; i++)
                if (link->connections[i]) {
                        (void) virConnectUnregisterCloseCallback(link->connections[i], on_close);
                        virConnectClose(link->connections[i]);
                }

        link_free(link);
        return NULL;
}

bool link_is_closed(const Link *link) {
        return g_atomic_int_get(&link->closed) != 0;
}

virConnect *link_take(Link *link, Lane lane) {
        unsigned first = lane_connections[lane].first, best = first;

        pthread_mutex_lock(&link->lock);
        for (unsigned i = first; i < first + lane_connections[lane].count; i++)
                if (link->n_calls[i] < link->n_calls[best])
                        best = i;
        link->n_calls[best]++;
        pthread_mutex_unlock(&link->lock);

        return link->connections[best];
}

void link_give_back(Link *link, virConnect *connection) {
        pthread_mutex_lock(&link->lock);
        for (unsigned i = 0; i < N_CONNECTIONS; i++)
                if (link->connections[i] == connection && link->n_calls[i] > 0) {
                        link->n_calls[i]--;
                        break;
                }
        pthread_mutex_unlock(&link->lock);
}
