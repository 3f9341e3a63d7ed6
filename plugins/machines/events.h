/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>

#include "common/error.h"
#include "sync.h"

/* A listener of the hypervisor: registers for libvirt's events on this connection. They come to
 * sync_on_event() and sync_on_config_event() by the mailbox. userdata is the Sync. On a thread. */
int events_opened(virConnect *connection, void *userdata, void **ret_registration, Failure *failure);
void events_closing(virConnect *connection, void *registration);
