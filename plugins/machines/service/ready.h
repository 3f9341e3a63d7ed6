/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

/*
 * Whether a running machine does what it is there for: one look, which calls libvirt and its guest, and so
 * runs on a thread. Of a guest agent that hangs libvirt waits 5 s.
 */
typedef enum ReadyState {
        READY_YES,
        READY_NOT_YET,
        READY_NEVER, /* as this machine is defined */
        READY_OFF,   /* it does not run; ready_look() is asked of those that do */
} ReadyState;

/* What was seen goes into ret_text, in a few words for people: "The guest agent answers". g_malloc(). */
ReadyState ready_look(virDomain *domain, const ServiceSettings *settings, char **ret_text);

/* How long a guest may take for a TCP connection. */
#define READY_CONNECT_SPAN G_TIME_SPAN_SECOND

/* Whether this address ("192.0.2.1", "2001:db8::1") takes a TCP connection at this port within span µs,
 * which is closed at once. */
bool port_answers(const char *address, uint16_t port, int64_t span);
