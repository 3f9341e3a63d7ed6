/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libvirt/libvirt.h>

/*
 * The address by which a running guest can be reached, as text in its canonical form, allocated with
 * g_malloc(); NULL: none is known. Of several the first IPv4 one is taken, else the first IPv6 one; none of
 * the guest's own loopback, and none that is good for one link alone.
 */

/* What the host knows: the leases of libvirt's networks, and whom it has spoken to (ARP). It asks nobody in
 * the guest, nor its process: it is quick though these hang. */
char *guest_address_known(virDomainPtr domain);

/* What the guest agent says. It may answer late or never, and what it says was written in the guest: any
 * thread but one that others wait for. */
char *guest_address_asked(virDomainPtr domain);

/* The best of a list of libvirt's, which is hostile: all that is no address is passed over. */
char *guest_address_pick(const virDomainInterfacePtr *interfaces, int n);
