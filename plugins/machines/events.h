/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>

#include "common/error.h"
#include "sync.h"

/* Registers for libvirt's events on this connection; they come to sync_on_event() and sync_on_config_event()
 * by the mailbox, for as long as the connection lasts. On a thread. */
int events_register(virConnect *connection, Sync *sync, Failure *failure);
