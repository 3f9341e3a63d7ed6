/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deadline.h"

typedef struct Task {
        void (*run)(gpointer data);
        gpointer data;
        GAsyncQueue *ended; /* gets the data; the thread has a reference of its own */
} Task;

static gpointer task_run(gpointer p) {
        Task *task = p;

        task->run(task->data);
        g_async_queue_push(task->ended, task->data);
        g_async_queue_unref(task->ended);
        g_free(task);
        return NULL;
}

bool deadline_run(int64_t usec, void (*run)(gpointer data), gpointer data) {
        g_autoptr(GAsyncQueue) ended = g_async_queue_new();
        Task *task = g_new(Task, 1);

        *task = (Task){ .run = run, .data = data, .ended = g_async_queue_ref(ended) };
        g_thread_unref(g_thread_new("deadline", task_run, task));
        return g_async_queue_timeout_pop(ended, (guint64) usec) != NULL;
}
