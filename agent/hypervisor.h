/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/error.h"
#include "mailbox.h"

/*
 * The connections to libvirt, and the only way to call it.
 *
 * There are six connections, because calls that hang on one hold up its others (libvirtd takes a few at a
 * time of each client). Every request names a lane, and at most three calls run at once on a connection,
 * four on that of the samples, two on that of the guests. Connecting happens on a thread too, and is tried
 * again, after 100 ms first and 5 s at most, for as long as the agent lives. A libvirtd that does not answer
 * is noticed by keepalive messages after 8 s: the connections are closed then, and every call on them fails.
 */
typedef struct Hypervisor Hypervisor;

typedef enum Lane {
        LANE_READ,       /* for the model; on the connection that carries the events */
        LANE_CONTROL,    /* what must never wait behind an ordinary call: power off, abort */
        LANE_ORDINARY,   /* all other verbs */
        LANE_STATISTICS, /* samples: they may hang for as long as a hypervisor process does */
        LANE_GUEST,      /* what a guest answers: it may hang for as long as the guest likes */
        LANE_LOCAL,      /* no connection at all: work that is too long for the main thread, one at a time */
        _LANE_MAX,
} Lane;

typedef struct Request {
        Lane lane;
        const char *key; /* object: one request per lane and key runs at once; copied; may be NULL */

        /* On a thread. connection is NULL in LANE_LOCAL. Returns 0 or more, or a negative errno with the
         * failure filled in. */
        int (*run)(void *data, virConnect *connection, Failure *failure);

        /* Main thread, when run is about to be called; may be NULL. */
        void (*began)(void *data);

        /* Main thread, exactly once, never from within hypervisor_submit(). result is what run returned;
         * -EHOSTDOWN (HypervisorUnavailable) when there was no connection, -ECANCELED when it was withdrawn
         * or the agent stops. Owns data; may take the failure's text. */
        void (*done)(void *data, int result, Failure *failure);
        void *data;
} Request;

/* Who hears of the connection. */
typedef struct HypervisorListener {
        /* On a thread, before connected: registers for events on the connection of LANE_READ, the one that
         * carries them. What it returns is for closing; a negative errno makes the attempt to connect fail.
         */
        int (*opened)(virConnect *connection, void *userdata, void **ret_registration, Failure *failure);

        /* On a thread, exactly once for each opened: takes the registration back. The connection may be
         * dead. Until then libvirt would not let go of it. */
        void (*closing)(virConnect *connection, void *registration);

        /* Main thread. opened, closing and disconnected may be NULL. */
        void (*connected)(void *userdata);
        void (*disconnected)(void *userdata);
        void (*complained)(void *userdata); /* hypervisor_connection_error() is another; may be NULL */
        void *userdata;
} HypervisorListener;

/* Loads libvirt and starts its event loop on a thread; does not connect yet. */
int hypervisor_new(sd_event *event, Mailbox *mailbox, const char *uri, Hypervisor **ret);

/* Closes the connections and ends the threads. Returns -ETIMEDOUT when calls hang still after 3 s: the
 * object cannot be freed then, and the process should leave by _exit(2). */
int hypervisor_stop(Hypervisor *hypervisor);

/* After a successful hypervisor_stop(). NULL is none. */
Hypervisor *hypervisor_free(Hypervisor *hypervisor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hypervisor, hypervisor_free)

/* Before hypervisor_connect(). The listener is copied. */
void hypervisor_listen(Hypervisor *hypervisor, const HypervisorListener *listener);

/* Begins to connect, and stays connected from then on. */
void hypervisor_connect(Hypervisor *hypervisor);

/* Queues a request. Fails with -ENOBUFS (LimitsExceeded) when too much waits, done is not called then.
 * ret_id (may be NULL) is for hypervisor_withdraw(). */
int hypervisor_submit(Hypervisor *hypervisor, const Request *request, uint64_t *ret_id, Failure *failure);

/* Takes back a request that has not begun; its done is called before this returns. False if it began
 * already. */
bool hypervisor_withdraw(Hypervisor *hypervisor, uint64_t id);

/* A stream of libvirt, carried to and from a socket whose other end is given away; hypervisor-stream.h has
 * more of how. */
typedef struct StreamRequest {
        /* On a thread: opens something on the stream, which is not blocking. Returns 0 or more, or a
         * negative errno with the failure filled in. */
        int (*open)(void *data, virConnect *connection, virStream *stream, Failure *failure);

        /* Main thread, exactly once, never from within hypervisor_open_stream(). On success fd is the
         * callee's to close; it blocks, and is closed on exec. result is what open returned, or the errno of
         * the failure to connect. */
        void (*opened)(void *data, int result, int fd, Failure *failure);

        /* Main thread, exactly once, after opened: all is closed. Owns data. */
        void (*ended)(void *data);
        void *data;
} StreamRequest;

#define STREAMS_MAX 64U

/* Opens a stream on a connection of its own. Fails with HypervisorUnavailable, or -ENOBUFS (LimitsExceeded:
 * STREAMS_MAX are open); opened is not called then. */
int hypervisor_open_stream(Hypervisor *hypervisor, const StreamRequest *request, Failure *failure);

/* From a callback of libvirt's events, on any thread: deliver is called on the main thread, in the order of
 * posting. */
void hypervisor_post(Hypervisor *hypervisor, mail_handler_t deliver, void *data);

bool hypervisor_is_connected(const Hypervisor *hypervisor);

/* Fills in HypervisorUnavailable, with why the last attempt to connect failed. Returns -EHOSTDOWN. */
int hypervisor_unavailable(const Hypervisor *hypervisor, Failure *failure);

/* The same as text; empty while connected, and before the first attempt has failed. */
const char *hypervisor_connection_error(const Hypervisor *hypervisor);

/* The URI that it is reached by, connected or not. */
const char *hypervisor_uri(const Hypervisor *hypervisor);

/* What the hypervisor said of itself when last connected; empty before. */
const char *hypervisor_libvirt_version(const Hypervisor *hypervisor);
const char *hypervisor_version(const Hypervisor *hypervisor);
const char *hypervisor_hostname(const Hypervisor *hypervisor);

/* Turns the thread's last libvirt error into a failure, and returns its errno. In the thread of the call, at
 * once. */
int hypervisor_failure(Failure *failure);

/* The code that stands for an error of libvirt: its virErrorDomain, virErrorNumber, and int1, which is the
 * errno of VIR_ERR_SYSTEM_ERROR. */
ErrorCode hypervisor_error_code(int domain, int code, int number);
