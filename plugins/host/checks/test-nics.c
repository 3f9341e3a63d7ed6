/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

#define ETHERNET 1U /* NM_DEVICE_TYPE_ETHERNET */
#define UNMANAGED 10U
#define UNAVAILABLE 20U
#define ACTIVATED 100U

static void write_attribute(TestHost *t, const char *name, const char *attribute, const char *value) {
        g_autofree char *path = g_build_filename("/sys/class/net", name, attribute, NULL);

        test_host_write(t, path, "%s\n", value);
}

static void write_number(TestHost *t, const char *name, const char *attribute, int number) {
        g_autofree char *text = g_strdup_printf("%d", number);

        write_attribute(t, name, attribute, text);
}

static void add_interface(TestHost *t, const char *name, int index, int peer, bool up) {
        write_number(t, name, "type", 1);
        write_number(t, name, "ifindex", index);
        write_number(t, name, "iflink", peer);
        write_attribute(t, name, "flags", up ? "0x1003" : "0x1002");
        write_attribute(t, name, "uevent", "INTERFACE=some");
}

static void add_folder(TestHost *t, const char *name, const char *attribute) {
        g_autofree char *path = g_build_filename("/sys/class/net", name, attribute, NULL);

        test_host_make_folder(t, path);
}

static void add_nic(TestHost *t, const char *name, int index, bool up) {
        add_interface(t, name, index, index, up);
        add_folder(t, name, "device");
}

static void test_a_host_without_nics(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "nic-manager", "skip no-nic");
        add_interface(t, "dummy0", 2, 2, true);
        test_host_judge(t, "nic-manager", "skip no-nic");
}

static void test_what_is_no_nic_for_bridges(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "wlan0", 2, true);
        add_folder(t, "wlan0", "phy80211");
        add_nic(t, "eno1v0", 3, true);
        add_folder(t, "eno1v0", "device/physfn");
        add_nic(t, "ib0", 4, true);
        write_number(t, "ib0", "type", 32);
        test_host_judge(t, "nic-manager", "skip no-nic");
}

static void test_who_is_right_is_network_manager(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "eno1", 2, true);
        add_nic(t, "eno2", 3, true);
        host_set_network_manager(t->host, true, "1.42");
        host_add_device(t->host, "eno1", ETHERNET, ACTIVATED, true);
        host_add_device(t->host, "eno2", ETHERNET, UNAVAILABLE, true);
        test_host_judge(t, "nic-manager", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "eno1: NetworkManager, eno2: NetworkManager");
}

static void test_ifupdown_has_its_file(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "eno1", 2, true);
        host_set_network_manager(t->host, true, "1.42");
        host_add_device(t->host, "eno1", ETHERNET, UNMANAGED, false);
        test_host_write(t, "/etc/network/interfaces", "auto lo eno1\n# iface eno1 inet dhcp\niface eno10\n");
        test_host_judge(t, "nic-manager", "warn unmanaged interfaces=eno1");

        test_host_write(t, "/etc/network/interfaces", "auto eno1\n\tiface eno1  inet dhcp\n");
        test_host_judge(t, "nic-manager", "warn ifupdown interfaces=eno1 file=/etc/network/interfaces");

        test_host_write(t, "/etc/network/interfaces", "source /etc/network/interfaces.d/*\n");
        test_host_write(t, "/etc/network/interfaces.d/br0",
                        "iface br0 inet dhcp\n  bridge_ports eno0 eno1\n");
        test_host_judge(t, "nic-manager",
                        "warn ifupdown interfaces=eno1 file=/etc/network/interfaces.d/br0");
}

/* As with "[ifupdown] managed=true" in its configuration. */
static void test_network_manager_may_have_what_ifupdown_lists(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "eno1", 2, true);
        test_host_write(t, "/etc/network/interfaces", "iface eno1 inet dhcp\n");
        host_set_network_manager(t->host, true, "1.42");
        host_add_device(t->host, "eno1", ETHERNET, ACTIVATED, true);
        test_host_judge(t, "nic-manager", "pass");
}

