/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host.h"

/* Who hands the kernel its arguments, and the file that a person edits to change them. */
typedef struct BootLoader {
        const char *name; /* "grub", "systemd-boot", "extlinux", "zipl"; "": not known */
        const char *file; /* "" */
} BootLoader;

/* Strings are static. */
BootLoader boot_loader_find(Host *host, Verdict *verdict);

/* Whether the running kernel has been given an argument, in any place, with a value that begins with one of
 * these; what follows is looked at as little as the kernel does. Hyphens are underscores. */
bool boot_has_argument(Host *host, Verdict *verdict, const char *key, const char *const *values);

/* Adds what is to be done to have the kernel get an argument: "argument", "loader" and "file". */
void boot_add_advice(Host *host, Verdict *verdict, const char *argument);
