/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

/* The way from other threads to the main thread: what is posted is delivered there, one after the other, in
 * the order of posting. */
typedef struct Mailbox Mailbox;

/* Called on the main thread, exactly once for each mail posted; owns data. */
typedef void (*mail_handler_t)(void *data);

/* Main thread. Fails with the errno of eventfd(2) or sd_event_add_io(3). */
int mailbox_new(sd_event *event, Mailbox **ret);

/* Main thread, when no other thread can post any more. Delivers what is still there. NULL is none. */
Mailbox *mailbox_free(Mailbox *mailbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mailbox, mailbox_free)

/* Any thread. */
void mailbox_post(Mailbox *mailbox, mail_handler_t deliver, void *data);

/* Main thread: delivers what is there now, without waiting for the event loop. */
void mailbox_deliver(Mailbox *mailbox);
