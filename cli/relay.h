/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "util.h"

/* Carries bytes between a socket and a pair of local descriptors, both ways. */

typedef enum RelayEnd {
        RELAY_REMOTE, /* the socket's other end has closed it, and all that came was written */
        RELAY_LOCAL,  /* local input has ended, or output cannot be written */
        RELAY_ESCAPE, /* the escape character was typed */
        RELAY_WAKE,   /* there is something to be read from the wake descriptor */
} RelayEnd;

typedef struct Relay {
        int in, out; /* they may block; the same one for a socket */
        int remote;  /* a socket */
        int wake;    /* ends it when readable; -1: nothing does */
        int escape;  /* a character of the input that ends it; -1: none does */

        /* How long to wait for what still comes from the socket after the end of the input, µs. */
        uint64_t linger;
} Relay;

/* Runs until one of these has ended; SIGPIPE must be ignored. Any thread. */
RelayEnd relay_run(const Relay *relay);
