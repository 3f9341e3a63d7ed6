/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters of the kernel: set now, and at each boot by a drop-in. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "remedy.h"

typedef struct Setting {
        const char *id;
        const char *drop_in; /* sorts behind 99-sysctl.conf: the last one counts */
        const char *lines;
        struct {
                const char *path, *value;
        } values[4];
} Setting;

static const Setting settings[] = {
        { "ksm",
          "/etc/tmpfiles.d/hatago-ksm.conf",
          "w /sys/kernel/mm/ksm/run - - - - 1\n",
          { { "/sys/kernel/mm/ksm/run", "1" } } },
        /* Not IPv6: a host that forwards it no longer takes its own address from its router. */
        { "forwarding",
          "/etc/sysctl.d/hatago-forwarding.conf",
          "net.ipv4.ip_forward = 1\n",
          { { "/proc/sys/net/ipv4/ip_forward", "1" } } },
        /* systemd applies them again when the module is loaded: /lib/udev/rules.d/99-systemd.rules. */
        { "bridge-nf",
          "/etc/sysctl.d/hatago-bridge-nf.conf",
          "net.bridge.bridge-nf-call-arptables = 0\n"
          "net.bridge.bridge-nf-call-iptables = 0\n"
          "net.bridge.bridge-nf-call-ip6tables = 0\n",
          { { "/proc/sys/net/bridge/bridge-nf-call-arptables", "0" },
            { "/proc/sys/net/bridge/bridge-nf-call-iptables", "0" },
            { "/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0" } } },
};

static int write_value(const char *path, const char *value) {
        int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), r;

        if (fd < 0)
                return -errno;

        r = write(fd, value, strlen(value)) < 0 ? -errno : 0;
        close(fd);
        return r;
}

int value_set(Fix *fix, const char *path, const char *value, Failure *failure) {
        g_autofree char *below = g_build_filename(fix->root, path, NULL), *there = NULL;
        g_autoptr(GError) error = NULL;
        int r;

        if (!g_file_get_contents(below, &there, /* length= */ NULL, &error))
                return failure_set(failure, ERROR_FAILED, "Cannot read %s: %s", path, error->message);
        if (g_str_equal(g_strstrip(there), value))
                return 0;

        r = fix_note(fix, "value", path, there, failure);
        if (r < 0)
                return r;

        remedy_say("Writing %s to %s, which has %s", value, path, there);
        r = write_value(below, value);
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot write %s to %s: %s", value, path,
                                   g_strerror(-r));
        return 0;
}

int value_undo(Fix *fix, const char *target, const char *before, Failure *failure) {
        g_autofree char *below = g_build_filename(fix->root, target, NULL), *there = NULL;
        int r;

        if (!g_file_test(below, G_FILE_TEST_EXISTS)) /* its module went, and the setting with it */
                return 0;
        if (g_file_get_contents(below, &there, NULL, NULL) && g_str_equal(g_strstrip(there), before))
                return 0;

        remedy_say("Writing %s to %s", before, target);
        r = write_value(below, before);
        if (r < 0)
                return failure_set(failure, ERROR_FAILED, "Cannot write %s to %s: %s", before, target,
                                   g_strerror(-r));
        return 0;
}

static const Setting *find(const char *id) {
        for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
                if (g_str_equal(settings[i].id, id))
                        return &settings[i];

        g_assert_not_reached();
}

int apply_setting(Fix *fix, const Remedy *remedy, Failure *failure) {
        const Setting *setting = find(remedy->id);

        for (size_t i = 0; i < G_N_ELEMENTS(setting->values) && setting->values[i].path; i++) {
                int r = value_set(fix, setting->values[i].path, setting->values[i].value, failure);
                if (r < 0)
                        return r;
        }

        return drop_in_write(fix, remedy, setting->drop_in, setting->lines, failure);
}
