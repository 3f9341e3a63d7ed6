/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uevents.h"

#include <errno.h>
#include <glib.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* A literal as the kernel sends it: its last NUL is that of the last field. */
#define CONCERNS(message) uevent_concerns_checks(message, sizeof(message))

static void test_what_is_judged_concerns(void) {
        g_assert_true(CONCERNS("add@/module/kvm\0ACTION=add\0SUBSYSTEM=module\0SEQNUM=1"));
        g_assert_true(CONCERNS("add@/devices/virtual/misc/kvm\0SUBSYSTEM=misc\0DEVNAME=kvm"));
        g_assert_true(CONCERNS("remove@/devices/x\0SUBSYSTEM=net\0INTERFACE=enp1s0"));
        g_assert_true(CONCERNS("add@/devices/x\0INTERFACE=virbr0\0SUBSYSTEM=net"));
        g_assert_true(CONCERNS("online@/devices/system/cpu/cpu1\0SUBSYSTEM=cpu"));
}

static void test_guests_come_and_go_unheard(void) {
        g_assert_false(CONCERNS("add@/devices/virtual/net/vnet7\0SUBSYSTEM=net\0INTERFACE=vnet7"));
        g_assert_false(CONCERNS("add@/devices/virtual/net/macvtap0\0SUBSYSTEM=net\0INTERFACE=macvtap0"));
        g_assert_false(CONCERNS("add@/devices/virtual/net/x\0SUBSYSTEM=queues\0INTERFACE=enp1s0"));
        g_assert_false(CONCERNS("change@/devices/x\0SUBSYSTEM=block\0DEVNAME=sda"));
        g_assert_false(CONCERNS("add@/module/kvm"));
}

/* Word by word what Linux 6.18 sends as the checks' own guest is made and unmade: a look that is told of
 * begins another. */
static void test_the_guests_of_kvm_come_and_go_unheard(void) {
        g_assert_false(CONCERNS("change@/devices/virtual/misc/kvm\0ACTION=change\0"
                                "DEVPATH=/devices/virtual/misc/kvm\0SUBSYSTEM=misc\0CREATED=12333\0"
                                "COUNT=1\0EVENT=create\0PID=26740\0STATS_PATH=/kvm/26740-5\0"
                                "MAJOR=10\0MINOR=232\0DEVNAME=kvm\0SEQNUM=36067"));
        g_assert_false(CONCERNS("change@/devices/virtual/misc/kvm\0ACTION=change\0"
                                "DEVPATH=/devices/virtual/misc/kvm\0SUBSYSTEM=misc\0CREATED=12333\0"
                                "COUNT=0\0EVENT=destroy\0PID=26740\0STATS_PATH=/kvm/26740-5\0"
                                "MAJOR=10\0MINOR=232\0DEVNAME=kvm\0SEQNUM=36068"));
        g_assert_true(CONCERNS("change@/devices/virtual/misc/kvm\0ACTION=change\0SUBSYSTEM=misc\0"
                               "MAJOR=10\0MINOR=232\0DEVNAME=kvm\0SEQNUM=36069"));
}

static void test_what_does_not_end_is_no_message(void) {
        static const char message[] = "add@/module/kvm\0SUBSYSTEM=module";

        g_assert_true(uevent_concerns_checks(message, sizeof(message)));
        for (size_t size = 0; size < sizeof(message); size++)
                g_assert_false(uevent_concerns_checks(message, size));
}

static void test_without_a_socket_nothing_is_waited_for(void) {
        g_unsetenv("LISTEN_FDS");
        g_assert_cmpint(uevents_wait(/* pause= */ 0), ==, -EINVAL);
}

static int make_socket(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof(address)), ==, 0);
        return fd;
}

/* Whatever it says, it did not come from the kernel. */
static void test_other_processes_are_not_heard(void) {
        static const char message[] = "add@/module/kvm\0SUBSYSTEM=module";
        struct sockaddr_nl address;
        socklen_t length = sizeof(address);
        int ear = make_socket(), mouth = make_socket();
        g_autofree char *pid = g_strdup_printf("%d", (int) getpid());

        g_assert_cmpint(getsockname(ear, (struct sockaddr *) &address, &length), ==, 0);
        if (sendto(mouth, message, sizeof(message), 0, (struct sockaddr *) &address, length) < 0) {
                g_test_skip("not even root's messages reach another process here");
                return;
        }

        if (ear != SD_LISTEN_FDS_START) {
                g_assert_cmpint(dup2(ear, SD_LISTEN_FDS_START), ==, SD_LISTEN_FDS_START);
                (void) close(ear);
        }
        g_setenv("LISTEN_PID", pid, /* overwrite= */ true);
        g_setenv("LISTEN_FDS", "1", /* overwrite= */ true);
        g_assert_cmpint(uevents_wait(/* pause= */ 0), ==, 0);
        (void) close(SD_LISTEN_FDS_START);
        if (mouth != SD_LISTEN_FDS_START)
                (void) close(mouth);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/uevents/what-is-judged-concerns", test_what_is_judged_concerns);
        g_test_add_func("/uevents/guests-come-and-go-unheard", test_guests_come_and_go_unheard);
        g_test_add_func("/uevents/the-guests-of-kvm-come-and-go-unheard",
                        test_the_guests_of_kvm_come_and_go_unheard);
        g_test_add_func("/uevents/what-does-not-end-is-no-message", test_what_does_not_end_is_no_message);
        g_test_add_func("/uevents/without-a-socket-nothing-is-waited-for",
                        test_without_a_socket_nothing_is_waited_for);
        g_test_add_func("/uevents/other-processes-are-not-heard", test_other_processes_are_not_heard);
        return g_test_run();
}
