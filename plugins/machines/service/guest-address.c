/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest-address.h"

#include <arpa/inet.h>
#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>

/* In the form that inet_ntop() has for it: what was said may be anything. */
static char *read_ipv4(const char *text) {
        char canonical[INET_ADDRSTRLEN];
        struct in_addr address;
        uint32_t host;

        if (inet_pton(AF_INET, text, &address) != 1)
                return NULL;

        host = ntohl(address.s_addr);
        if (host >> 24 == 0 || host >> 24 == 127 || host >> 16 == 0xa9fe || host >> 28 >= 0xe)
                return NULL;

        return g_strdup(inet_ntop(AF_INET, &address, canonical, sizeof(canonical)));
}

static char *read_ipv6(const char *text) {
        char canonical[INET6_ADDRSTRLEN];
        struct in6_addr address;

        if (inet_pton(AF_INET6, text, &address) != 1)
                return NULL;
        if (IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_LOOPBACK(&address) ||
            IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_MULTICAST(&address) ||
            IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address))
                return NULL;

        return g_strdup(inet_ntop(AF_INET6, &address, canonical, sizeof(canonical)));
}

char *guest_address_read(const char *text) {
        return read_ipv4(text) ?: read_ipv6(text);
}

static bool is_same(const struct sockaddr *one, const char *text) {
        char canonical[INET6_ADDRSTRLEN] = "";

        if (one && one->sa_family == AF_INET)
                (void) inet_ntop(AF_INET, &((const struct sockaddr_in *) one)->sin_addr, canonical,
                                 sizeof(canonical));
        else if (one && one->sa_family == AF_INET6)
                (void) inet_ntop(AF_INET6, &((const struct sockaddr_in6 *) one)->sin6_addr, canonical,
                                 sizeof(canonical));
        return g_str_equal(canonical, text);
}

bool guest_address_is_own(const char *address) {
        struct ifaddrs *list;
        bool own = false;

        if (getifaddrs(&list) < 0)
                return true;
        for (const struct ifaddrs *i = list; i && !own; i = i->ifa_next)
                own = is_same(i->ifa_addr, address) ||
                      ((i->ifa_flags & IFF_BROADCAST) && is_same(i->ifa_broadaddr, address));
        freeifaddrs(list);
        return own;
}

static char *find_address(const virDomainInterfacePtr *interfaces, int n, int type,
                          char *(*read)(const char *text)) {
        for (int i = 0; i < n; i++)
                for (unsigned j = 0; j < interfaces[i]->naddrs; j++) {
                        const virDomainIPAddress *address = &interfaces[i]->addrs[j];
                        char *text = address->type == type && address->addr ? read(address->addr) : NULL;

                        if (text)
                                return text;
                }
        return NULL;
}

char *guest_address_pick(const virDomainInterfacePtr *interfaces, int n) {
        return find_address(interfaces, n, VIR_IP_ADDR_TYPE_IPV4, read_ipv4)
                               ?: find_address(interfaces, n, VIR_IP_ADDR_TYPE_IPV6, read_ipv6);
}

static void pick_family(const virDomainInterfacePtr *interfaces, int n, int type,
                        char *(*read)(const char *text), GPtrArray *texts) {
        for (int i = 0; i < n; i++)
                for (unsigned j = 0; j < interfaces[i]->naddrs; j++) {
                        const virDomainIPAddress *address = &interfaces[i]->addrs[j];
                        g_autofree char *text =
                                        address->type == type && address->addr ? read(address->addr) : NULL;

                        if (texts->len >= GUEST_ADDRESSES_MAX)
                                return;
                        if (text && !g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
                                g_ptr_array_add(texts, g_steal_pointer(&text));
                }
}

void guest_addresses_pick(const virDomainInterfacePtr *interfaces, int n, GPtrArray *texts) {
        pick_family(interfaces, n, VIR_IP_ADDR_TYPE_IPV4, read_ipv4, texts);
        pick_family(interfaces, n, VIR_IP_ADDR_TYPE_IPV6, read_ipv6, texts);
}

/* libvirt's own default is to wait for ever for the answer proper (only for that to the "guest-sync" before
 * it 5 s), and to hold the machine's agent job all the while: then it is not shut down by its agent, nor by
 * ACPI in its place. What was set before cannot be read: what is put back is that default
 * (VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK, qemuDomainObjPrivateAlloc()). */
static int ask_agent(virDomainPtr domain, virDomainInterfacePtr **ret, GuestFail fail, Failure *failure) {
        const unsigned source = VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT;
        int n;

        if (virDomainAgentSetResponseTimeout(domain, GUEST_AGENT_SECONDS, /* flags= */ 0) < 0)
                return fail ? fail(failure) : -1;

        n = virDomainInterfaceAddresses(domain, ret, source, /* flags= */ 0);
        if (n < 0 && fail)
                n = fail(failure); /* libvirt forgets it with the next call */
        (void) virDomainAgentSetResponseTimeout(domain, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK,
                                                /* flags= */ 0);
        return n;
}

int guest_interfaces_ask(virDomainPtr domain, unsigned source, virDomainInterfacePtr **ret, GuestFail fail,
                         Failure *failure) {
        int n;

        if (source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
                return ask_agent(domain, ret, fail, failure);

        n = virDomainInterfaceAddresses(domain, ret, source, /* flags= */ 0);
        return n < 0 && fail ? fail(failure) : n;
}

int guest_addresses_read(virDomainPtr domain, unsigned source, GPtrArray *texts, GuestFail fail,
                         Failure *failure) {
        virDomainInterfacePtr *interfaces = NULL;
        int n = guest_interfaces_ask(domain, source, &interfaces, fail, failure);

        guest_addresses_pick(interfaces, n, texts);
        for (int i = 0; i < n; i++)
                virDomainInterfaceFree(interfaces[i]);
        free(interfaces);
        return n;
}

static char *ask(virDomainPtr domain, unsigned source) {
        virDomainInterfacePtr *interfaces = NULL;
        int n = guest_interfaces_ask(domain, source, &interfaces, /* fail= */ NULL, NULL);
        char *address = n > 0 ? guest_address_pick(interfaces, n) : NULL;

        for (int i = 0; i < n; i++)
                virDomainInterfaceFree(interfaces[i]);
        free(interfaces);
        return address;
}

char *guest_address_known(virDomainPtr domain) {
        return ask(domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE)
                               ?: ask(domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP);
}

char *guest_address_asked(virDomainPtr domain) {
        return ask(domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT);
}
