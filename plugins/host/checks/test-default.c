/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

static void test_without_libvirt_nothing_is_missing(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "default-network", "skip no-libvirt");
        test_host_judge(t, "default-pool", "skip no-libvirt");
}

static void test_the_default_network(void) {
        static const struct {
                bool active, autostart;
                const char *expected;
        } rows[] = {
                { true, true, "pass" },
                { true, false, "warn no-autostart fixable" },
                { false, true, "fail inactive fixable" },
                { false, false, "fail inactive fixable" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(TestHost) t = test_host_new();

                host_set_libvirt(t->host, true, "");
                host_add_pool(t->host, "default", "/x", true, true);
                host_add_network(t->host, "other", "virbr9", false, true);
                test_host_judge(t, "default-network", "fail missing fixable");
                host_add_network(t->host, "default", "virbr0", rows[i].active, rows[i].autostart);
                test_host_judge(t, "default-network", rows[i].expected);
                g_assert_cmpstr(t->verdict.value, ==, "virbr0");
        }
}

static void test_the_default_pool(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_libvirt(t->host, true, "");
        host_add_network(t->host, "default", "virbr0", true, true);
        test_host_judge(t, "default-pool", "fail missing fixable");
        host_add_pool(t->host, "default", "/srv/images", true, false);
        test_host_judge(t, "default-pool", "warn no-autostart fixable");
        g_assert_cmpstr(t->verdict.value, ==, "/srv/images");
}

/* Who has another is served. */
static void test_the_default_is_not_all_there_is(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_libvirt(t->host, true, "");
        host_add_network(t->host, "other", "virbr9", true, true);
        host_add_pool(t->host, "other", "/srv", true, true);
        test_host_judge(t, "default-network", "warn missing fixable");
        g_assert_cmpstr(t->verdict.value, ==, "other");
        test_host_judge(t, "default-pool", "warn missing fixable");
        host_add_network(t->host, "default", "virbr0", false, true);
        host_add_pool(t->host, "default", "/x", false, true);
        test_host_judge(t, "default-network", "warn inactive fixable");
        test_host_judge(t, "default-pool", "warn inactive fixable");
        g_assert_cmpstr(t->verdict.value, ==, "other");
}

static void test_a_bridge_of_the_host_is_another_network(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_libvirt(t->host, true, "");
        host_add_network(t->host, "nat", "virbr1", false, true);
        host_add_network(t->host, "lan", "br0", false, true);
        host_set_forward(t->host, "lan", "bridge");
        test_host_make_folder(t, "/sys/class/net/eth0/device");
        test_host_make_folder(t, "/sys/class/net/eth0.5/lower_eth0");
        test_host_make_folder(t, "/sys/class/net/veth1");
        test_host_make_folder(t, "/sys/class/net/virbr1/brif/eth0"); /* libvirt's, which would be gone */
        test_host_make_folder(t, "/sys/class/net/docker0/brif/veth1");
        test_host_make_folder(t, "/sys/class/net/br0/brif/vnet1");
        test_host_judge(t, "default-network", "fail missing fixable");

        test_host_make_folder(t, "/sys/class/net/br0/brif/eth0");
        test_host_judge(t, "default-network", "warn missing fixable");
        g_assert_cmpstr(t->verdict.value, ==, "br0");
        test_host_remove(t, "/sys/class/net/br0/brif/eth0");
        test_host_make_folder(t, "/sys/class/net/br0/brif/eth0.5");
        test_host_judge(t, "default-network", "warn missing fixable");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/default/without-libvirt-nothing-is-missing",
                        test_without_libvirt_nothing_is_missing);
        g_test_add_func("/default/the-default-network", test_the_default_network);
        g_test_add_func("/default/the-default-pool", test_the_default_pool);
        g_test_add_func("/default/the-default-is-not-all-there-is", test_the_default_is_not_all_there_is);
        g_test_add_func("/default/a-bridge-of-the-host-is-another-network",
                        test_a_bridge_of_the_host_is_another_network);
        return g_test_run();
}
