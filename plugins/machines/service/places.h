/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where the agent, the generator and the programs of the units of virtual machines meet. The agent writes
 * the first two and they are hostile to root; root writes the third. */

/* Settings that survive a boot: settings.h. */
#define SETTINGS_FOLDER "/etc/hatago/machines.d"

/* What the agent has to say to the next start of a unit: request.h. */
#define REQUESTS_FOLDER "/run/hatago/requests"

/* What the start of a unit leaves for its stop: run.h. */
#define RUNS_FOLDER "/run/hatago-vm"

/* QEMU's process ids, and what it says on its standard error: libvirt's (src/qemu/qemu_conf.c). */
#define QEMU_PID_FOLDER "/run/libvirt/qemu"
#define QEMU_LOG_FOLDER "/var/log/libvirt/qemu"

/* Managed saves. */
#define QEMU_SAVE_FOLDER "/var/lib/libvirt/qemu/save"
