/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>

/*
 * As virDomainGetState(), but for a machine that was saved while it was paused, and is restored: to libvirt,
 * which restores by a migration from a file, it stays paused for a migration. That would be an incoming one,
 * which does not run here yet, or one that goes away; of these libvirt has a job. On a thread.
 */
int domain_get_state(virDomain *domain, int *ret_state, int *ret_reason);
