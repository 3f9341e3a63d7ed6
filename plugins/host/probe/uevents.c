/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uevents.h"

#include <errno.h>
#include <glib.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "common/log.h"

#define QUIET_MSEC 300
#define WAIT_USEC (5 * G_TIME_SPAN_SECOND)
#define MESSAGE_BYTES_MAX 8192U

/* The taps and bridges of guests come and go with them: no check looks at these. */
static bool is_of_a_guest(const char *interface) {
        return g_str_has_prefix(interface, "vnet") || g_str_has_prefix(interface, "tap") ||
               g_str_has_prefix(interface, "macvtap") || g_str_has_prefix(interface, "veth");
}

/*
 * What a driver says of a device that stays has a field EVENT: KVM tells of each guest that is made and
 * unmade as a change of /dev/kvm with EVENT=create or EVENT=destroy, so of the checks' own guest too.
 */
bool uevent_concerns_checks(const char *message, size_t size) {
        const char *subsystem = "", *interface = "";
        bool stays = false;

        for (const char *field = message; field < message + size;
             field += strnlen(field, (size_t) (message + size - field)) + 1) {
                if (strnlen(field, (size_t) (message + size - field)) == (size_t) (message + size - field))
                        return false; /* not ended: no message of the kernel */
                if (g_str_has_prefix(field, "SUBSYSTEM="))
                        subsystem = field + strlen("SUBSYSTEM=");
                else if (g_str_has_prefix(field, "INTERFACE="))
                        interface = field + strlen("INTERFACE=");
                else if (g_str_has_prefix(field, "EVENT="))
                        stays = true;
        }

        if (g_str_equal(subsystem, "net"))
                return !is_of_a_guest(interface);
        if (g_str_equal(subsystem, "misc"))
                return !stays;
        return g_str_equal(subsystem, "module") || g_str_equal(subsystem, "cpu") ||
               g_str_equal(subsystem, "iommu");
}

/* Takes what waits. Only the kernel itself, whose port is 0, is listened to. */
static bool drain(int fd) {
        char buffer[MESSAGE_BYTES_MAX];
        bool concerns = false;

        for (;;) {
                struct sockaddr_nl sender = { 0 };
                socklen_t length = sizeof(sender);
                ssize_t n = recvfrom(fd, buffer, sizeof(buffer), MSG_DONTWAIT, (struct sockaddr *) &sender,
                                     &length);

                if (n < 0 && errno == ENOBUFS)
                        concerns = true; /* some were lost: they may have been */
                else if (n < 0)
                        return concerns;
                else if (sender.nl_pid == 0 && uevent_concerns_checks(buffer, (size_t) n))
                        concerns = true;
        }
}

int uevents_wait(uint64_t pause) {
        int64_t begin = g_get_monotonic_time(), end = begin + WAIT_USEC;
        struct pollfd socket = { .fd = SD_LISTEN_FDS_START, .events = POLLIN };
        bool concerns;
        int r;

        if (sd_listen_fds(/* unset_environment= */ true) != 1 ||
            sd_is_socket(SD_LISTEN_FDS_START, AF_NETLINK, SOCK_RAW, /* listening= */ -1) <= 0) {
                log_error("systemd passed no socket of the kernel's messages");
                return -EINVAL;
        }

        concerns = drain(SD_LISTEN_FDS_START);
        do {
                r = poll(&socket, 1, QUIET_MSEC);
                concerns = drain(SD_LISTEN_FDS_START) || concerns;
        } while (g_get_monotonic_time() < end &&
                 (r > 0 || (concerns && g_get_monotonic_time() < begin + (int64_t) pause)));
        return concerns;
}
