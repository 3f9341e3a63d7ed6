/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check-test.h"
#include "kvm-trial.h"

static void test_a_flag_of_the_processor_is_a_pass(void) {
        static const char *const flags[] = { "vmx", "svm" };

        for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
                g_autoptr(TestHost) t = test_host_new();

                test_host_set_x86(t, flags[i], /* capable= */ true, "");
                test_host_judge(t, "hardware-virtualization", "pass");
                g_assert_cmpstr(t->verdict.value, ==, flags[i]);
        }
}

static void test_why_the_flag_is_not_there(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_write(t, "/sys/class/dmi/id/sys_vendor", "%s", "LENOVO\n");
        test_host_write(t, "/sys/class/dmi/id/product_name", "%s", "20L6\n");
        test_host_set_x86(t, "", /* capable= */ true, "");
        test_host_judge(t, "hardware-virtualization",
                        "fail off-in-firmware processor=Test CPU @ 1 GHz vendor=LENOVO product=20L6");

        test_host_set_x86(t, "", /* capable= */ false, "KVMKVMKVM");
        test_host_judge(t, "hardware-virtualization",
                        "fail hidden processor=Test CPU @ 1 GHz hypervisor=KVM");
        g_assert_cmpstr(t->verdict.value, ==, "KVMKVMKVM");
        test_host_set_x86(t, "", /* capable= */ false, "Microsoft Hv");
        test_host_judge(t, "hardware-virtualization",
                        "fail hidden processor=Test CPU @ 1 GHz hypervisor=Hyper-V");
        test_host_set_x86(t, "", /* capable= */ false, "MineMineMine");
        test_host_judge(t, "hardware-virtualization",
                        "fail hidden processor=Test CPU @ 1 GHz hypervisor=MineMineMine");

        test_host_set_x86(t, "", /* capable= */ false, "");
        test_host_judge(t, "hardware-virtualization", "fail absent processor=Test CPU @ 1 GHz");
}

/* What an outer hypervisor passes on can be off in the firmware that it shows, too. */
static void test_a_capable_guest_is_not_hidden(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "", /* capable= */ true, "KVMKVMKVM");
        test_host_judge(t, "hardware-virtualization",
                        "fail off-in-firmware processor=Test CPU @ 1 GHz vendor= product=");
}

static void test_other_architectures(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "ppc64le");
        test_host_judge(t, "hardware-virtualization", "pass");
        test_host_judge(t, "kvm-module", "warn missing module=kvm_hv fixable");
        test_host_set_architecture(t, "aarch64");
        test_host_judge(t, "hardware-virtualization", "skip architecture");
        test_host_judge(t, "kvm-module", "skip built-in");
        test_host_judge(t, "kvm-device", "fail missing vendor= product=");
}

static void test_s390_needs_a_flag(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "s390x");
        test_host_judge(t, "hardware-virtualization", "fail absent processor=s390x");
        test_host_free(g_steal_pointer(&t));

        t = test_host_new();
        test_host_set_architecture(t, "s390x");
        test_host_write(t, "/proc/cpuinfo", "%s", "vendor_id : IBM/S390\nfeatures : esan3 zarch sie\n");
        test_host_judge(t, "hardware-virtualization", "pass");
}

static void test_the_device(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "vmx", /* capable= */ true, "");
        test_host_judge(t, "kvm-device", "fail missing vendor= product=");
        test_host_judge(t, "kvm-access", "skip no-device");
        test_host_judge(t, "kvm-qemu-access", "skip no-device");
        test_host_judge(t, "kvm-guest", "skip no-device");
        test_host_write(t, "/dev/kvm", "%s", "");
        test_host_judge(t, "kvm-device", "pass");
}

static void test_without_a_flag_the_device_is_not_asked_for(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "", /* capable= */ false, "");
        test_host_judge(t, "kvm-device", "skip no-virtualization");
        test_host_judge(t, "kvm-module", "skip no-virtualization");
}

static void test_the_module(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "vmx", /* capable= */ true, "");
        test_host_judge(t, "kvm-module", "fail missing module=kvm_intel fixable");
        test_host_make_folder(t, "/sys/module/kvm_intel");
        test_host_judge(t, "kvm-module", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "kvm_intel");
}

static void test_the_module_of_the_other_make(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "svm", /* capable= */ true, "");
        test_host_make_folder(t, "/sys/module/kvm_intel");
        test_host_judge(t, "kvm-module", "fail missing module=kvm_amd fixable");
}

