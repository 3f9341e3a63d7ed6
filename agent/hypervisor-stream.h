/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "hypervisor-link.h"
#include "hypervisor.h"
#include "mailbox.h"

/*
 * For hypervisor.c: streams of libvirt, each carried to and from a socket whose other end is given away.
 *
 * libvirt has no flow control in its streams: what a guest does not take fills the connection until nothing
 * else gets through, and sending blocks then; what is not read is kept without bound. So each stream has a
 * connection and a thread of its own. The thread does all that can block: it connects, opens, and carries
 * from the socket to the stream. libvirt's event loop carries the other way, into a bounded buffer: what
 * whoever has the socket does not read in time is lost, as on a serial line.
 *
 * It ends when the other end of the socket is closed, the stream ends, or libvirt goes away. What is written
 * to a guest that takes nothing waits, and so does the end then, until the guest goes on or ends, or
 * somebody else takes the device over.
 */
typedef struct Streams Streams;

/* Of what was not read yet, beside the socket's own buffer. */
#define STREAM_BUFFER_MAX (256U * 1024)

Streams *streams_new(Mailbox *mailbox);
/* Makes all end, and waits for it: -ETIMEDOUT if a call hangs. */
int streams_stop(Streams *streams, uint64_t timeout_usec);
Streams *streams_free(Streams *streams); /* after a successful stop; NULL is none */

/* Fails with -ENOBUFS (LimitsExceeded) or -ECANCELED. link: a reference is taken. */
int streams_open(Streams *streams, Link *link, const char *uri, const StreamRequest *request,
                 Failure *failure);
