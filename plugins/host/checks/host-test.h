/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host.h"

/* What unit tests say in the place of what the machine would; for no other code. Strings are copied. */
void host_set_processor(Host *host, const Processor *processor);
void host_set_device_programs(Host *host, int has); /* 1, 0, -errno */
void host_set_unit(Host *host, const char *name, const char *load, const char *active, const char *file);
void host_set_libvirt(Host *host, bool connected, const char *error);
/* It forwards by NAT, until host_set_forward() says otherwise. */
void host_add_network(Host *host, const char *name, const char *bridge, bool active, bool autostart);
void host_set_forward(Host *host, const char *network, const char *kind);
void host_add_pool(Host *host, const char *name, const char *target, bool active, bool autostart);
void host_add_domain(Host *host, const char *name, bool active, bool autostart);
void host_set_guest_memory(Host *host, uint64_t bytes);
void host_set_network_manager(Host *host, bool running, const char *version);
void host_add_device(Host *host, const char *name, unsigned type, unsigned state, bool managed);
/* It mirrors machines, unless the test says otherwise then. */
void host_set_agent(Host *host, bool running, bool connected, const char *error);
void host_set_mirrors(Host *host, bool mirrors);
/* What a program says: see host_run(). */
void host_set_output(Host *host, const char *program, const char *output);
/* Not read-only. */
void host_set_filesystem(Host *host, const char *path, uint64_t free, uint64_t size);
/* What host_try_guest() says; step is static. */
void host_set_trial(Host *host, int result, const char *step);
/* result: 0 or -errno of host_clock(). */
void host_set_clock(Host *host, int result, bool synchronized);
