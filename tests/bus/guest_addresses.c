/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The addresses of guests. A machine whose name begins with "told" has a lease, and an agent that tells as
 * much as it can, of which little is an address; that of one that begins with "told-late" does not answer
 * until there is a file at $HATAGO_TEST_GATE. An agent's channel is open while its machine runs. Preloaded
 * with guests.c.
 */

static bool name_begins(virDomainPtr domain, const char *prefix) {
        return strncmp(virDomainGetName(domain), prefix, strlen(prefix)) == 0;
}

static virDomainInterfacePtr interface_new(unsigned n) {
        virDomainInterfacePtr interface = calloc(1, sizeof(*interface));

        interface->name = strdup("eth0");
        interface->addrs = calloc(n, sizeof(*interface->addrs));
        return interface;
}

static void interface_add(virDomainInterfacePtr interface, const char *text) {
        virDomainIPAddressPtr address = &interface->addrs[interface->naddrs++];

        address->type = strchr(text, ':') ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4;
        address->addr = strdup(text);
        address->prefix = 24;
}

static virDomainInterfacePtr lease(void) {
        virDomainInterfacePtr interface = interface_new(2);

        interface_add(interface, "2001:db8::5");
        interface_add(interface, "192.0.2.5");
        return interface;
}

static virDomainInterfacePtr tale(void) {
        static const char *const words[] = { "127.0.0.1",  "::1",          "fe80::1",    "169.254.1.1",
                                             "10.0.0.1\n", "\x1b[31m",     "10.0.0.1/8", "web",
                                             "",           "\xff\xfe",     "10.0.0.01",  "ff02::1",
                                             "192.0.2.5",  "2001:DB8:0::7" };
        enum { N_WORDS = sizeof(words) / sizeof(words[0]), N_MORE = 1500 };
        virDomainInterfacePtr interface = interface_new(N_WORDS + N_MORE);
        char text[64];

        for (unsigned i = 0; i < N_WORDS; i++)
                interface_add(interface, words[i]);
        for (unsigned i = 0; i < N_MORE; i++) {
                (void) snprintf(text, sizeof(text), "10.1.%u.%u", i / 200 + 1, i % 200 + 1);
                interface_add(interface, text);
        }
        return interface;
}

int virDomainInterfaceAddresses(virDomainPtr domain, virDomainInterfacePtr **ret, unsigned int source,
                                unsigned int flags) {
        int (*real)(virDomainPtr, virDomainInterfacePtr **, unsigned int, unsigned int) =
                        dlsym(RTLD_NEXT, "virDomainInterfaceAddresses");

        if (!name_begins(domain, "told") || source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP)
                return real(domain, ret, source, flags);
        while (source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT && name_begins(domain, "told-late") &&
               access(getenv("HATAGO_TEST_GATE"), F_OK) < 0)
                usleep(5000);

        *ret = calloc(1, sizeof(**ret));
        (*ret)[0] = source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE ? lease() : tale();
        return 1;
}

/* The test driver has no agents. */
int virDomainAgentSetResponseTimeout(virDomainPtr domain, int timeout, unsigned int flags) {
        return 0;
}

char *virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags) {
        char *(*real)(virDomainPtr, unsigned int) = dlsym(RTLD_NEXT, "virDomainGetXMLDesc");
        static const char channel[] = "name='org.qemu.guest_agent.0'", connected[] = " state='connected'";
        char *xml = real(domain, flags), *place = xml ? strstr(xml, channel) : NULL, *more;

        if (!place || (flags & VIR_DOMAIN_XML_INACTIVE) || virDomainIsActive(domain) != 1)
                return xml;

        place += strlen(channel);
        more = malloc(strlen(xml) + sizeof(connected));
        (void) sprintf(more, "%.*s%s%s", (int) (place - xml), xml, connected, place);
        free(xml);
        return more;
}
