/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "start-failure.h"

#include <string.h>

/* The texts are those of libvirt 9.0 and QEMU 7.2, as they came when a machine did not start. */

#define EXITED "internal error: process exited while connecting to monitor: "
#define CLOSED "internal error: qemu unexpectedly closed the monitor: "
#define STAMP "2026-11-22T02:15:57.942663Z qemu-system-x86_64: "
#define FORMAT_NODE                                                                                         \
        "-blockdev {\"node-name\":\"libvirt-1-format\",\"read-only\":false,\"driver\":\"qcow2\","           \
        "\"file\":\"libvirt-1-storage\",\"backing\":null}: "

/* arguments: "key=value key=value", or "". */
static void reads(const char *text, ErrorCode code, const char *arguments) {
        g_auto(Failure) failure = { 0 };
        g_autoptr(GString) got = g_string_new(NULL);

        (void) failure_set(&failure, ERROR_FAILED, "%s", text);
        g_assert_cmpint(start_failure_read(&failure), ==, code != ERROR_FAILED);
        g_assert_cmpstr(error_code_to_bus_name(failure.code), ==, error_code_to_bus_name(code));
        for (char **a = failure.arguments; a && *a; a += 2)
                g_string_append_printf(got, "%s%s=%s", got->len ? " " : "", a[0], a[1]);
        g_assert_cmpstr(got->str, ==, arguments);
        g_assert_cmpstr(failure.message, ==, text);
}

static void test_images(void) {
        reads("Cannot access storage file '/var/lib/libvirt/images/gone.qcow2' (as uid:64055, gid:64055): "
              "No such file or directory",
              ERROR_IMAGE_MISSING, "path=/var/lib/libvirt/images/gone.qcow2");
        reads("Cannot access storage file '/var/lib/libvirt/images/gone.iso': No such file or directory",
              ERROR_IMAGE_MISSING, "path=/var/lib/libvirt/images/gone.iso");
        reads("Cannot access backing file '/images/base.qcow2' of storage file '/images/over.qcow2' "
              "(as uid:64055, gid:64055): No such file or directory",
              ERROR_IMAGE_MISSING, "path=/images/base.qcow2");
        reads("Cannot access storage file '/root/priv/x.qcow2' (as uid:64055, gid:64055): Permission denied",
              ERROR_IMAGE_DENIED, "path=/root/priv/x.qcow2");
        reads(EXITED STAMP
              "-blockdev {\"driver\":\"file\",\"filename\":\"/images/rooted.qcow2\",\"node-name\":"
              "\"libvirt-1-storage\",\"auto-read-only\":true,\"discard\":\"unmap\"}: Could not open "
              "'/images/rooted.qcow2': Permission denied",
              ERROR_IMAGE_DENIED, "path=/images/rooted.qcow2");
        reads(EXITED STAMP FORMAT_NODE "Failed to get \"write\" lock\n"
                                       "Is another process using the image [/images/lock.qcow2]?",
              ERROR_IMAGE_IN_USE, "path=/images/lock.qcow2");
        reads(CLOSED STAMP FORMAT_NODE "Image is not in qcow2 format", ERROR_IMAGE_INVALID, "format=qcow2");
}

static void test_files(void) {
        reads("operation failed: unable to find any master var store for loader: /usr/share/OVMF/GONE.fd",
              ERROR_FIRMWARE_MISSING, "path=/usr/share/OVMF/GONE.fd");
        reads("operation failed: Unable to find any firmware to satisfy 'efi'", ERROR_FIRMWARE_MISSING,
              "firmware=efi");
        reads("Failed to open file '/usr/share/OVMF/GONE_VARS.fd': No such file or directory",
              ERROR_FILE_MISSING, "path=/usr/share/OVMF/GONE_VARS.fd");
        reads("Path '/usr/share/nope.bin' is not accessible: No such file or directory", ERROR_FILE_MISSING,
              "path=/usr/share/nope.bin");
        reads("unable to stat: /boot/gone: No such file or directory", ERROR_FILE_MISSING,
              "path=/boot/gone");
        reads(EXITED STAMP
              "-device {\"driver\":\"virtio-9p-pci\",\"id\":\"fs0\",\"fsdev\":\"fsdev-fs0\","
              "\"mount_tag\":\"t\",\"bus\":\"pci.1\",\"addr\":\"0x0\"}: cannot initialize fsdev "
              "'fsdev-fs0': failed to open '/nonexistent/share': No such file or directory",
              ERROR_FILE_MISSING, "path=/nonexistent/share");
}

