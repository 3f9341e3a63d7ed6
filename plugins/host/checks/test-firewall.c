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

/* Each of nft 1.0.6, of rules that were loaded: as firewalld 1.3 and 2.x make them, but for the chains that
 * are empty everywhere; */
static const char firewalld[] =
                "{\"nftables\": ["
                "{\"metainfo\": {\"version\": \"1.0.6\", \"release_name\": \"Lester Gooch #5\", \"json_schema_version\": 1}}, "
                "{\"table\": {\"family\": \"inet\", \"name\": \"firewalld\", \"handle\": 3}}, "
                "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": \"filter_FORWARD_POLICIES_pre\", \"handle\": 1}}, "
                "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": \"filter_FORWARD_POLICIES_post\", \"handle\": 2}}, "
                "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": \"filter_FWD_public_allow\", \"handle\": 3}}, "
                "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": \"filter_FWD_public\", \"handle\": 4}}, "
                "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": \"filter_FORWARD_ZONES\", \"handle\": 5}}, "
                "{\"chain\": {\"family\": \"inet\", \"table\": \"firewalld\", \"name\": \"filter_FORWARD\", \"handle\": 6, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 10, \"policy\": \"accept\"}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FWD_public_allow\", \"handle\": 7, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"oifname\"}}, \"right\": \"eth0\"}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FWD_public\", \"handle\": 8, \"expr\": [{\"jump\": {\"target\": \"filter_FORWARD_POLICIES_pre\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FWD_public\", \"handle\": 9, \"expr\": [{\"jump\": {\"target\": \"filter_FWD_public_allow\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FWD_public\", \"handle\": 10, \"expr\": [{\"jump\": {\"target\": \"filter_FORWARD_POLICIES_post\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FWD_public\", \"handle\": 11, \"expr\": [{\"reject\": {\"type\": \"icmpx\", \"expr\": \"admin-prohibited\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD_ZONES\", \"handle\": 12, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"iifname\"}}, \"right\": \"eth0\"}}, {\"goto\": {\"target\": \"filter_FWD_public\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD_ZONES\", \"handle\": 13, \"expr\": [{\"goto\": {\"target\": \"filter_FWD_public\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 15, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"ct\": {\"key\": \"state\"}}, \"right\": {\"set\": [\"established\", \"related\"]}}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 16, \"expr\": [{\"match\": {\"op\": \"in\", \"left\": {\"ct\": {\"key\": \"status\"}}, \"right\": \"dnat\"}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 17, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"iifname\"}}, \"right\": \"lo\"}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 18, \"expr\": [{\"match\": {\"op\": \"in\", \"left\": {\"ct\": {\"key\": \"state\"}}, \"right\": \"invalid\"}}, {\"drop\": null}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 20, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": \"ip6\", \"field\": \"daddr\"}}, \"right\": {\"set\": [{\"prefix\": {\"addr\": \"::\", \"len\": 96}}, {\"prefix\": {\"addr\": \"2002::\", \"len\": 24}}]}}}, {\"reject\": {\"type\": \"icmpv6\", \"expr\": \"addr-unreachable\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 21, \"expr\": [{\"jump\": {\"target\": \"filter_FORWARD_ZONES\"}}]}}, "
                "{\"rule\": {\"family\": \"inet\", \"table\": \"firewalld\", \"chain\": \"filter_FORWARD\", \"handle\": 22, \"expr\": [{\"reject\": {\"type\": \"icmpx\", \"expr\": \"admin-prohibited\"}}]}}]}";

/* of iptables-nft and ip6tables-nft, whose targets are no words of nft; */
static const char xtables[] =
                "{\"nftables\": ["
                "{\"metainfo\": {\"version\": \"1.0.6\", \"release_name\": \"Lester Gooch #5\", \"json_schema_version\": 1}}, "
                "{\"table\": {\"family\": \"ip\", \"name\": \"filter\", \"handle\": 1}}, "
                "{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": \"FORWARD\", \"handle\": 1, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 0, \"policy\": \"accept\"}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"filter\", \"chain\": \"FORWARD\", \"handle\": 2, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"iifname\"}}, \"right\": \"br0\"}}, {\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"filter\", \"chain\": \"FORWARD\", \"handle\": 3, \"expr\": [{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"xt\": {\"type\": \"target\", \"name\": \"REJECT\"}}]}}, "
                "{\"table\": {\"family\": \"ip6\", \"name\": \"filter\", \"handle\": 2}}, "
                "{\"chain\": {\"family\": \"ip6\", \"table\": \"filter\", \"name\": \"X\", \"handle\": 1}}, "
                "{\"chain\": {\"family\": \"ip6\", \"table\": \"filter\", \"name\": \"FORWARD\", \"handle\": 4, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 0, \"policy\": \"accept\"}}, "
                "{\"rule\": {\"family\": \"ip6\", \"table\": \"filter\", \"chain\": \"X\", \"handle\": 2, \"expr\": [{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"xt\": {\"type\": \"target\", \"name\": \"LOG\"}}]}}, "
                "{\"rule\": {\"family\": \"ip6\", \"table\": \"filter\", \"chain\": \"X\", \"handle\": 3, \"expr\": [{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"drop\": null}]}}, "
                "{\"rule\": {\"family\": \"ip6\", \"table\": \"filter\", \"chain\": \"FORWARD\", \"handle\": 5, \"expr\": [{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"jump\": {\"target\": \"X\"}}]}}]}";

