/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Where the host is in its life. */
typedef enum HostState {
        HOST_RUNNING,
        HOST_STARTING, /* systemd has not done yet all that it was asked for at boot */
        HOST_STOPPING, /* it powers off or reboots */
} HostState;

/*
 * Asks systemd itself, on its private socket: when the host stops, D-Bus has gone. Root only. systemd
 * answers at once or not at all; then, after HOST_STATE_PATIENCE, HOST_RUNNING is assumed and a warning is
 * logged.
 */
#define HOST_STATE_PATIENCE (5 * G_TIME_SPAN_SECOND)
HostState host_state_read(void);

/* What the state of systemd (SystemState of org.freedesktop.systemd1.Manager) and a job of shutdown.target
 * mean: systemd says "starting" until all is started, also where it stops already. */
HostState host_state_from_systemd(const char *system_state, unsigned shutdown_job);
