/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

#define TABLES "/sys/firmware/acpi/tables/"
#define GROUPS "/sys/kernel/iommu_groups"

static TestHost *host_of(const char *flags) {
        TestHost *t = test_host_new();

        test_host_set_x86(t, flags, /* capable= */ true, "");
        test_host_write(t, "/sys/class/dmi/id/sys_vendor", "%s", "Acme\n");
        test_host_write(t, "/sys/class/dmi/id/product_name", "%s", "Box\n");
        test_host_write(t, "/boot/grub/grub.cfg", "%s", "");
        test_host_write(t, "/etc/default/grub", "%s", "");
        return t;
}

static void test_each_maker_has_its_table(void) {
        g_autoptr(TestHost) intel = host_of("vmx"), amd = host_of("svm");

        test_host_write(intel, TABLES "IVRS", "%s", "");
        test_host_judge(intel, "iommu", "warn no-table table=DMAR vendor=Acme product=Box");
        test_host_judge(intel, "iommu-kernel", "skip no-iommu");
        test_host_write(intel, TABLES "DMAR", "%s", "");
        test_host_judge(intel, "iommu", "pass");
        g_assert_cmpstr(intel->verdict.value, ==, "DMAR");

        test_host_write(amd, TABLES "DMAR", "%s", "");
        test_host_judge(amd, "iommu", "warn no-table table=IVRS vendor=Acme product=Box");
        test_host_write(amd, TABLES "IVRS", "%s", "");
        test_host_judge(amd, "iommu", "pass");
}

static void test_the_kernel_may_not_use_it(void) {
        g_autoptr(TestHost) intel = host_of("vmx"), amd = host_of("svm");

        test_host_write(intel, TABLES "DMAR", "%s", "");
        test_host_judge(intel, "iommu-kernel", "warn not-in-kernel package=linux-image-amd64");
        test_host_make_folder(intel, GROUPS);
        test_host_judge(intel, "iommu-kernel",
                        "warn off argument=intel_iommu=on loader=grub file=/etc/default/grub");
        test_host_make_folder(intel, GROUPS "/0");
        test_host_make_folder(intel, GROUPS "/1");
        test_host_judge(intel, "iommu-kernel", "pass");
        g_assert_cmpstr(intel->verdict.value, ==, "2");

        test_host_write(amd, TABLES "IVRS", "%s", "");
        test_host_make_folder(amd, GROUPS);
        test_host_judge(amd, "iommu-kernel",
                        "warn off argument=iommu=pt loader=grub file=/etc/default/grub");
}

static void test_groups_that_may_not_be_seen(void) {
        g_autoptr(TestHost) t = host_of("vmx");

        test_host_write(t, TABLES "DMAR", "%s", "");
        test_host_make_folder(t, GROUPS);
        test_host_chmod(t, GROUPS, 0);
        if (!test_be_nobody(true))
                return;
        test_host_judge(t, "iommu-kernel", "skip denied what=" GROUPS " error=Permission denied");
        g_assert_true(test_be_nobody(false));
}

static void test_without_a_flag_nobody_knows(void) {
        g_autoptr(TestHost) t = host_of("");

        test_host_write(t, TABLES "DMAR", "%s", "");
        test_host_make_folder(t, GROUPS "/0");
        test_host_judge(t, "iommu", "warn unknown");
        test_host_judge(t, "iommu-kernel", "skip no-iommu");
}

static void test_other_architectures(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_make_folder(t, GROUPS);
        test_host_set_architecture(t, "ppc64le");
        test_host_judge(t, "iommu", "pass");
        test_host_judge(t, "iommu-kernel", "warn not-in-kernel package=linux-image-powerpc64le");
        test_host_set_architecture(t, "aarch64");
        test_host_judge(t, "iommu", "warn unknown");

        test_host_set_architecture(t, "s390x");
        test_host_judge(t, "iommu", "skip no-pci");
        test_host_make_folder(t, "/sys/bus/pci/devices");
        test_host_judge(t, "iommu", "skip no-pci");
        test_host_judge(t, "iommu-kernel", "skip no-iommu");
        test_host_make_folder(t, "/sys/bus/pci/devices/0000:00:00.0");
        test_host_judge(t, "iommu", "pass");
}

static void test_sev(void) {
        g_autoptr(TestHost) t = host_of("svm sev");

        test_host_judge(t, "secure-guest", "warn not-in-kernel package=linux-image-amd64");
        test_host_write(t, "/sys/module/kvm_amd/parameters/sev", "%s", "N\n");
        test_host_judge(t, "secure-guest",
                        "warn off-in-kernel argument=kvm_amd.sev=1 loader=grub file=/etc/default/grub");
        test_host_write(t, "/sys/module/kvm_amd/parameters/sev", "%s", "\n");
        test_host_judge(t, "secure-guest",
                        "warn off-in-kernel argument=kvm_amd.sev=1 loader=grub file=/etc/default/grub");
        test_host_write(t, "/sys/module/kvm_amd/parameters/sev", "%s", "Y\n");
        test_host_judge(t, "secure-guest", "warn off-in-firmware vendor=Acme product=Box");
        test_host_write(t, "/dev/sev", "%s", "");
        test_host_judge(t, "secure-guest", "pass");
        test_host_write(t, "/sys/module/kvm_amd/parameters/sev", "%s", "1\n");
        test_host_judge(t, "secure-guest", "pass");
}

static void test_other_x86_processors_are_not_known(void) {
        g_autoptr(TestHost) t = host_of("vmx");

        test_host_write(t, "/dev/sev", "%s", "");
        test_host_judge(t, "secure-guest", "warn unknown");
}

static void test_secure_execution(void) {
        g_autoptr(TestHost) none = test_host_new(), t = test_host_new();

        test_host_set_architecture(none, "s390x");
        test_host_judge(none, "secure-guest", "warn not-in-hardware");

        test_host_set_architecture(t, "s390x");
        test_host_write(t, "/proc/cpuinfo", "%s", "facilities : 0 1 158 159\n");
        test_host_judge(t, "secure-guest", "warn not-in-kernel package=linux-image-s390x");
        test_host_make_folder(t, "/sys/firmware/uv");
        test_host_judge(t, "secure-guest", "warn off-in-kernel argument=prot_virt=1 loader= file=");
        test_host_write(t, "/proc/cmdline", "%s", "root=/dev/dasda1 prot_virt=on\n");
        test_host_judge(t, "secure-guest", "pass");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/iommu/each-maker-has-its-table", test_each_maker_has_its_table);
        g_test_add_func("/iommu/the-kernel-may-not-use-it", test_the_kernel_may_not_use_it);
        g_test_add_func("/iommu/groups-that-may-not-be-seen", test_groups_that_may_not_be_seen);
        g_test_add_func("/iommu/without-a-flag-nobody-knows", test_without_a_flag_nobody_knows);
        g_test_add_func("/iommu/other-architectures", test_other_architectures);
        g_test_add_func("/secure-guest/sev", test_sev);
        g_test_add_func("/secure-guest/other-x86-processors-are-not-known",
                        test_other_x86_processors_are_not_known);
        g_test_add_func("/secure-guest/secure-execution", test_secure_execution);
        return g_test_run();
}