static void test_the_caller_may_be_refused(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *expected = NULL;

        test_host_write(t, "/etc/passwd", "%s",
                        "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
        test_host_write(t, "/dev/kvm", "%s", "");
        test_host_chmod(t, "/dev/kvm", 0600);
        test_host_judge(t, "kvm-access", geteuid() == 0 ? "pass root" : "pass");
        g_assert_cmpstr(t->verdict.value, ==, "0600");
        if (geteuid() != 0) {
                g_test_skip("only root's file is refused to another");
                return;
        }
        if (!test_be_nobody(true))
                return;
        test_host_judge(t, "kvm-access", "fail refused user=nobody owner=root group=0 mode=0600");
        g_assert_true(test_be_nobody(false));
}

static TestHost *host_with_qemu(mode_t mode) {
        TestHost *t = test_host_new();

        test_host_write(t, "/etc/passwd", "%s", "libvirt-qemu:x:64055:64056::/:/bin/false\n");
        test_host_write(t, "/etc/group", "%s", "libvirt-qemu:x:64056:\nkvm:x:64057:libvirt-qemu\n");
        test_host_write(t, "/dev/kvm", "%s", "");
        test_host_chmod(t, "/dev/kvm", mode);
        return t;
}

static void test_the_user_of_qemu_may_be_refused(void) {
        g_autoptr(TestHost) t = host_with_qemu(0660);
        g_autofree char *expected =
                        g_strdup_printf("fail refused user=libvirt-qemu owner=%u group=%u mode=0660 fixable",
                                        geteuid(), getegid());

        test_host_judge(t, "kvm-qemu-access", expected);
        test_host_chmod(t, "/dev/kvm", 0666);
        test_host_judge(t, "kvm-qemu-access", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "libvirt-qemu");
}

/* What the remedy gives, the user cannot use without the group. */
static void test_the_remedy_helps_members_of_the_group(void) {
        g_autoptr(TestHost) t = host_with_qemu(0660);
        g_autofree char *owner = g_strdup_printf("owner=%u group=%u mode=0660", geteuid(), getegid());
        g_autofree char *outside = g_strconcat("fail not-in-group user=libvirt-qemu ", owner, NULL);
        g_autofree char *number = g_strconcat("fail not-in-group user=107 ", owner, NULL);
        g_autofree char *inside = g_strconcat("fail refused user=107 ", owner, " fixable", NULL);

        test_host_write(t, "/etc/group", "%s", "libvirt-qemu:x:64056:\nkvm:x:64057:bob\n");
        test_host_judge(t, "kvm-qemu-access", outside);
        test_host_write(t, "/etc/group", "%s", "libvirt-qemu:x:64056:\n");
        test_host_judge(t, "kvm-qemu-access", outside);

        test_host_write(t, "/etc/group", "%s", "libvirt-qemu:x:64056:\nkvm:x:64057:\n");
        test_host_write(t, "/etc/libvirt/qemu.conf", "%s", "user = \"+107\"\n");
        test_host_judge(t, "kvm-qemu-access", number);
        test_host_write(t, "/etc/libvirt/qemu.conf", "%s", "user = \"+107\"\ngroup = \"kvm\"\n");
        test_host_judge(t, "kvm-qemu-access", inside);
}

static void test_qemu_has_the_group_of_its_setting(void) {
        g_autoptr(TestHost) t = host_with_qemu(0660);

        test_host_write(t, "/etc/libvirt/qemu.conf", "group = \"+%u\"\n", getegid());
        test_host_judge(t, "kvm-qemu-access", "pass");
}

static void test_a_user_of_qemu_who_is_not_there(void) {
        g_autoptr(TestHost) t = host_with_qemu(0666);

        test_host_write(t, "/etc/libvirt/qemu.conf", "%s", "user = \"nemo\"\n");
        test_host_judge(t, "kvm-qemu-access", "skip no-user user=nemo");
        test_host_remove(t, "/etc/passwd");
        test_host_judge(t, "kvm-qemu-access",
                        "skip unreadable what=/etc/passwd error=No such file or directory");
}

static void test_a_configuration_that_may_not_be_read(void) {
        g_autoptr(TestHost) t = host_with_qemu(0666);

        test_host_write(t, "/etc/libvirt/qemu.conf", "%s", "user = \"nemo\"\n");
        test_host_chmod(t, "/etc/libvirt/qemu.conf", 0);
        if (!test_be_nobody(true))
                return;
        test_host_judge(t, "kvm-qemu-access",
                        "skip denied what=/etc/libvirt/qemu.conf error=Permission denied");
        g_assert_true(test_be_nobody(false));
}

/* A device without the flag serves another kind of guests: what the machine of the bench has. */
static void test_a_device_for_other_guests(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "", /* capable= */ false, "KVMKVMKVM");
        test_host_write(t, "/dev/kvm", "%s", "");
        test_host_make_folder(t, "/sys/module/kvm");
        test_host_make_folder(t, "/sys/module/kvm_pvm");
        test_host_judge(t, "kvm-guest", "fail not-ordinary");
        g_assert_cmpstr(t->verdict.value, ==, "kvm_pvm");
}