/* and by hand: f accepts at its end what its policy would drop, g drops though its policy accepts. */
static const char by_hand[] =
                "{\"nftables\": ["
                "{\"metainfo\": {\"version\": \"1.0.6\", \"release_name\": \"Lester Gooch #5\", \"json_schema_version\": 1}}, "
                "{\"table\": {\"family\": \"ip\", \"name\": \"mine\", \"handle\": 4}}, "
                "{\"set\": {\"family\": \"ip\", \"name\": \"big\", \"table\": \"mine\", \"type\": \"ipv4_addr\", \"handle\": 3}}, "
                "{\"chain\": {\"family\": \"ip\", \"table\": \"mine\", \"name\": \"f\", \"handle\": 1, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 0, \"policy\": \"drop\"}}, "
                "{\"chain\": {\"family\": \"ip\", \"table\": \"mine\", \"name\": \"g\", \"handle\": 2, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 1, \"policy\": \"accept\"}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"mine\", \"chain\": \"f\", \"handle\": 4, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": \"ip\", \"field\": \"saddr\"}}, \"right\": \"@big\"}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"mine\", \"chain\": \"f\", \"handle\": 5, \"comment\": \"all\", \"expr\": [{\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"accept\": null}]}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"mine\", \"chain\": \"g\", \"handle\": 7, \"expr\": [{\"vmap\": {\"key\": {\"meta\": {\"key\": \"l4proto\"}}, \"data\": {\"set\": [[\"tcp\", {\"drop\": null}]]}}}]}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"mine\", \"chain\": \"g\", \"handle\": 8, \"expr\": [{\"limit\": {\"rate\": 3, \"burst\": 5, \"per\": \"second\"}}, {\"drop\": null}]}}, "
                "{\"rule\": {\"family\": \"ip\", \"table\": \"mine\", \"chain\": \"g\", \"handle\": 9, \"expr\": [{\"log\": {\"prefix\": \"x\"}}, {\"counter\": {\"packets\": 0, \"bytes\": 0}}, {\"drop\": null}]}}]}";

/* expected: who drops; NULL: nobody. */
static void check_drop(const char *text, bool bridged, bool routed, const char *expected) {
        g_autoptr(GPtrArray) chains = firewall_parse_nft(text);
        const FirewallPaths paths = { .bridged_ip = bridged, .bridged_ip6 = bridged, .routed = routed };
        const FirewallChain *chain = firewall_find_drop(chains, &paths);
        g_autofree char *who = chain ? firewall_find_maker(chains, chain) : NULL;

        g_assert_cmpstr(who, ==, expected);
}

static void test_a_policy_of_drop_counts(void) {
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
}

static void test_each_switch_is_for_its_protocol(void) {
        static const struct {
                const char *text;
                bool by_ip, by_ip6;
        } rows[] = {
                { LIST(CHAIN("ip", "filter", "FORWARD", "forward", "drop")), true, false },
                { LIST(CHAIN("ip6", "filter", "FORWARD", "forward", "drop")), false, true },
                { LIST(CHAIN("inet", "filter", "FORWARD", "forward", "drop")), true, true },
                { LIST(CHAIN("arp", "filter", "FORWARD", "forward", "drop")), false, false },
        };
        static const FirewallPaths by_ip = { .bridged_ip = true }, by_ip6 = { .bridged_ip6 = true };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GPtrArray) chains = firewall_parse_nft(rows[i].text);

                g_assert_cmpint(firewall_find_drop(chains, &by_ip) != NULL, ==, rows[i].by_ip);
                g_assert_cmpint(firewall_find_drop(chains, &by_ip6) != NULL, ==, rows[i].by_ip6);
        }
}

/* Its policy is accept; the last rule of the zone rejects, and so does the last of all. */
static void test_firewalld_rejects_at_the_end(void) {
        check_drop(firewalld, true, false, "firewalld");
        check_drop(firewalld, false, true, "firewalld");
        check_drop(firewalld, false, false, NULL);
}

static void test_targets_of_iptables(void) {
        static const FirewallPaths by_ip = { .bridged_ip = true }, by_ip6 = { .bridged_ip6 = true };
        g_autoptr(GPtrArray) chains = firewall_parse_nft(xtables);

        g_assert_cmpstr(firewall_find_drop(chains, &by_ip)->family, ==, "ip");   /* REJECT */
        g_assert_cmpstr(firewall_find_drop(chains, &by_ip6)->family, ==, "ip6"); /* LOG, DROP after a jump */
}

static void test_the_last_word_counts(void) {
        check_drop(by_hand, true, false, "ip mine g");
}

#define STEP(chain, statements)                                                                             \
        "{\"rule\": {\"family\": \"ip\", \"table\": \"t\", \"chain\": \"" chain                             \
        "\", \"expr\": [" statements "]}}"
