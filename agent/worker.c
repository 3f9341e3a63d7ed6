/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

/* In each lane. */
#define WAITING_MAX 4096U

typedef struct Item {
        uint64_t id;
        Work work; /* key is owned */
} Item;

typedef struct Lane {
        GQueue waiting;   /* of Item */
        GHashTable *busy; /* keys that run now */
        unsigned running, limit;
} Lane;

struct WorkerPool {
        Mailbox *mailbox;
        GPtrArray *threads; /* of pthread_t*; main thread only */

        pthread_mutex_t lock; /* of all below */
        pthread_cond_t work_there, work_ended;
        Lane *lanes;
        unsigned n_lanes, n_waiting, n_idle, n_running, n_threads_max;
        uint64_t last_id;
        bool stopping;
};

static Item *item_free(Item *item) {
        g_free((char *) item->work.key);
        g_free(item);
        return NULL;
}

static void item_deliver_began(void *data) {
        Item *item = data;
        item->work.began(item->work.data);
}

static void item_deliver_done(void *data) {
        Item *item = data;
        item->work.done(item->work.data, /* canceled= */ false);
        item_free(item);
}

static Item *lane_take(Lane *lane) {
        if (lane->running >= lane->limit)
                return NULL;

        for (GList *l = lane->waiting.head; l; l = l->next) {
                Item *item = l->data;

                if (item->work.key) {
                        if (g_hash_table_contains(lane->busy, item->work.key))
                                continue;
                        g_hash_table_add(lane->busy, (void *) item->work.key);
                }

                g_queue_delete_link(&lane->waiting, l);
                lane->running++;
                return item;
        }

        return NULL;
}

static void lane_release(Lane *lane, Item *item) {
        if (item->work.key)
                g_hash_table_remove(lane->busy, item->work.key);
        lane->running--;
}

static Item *pool_take(WorkerPool *pool) {
        for (unsigned i = 0; i < pool->n_lanes; i++) {
                Item *item = lane_take(&pool->lanes[i]);
                if (item) {
                        pool->n_waiting--;
                        pool->n_running++;
                        return item;
                }
        }

        return NULL;
}

static void *pool_thread(void *userdata) {
        WorkerPool *pool = userdata;

        pthread_mutex_lock(&pool->lock);
        for (;;) {
                Item *item = pool_take(pool);

                if (!item) {
                        if (pool->stopping)
                                break;
                        pool->n_idle++;
                        pthread_cond_wait(&pool->work_there, &pool->lock);
                        pool->n_idle--;
                        continue;
                }

                pthread_mutex_unlock(&pool->lock);
                if (item->work.began)
                        mailbox_post(pool->mailbox, item_deliver_began, item);
                item->work.run(item->work.data);
                pthread_mutex_lock(&pool->lock);

                lane_release(&pool->lanes[item->work.lane], item);
                pool->n_running--;
                pthread_cond_broadcast(&pool->work_ended);
                mailbox_post(pool->mailbox, item_deliver_done, item);
        }
        pthread_mutex_unlock(&pool->lock);
        return NULL;
}

WorkerPool *worker_pool_new(Mailbox *mailbox, const unsigned *limits, unsigned n_lanes) {
        WorkerPool *pool = g_new(WorkerPool, 1);

        *pool = (WorkerPool){
                .mailbox = mailbox,
                .threads = g_ptr_array_new_with_free_func(g_free),
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .work_there = PTHREAD_COND_INITIALIZER,
                .lanes = g_new0(Lane, n_lanes),
                .n_lanes = n_lanes,
        };

        pthread_condattr_t attributes;
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&pool->work_ended, &attributes);
        pthread_condattr_destroy(&attributes);

        for (unsigned i = 0; i < n_lanes; i++) {
                pool->lanes[i].limit = limits[i];
                pool->lanes[i].busy = g_hash_table_new(g_str_hash, g_str_equal);
                g_queue_init(&pool->lanes[i].waiting);
                pool->n_threads_max += limits[i];
        }

        return pool;
}

