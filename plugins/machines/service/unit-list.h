/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

/* The units of virtual machines, as systemd has them. It is asked on its own socket, which root may use and
 * which needs no bus. */

typedef struct VmUnit {
        char *instance; /* of "hatago-vm@INSTANCE.service" */
        pid_t pid;      /* the machine's process, never 0 */
        char *status;   /* StatusText */
} VmUnit;

/* They are shared with threads that may not end in time. NULL is none. */
VmUnit *vm_unit_ref(VmUnit *unit);
void vm_unit_unref(gpointer unit);

/* Connects to systemd; a call of it waits for UNIT_PATIENCE at most. Returns a negative errno. */
#define UNIT_PATIENCE (5 * G_USEC_PER_SEC)
int unit_list_connect(sd_bus **ret);

/* Those that are active and have a process: a new array of VmUnit, with a reference to each. Returns a
 * negative errno.
 */
int unit_list_read(sd_bus *systemd, GPtrArray **ret);

/* How many are neither inactive nor failed; a negative errno. */
int unit_list_count(sd_bus *systemd);

/* Whether systemd has started the unit of this instance by itself, after a crash; not, if it does not tell.
 */
bool unit_is_restarted(const char *instance);

/* Has systemd start the unit that waits for this machine to be ready; not the machine, should it have ended
 * meanwhile. Returns a negative errno. */
int unit_start_ready(const char *instance);

/* Has the unit whose process this is show another text. Takes CAP_SYS_ADMIN, without which nobody speaks for
 * another process. Returns a negative errno. */
int unit_set_status(const VmUnit *unit, const char *text);

/* Has it take another process for its main one; as above. */
int unit_set_main_pid(const VmUnit *unit, pid_t pid);