static void test_networkd_and_netplan(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "eno1", 7, true);
        test_host_write(t, "/etc/netplan/README", "%s", "");
        test_host_write(t, "/etc/netplan/50-cloud-init.yaml", "%s", "");
        host_set_unit(t->host, "systemd-networkd.service", "loaded", "active", "enabled");
        test_host_write(t, "/run/systemd/netif/links/7", "ADMIN_STATE=unmanaged\n");
        test_host_judge(t, "nic-manager", "warn unmanaged interfaces=eno1");

        test_host_write(t, "/run/systemd/netif/links/7",
                        "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-eno1.network\n");
        test_host_judge(t, "nic-manager", "warn networkd interfaces=eno1");
        test_host_write(t, "/run/systemd/netif/links/7",
                        "ADMIN_STATE=configuring\nNETWORK_FILE=/run/systemd/network/10-netplan-eno1.network\n");
        test_host_judge(t, "nic-manager",
                        "warn netplan interfaces=eno1 file=/etc/netplan/50-cloud-init.yaml");

        host_set_unit(t->host, "systemd-networkd.service", "loaded", "inactive", "disabled");
        test_host_judge(t, "nic-manager", "warn unmanaged interfaces=eno1");
}

static void test_an_idle_nic_does_not_warn(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "eno1", 2, false);
        test_host_judge(t, "nic-manager", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "eno1: idle");
}

static void test_one_of_many_warns(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_nic(t, "eno1", 2, true);
        add_nic(t, "eno2", 3, true);
        add_nic(t, "eno3", 4, true);
        add_nic(t, "eno4", 5, true);
        host_set_network_manager(t->host, true, "1.42");
        host_add_device(t->host, "eno1", ETHERNET, ACTIVATED, true);
        test_host_write(t, "/etc/network/interfaces", "iface eno3 inet dhcp\niface eno4 inet dhcp\n");
        test_host_judge(t, "nic-manager",
                        "warn ifupdown interfaces=eno3, eno4 file=/etc/network/interfaces");
        g_assert_cmpstr(t->verdict.value, ==,
                        "eno1: NetworkManager, eno2: unmanaged, eno3: ifupdown, eno4: ifupdown");
}

static void test_in_a_container_a_veth_is_the_nic(void) {
        g_autoptr(TestHost) t = test_host_new();

        add_interface(t, "eth0", 2, 9, true);
        test_host_judge(t, "nic-manager", "warn unmanaged interfaces=eth0");
        add_interface(t, "eth0.5", 3, 2, true);
        write_attribute(t, "eth0.5", "uevent", "DEVTYPE=vlan\nINTERFACE=eth0.5");
        add_interface(t, "veth1", 4, 10, true);
        add_folder(t, "veth1", "master");
        test_host_judge(t, "nic-manager", "warn unmanaged interfaces=eth0");

        /* And where there are cards, the cables are those of containers. */
        add_nic(t, "eno1", 5, false);
        test_host_judge(t, "nic-manager", "pass");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/nics/a-host-without-nics", test_a_host_without_nics);
        g_test_add_func("/nics/what-is-no-nic-for-bridges", test_what_is_no_nic_for_bridges);
        g_test_add_func("/nics/who-is-right-is-network-manager", test_who_is_right_is_network_manager);
        g_test_add_func("/nics/ifupdown-has-its-file", test_ifupdown_has_its_file);
        g_test_add_func("/nics/network-manager-may-have-what-ifupdown-lists",
                        test_network_manager_may_have_what_ifupdown_lists);
        g_test_add_func("/nics/networkd-and-netplan", test_networkd_and_netplan);
        g_test_add_func("/nics/an-idle-nic-does-not-warn", test_an_idle_nic_does_not_warn);
        g_test_add_func("/nics/one-of-many-warns", test_one_of_many_warns);
        g_test_add_func("/nics/in-a-container-a-veth-is-the-nic", test_in_a_container_a_veth_is_the_nic);
        return g_test_run();
}
