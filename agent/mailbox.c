/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct Mail {
        mail_handler_t deliver;
        void *data;
} Mail;

struct Mailbox {
        sd_event_source *source;
        int fd; /* counts up when the first mail comes into an empty queue */
        pthread_mutex_t lock;
        GArray *mails; /* under lock */
};

void mailbox_deliver(Mailbox *mailbox) {
        g_autoptr(GArray) mails = NULL;

        pthread_mutex_lock(&mailbox->lock);
        mails = mailbox->mails;
        mailbox->mails = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Mail));
        pthread_mutex_unlock(&mailbox->lock);

        for (guint i = 0; i < mails->len; i++) {
                Mail mail = g_array_index(mails, Mail, i);
                mail.deliver(mail.data);
        }
}

static int mailbox_on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        uint64_t count;

        /* An empty counter means that mailbox_deliver() was called meanwhile. */
        if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
                return -errno;

        mailbox_deliver(userdata);
        return 0;
}

int mailbox_new(sd_event *event, Mailbox **ret) {
        g_autoptr(Mailbox) mailbox = g_new(Mailbox, 1);
        int r;

        *mailbox = (Mailbox){
                .fd = -EBADF,
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .mails = g_array_new(/* zero_terminated= */ FALSE, /* clear= */ FALSE, sizeof(Mail)),
        };

        mailbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (mailbox->fd < 0)
                return -errno;

        r = sd_event_add_io(event, &mailbox->source, mailbox->fd, EPOLLIN, mailbox_on_readable, mailbox);
        if (r < 0)
                return r;

        (void) sd_event_source_set_description(mailbox->source, "mailbox");
        *ret = g_steal_pointer(&mailbox);
        return 0;
}

Mailbox *mailbox_free(Mailbox *mailbox) {
        if (!mailbox)
                return NULL;

        while (mailbox->mails->len > 0)
                mailbox_deliver(mailbox);

        sd_event_source_disable_unref(mailbox->source);
        if (mailbox->fd >= 0)
                close(mailbox->fd);
        g_array_free(mailbox->mails, TRUE);
        pthread_mutex_destroy(&mailbox->lock);
        g_free(mailbox);
        return NULL;
}

void mailbox_post(Mailbox *mailbox, mail_handler_t deliver, void *data) {
        static const uint64_t one = 1;
        Mail mail = { deliver, data };
        bool first;

        pthread_mutex_lock(&mailbox->lock);
        first = mailbox->mails->len == 0;
        g_array_append_val(mailbox->mails, mail);
        pthread_mutex_unlock(&mailbox->lock);

        /* Cannot fail: the counter stays far below its limit, and the descriptor is ours. */
        if (first && write(mailbox->fd, &one, sizeof(one)) < 0)
                g_assert(errno == EAGAIN);
}
