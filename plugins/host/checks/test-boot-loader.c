/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boot-loader.h"

#include "check-test.h"

#define LOADER_INFO "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* paths: with blanks between. */
static void finds(const char *paths, const char *name, const char *file) {
        g_autoptr(TestHost) t = test_host_new();
        g_auto(GStrv) words = g_strsplit(paths, " ", /* max_tokens= */ -1);
        BootLoader loader;

        for (char **path = words; *path; path++)
                test_host_write(t, *path, "%s", "");
        loader = boot_loader_find(t->host, &t->verdict);
        g_assert_cmpstr(loader.name, ==, name);
        g_assert_cmpstr(loader.file, ==, file);
        g_assert_cmpuint(t->verdict.sources->len, >, 0);
}

static void test_each_loader_has_its_file(void) {
        finds("/boot/grub/grub.cfg /etc/default/grub", "grub", "/etc/default/grub");
        finds("/boot/grub2/grub.cfg /etc/default/grub", "grub", "/etc/default/grub");
        finds(LOADER_INFO, "systemd-boot", "/etc/kernel/cmdline");
        finds("/boot/loader/loader.conf", "systemd-boot", "/etc/kernel/cmdline");
        finds("/boot/extlinux/extlinux.conf", "extlinux", "/boot/extlinux/extlinux.conf");
        finds("/boot/extlinux/extlinux.conf /etc/default/u-boot", "extlinux", "/etc/default/u-boot");
        finds("/etc/zipl.conf", "zipl", "/etc/zipl.conf");
        finds("/boot/firmware/cmdline.txt", "", "/boot/firmware/cmdline.txt");
        finds("/boot/vmlinuz", "", "");
}

/* GRUB's own configuration without the file that makes it is what a removed package leaves. */
static void test_what_is_left_of_another_is_not_taken_for_it(void) {
        finds("/boot/grub/grub.cfg " LOADER_INFO, "systemd-boot", "/etc/kernel/cmdline");
        finds("/etc/default/grub /boot/loader/loader.conf", "systemd-boot", "/etc/kernel/cmdline");
        finds("/boot/grub/grub.cfg /etc/default/grub " LOADER_INFO, "grub", "/etc/default/grub");
}

static void has(const char *cmdline, bool expected) {
        static const char *const values[] = { "on", "1", NULL };
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/proc/cmdline", "%s", cmdline);
        g_assert_cmpint(boot_has_argument(t->host, &t->verdict, "prot_virt", values), ==, expected);
}

static void test_arguments(void) {
        has("root=/dev/sda1 prot_virt=1 quiet\n", true);
        has("prot-virt=on", true);
        has("prot_virt=1FOO", true);
        has("prot_virt=1=0", true);
        has("prot_virt=0 prot_virt=1", true);
        has("prot_virt=1 prot_virt=0", true);
        has("prot_virt=0", false);
        has("prot_virt", false);
        has("prot_virt=", false);
        has("xprot_virt=1", false);
        has("prot_virtx=1", false);
        has("x=prot_virt=1", false);
        has("", false);
}

static void test_advice(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/boot/grub/grub.cfg", "%s", "");
        test_host_write(t, "/etc/default/grub", "%s", "");
        boot_add_advice(t->host, &t->verdict, "intel_iommu=on");
        g_assert_cmpuint(t->verdict.arguments->len, ==, 6);
        g_assert_cmpstr(t->verdict.arguments->pdata[1], ==, "intel_iommu=on");
        g_assert_cmpstr(t->verdict.arguments->pdata[3], ==, "grub");
        g_assert_cmpstr(t->verdict.arguments->pdata[5], ==, "/etc/default/grub");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/boot-loader/each-has-its-file", test_each_loader_has_its_file);
        g_test_add_func("/boot-loader/what-is-left-of-another-is-not-taken-for-it",
                        test_what_is_left_of_another_is_not_taken_for_it);
        g_test_add_func("/boot-loader/arguments", test_arguments);
        g_test_add_func("/boot-loader/advice", test_advice);
        return g_test_run();
}