static void test_networks_and_ports(void) {
        reads("Requested operation is not valid: network 'default' is not active", ERROR_NETWORK_INACTIVE,
              "network=default");
        reads("Network not found: no network with matching name 'nope'", ERROR_NETWORK_MISSING,
              "network=nope");
        reads("Cannot get interface MTU on 'br9': No such device", ERROR_BRIDGE_MISSING, "bridge=br9");
        reads("Unable to get index for interface eth9: No such device", ERROR_DEVICE_MISSING, "device=eth9");
        reads(EXITED STAMP "-vnc 127.0.0.1:99,audiodev=audio1: Failed to find an available port: "
                           "Address already in use",
              ERROR_PORT_IN_USE, "address=127.0.0.1 port=5999");
        reads(EXITED STAMP "-vnc [::1]:99,audiodev=audio1: Failed to find an available port: "
                           "Address already in use",
              ERROR_PORT_IN_USE, "address=[::1] port=5999");
        reads(CLOSED STAMP "-vnc 192.0.2.1:98,audiodev=audio1: Failed to bind socket: "
                           "Cannot assign requested address",
              ERROR_ADDRESS_MISSING, "address=192.0.2.1 port=5998");
        reads(CLOSED STAMP
              "warning: Spice: ../server/reds.cpp:2585:reds_init_socket: binding socket to 127.0.0.1:5997 "
              "failed\n" STAMP
              "warning: Spice: ../server/reds.cpp:3442:do_spice_init: Failed to open SPICE sockets\n" STAMP
              "failed to initialize spice server",
              ERROR_PORT_IN_USE, "address=127.0.0.1 port=5997");
        reads(EXITED STAMP "-chardev socket,id=charserial0,host=127.0.0.1,port=4555,server=on,wait=off: "
                           "Failed to bind socket: Address already in use",
              ERROR_PORT_IN_USE, "address=127.0.0.1 port=4555");
}

static void test_storage(void) {
        reads("Storage pool not found: no storage pool with matching name 'nopool'", ERROR_POOL_MISSING,
              "pool=nopool");
        reads("unsupported configuration: storage pool 'dead' containing volume 'novol' is not active",
              ERROR_POOL_INACTIVE, "pool=dead volume=novol");
        reads("Storage volume not found: no storage vol with matching name 'novol'", ERROR_VOLUME_MISSING,
              "volume=novol");
        reads(EXITED STAMP
              "-chardev pty,id=charserial0,logfile=/x: Unable to write: No space left on device",
              ERROR_NO_SPACE, "");
}

static void test_processor_and_memory(void) {
        reads(EXITED STAMP "cannot set up guest memory 'pc.ram': Cannot allocate memory", ERROR_NO_MEMORY,
              "");
        reads(EXITED STAMP "unable to map backing store for guest RAM: Cannot allocate memory",
              ERROR_HUGEPAGES_SHORT, "");
        reads("internal error: Unable to find any usable hugetlbfs mount for 1048576 KiB",
              ERROR_HUGEPAGES_SHORT, "size=1048576");
        reads(EXITED "Could not access KVM kernel module: Permission denied\n" STAMP
                     "-accel kvm: failed to initialize kvm: Permission denied",
              ERROR_KVM_DENIED, "");
        reads(EXITED "Could not access KVM kernel module: No such file or directory\n" STAMP
                     "-accel kvm: failed to initialize kvm: No such file or directory",
              ERROR_KVM_UNAVAILABLE, "");
        reads("unsupported configuration: Domain requires KVM, but it is not available. Check that "
              "virtualization is enabled in the host BIOS, and host configuration is setup to load the kvm "
              "modules.",
              ERROR_KVM_UNAVAILABLE, "");
        reads("unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support virt type "
              "'kvm'",
              ERROR_KVM_UNAVAILABLE, "");
        reads("unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support machine "
              "type 'pc-q35-99.0'",
              ERROR_MACHINE_TYPE_UNSUPPORTED, "type=pc-q35-99.0");
        reads("unsupported configuration: CPU mode 'host-passthrough' for x86_64 qemu domain on x86_64 host is "
              "not supported by hypervisor",
              ERROR_CPU_UNSUPPORTED, "mode=host-passthrough");
        reads("operation failed: guest CPU doesn't match specification: extra features: hypervisor,lahf_lm, "
              "missing features: amx-tile",
              ERROR_CPU_UNSUPPORTED, "features=amx-tile");
        reads("internal error: Unknown CPU model nosuch", ERROR_CPU_UNSUPPORTED, "model=nosuch");
}

static void test_saves(void) {
        reads(CLOSED STAMP "Not a migration stream\n" STAMP "load of migration failed: Invalid argument",
              ERROR_SAVE_IMAGE_INVALID, "");
        reads("operation failed: failed to read cookie", ERROR_SAVE_IMAGE_INVALID, "");
}

static void test_libvirt_may_speak_another_language(void) {
        reads("内部エラー: モニターへの接続中にプロセスが終了しました: " STAMP
              "cannot set up guest memory 'pc.ram': Cannot allocate memory",
              ERROR_NO_MEMORY, "");
}

