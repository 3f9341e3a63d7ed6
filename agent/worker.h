/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "mailbox.h"

/*
 * Threads for calls that block.
 *
 * A piece of work is queued in a lane. A lane has a limit of pieces that run at once, so that what hangs in
 * one lane holds up no other; and of the pieces with the same key in one lane only one runs at a time, so
 * that what hangs on one object holds up no other object. Threads are made when first needed.
 */
typedef struct WorkerPool WorkerPool;

typedef struct Work {
        unsigned lane;
        const char *key;           /* copied; NULL: alone in its kind, held up by nothing but the limit */
        void (*run)(void *data);   /* on a thread of the pool */
        void (*began)(void *data); /* main thread, once a thread took it; may be NULL */
        void (*done)(void *data,
                     bool canceled); /* main thread, exactly once; canceled: run was never called */
        void *data;
        bool finish; /* carried out also when the pool is stopped before its turn */
} Work;

/* limits: how many pieces may run at once in each of the n_lanes lanes. */
WorkerPool *worker_pool_new(Mailbox *mailbox, const unsigned *limits, unsigned n_lanes);

/* Cancels what waits (but for what must be finished), and waits until all has ended or timeout_usec have
 * passed. Returns -ETIMEDOUT if threads still run then: the pool cannot be freed, and the process should
 * leave by _exit(2). */
int worker_pool_stop(WorkerPool *pool, uint64_t timeout_usec);

/* After a successful worker_pool_stop(), or when nothing was ever queued. NULL is none. */
WorkerPool *worker_pool_free(WorkerPool *pool);

/* Main thread. Fails with -ENOBUFS when 4096 pieces wait in the lane already, -ESHUTDOWN after
 * worker_pool_stop(), or the errno of pthread_create(3) if there is no thread at all. done is not called
 * then. ret_id (may be NULL) is never 0. */
int worker_pool_submit(WorkerPool *pool, const Work *work, uint64_t *ret_id);

/* Main thread. Takes back a piece that no thread has begun; its done is called (canceled) before this
 * returns. Returns false if it began already or never was. */
bool worker_pool_withdraw(WorkerPool *pool, uint64_t id);