#define BASE                                                                                                \
        CHAIN("ip", "t", "f", "forward", "accept") ", " PLAIN("ip", "t", "a") ", " PLAIN("ip", "t", "b") ", "
#define GO(word, chain) "{\"" word "\": {\"target\": \"" chain "\"}}"
#define DROP "{\"drop\": null}"

static void test_jumps_are_followed(void) {
        check_drop(LIST(BASE STEP("f", GO("jump", "a")) ", " STEP("a", GO("goto", "b")) ", " STEP("b",
                                                                                                  DROP)),
                   true, false, "ip t f");
        /* a returns to f; what stands after it is never reached */
        check_drop(LIST(BASE STEP("f", GO("jump", "a")) ", " STEP("f", "{\"accept\": null}") ", " STEP(
                                   "a", "{\"return\": null}") ", " STEP("a", DROP) ", " STEP("f", DROP)),
                   true, false, NULL);
        /* a goto does not come back */
        check_drop(LIST(BASE STEP("f", GO("goto", "a")) ", " STEP("f", DROP)), true, false, NULL);
        check_drop(LIST(BASE STEP("f", GO("jump", "a")) ", " STEP("f", DROP)), true, false, "ip t f");
        check_drop(LIST(BASE STEP("f", GO("jump", "none")) ", " STEP("f", DROP)), true, false, "ip t f");
}

/* The kernel takes no such rules: each jump is one of four, 16 times over. */
static void test_circles_end(void) {
        static const char again[] = STEP("a", GO("jump", "a"));
        g_autofree char *text = g_strdup_printf(LIST(BASE STEP("f", GO("jump", "a")) ", %s, %s, %s, %s"),
                                                again, again, again, again);

        check_drop(text, true, false, NULL);
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
        check_drop(LIST(CHAIN("inet", "firewalld", "f", "forward", "drop") ", " PLAIN("inet", "firewalld",
                                                                                      "filter_FWD_libvirt")),
                   false, true, NULL);
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
        static const FirewallPaths bridged = { .bridged_ip = true }, routed = { .routed = true };
        g_autoptr(GPtrArray) chains = firewall_chains_new();

        firewall_parse_iptables(chains, "ip",
                                "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N LIBVIRT_FWI\n"
                                "-A FORWARD -j LIBVIRT_FWI\n-A FORWARD -s 10.0.0.0/8 -j DROP");
        g_assert_cmpuint(chains->len, ==, 4);
        g_assert_null(firewall_find_drop(chains, &routed));
        g_assert_true(firewall_find_drop(chains, &bridged) == chains->pdata[1]);
}

static void test_the_last_word_of_iptables(void) {
        static const struct {
                const char *rules;
                bool drops;
        } rows[] = {
                { "-A FORWARD -i br0 -j DROP", false },
                { "-A FORWARD -j ACCEPT\n-A FORWARD -j DROP", false },
                { "-A FORWARD -j REJECT --reject-with icmp-host-prohibited", true },
                { "-A FORWARD -j X\n-A X -s 10.0.0.0/8 -j RETURN\n-A X -j LOG\n-A X -j DROP", true },
                { "-A FORWARD -g X\n-A FORWARD -j DROP\n-A X -j RETURN", false },
        };
        static const FirewallPaths bridged = { .bridged_ip6 = true };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(GPtrArray) chains = firewall_chains_new();
                g_autofree char *text = g_strconcat("-P FORWARD ACCEPT\n-N X\n", rows[i].rules, NULL);

                firewall_parse_iptables(chains, "ip6", text);
                g_assert_cmpint(firewall_find_drop(chains, &bridged) != NULL, ==, rows[i].drops);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/firewall/a-policy-of-drop-counts", test_a_policy_of_drop_counts);
        g_test_add_func("/firewall/ip-chains-matter-as-far-as-packets-pass-them",
                        test_ip_chains_matter_as_far_as_packets_pass_them);
        g_test_add_func("/firewall/bridge-chains-always-matter", test_bridge_chains_always_matter);
        g_test_add_func("/firewall/libvirt-lets-its-networks-through",
                        test_libvirt_lets_its_networks_through);
        g_test_add_func("/firewall/makers-have-names", test_makers_have_names);
        g_test_add_func("/firewall/what-nft-does-not-write", test_what_nft_does_not_write);
        g_test_add_func("/firewall/each-switch-is-for-its-protocol", test_each_switch_is_for_its_protocol);
        g_test_add_func("/firewall/firewalld-rejects-at-the-end", test_firewalld_rejects_at_the_end);
        g_test_add_func("/firewall/targets-of-iptables", test_targets_of_iptables);
        g_test_add_func("/firewall/the-last-word-counts", test_the_last_word_counts);
        g_test_add_func("/firewall/jumps-are-followed", test_jumps_are_followed);
        g_test_add_func("/firewall/circles-end", test_circles_end);
        g_test_add_func("/firewall/iptables", test_iptables);
        g_test_add_func("/firewall/the-last-word-of-iptables", test_the_last_word_of_iptables);
        return g_test_run();
}
