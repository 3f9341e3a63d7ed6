/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "util.h"

#define QEMU_LOG_FOLDER "/var/log/libvirt/qemu"

/*
 * The last lines (at most n) of what libvirt keeps of a machine's QEMU, in FOLDER/NAME.log: what QEMU wrote
 * and what libvirt noted, without the command lines, which are long. Read with the rights of the caller:
 * -EACCES if they do not suffice, -ENOENT if there is none. The file is part of what a guest can make grow:
 * only its end is read. ret: an array of strings, new.
 */
int qemu_log_read(const char *folder, const char *name, unsigned n, JsonArray **ret);
