/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

static void test_each_device_has_its_module(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "vhost-net", "warn not-in-kernel module=vhost_net");
        test_host_judge(t, "tun", "fail not-in-kernel module=tun");
        test_host_write(t, "/proc/sys/kernel/osrelease", "%s", "6.1.0-18-amd64\n");
        test_host_write(t, "/lib/modules/6.1.0-18-amd64/modules.dep", "%s",
                        "kernel/drivers/vhost/vhost_net.ko: kernel/drivers/vhost/vhost.ko\n"
                        "kernel/drivers/net/tun.ko.xz:\n");
        test_host_judge(t, "vhost-net", "warn missing module=vhost_net fixable");
        test_host_judge(t, "tun", "fail missing module=tun fixable");
        test_host_write(t, "/dev/vhost-net", "%s", "");
        test_host_judge(t, "vhost-net", "pass");
        test_host_judge(t, "tun", "fail missing module=tun fixable");
        test_host_write(t, "/dev/net/tun", "%s", "");
        test_host_judge(t, "tun", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "/dev/net/tun");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/devices/each-has-its-module", test_each_device_has_its_module);
        return g_test_run();
}
