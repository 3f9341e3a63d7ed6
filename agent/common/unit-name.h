/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* Names of the units of virtual machines. Escaping is that of systemd-escape(1) without options
 * (systemd.unit(5), "String Escaping for Inclusion in Unit Names"). */

#define VM_UNIT_PREFIX "hatago-vm@"
#define VM_READY_UNIT_PREFIX "hatago-vm-ready@"
#define UNIT_SUFFIX ".service"

/* A unit's name has 255 bytes at most (systemd's UNIT_NAME_MAX), that of the longer of these two as well. */
#define VM_INSTANCE_MAX (255U - (sizeof(VM_READY_UNIT_PREFIX UNIT_SUFFIX) - 1U))

/* Allocated with g_malloc(). */
char *unit_escape(const char *text);

/* Allocated with g_malloc(); NULL: it is nothing that unit_escape() could have made, or holds a zero byte.
 */
char *unit_unescape(const char *instance);

/* The one instance that a machine has: its name, escaped, or where that is too long its UUID, escaped.
 * Allocated with g_malloc(). */
char *vm_instance(const char *name, const char *uuid);

/* "hatago-vm@INSTANCE.service", "hatago-vm-ready@INSTANCE.service". Allocated with g_malloc(). */
char *vm_unit_name(const char *name, const char *uuid);
char *vm_ready_unit_name(const char *name, const char *uuid);
