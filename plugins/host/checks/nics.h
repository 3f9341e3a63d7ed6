/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host.h"

/* Who answers for a NIC. A bridge over it can be made where that is NetworkManager. */
typedef enum NicManager {
        NIC_IDLE, /* nobody, and it is down: it may be what guests shall have */
        NIC_NETWORK_MANAGER,
        NIC_IFUPDOWN,
        NIC_NETPLAN, /* by systemd-networkd */
        NIC_NETWORKD,
        NIC_UNMANAGED, /* nobody we know, and it is up */
        _NIC_MANAGER_MAX,
} NicManager;

typedef struct Nic {
        char *name;
        NicManager manager;
        char *file; /* where it is configured, of ifupdown and netplan; or "" */
} Nic;

/* The wired NICs of this host, by name. In a container, which has none, the ends of its virtual cables. */
GPtrArray *nics_read(Host *host, Verdict *verdict);
