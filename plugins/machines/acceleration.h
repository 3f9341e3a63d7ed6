/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>
#include <libxml/tree.h>

#include "common/error.h"

/* The architectures of guests that KVM can run on this host: names as in domain XML, ended with NULL, for
 * g_strfreev(). One call to libvirt, two where the first leaves the processor open. On a thread. */
int acceleration_read(virConnect *connection, char ***ret, Failure *failure);

/* What the element <capabilities> says of it. */
char **acceleration_of_capabilities(const xmlNode *capabilities);

/* Whether the element <cpu> of the host has what KVM needs: 1, 0, or -1 if it lists no such feature, but
 * names a model that may have it. */
int acceleration_of_processor(const xmlNode *cpu);
