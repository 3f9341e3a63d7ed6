/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "boot-loader.h"

#include <string.h>

/* Set by systemd-boot, and by GRUB only where it was asked to: Boot Loader Interface, systemd.io. */
#define LOADER_INFO "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* What a host has of a loader, the likeliest first: files of another may have been left behind. Those of an
 * EFI system partition are seen by root alone, so each has a mark outside of it. */
static const struct {
        const char *marks[2]; /* all of these; NULL: no more */
        BootLoader loader;
} loaders[] = {
        { { "/boot/grub/grub.cfg", "/etc/default/grub" }, { "grub", "/etc/default/grub" } },
        { { "/boot/grub2/grub.cfg", "/etc/default/grub" }, { "grub", "/etc/default/grub" } },
        { { LOADER_INFO }, { "systemd-boot", "/etc/kernel/cmdline" } },
        { { "/boot/loader/loader.conf" }, { "systemd-boot", "/etc/kernel/cmdline" } },
        { { "/efi/loader/loader.conf" }, { "systemd-boot", "/etc/kernel/cmdline" } },
        { { "/boot/efi/loader/loader.conf" }, { "systemd-boot", "/etc/kernel/cmdline" } },
        { { "/boot/extlinux/extlinux.conf", "/etc/default/u-boot" }, { "extlinux", "/etc/default/u-boot" } },
        { { "/boot/extlinux/extlinux.conf", "/etc/default/extlinux" },
          { "extlinux", "/etc/default/extlinux" } },
        { { "/boot/extlinux/extlinux.conf" }, { "extlinux", "/boot/extlinux/extlinux.conf" } },
        { { "/etc/zipl.conf" }, { "zipl", "/etc/zipl.conf" } },
        { { "/boot/firmware/cmdline.txt" }, { "", "/boot/firmware/cmdline.txt" } }, /* Raspberry Pi */
};

BootLoader boot_loader_find(Host *host, Verdict *verdict) {
        for (size_t i = 0; i < G_N_ELEMENTS(loaders); i++) {
                const char *const *marks = loaders[i].marks;

                if (host_exists(host, verdict, marks[0]) &&
                    (!marks[1] || host_exists(host, verdict, marks[1])))
                        return loaders[i].loader;
        }

        return (BootLoader){ "", "" };
}

static bool has_prefix_of(const char *value, const char *const *prefixes) {
        for (; *prefixes; prefixes++)
                if (g_str_has_prefix(value, *prefixes))
                        return true;
        return false;
}

bool boot_has_argument(Host *host, Verdict *verdict, const char *key, const char *const *values) {
        g_autofree char *text = host_read(host, verdict, "/proc/cmdline");
        g_auto(GStrv) words = text ? g_strsplit_set(text, " \t\n", /* max_tokens= */ -1) : NULL;

        for (char **word = words; word && *word; word++) {
                char *equals = strchr(*word, '=');

                if (!equals)
                        continue;
                *equals = '\0';
                if (g_str_equal(g_strdelimit(*word, "-", '_'), key) && has_prefix_of(equals + 1, values))
                        return true;
        }
        return false;
}

void boot_add_advice(Host *host, Verdict *verdict, const char *argument) {
        BootLoader loader = boot_loader_find(host, verdict);

        verdict_add(verdict, "argument", "%s", argument);
        verdict_add(verdict, "loader", "%s", loader.name);
        verdict_add(verdict, "file", "%s", loader.file);
}
