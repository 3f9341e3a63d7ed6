/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

#define IP_FORWARD "/proc/sys/net/ipv4/ip_forward"
#define BRIDGE_NF "/proc/sys/net/bridge/bridge-nf-call-iptables"

static void test_network_manager(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "network-manager",
                        "skip unreadable what=systemd error=Transport endpoint is not connected");
        host_set_unit(t->host, "NetworkManager.service", "not-found", "inactive", "");
        test_host_judge(t, "network-manager", "warn missing package=network-manager");
        host_set_unit(t->host, "NetworkManager.service", "loaded", "failed", "enabled");
        test_host_judge(t, "network-manager", "warn stopped");
        g_assert_cmpstr(t->verdict.value, ==, "failed");
        host_set_network_manager(t->host, true, "1.42.4");
        test_host_judge(t, "network-manager", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "1.42.4");
}

static void test_forwarding_matters_where_libvirt_routes(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "forwarding",
                        "skip unreadable what=" IP_FORWARD " error=No such file or directory");
        test_host_write(t, IP_FORWARD, "%s", "0\n");
        test_host_judge(t, "forwarding", "skip not-needed");
        host_set_libvirt(t->host, true, "");
        host_add_network(t->host, "off", "virbr0", false, true);
        host_add_network(t->host, "lonely", "virbr1", true, true);
        host_set_forward(t->host, "lonely", "");
        host_add_network(t->host, "lan", "br0", true, true);
        host_set_forward(t->host, "lan", "bridge");
        test_host_judge(t, "forwarding", "skip not-needed");

        host_add_network(t->host, "default", "virbr2", true, true);
        test_host_judge(t, "forwarding", "warn off fixable");
        host_set_forward(t->host, "default", "route");
        test_host_judge(t, "forwarding", "warn off fixable");
        test_host_write(t, IP_FORWARD, "%s", "1\n");
        test_host_judge(t, "forwarding", "pass");
}

static void test_bridges_and_the_packet_filter(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "bridge-nf", "pass");
        test_host_write(t, BRIDGE_NF, "%s", "0\n");
        test_host_judge(t, "bridge-nf", "pass");
        test_host_write(t, BRIDGE_NF, "%s", "1\n");
        test_host_judge(t, "bridge-nf", "warn on fixable");
        g_assert_cmpstr(t->verdict.value, ==, "iptables");
        test_host_write(t, "/proc/sys/net/bridge/bridge-nf-call-arptables", "%s", "1\n");
        test_host_judge(t, "bridge-nf", "warn on fixable");
        g_assert_cmpstr(t->verdict.value, ==, "iptables, arptables");
        test_host_write(t, BRIDGE_NF, "%s", "0\n");
        test_host_write(t, "/proc/sys/net/bridge/bridge-nf-call-arptables", "%s", "0\n");
        test_host_write(t, "/proc/sys/net/bridge/bridge-nf-call-ip6tables", "%s", "1\n");
        test_host_judge(t, "bridge-nf", "warn on fixable");
        g_assert_cmpstr(t->verdict.value, ==, "ip6tables");
        test_host_write(t, BRIDGE_NF, "%s", "much\n");
        test_host_judge(t, "bridge-nf", "skip unreadable what=/proc/sys/net/bridge error=Invalid argument");
}

static void test_the_firewall_is_read_by_nft(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_output(t->host, "/usr/sbin/nft",
                        "{\"nftables\": [{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": "
                        "\"FORWARD\", \"hook\": \"forward\", \"policy\": \"drop\"}}]}");
        test_host_judge(t, "firewall", "pass");
        test_host_write(t, BRIDGE_NF, "%s", "1\n");
        test_host_judge(t, "firewall", "warn drops who=ip filter FORWARD");
        test_host_write(t, BRIDGE_NF, "%s", "0\n");
        test_host_judge(t, "firewall", "pass");

        host_set_libvirt(t->host, true, "");
        host_add_network(t->host, "default", "virbr0", true, true);
        test_host_judge(t, "firewall", "warn drops who=ip filter FORWARD");
        host_set_forward(t->host, "default", "");
        test_host_judge(t, "firewall", "pass");
}

static void test_the_firewall_is_read_by_iptables_without_nft(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "firewall", "skip unreadable what=nftables error=No such file or directory");
        test_host_write(t, BRIDGE_NF, "%s", "1\n");
        host_set_output(t->host, "/usr/sbin/iptables-nft", "-P FORWARD DROP\n-N DOCKER");
        test_host_judge(t, "firewall", "warn drops who=docker");

        host_set_output(t->host, "/usr/sbin/iptables-nft", "-P FORWARD ACCEPT");
        host_set_output(t->host, "/usr/sbin/ip6tables-nft", "-P FORWARD DROP");
        test_host_judge(t, "firewall", "pass");
        test_host_write(t, "/proc/sys/net/bridge/bridge-nf-call-ip6tables", "%s", "1\n");
        test_host_judge(t, "firewall", "warn drops who=ip6 filter FORWARD");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/network/network-manager", test_network_manager);
        g_test_add_func("/network/forwarding-matters-where-libvirt-routes",
                        test_forwarding_matters_where_libvirt_routes);
        g_test_add_func("/network/bridges-and-the-packet-filter", test_bridges_and_the_packet_filter);
        g_test_add_func("/network/the-firewall-is-read-by-nft", test_the_firewall_is_read_by_nft);
        g_test_add_func("/network/the-firewall-is-read-by-iptables-without-nft",
                        test_the_firewall_is_read_by_iptables_without_nft);
        return g_test_run();
}
