/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>

#include "settings.h"

/*
 * Before a machine's first start since the boot, while the host is booting: the delay that its settings ask
 * for, and then, for BOOT_PATIENCE at most, what the machine needs of libvirt and the host (needs.h). At any
 * other time there is no wait at all. systemd is told what is waited for.
 *
 * Returns 0: start it; 1: as well, but some time has passed, after which others may have started it, and the
 * connection may be a dead one. Whether all is there then is for libvirt to say. -EINTR: the unit is to stop
 * (stop_signal_came()). It calls libvirt on threads of its own.
 */
#define BOOT_PATIENCE (60 * G_TIME_SPAN_SECOND)
int boot_wait(virDomain *domain, const ServiceSettings *settings);
