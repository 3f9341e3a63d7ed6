/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>

/* Whether a guest's agent can be asked at all: libvirt complains in the host's journal, each time, that one
 * does not answer whose guest has not even opened its channel. */
typedef enum GuestChannel {
        CHANNEL_NONE, /* as the machine is defined */
        CHANNEL_AWAY, /* the guest has not opened it, or libvirt does not tell */
        CHANNEL_OPEN,
} GuestChannel;

/* Asks libvirt, of no guest; on a thread. */
GuestChannel guest_channel(virDomain *domain);

/* By a machine's definition. */
GuestChannel guest_channel_read(const char *xml);
