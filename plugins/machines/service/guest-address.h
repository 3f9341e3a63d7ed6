/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "common/error.h"

/*
 * The address by which a running guest can be reached, as text in its canonical form, allocated with
 * g_malloc(); NULL: none is known. Of several the first IPv4 one is taken, else the first IPv6 one; none of
 * the guest's own loopback, and none that is good for one link alone.
 */

/* What the host knows: the leases of libvirt's networks, and whom it has spoken to (ARP). It asks nobody in
 * the guest, nor its process: it is quick though these hang. */
char *guest_address_known(virDomainPtr domain);

/* How long libvirt waits for each answer of a guest agent: to its own "guest-sync", then to the question. */
#define GUEST_AGENT_SECONDS 5

/* What the guest agent says, within twice GUEST_AGENT_SECONDS; what it says was written in the guest: any
 * thread but one that others wait for. */
char *guest_address_asked(virDomainPtr domain);

/* The one way to read an address that may have been told by a guest: its canonical form; NULL where it is
 * none, or none that a guest can be reached at from outside (unspecified, loopback, link-local, multicast,
 * broadcast, IPv4 in the clothes of IPv6). */
char *guest_address_read(const char *text);

/* Whether it is one of the host's own, or the broadcast address of one of its networks; in canonical form.
 * Yes where the kernel does not tell. */
bool guest_address_is_own(const char *address);

/* How many are told of one guest. */
#define GUEST_ADDRESSES_MAX 16U

/* All of a list of libvirt's, which is hostile, that guest_address_read() takes: those of IPv4 first, each
 * once. They are added to texts, which are freed with g_free(), until there are GUEST_ADDRESSES_MAX. */
void guest_addresses_pick(const virDomainInterfacePtr *interfaces, int n, GPtrArray *texts);

/* Makes a failure of libvirt's last error; returns a negative number. */
typedef int (*GuestFail)(Failure *failure);

/* virDomainInterfaceAddresses(), and the one way to ask a guest agent: at most GUEST_AGENT_SECONDS for each
 * answer. A timeout that somebody has set for the machine (virsh guest-agent-timeout) is lost then. Where
 * libvirt does not tell it returns what fail does (NULL: -1); its last error is of no use afterwards. */
int guest_interfaces_ask(virDomainPtr domain, unsigned source, virDomainInterfacePtr **ret, GuestFail fail,
                         Failure *failure);

/* guest_addresses_pick() of that. */
int guest_addresses_read(virDomainPtr domain, unsigned source, GPtrArray *texts, GuestFail fail,
                         Failure *failure);

/* The best of a list of libvirt's, which is hostile: all that is no address is passed over. */
char *guest_address_pick(const virDomainInterfacePtr *interfaces, int n);
