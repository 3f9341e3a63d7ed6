/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The last lines that QEMU itself wrote in its last run, at most max of them, printable, each cut
 * (text_printable()); from libvirt's file NAME.log in folder (QEMU_LOG_FOLDER), without what libvirt writes
 * there: how it was called, and when it ended. Empty where there is nothing, or no file. Caller frees with
 * g_strfreev(). */
char **qemu_log_tail(const char *folder, const char *name, unsigned max);

/* From the bytes of the end of such a file. */
char **qemu_log_lines(const char *text, gsize size, unsigned max);