/* What others chose is taken whole, and is no reason by itself. */
static void test_names_hold_anything(void) {
        reads("Cannot access storage file '/i/it's gone: Permission denied.qcow2' (as uid:1, gid:2): No such "
              "file or directory",
              ERROR_IMAGE_MISSING, "path=/i/it's gone: Permission denied.qcow2");
        reads("Cannot access storage file '/i/x' (as uid:1, gid:2): No such file or directory' (as uid:3, "
              "gid:4): Permission denied",
              ERROR_IMAGE_DENIED, "path=/i/x' (as uid:1, gid:2): No such file or directory");
        reads("Cannot access storage file '/i/a\nb': No such file or directory", ERROR_IMAGE_MISSING,
              "path=/i/a\nb");
        reads("Network not found: no network with matching name 'it's 'odd' net'", ERROR_NETWORK_MISSING,
              "network=it's 'odd' net");
        reads("Requested operation is not valid: network 'x' is not active' is not active",
              ERROR_NETWORK_INACTIVE, "network=x' is not active");
        reads(EXITED STAMP
              "-blockdev {\"driver\":\"file\",\"filename\":\"/i/\\\"}: Could not open '/etc/y': "
              "Permission denied\",\"node-name\":\"n\"}: Could not open '/i/\"}: Could not open "
              "'/etc/y': Permission denied': No such file or directory",
              ERROR_IMAGE_MISSING, "path=/i/\"}: Could not open '/etc/y': Permission denied");
        reads("XML error: name 'Requested operation is not valid: network 'x' is not active' cannot be",
              ERROR_FAILED, "");
        reads("Cannot get interface MTU on 'br9': No such device.", ERROR_FAILED, "");
        reads("%s%n%d {path} \\d+ $", ERROR_FAILED, "");
}

static void test_what_is_not_known_stays_as_it_was(void) {
        reads("", ERROR_FAILED, "");
        reads("operation failed: something else", ERROR_FAILED, "");
        reads("unsupported configuration: of tomorrow", ERROR_NOT_SUPPORTED, "");
        reads("access denied: 'QEMU' denied access", ERROR_HYPERVISOR_DENIED, "");
        reads("Requested operation is not valid: domain is already running", ERROR_MACHINE_RUNNING, "");
        reads("Unable to write '/x': No space left on device", ERROR_NO_SPACE, "");
        reads("cannot fork child process: Cannot allocate memory", ERROR_NO_MEMORY, "");
        reads(EXITED, ERROR_FAILED, "");
        reads(EXITED STAMP, ERROR_FAILED, "");
        reads(EXITED STAMP "-blockdev {\"a\":\"", ERROR_FAILED, "");
        reads(EXITED STAMP "-blockdev {\"a\\", ERROR_FAILED, "");
        reads(EXITED STAMP "-", ERROR_FAILED, "");
        reads(EXITED STAMP "- ", ERROR_FAILED, "");
        reads(EXITED STAMP "-vnc : Failed to find an available port: Address already in use",
              ERROR_PORT_IN_USE, "");
        reads(EXITED STAMP
              "-vnc 1:99999999999999999999999: Failed to find an available port: Address already "
              "in use",
              ERROR_PORT_IN_USE, "");
}

/* libvirt bounds its texts; a long one costs no more than it must. */
static void test_a_long_text_is_read_in_no_time(void) {
        g_autoptr(GString) text = g_string_new("Cannot access backing file '");
        g_auto(Failure) failure = { 0 };
        int64_t begin = g_get_monotonic_time();

        for (int i = 0; i < 20000; i++)
                g_string_append(text, "' of storage file '");
        (void) failure_set(&failure, ERROR_FAILED, "%s", text->str);
        g_assert_false(start_failure_read(&failure));
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_TIME_SPAN_SECOND);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/start-failure/images", test_images);
        g_test_add_func("/start-failure/files", test_files);
        g_test_add_func("/start-failure/networks-and-ports", test_networks_and_ports);
        g_test_add_func("/start-failure/storage", test_storage);
        g_test_add_func("/start-failure/processor-and-memory", test_processor_and_memory);
        g_test_add_func("/start-failure/saves", test_saves);
        g_test_add_func("/start-failure/libvirt-may-speak-another-language",
                        test_libvirt_may_speak_another_language);
        g_test_add_func("/start-failure/names-hold-anything", test_names_hold_anything);
        g_test_add_func("/start-failure/what-is-not-known-stays-as-it-was",
                        test_what_is_not_known_stays_as_it_was);
        g_test_add_func("/start-failure/a-long-text-is-read-in-no-time",
                        test_a_long_text_is_read_in_no_time);
        return g_test_run();
}
