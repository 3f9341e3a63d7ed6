/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "common/error.h"
#include "hypervisor.h"

/*
 * All connections of one successful attempt to reach libvirt, for hypervisor.c. Shared between threads; each
 * holds a reference. With the last one the connections are closed, which says good-bye to libvirtd and waits
 * for its answer: on a thread.
 */
typedef struct Link Link;

/* At most this many calls at once on each connection, but for those below. libvirtd works on five of each
 * client, and has 20 threads. */
#define LINK_CALLS_PER_CONNECTION 3U
/* Connections of LANE_ORDINARY; the other lanes have one each. */
#define LINK_ORDINARY_CONNECTIONS 2U
/* Of LANE_STATISTICS: one call that no process can hold up, beside those that one can. */
#define LINK_STATISTICS_CALLS 4U
/* Of LANE_GUEST. */
#define LINK_GUEST_CALLS 2U

/* What the hypervisor says of itself. */
typedef struct LinkIdentity {
        char *libvirt_version, *version, *hostname;
} LinkIdentity;

void link_identity_done(LinkIdentity *identity);

/* One of the connections was lost; on libvirt's thread, and before it has returned link_is_closed() is true.
 */
typedef void (*link_closed_t)(void *userdata, const Link *link, int reason);

/* Opens the connections and registers the listeners (an array of HypervisorListener that outlives the link
 * and no longer changes). On a thread: it can hang for minutes. */
int link_open(const char *uri, const GArray *listeners, link_closed_t closed, void *userdata, Link **ret,
              LinkIdentity *ret_identity, Failure *failure);

Link *link_ref(Link *link);
Link *link_unref(Link *link); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_unref)

/* Whether a connection was lost; any thread. */
bool link_is_closed(const Link *link);

/* One more connection to the same libvirt, the caller's to close; on a thread, since it can hang. ret_own is
 * false where it is one of the link's (libvirt's test driver). NULL on failure. */
virConnect *link_connect_anew(Link *link, const char *uri, bool *ret_own, Failure *failure);

/* The connection for a call of this lane, the one with the fewest calls. Give it back after the call. */
virConnect *link_take(Link *link, Lane lane);
void link_give_back(Link *link, virConnect *connection);