WorkerPool *worker_pool_free(WorkerPool *pool) {
        if (!pool)
                return NULL;

        for (guint i = 0; i < pool->threads->len; i++)
                pthread_join(*(pthread_t *) pool->threads->pdata[i], NULL);
        g_ptr_array_unref(pool->threads);

        for (unsigned i = 0; i < pool->n_lanes; i++)
                g_hash_table_unref(pool->lanes[i].busy);
        g_free(pool->lanes);

        pthread_cond_destroy(&pool->work_there);
        pthread_cond_destroy(&pool->work_ended);
        pthread_mutex_destroy(&pool->lock);
        g_free(pool);
        return NULL;
}

/* Takes a waiting item out of its lane: the one with this id, or with id 0 any that need not be finished.
 * Called with the lock held. */
static Item *pool_remove_waiting(WorkerPool *pool, uint64_t id) {
        for (unsigned i = 0; i < pool->n_lanes; i++)
                for (GList *l = pool->lanes[i].waiting.head; l; l = l->next) {
                        Item *item = l->data;

                        if (id != 0 ? item->id != id : item->work.finish)
                                continue;

                        g_queue_delete_link(&pool->lanes[i].waiting, l);
                        pool->n_waiting--;
                        return item;
                }

        return NULL;
}

static bool pool_cancel(WorkerPool *pool, uint64_t id) {
        Item *item;

        pthread_mutex_lock(&pool->lock);
        item = pool_remove_waiting(pool, id);
        pthread_mutex_unlock(&pool->lock);
        if (!item)
                return false;

        item->work.done(item->work.data, /* canceled= */ true);
        item_free(item);
        return true;
}

bool worker_pool_withdraw(WorkerPool *pool, uint64_t id) {
        return id != 0 && pool_cancel(pool, id);
}

int worker_pool_stop(WorkerPool *pool, uint64_t timeout_usec) {
        struct timespec deadline;
        int r = 0;

        /* First: who is canceled may have something to finish. */
        while (pool_cancel(pool, /* id= */ 0))
                ;

        pthread_mutex_lock(&pool->lock);
        pool->stopping = true;
        pthread_cond_broadcast(&pool->work_there);
        pthread_mutex_unlock(&pool->lock);

        clock_gettime(CLOCK_MONOTONIC, &deadline);
        deadline.tv_sec += timeout_usec / 1000000;
        deadline.tv_nsec += timeout_usec % 1000000 * 1000;
        if (deadline.tv_nsec >= 1000000000) {
                deadline.tv_sec++;
                deadline.tv_nsec -= 1000000000;
        }

        pthread_mutex_lock(&pool->lock);
        while (pool->n_running + pool->n_waiting > 0 && r == 0)
                r = pthread_cond_timedwait(&pool->work_ended, &pool->lock, &deadline);
        pthread_mutex_unlock(&pool->lock);

        return -r;
}

/* Makes one more thread. Signals are the main thread's alone. */
static int pool_add_thread(WorkerPool *pool) {
        g_autofree pthread_t *thread = g_new(pthread_t, 1);
        sigset_t all, old;
        int r;

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &old);
        r = pthread_create(thread, NULL, pool_thread, pool);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        if (r != 0)
                return pool->threads->len > 0 ? 0 : -r;

        g_ptr_array_add(pool->threads, g_steal_pointer(&thread));
        return 0;
}

int worker_pool_submit(WorkerPool *pool, const Work *work, uint64_t *ret_id) {
        Item *item;
        bool more;
        int r;

        g_assert(work->lane < pool->n_lanes);

        pthread_mutex_lock(&pool->lock);
        if (pool->stopping)
                r = -ESHUTDOWN;
        else if (!work->finish && g_queue_get_length(&pool->lanes[work->lane].waiting) >= WAITING_MAX)
                r = -ENOBUFS;
        else
                r = 0;
        more = pool->n_idle <= pool->n_waiting && pool->threads->len < pool->n_threads_max;
        pthread_mutex_unlock(&pool->lock);
        if (r < 0)
                return r;

        if (more) {
                r = pool_add_thread(pool);
                if (r < 0)
                        return r;
        }

        item = g_new(Item, 1);
        *item = (Item){ .work = *work };
        item->work.key = g_strdup(work->key);

        pthread_mutex_lock(&pool->lock);
        item->id = ++pool->last_id;
        g_queue_push_tail(&pool->lanes[work->lane].waiting, item);
        pool->n_waiting++;
        pthread_cond_signal(&pool->work_there);
        if (ret_id)
                *ret_id = item->id;
        pthread_mutex_unlock(&pool->lock);
        return 0;
}
