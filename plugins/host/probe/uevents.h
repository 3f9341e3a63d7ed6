/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the kernel tells of its devices and modules, on the socket that systemd passes
 * (ListenNetlink=kobject-uevent 1). Waits until no more has come for a while, five seconds at most, but at
 * least pause (µs) if something of it is about what the checks judge. Returns 1 if it is, 0 if not; -errno:
 * no such socket.
 */
int uevents_wait(uint64_t pause);

/* One message, as the kernel sends it: "add@/module/kvm" and then KEY=VALUE, each ended by NUL. */
bool uevent_concerns_checks(const char *message, size_t size);
