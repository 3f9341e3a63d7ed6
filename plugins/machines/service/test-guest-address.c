/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guest-address.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* libvirt as the test has it: what was asked of it in turn, and what it answers. Each call forgets the error
 * of the one before, as libvirt's do. */
static GString *asked;
static bool refuses_limit, refuses_default, refuses_answer;
static const char *last_error;

static int answer_error(const char *text) {
        last_error = text;
        return -1;
}

static int fail(Failure *failure) {
        return failure_set(failure, ERROR_TIMED_OUT, "%s", last_error);
}

int virDomainAgentSetResponseTimeout(virDomainPtr domain, int timeout, unsigned int flags) {
        bool is_default = timeout == VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;

        g_assert_cmpuint(flags, ==, 0);
        last_error = "none";
        g_string_append_printf(asked, "%d ", timeout);
        if (is_default ? refuses_default : refuses_limit)
                return answer_error("no timeout");
        return 0;
}

int virDomainInterfaceAddresses(virDomainPtr domain, virDomainInterfacePtr **ret, unsigned int source,
                                unsigned int flags) {
        virDomainInterfacePtr interface;

        last_error = "none";
        g_string_append(asked, source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT   ? "agent "
                               : source == VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE ? "lease "
                                                                                    : "arp ");
        if (refuses_answer)
                return answer_error("no answer");

        interface = calloc(1, sizeof(*interface));
        interface->naddrs = 1;
        interface->addrs = calloc(1, sizeof(*interface->addrs));
        interface->addrs[0].addr = strdup("192.0.2.1");
        *ret = calloc(1, sizeof(**ret));
        (*ret)[0] = interface;
        return 1;
}

/* One interface for each address: "A.B.C.D" is of IPv4, "6 TEXT" is told as one of IPv6. */
static char *pick(const char *const *addresses) {
        virDomainInterface interfaces[16] = { 0 };
        virDomainIPAddress parts[16] = { 0 };
        virDomainInterfacePtr list[16];
        int n = 0;

        for (; addresses[n]; n++) {
                bool six = g_str_has_prefix(addresses[n], "6 ");

                parts[n].type = six ? VIR_IP_ADDR_TYPE_IPV6 : VIR_IP_ADDR_TYPE_IPV4;
                parts[n].addr = (char *) addresses[n] + (six ? 2 : 0);
                interfaces[n].addrs = &parts[n];
                interfaces[n].naddrs = 1;
                list[n] = &interfaces[n];
        }
        return guest_address_pick(list, n);
}

#define PICK(...) pick((const char *const[]){ __VA_ARGS__, NULL })

static void assert_picked(char *found, const char *expected) {
        g_assert_cmpstr(found, ==, expected);
        g_free(found);
}

static void test_the_first_of_ipv4_else_of_ipv6(void) {
        assert_picked(PICK("192.168.122.15", "10.0.0.1"), "192.168.122.15");
        assert_picked(PICK("6 2001:db8::1", "10.0.0.1"), "10.0.0.1");
        assert_picked(PICK("6 fe80::1", "6 2001:0DB8:0:0::2", "6 2001:db8::3"), "2001:db8::2");
        assert_picked(guest_address_pick(NULL, 0), NULL);
}

static void test_those_of_no_use_are_passed_over(void) {
        assert_picked(PICK("127.0.0.1", "169.254.7.7", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                           "10.1.2.3"),
                      "10.1.2.3");
        assert_picked(PICK("6 ::1", "6 ::", "6 fe80::1", "6 ff02::1", "6 ::ffff:10.0.0.1"), NULL);
}

/* What a guest agent says of itself goes into a line that root reads. */
static void test_what_is_no_address_is_never_shown(void) {
        assert_picked(PICK("10.0.0.1\nMAINPID=1", "10.0.0.1 ", " 10.0.0.1", "010.0.0.1", "10.0.0.1/24",
                           "web", "", "\x1b[31m", "6 fe80::1%eth0", "6 2001:db8::1\nREADY=1", "6 10.0.0.1"),
                      NULL);
}

/* An interface may have many, or none, and a text that is not there. */
static void test_all_addresses_of_an_interface_are_looked_at(void) {
        virDomainIPAddress parts[] = {
                { .type = VIR_IP_ADDR_TYPE_IPV4, .addr = NULL },
                { .type = 7, .addr = (char *) "10.0.0.7" },
                { .type = VIR_IP_ADDR_TYPE_IPV4, .addr = (char *) "10.0.0.8" },
        };
        virDomainInterface none = { 0 }, some = { .addrs = parts, .naddrs = G_N_ELEMENTS(parts) };
        const virDomainInterfacePtr list[] = { &none, &some };

        assert_picked(guest_address_pick(list, G_N_ELEMENTS(list)), "10.0.0.8");
}

