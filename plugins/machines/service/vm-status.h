/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

/* What the unit of a running machine says of it, in "systemctl status". */
typedef struct VmStatus {
        int state, reason; /* virDomainState, and the enumeration of that state */
        unsigned vcpus;
        uint64_t memory; /* KiB */
        bool kvm;        /* else it is emulated */
        char *name;      /* of a machine whose unit cannot have it in its own name; NULL. g_malloc() */
} VmStatus;

/* { 0 } is none, and again afterwards. */
void vm_status_done(VmStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmStatus, vm_status_done)

/* Asks libvirt, of no QEMU; on a thread. Returns a negative errno. ret is { 0 }. */
int vm_status_read(virDomain *domain, VmStatus *ret);

/* "NAME: 2 vCPUs, …" where there is a name, else "2 vCPUs, 2.0 GiB, KVM", "Paused: …", "Paused (I/O error):
 * …". g_malloc(). */
char *vm_status_format(const VmStatus *status);

/*
 * A text that may have several lines, such as libvirt's with what QEMU wrote, as the one line that STATUS=
 * of sd_notify(3) takes: lines end in STATUS_LINE_END, other control characters are escaped, and what is
 * longer than systemd takes is cut. status_line_to_text() is the way back. g_malloc().
 */
#define STATUS_LINE_END " | "
char *status_line(const char *text);
char *status_line_to_text(const char *line);
