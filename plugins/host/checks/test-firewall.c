/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>

#include "firewall.h"

#define CHAIN(family, table, name, hook, policy)                                                            \
        "{\"chain\": {\"family\": \"" family "\", \"table\": \"" table "\", \"name\": \"" name              \
        "\", \"handle\": 1, \"type\": \"filter\", \"hook\": \"" hook                                        \
        "\", \"prio\": 0, \"policy\": \"" policy "\"}}"
#define PLAIN(family, table, name)                                                                          \
        "{\"chain\": {\"family\": \"" family "\", \"table\": \"" table "\", \"name\": \"" name              \
        "\", \"handle\": 2}}"
#define LIST(chains) "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\"}}, " chains "]}"

/* expected: who drops; NULL: nobody. */
static void check_drop(const char *text, bool bridged, bool routed, const char *expected) {
        g_autoptr(GPtrArray) chains = firewall_parse_nft(text);
        const FirewallChain *chain = firewall_find_drop(chains, bridged, routed);
        g_autofree char *who = chain ? firewall_find_maker(chains, chain) : NULL;

        g_assert_cmpstr(who, ==, expected);
}

static void test_only_a_policy_of_drop_counts(void) {
        check_drop(LIST(CHAIN("ip", "filter", "FORWARD", "forward", "accept")), true, true, NULL);
        check_drop(LIST(CHAIN("ip", "filter", "INPUT", "input", "drop")), true, true, NULL);
        check_drop(LIST(PLAIN("ip", "filter", "FORWARD")), true, true, NULL);
        check_drop(LIST(CHAIN("inet", "mine", "f", "forward", "drop")), true, false, "inet mine f");
}

static void test_ip_chains_matter_as_far_as_packets_pass_them(void) {
        const char *text = LIST(CHAIN("ip", "filter", "FORWARD", "forward", "drop"));

        check_drop(text, false, false, NULL);
        check_drop(text, true, false, "ip filter FORWARD");
        check_drop(text, false, true, "ip filter FORWARD");
        check_drop(LIST(CHAIN("ip6", "filter", "FORWARD", "forward", "drop")), true, true, NULL);
}

static void test_bridge_chains_always_matter(void) {
        check_drop(LIST(CHAIN("bridge", "b", "f", "forward", "drop")), false, false, "bridge b f");
}

/* libvirt takes its networks' packets in its own chains, of the same table alone. */
static void test_libvirt_lets_its_networks_through(void) {
        const char *same = LIST(CHAIN("ip", "filter", "FORWARD", "forward",
                                      "drop") ", " PLAIN("ip", "filter", "LIBVIRT_FWI"));
        const char *other = LIST(CHAIN("ip", "filter", "FORWARD", "forward",
                                       "drop") ", " PLAIN("ip", "libvirt_network", "LIBVIRT_FWI"));

        check_drop(same, false, true, NULL);
        check_drop(same, true, true, "ip filter FORWARD");
        check_drop(other, false, true, "ip filter FORWARD");
}

static void test_makers_have_names(void) {
        check_drop(LIST(CHAIN("ip", "filter", "FORWARD", "forward", "drop") ", " PLAIN("ip", "filter",
                                                                                       "DOCKER-USER")),
                   true, false, "docker");
        check_drop(LIST(CHAIN("ip", "filter", "FORWARD", "forward",
                              "drop") ", " PLAIN("ip", "filter", "ufw-before-forward")),
                   true, false, "ufw");
        check_drop(LIST(CHAIN("inet", "firewalld", "filter_FORWARD", "forward", "drop")), true, false,
                   "firewalld");
        check_drop(LIST(CHAIN("ip", "filter", "FORWARD", "forward", "drop") ", " PLAIN("ip", "nat",
                                                                                       "DOCKER")),
                   true, false, "ip filter FORWARD");
}

static void test_what_nft_does_not_write(void) {
        static const char *const texts[] = {
                "",
                "{",
                "[]",
                "{\"nftables\": 7}",
                "{\"nftables\": [7, {}, {\"chain\": 7}, {\"chain\": {\"hook\": 7, \"policy\": []}}]}",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                check_drop(texts[i], true, true, NULL);
}

static void test_iptables(void) {
        g_autoptr(GPtrArray) chains = firewall_parse_iptables(
                        "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N LIBVIRT_FWI\n"
                        "-A FORWARD -j LIBVIRT_FWI\n-A FORWARD -s 10.0.0.0/8 -j DROP");

        g_assert_cmpuint(chains->len, ==, 4);
        g_assert_null(firewall_find_drop(chains, /* bridged= */ false, /* routed= */ true));
        g_assert_true(firewall_find_drop(chains, /* bridged= */ true, /* routed= */ false) ==
                      chains->pdata[1]);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/firewall/only-a-policy-of-drop-counts", test_only_a_policy_of_drop_counts);
        g_test_add_func("/firewall/ip-chains-matter-as-far-as-packets-pass-them",
                        test_ip_chains_matter_as_far_as_packets_pass_them);
        g_test_add_func("/firewall/bridge-chains-always-matter", test_bridge_chains_always_matter);
        g_test_add_func("/firewall/libvirt-lets-its-networks-through",
                        test_libvirt_lets_its_networks_through);
        g_test_add_func("/firewall/makers-have-names", test_makers_have_names);
        g_test_add_func("/firewall/what-nft-does-not-write", test_what_nft_does_not_write);
        g_test_add_func("/firewall/iptables", test_iptables);
        return g_test_run();
}
