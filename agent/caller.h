/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "common/error.h"

/* Who calls: the bus is asked for the caller's credentials, and systemd for its unit, asynchronously. */

/* Who called. Shared by reference, for as long as a job or its record needs it. */
typedef struct Caller {
        unsigned n_ref;
        uid_t uid;
        pid_t pid;  /* when asked; 0 if the bus does not know */
        char *unit; /* systemd unit, for the journal; NULL if systemd does not know */
} Caller;

/* unit is copied; NULL: not known. */
Caller *caller_new(uid_t uid, const char *unit);
Caller *caller_ref(Caller *caller);
Caller *caller_unref(Caller *caller); /* NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Caller, caller_unref)

/* One caller on its way in: first it waits, then it is identified, and watched until visit_free(). */
typedef struct Visit Visit;
typedef struct Callers Callers;

/* Both are called on the main thread, never from within visit_new(); either may free the visit. */
typedef struct VisitHandler {
        /* Once. The caller is the visit's; whoever wants it for longer takes a reference. */
        void (*identified)(void *userdata, Caller *caller);

        /* Once, and the last that is heard of it, which is still to be freed: -ECONNRESET (Canceled) when
         * the caller left the bus, -ENOBUFS (LimitsExceeded) when the bus refuses to watch it, or an errno
         * of sd-bus (Failed). */
        void (*failed)(void *userdata, int result, Failure *failure);
} VisitHandler;

/* with_unit: systemd is asked too. */
int callers_new(sd_bus *bus, bool with_unit, Callers **ret);
void callers_stop(Callers *callers);     /* nobody comes in any more */
Callers *callers_free(Callers *callers); /* all visits have ended; NULL is none */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Callers, callers_free)

/* For the sender of message. handler is static. Fails with -EACCES (AccessDenied: there is no sender) or
 * -ENOBUFS (LimitsExceeded: 64 calls of this connection wait to be identified). */
int visit_new(Callers *callers, sd_bus_message *message, const VisitHandler *handler, void *userdata,
              Visit **ret, Failure *failure);
Visit *visit_free(Visit *visit); /* NULL is none */
