/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libvirt/virterror.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guest-address.h"
#include "guest-channel.h"
#include "ready.h"

/* A guest has few addresses that its host reaches; its agent may tell of any number. */
#define ADDRESSES_MAX 16U

static ReadyState look_agent(virDomain *domain, char **ret_text) {
        const virError *error;
        GuestChannel channel = guest_channel(domain);
        long long seconds;
        unsigned nanoseconds;

        if (channel == CHANNEL_NONE) {
                *ret_text = g_strdup("The machine has no channel for a guest agent");
                return READY_NEVER;
        }
        if (channel == CHANNEL_AWAY) {
                *ret_text = g_strdup("The guest agent does not answer");
                return READY_NOT_YET;
        }

        /* Any question will do. This one changes nothing, and each agent knows it. */
        if (virDomainGetTime(domain, &seconds, &nanoseconds, /* flags= */ 0) >= 0) {
                *ret_text = g_strdup("The guest agent answers");
                return READY_YES;
        }

        error = virGetLastError();
        /* It answers, if only that it cannot do this (qemuAgentCheckError()). */
        if (error && error->domain == VIR_FROM_QEMU && error->code == VIR_ERR_INTERNAL_ERROR) {
                *ret_text = g_strdup("The guest agent answers");
                return READY_YES;
        }

        *ret_text = g_strdup("The guest agent does not answer");
        return READY_NOT_YET;
}

/* Another address, unless it is one already, or none but a guest's. What it says is never a way to make
 * root's program connect to the host itself. */
static void add_address(GPtrArray *addresses, const char *text) {
        g_autofree char *address = text ? guest_address_read(text) : NULL;

        if (!address || addresses->len >= ADDRESSES_MAX ||
            g_ptr_array_find_with_equal_func(addresses, address, g_str_equal, NULL) ||
            guest_address_is_own(address))
                return;

        g_ptr_array_add(addresses, g_steal_pointer(&address));
}

static void add_addresses(GPtrArray *addresses, virDomain *domain, unsigned source) {
        virDomainInterface **interfaces = NULL;
        int n = guest_interfaces_ask(domain, source, &interfaces, /* fail= */ NULL, NULL);

        for (int i = 0; i < n; i++) {
                for (unsigned j = 0; j < interfaces[i]->naddrs; j++)
                        add_address(addresses, interfaces[i]->addrs[j].addr);
                virDomainInterfaceFree(interfaces[i]);
        }
        free(interfaces);
}

static ReadyState look_port(virDomain *domain, uint16_t port, char **ret_text) {
        g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);

        /* Each is asked of a guest only that the one before does not know: libvirt logs an error where the
         * table of neighbours is empty, and one of an agent that is not there. */
        add_addresses(addresses, domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE);
        if (addresses->len == 0)
                add_addresses(addresses, domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP);
        if (addresses->len == 0 && guest_channel(domain) == CHANNEL_OPEN)
                add_addresses(addresses, domain, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT);
        if (addresses->len == 0) {
                *ret_text = g_strdup("The guest has no address that is known");
                return READY_NOT_YET;
        }

        for (guint i = 0; i < addresses->len; i++)
                if (port_answers(addresses->pdata[i], port, READY_CONNECT_SPAN)) {
                        *ret_text = g_strdup_printf("Port %u answers at %s", port,
                                                    (char *) addresses->pdata[i]);
                        return READY_YES;
                }
        *ret_text = g_strdup_printf("Port %u does not answer at %s%s", port, (char *) addresses->pdata[0],
                                    addresses->len > 1 ? " and others" : "");
        return READY_NOT_YET;
}

ReadyState ready_look(virDomain *domain, const ServiceSettings *settings, char **ret_text) {
        switch (settings->ready) {
        case READY_AGENT:
                return look_agent(domain, ret_text);
        case READY_PORT:
                return look_port(domain, settings->ready_port, ret_text);
        default:
                *ret_text = g_strdup("It runs");
                return READY_YES;
        }
}

/* 0 where it is no address. */
static socklen_t make_address(const char *address, uint16_t port, struct sockaddr_storage *ret) {
        struct sockaddr_in *in = (struct sockaddr_in *) ret;
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) ret;

        *ret = (struct sockaddr_storage){ 0 };
        if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
                in->sin_family = AF_INET;
                in->sin_port = htons(port);
                return sizeof(*in);
        }
        if (inet_pton(AF_INET6, address, &in6->sin6_addr) == 1) {
                in6->sin6_family = AF_INET6;
                in6->sin6_port = htons(port);
                return sizeof(*in6);
        }
        return 0;
}

static bool finish_connect(int fd, int64_t span) {
        struct pollfd wanted = { .fd = fd, .events = POLLOUT };
        int error = 0, n;
        socklen_t size = sizeof(error);

        do
                n = poll(&wanted, 1, (int) (span / G_TIME_SPAN_MILLISECOND));
        while (n < 0 && errno == EINTR);
        return n > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) >= 0 && error == 0;
}

bool port_answers(const char *address, uint16_t port, int64_t span) {
        struct sockaddr_storage storage;
        socklen_t length = make_address(address, port, &storage);
        bool answers;
        int fd;

        if (length == 0)
                return false;
        fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return false;

        answers = connect(fd, (struct sockaddr *) &storage, length) >= 0 ||
                  (errno == EINPROGRESS && finish_connect(fd, span));
        close(fd);
        return answers;
}
