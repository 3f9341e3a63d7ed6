/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "ready.h"

#define UUID "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
#define CHANNEL "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
#define XML                                                                                                 \
        "<domain type='test'><name>x</name><uuid>" UUID                                                     \
        "</uuid><memory>4096</memory><os><type>hvm</type></os>"                                             \
        "<devices>" CHANNEL "</devices></domain>"

/* A socket on an address of this host; its port in ret_port. */
static int listen_on(int family, int backlog, uint16_t *ret_port) {
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
        struct sockaddr *address = family == AF_INET ? (struct sockaddr *) &in : (struct sockaddr *) &in6;
        socklen_t length = family == AF_INET ? sizeof(in) : sizeof(in6);
        int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, address, length) < 0)
                return -1;
        g_assert_cmpint(listen(fd, backlog), ==, 0);
        g_assert_cmpint(getsockname(fd, address, &length), ==, 0);
        *ret_port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
        return fd;
}

static void test_who_listens_answers(void) {
        uint16_t port;
        int fd = listen_on(AF_INET, 5, &port);

        g_assert_true(port_answers("127.0.0.1", port, G_TIME_SPAN_SECOND));
        close(fd);
        g_assert_false(port_answers("127.0.0.1", port, G_TIME_SPAN_SECOND));
}

static void test_there_are_longer_addresses(void) {
        uint16_t port;
        int fd = listen_on(AF_INET6, 5, &port);

        if (fd < 0) {
                g_test_skip("this machine has no IPv6");
                return;
        }
        g_assert_true(port_answers("::1", port, G_TIME_SPAN_SECOND));
        g_assert_false(port_answers("127.0.0.1", port, G_TIME_SPAN_SECOND));
        close(fd);
}

static void test_what_is_no_address_does_not_answer(void) {
        static const char *const addresses[] = { "", "localhost", "127.0.0.1/8", "::1%lo", "127.1" };
        uint16_t port;
        int fd = listen_on(AF_INET, 5, &port);

        for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++)
                g_assert_false(port_answers(addresses[i], port, G_TIME_SPAN_SECOND));
        close(fd);
}

/* One that has no room for another connection says nothing at all. */
static void test_who_is_silent_is_not_waited_for(void) {
        uint16_t port;
        int fd = listen_on(AF_INET, 0, &port);
        int64_t since;
        bool answers = true;

        for (int i = 0; i < 8 && answers; i++) {
                since = g_get_monotonic_time();
                answers = port_answers("127.0.0.1", port, 300 * G_TIME_SPAN_MILLISECOND);
        }
        g_assert_false(answers);
        g_assert_cmpint(g_get_monotonic_time() - since, >=, 250 * G_TIME_SPAN_MILLISECOND);
        g_assert_cmpint(g_get_monotonic_time() - since, <, 5 * G_TIME_SPAN_SECOND);
        close(fd);
}

static void expect_look(ReadyWhen when, ReadyState expected, const char *words) {
        g_autoptr(virConnect) connection = virConnectOpen("test:///default");
        g_autoptr(virDomain) domain = virDomainCreateXML(connection, XML, 0);
        g_autoptr(ServiceSettings) settings = service_settings_new(UUID, "x");
        g_autofree char *text = NULL;

        settings->ready = when;
        settings->ready_port = 1;
        g_assert_cmpint(ready_look(domain, settings, &text), ==, expected);
        g_assert_nonnull(strstr(text, words));
}

static void test_what_runs_is_ready_by_that(void) {
        expect_look(READY_RUNNING, READY_YES, "It runs");
}

static void test_an_agent_that_answers_is_enough(void) {
        expect_look(READY_AGENT, READY_YES, "The guest agent answers");
}

static void test_without_an_address_there_is_no_port(void) {
        expect_look(READY_PORT, READY_NOT_YET, "no address");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/ready-look/" #name, test_##name)
        TEST(who_listens_answers);
        TEST(there_are_longer_addresses);
        TEST(what_is_no_address_does_not_answer);
        TEST(who_is_silent_is_not_waited_for);
        TEST(what_runs_is_ready_by_that);
        TEST(an_agent_that_answers_is_enough);
        TEST(without_an_address_there_is_no_port);
#undef TEST
        return g_test_run();
}