static void test_a_trial_tells_its_step(void) {
        g_autoptr(TestHost) t = test_host_new();

        if (!kvm_trial_exists()) {
                g_test_skip("no trial on this architecture");
                return;
        }
        test_host_set_x86(t, "vmx", /* capable= */ true, "");
        test_host_write(t, "/dev/kvm", "%s", "no device at all\n");
        test_host_judge(t, "kvm-guest", "fail trial-failed step=KVM_GET_API_VERSION error=Protocol error");
        g_assert_true(g_ptr_array_find_with_equal_func(t->verdict.sources, "KVM_RUN", g_str_equal, NULL));
}

static void test_what_a_trial_says(void) {
        static const struct {
                int result;
                const char *step, *expected;
        } cases[] = {
                { 0, "KVM_RUN", "pass" },
                { -EBUSY, "KVM_CREATE_VM", "fail busy step=KVM_CREATE_VM error=Device or resource busy" },
                { -ENOMEM, "KVM_CREATE_VCPU",
                  "fail trial-failed step=KVM_CREATE_VCPU error=Cannot allocate memory" },
                { -ETIMEDOUT, "KVM_RUN", "fail trial-failed step=KVM_RUN error=Connection timed out" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases) && kvm_trial_exists(); i++) {
                g_autoptr(TestHost) t = test_host_new();

                test_host_set_x86(t, "vmx", /* capable= */ true, "");
                test_host_write(t, "/dev/kvm", "%s", "");
                host_set_trial(t->host, cases[i].result, cases[i].step);
                test_host_judge(t, "kvm-guest", cases[i].expected);
        }
}

static void test_a_device_that_may_not_be_opened(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_x86(t, "vmx", /* capable= */ true, "");
        test_host_write(t, "/dev/kvm", "%s", "");
        test_host_chmod(t, "/dev/kvm", 0);
        if (!test_be_nobody(true))
                return;
        test_host_judge(t, "kvm-guest", "skip denied what=/dev/kvm error=Permission denied");
        g_assert_true(test_be_nobody(false));
}

static void test_guests_in_guests(void) {
        static const struct {
                const char *module, *value, *expected;
        } cases[] = {
                { "kvm_intel", "Y\n", "pass module=kvm_intel" },
                { "kvm_intel", "N\n", "pass off module=kvm_intel" },
                { "kvm_amd", "1\n", "pass module=kvm_amd" },
                { "kvm_amd", "0\n", "pass off module=kvm_amd" },
                { "kvm", "1\n", "pass module=kvm" },
                { "tun", "1\n", "skip no-module" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(TestHost) t = test_host_new();
                g_autofree char *path = g_strdup_printf("/sys/module/%s/parameters/nested", cases[i].module);

                test_host_write(t, path, "%s", cases[i].value);
                test_host_judge(t, "nested", cases[i].expected);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/acceleration/a-flag-is-a-pass", test_a_flag_of_the_processor_is_a_pass);
        g_test_add_func("/acceleration/why-the-flag-is-not-there", test_why_the_flag_is_not_there);
        g_test_add_func("/acceleration/a-capable-guest-is-not-hidden", test_a_capable_guest_is_not_hidden);
        g_test_add_func("/acceleration/other-architectures", test_other_architectures);
        g_test_add_func("/acceleration/s390-needs-a-flag", test_s390_needs_a_flag);
        g_test_add_func("/acceleration/the-device", test_the_device);
        g_test_add_func("/acceleration/without-a-flag-the-device-is-not-asked-for",
                        test_without_a_flag_the_device_is_not_asked_for);
        g_test_add_func("/acceleration/the-module", test_the_module);
        g_test_add_func("/acceleration/the-module-of-the-other-make", test_the_module_of_the_other_make);
        g_test_add_func("/acceleration/the-caller-may-be-refused", test_the_caller_may_be_refused);
        g_test_add_func("/acceleration/the-user-of-qemu-may-be-refused",
                        test_the_user_of_qemu_may_be_refused);
        g_test_add_func("/acceleration/the-remedy-helps-members-of-the-group",
                        test_the_remedy_helps_members_of_the_group);
        g_test_add_func("/acceleration/qemu-has-the-group-of-its-setting",
                        test_qemu_has_the_group_of_its_setting);
        g_test_add_func("/acceleration/a-user-of-qemu-who-is-not-there",
                        test_a_user_of_qemu_who_is_not_there);
        g_test_add_func("/acceleration/a-configuration-that-may-not-be-read",
                        test_a_configuration_that_may_not_be_read);
        g_test_add_func("/acceleration/a-device-for-other-guests", test_a_device_for_other_guests);
        g_test_add_func("/acceleration/a-trial-tells-its-step", test_a_trial_tells_its_step);
        g_test_add_func("/acceleration/what-a-trial-says", test_what_a_trial_says);
        g_test_add_func("/acceleration/a-device-that-may-not-be-opened",
                        test_a_device_that_may_not_be_opened);
        g_test_add_func("/acceleration/guests-in-guests", test_guests_in_guests);
        return g_test_run();
}