/* As many as there may be, of a guest that tells of thousands. */
static void test_the_list_has_each_once_and_has_an_end(void) {
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        g_autofree virDomainIPAddress *parts = g_new0(virDomainIPAddress, 5000);
        virDomainInterface interface = { .addrs = parts, .naddrs = 4 };
        const virDomainInterfacePtr list[] = { &interface };
        g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);

        parts[0] = (virDomainIPAddress){ .type = VIR_IP_ADDR_TYPE_IPV6, .addr = (char *) "2001:DB8::1" };
        parts[1] = (virDomainIPAddress){ .type = VIR_IP_ADDR_TYPE_IPV4, .addr = (char *) "10.0.0.8" };
        parts[2] = (virDomainIPAddress){ .type = VIR_IP_ADDR_TYPE_IPV4, .addr = (char *) "127.0.0.1" };
        parts[3] = (virDomainIPAddress){ .type = VIR_IP_ADDR_TYPE_IPV6, .addr = (char *) "2001:db8:0::1" };
        guest_addresses_pick(list, 1, texts);
        g_assert_cmpuint(texts->len, ==, 2);
        g_assert_cmpstr(texts->pdata[0], ==, "10.0.0.8");
        g_assert_cmpstr(texts->pdata[1], ==, "2001:db8::1");
        guest_addresses_pick(list, 1, texts);
        guest_addresses_pick(NULL, -1, texts);
        g_assert_cmpuint(texts->len, ==, 2);

        for (unsigned i = 4; i < 5000; i++) {
                char *text = g_strdup_printf("10.1.%u.%u", i / 250, i % 250);

                g_ptr_array_add(kept, text);
                parts[i] = (virDomainIPAddress){ .type = VIR_IP_ADDR_TYPE_IPV4, .addr = text };
        }
        interface.naddrs = 5000;
        guest_addresses_pick(list, 1, texts);
        g_assert_cmpuint(texts->len, ==, GUEST_ADDRESSES_MAX);
}

static void expect_read(const char *text, const char *expected) {
        g_autofree char *address = guest_address_read(text);

        g_assert_cmpstr(address, ==, expected);
}

/* None of these leads to the host, to all, or to whoever is on the same link. */
static void test_where_no_guest_is_is_not_read(void) {
        static const char *const refused[] = {
                "0.0.0.0",
                "0.1.2.3",
                "127.0.0.1",
                "127.1.2.3",
                "127.1",
                "0x7f.1",
                "2130706433",
                "169.254.7.7",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "0:0:0:0:0:0:0:0",
                "::1",
                "0::1",
                "0:0:0:0:0:0:0:1",
                "0000::0001",
                "::0.0.0.1",
                "::7f00:1",
                "::127.0.0.1",
                "::ffff:127.0.0.1",
                "::ffff:7f00:1",
                "::FFFF:0.0.0.0",
                "::ffff:10.0.0.1",
                "fe80::1",
                "FE80::1",
                "febf::1",
                "fe80::1%lo",
                "ff02::1",
                "ff0e::1",
                "",
                "web",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
                expect_read(refused[i], NULL);
        expect_read("192.168.122.15", "192.168.122.15");
        expect_read("2001:0DB8::0:15", "2001:db8::15");
        expect_read("fd00::15", "fd00::15");
}

/* Those of loopback, which each machine has, for one. */
static void test_the_hosts_own_is_known(void) {
        g_assert_true(guest_address_is_own("127.0.0.1"));
        g_assert_false(guest_address_is_own("192.0.2.1"));
        g_assert_false(guest_address_is_own("2001:db8::1"));
}

typedef struct Row {
        bool no_limit, no_default, no_answer;
        const char *asked;
        const char *error; /* NULL: it answers */
} Row;

static const Row rows[] = {
        { .asked = "5 agent -2 " },
        { .no_answer = true, .asked = "5 agent -2 ", .error = "no answer" },
        { .no_default = true, .asked = "5 agent -2 " },
        { .no_answer = true, .no_default = true, .asked = "5 agent -2 ", .error = "no answer" },
        { .no_limit = true, .asked = "5 ", .error = "no timeout" }, /* it could hang */
};

static void set_row(const Row *row) {
        refuses_limit = row->no_limit;
        refuses_default = row->no_default;
        refuses_answer = row->no_answer;
        g_string_truncate(asked, 0);
}

static void test_an_agent_has_a_time_to_answer(void) {
        asked = g_string_new(NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
                g_auto(Failure) failure = { 0 };
                int n;

                set_row(&rows[i]);
                n = guest_addresses_read(NULL, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, texts, fail,
                                         &failure);
                g_assert_cmpint(n, ==, rows[i].error ? -ETIMEDOUT : 1);
                g_assert_cmpuint(texts->len, ==, rows[i].error ? 0 : 1);
                g_assert_cmpstr(asked->str, ==, rows[i].asked);
                g_assert_cmpstr(failure.message, ==, rows[i].error);

                /* The same for the line of status. */
                set_row(&rows[i]);
                assert_picked(guest_address_asked(NULL), rows[i].error ? NULL : "192.0.2.1");
                g_assert_cmpstr(asked->str, ==, rows[i].asked);
        }
        g_string_free(asked, TRUE);
}

/* It asks no agent, and nothing is set for one. */
static void test_what_the_host_knows_takes_no_timeout(void) {
        asked = g_string_new(NULL);
        set_row(&(Row){ .no_answer = true });
        assert_picked(guest_address_known(NULL), NULL);
        g_assert_cmpstr(asked->str, ==, "lease arp ");
        g_string_free(asked, TRUE);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/guest-address/the first of IPv4, else of IPv6",
                        test_the_first_of_ipv4_else_of_ipv6);
        g_test_add_func("/guest-address/those of no use are passed over",
                        test_those_of_no_use_are_passed_over);
        g_test_add_func("/guest-address/what is no address is never shown",
                        test_what_is_no_address_is_never_shown);
        g_test_add_func("/guest-address/all addresses of an interface are looked at",
                        test_all_addresses_of_an_interface_are_looked_at);
        g_test_add_func("/guest-address/the list has each once, and has an end",
                        test_the_list_has_each_once_and_has_an_end);
        g_test_add_func("/guest-address/where no guest is, is not read", test_where_no_guest_is_is_not_read);
        g_test_add_func("/guest-address/an agent has a time to answer", test_an_agent_has_a_time_to_answer);
        g_test_add_func("/guest-address/what the host knows takes no timeout",
                        test_what_the_host_knows_takes_no_timeout);
        g_test_add_func("/guest-address/the host's own is known", test_the_hosts_own_is_known);
        return g_test_run();
}
