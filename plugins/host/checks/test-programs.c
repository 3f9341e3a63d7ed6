/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-test.h"

static void test_qemu_is_that_of_the_architecture(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "x86_64");
        test_host_judge(t, "qemu", "fail missing package=qemu-system-x86 program=qemu-system-x86_64");
        test_host_write(t, "/usr/bin/qemu-system-x86_64", "%s", "");
        test_host_judge(t, "qemu", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "/usr/bin/qemu-system-x86_64");

        test_host_set_architecture(t, "aarch64");
        test_host_judge(t, "qemu", "fail missing package=qemu-system-arm program=qemu-system-aarch64");
        test_host_set_architecture(t, "ppc64le");
        test_host_judge(t, "qemu", "fail missing package=qemu-system-ppc program=qemu-system-ppc64");
        test_host_set_architecture(t, "m68k");
        test_host_judge(t, "qemu", "fail missing package=qemu-system program=qemu-system-m68k");
        test_host_write(t, "/usr/libexec/qemu-kvm", "%s", "");
        test_host_judge(t, "qemu", "pass");
}

static void test_a_program_that_is_not_there_has_its_package(void) {
        static const struct {
                const char *id, *missing, *path;
        } rows[] = {
                { "qemu-img", "fail missing package=qemu-utils", "/usr/bin/qemu-img" },
                { "virtiofsd", "warn missing package=virtiofsd", "/usr/lib/qemu/virtiofsd" },
                { "osinfo", "warn missing package=osinfo-db", "/usr/share/osinfo/os" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(TestHost) t = test_host_new();

                test_host_judge(t, rows[i].id, rows[i].missing);
                test_host_write(t, rows[i].path, "%s", "");
                test_host_judge(t, rows[i].id, "pass");
                g_assert_cmpstr(t->verdict.value, ==, rows[i].path);
        }
}

static void test_the_kernel_is_that_of_the_architecture(void) {
        static const char *const rows[][2] = {
                { "x86_64", "linux-image-amd64" },        { "aarch64", "linux-image-arm64" },
                { "s390x", "linux-image-s390x" },         { "ppc64le", "linux-image-powerpc64le" },
                { "riscv64", "linux-image-riscv64" },     { "armv7l", "linux-image-armmp-lpae" },
                { "loongarch64", "linux-image-generic" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(TestHost) t = test_host_new();

                test_host_set_architecture(t, rows[i][0]);
                g_assert_cmpstr(kernel_package(t->host, &t->verdict), ==, rows[i][1]);
        }
}

static void test_swtpm_needs_its_setup(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "swtpm", "warn missing package=swtpm-tools");
        test_host_write(t, "/usr/bin/swtpm", "%s", "");
        test_host_judge(t, "swtpm", "warn missing package=swtpm-tools");
        test_host_write(t, "/usr/bin/swtpm_setup", "%s", "");
        test_host_judge(t, "swtpm", "pass");
}

static void test_firmware_by_its_usual_path(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "x86_64");
        test_host_judge(t, "firmware", "warn missing package=ovmf");
        test_host_write(t, "/usr/share/OVMF/OVMF_CODE.fd", "%s", "");
        test_host_judge(t, "firmware", "pass");

        test_host_set_architecture(t, "aarch64");
        test_host_judge(t, "firmware", "warn missing package=qemu-efi-aarch64");
        test_host_set_architecture(t, "s390x"); /* boots without */
        test_host_judge(t, "firmware", "pass");
}

static void write_descriptor(TestHost *t, const char *name, const char *interface,
                             const char *architecture) {
        g_autofree char *path = g_strconcat("/usr/share/qemu/firmware/", name, NULL);

        test_host_write(t, path,
                        "{ \"interface-types\": [ \"%s\" ], \"mapping\": { \"device\": \"flash\", "
                        "\"executable\": { \"filename\": \"/opt/code.fd\", \"format\": \"raw\" } }, "
                        "\"targets\": [ { \"architecture\": \"i386\" }, { \"architecture\": \"%s\" } ] }",
                        interface, architecture);
}

static void test_firmware_by_a_descriptor(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "x86_64");
        test_host_write(t, "/opt/code.fd", "%s", "");
        write_descriptor(t, "50-bios.json", "bios", "x86_64");
        write_descriptor(t, "50-arm.json", "uefi", "aarch64");
        write_descriptor(t, "50-uefi.json.bak", "uefi", "x86_64");
        test_host_judge(t, "firmware", "warn missing package=ovmf");

        write_descriptor(t, "50-uefi.json", "uefi", "x86_64");
        test_host_judge(t, "firmware", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "/opt/code.fd");
        test_host_remove(t, "/opt/code.fd");
        test_host_judge(t, "firmware", "warn missing package=ovmf");
}

static void test_firmware_in_one_file(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "x86_64");
        test_host_write(t, "/opt/OVMF.fd", "%s", "");
        test_host_write(t, "/etc/qemu/firmware/10-sev.json",
                        "{ \"interface-types\": [ \"uefi\" ], \"mapping\": { \"device\": \"memory\", "
                        "\"filename\": \"/opt/OVMF.fd\" }, \"targets\": [ { \"architecture\": \"x86_64\" } ] }");
        test_host_judge(t, "firmware", "pass");
}

static void test_descriptors_that_are_none(void) {
        static const char *const texts[] = {
                "",
                "{",
                "[]",
                "7",
                "{}",
                "{ \"interface-types\": \"uefi\", \"targets\": {}, \"mapping\": [] }",
                "{ \"interface-types\": [ [ \"uefi\" ], 1, null ], \"targets\": [ 1, null ] }",
                "{ \"interface-types\": [ \"uefi\" ], \"targets\": [ { \"architecture\": \"x86_64\" } ] }",
                "{ \"interface-types\": [ \"uefi\" ], \"targets\": [ { \"architecture\": \"x86_64\" } ], "
                "\"mapping\": { \"filename\": 7 } }",
                "{ \"interface-types\": [ \"uefi\" ], \"targets\": [ { \"architecture\": \"x86_64\" } ], "
                "\"mapping\": { \"executable\": \"/opt/code.fd\" } }",
        };
        g_autoptr(TestHost) t = test_host_new();

        test_host_set_architecture(t, "x86_64");
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                test_host_write(t, "/usr/share/qemu/firmware/1.json", "%s", texts[i]);
                test_host_judge(t, "firmware", "warn missing package=ovmf");
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/programs/the-kernel-is-that-of-the-architecture",
                        test_the_kernel_is_that_of_the_architecture);
        g_test_add_func("/programs/qemu-is-that-of-the-architecture", test_qemu_is_that_of_the_architecture);
        g_test_add_func("/programs/a-program-that-is-not-there-has-its-package",
                        test_a_program_that_is_not_there_has_its_package);
        g_test_add_func("/programs/swtpm-needs-its-setup", test_swtpm_needs_its_setup);
        g_test_add_func("/programs/firmware-by-its-usual-path", test_firmware_by_its_usual_path);
        g_test_add_func("/programs/firmware-by-a-descriptor", test_firmware_by_a_descriptor);
        g_test_add_func("/programs/firmware-in-one-file", test_firmware_in_one_file);
        g_test_add_func("/programs/descriptors-that-are-none", test_descriptors_that_are_none);
        return g_test_run();
}
