/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-test.h"

#include "host-internal.h"

void host_set_processor(Host *host, const Processor *processor) {
        host->processor = *processor;
        host->have_processor = true;
        g_clear_pointer(&host->cpuinfo, g_free); /* another one */
}

void host_set_device_programs(Host *host, int has) {
        host->has_device_programs = has;
}

void host_set_unit(Host *host, const char *name, const char *load, const char *active, const char *file) {
        HostUnit *unit = g_new(HostUnit, 1);

        *unit = (HostUnit){ .load = g_strdup(load), .active = g_strdup(active), .file = g_strdup(file) };
        g_hash_table_replace(host->units, g_strdup(name), unit);
}

void host_set_libvirt(Host *host, bool connected, const char *error) {
        host->have_libvirt = true;
        host->libvirt.connected = connected;
        g_free(host->libvirt.error);
        host->libvirt.error = g_strdup(error);
}

void host_add_network(Host *host, const char *name, const char *bridge, bool active, bool autostart) {
        host_part_add(host->libvirt.networks, name, "nat", bridge, active, autostart);
}

void host_set_forward(Host *host, const char *network, const char *kind) {
        for (guint i = 0; i < host->libvirt.networks->len; i++) {
                HostPart *part = host->libvirt.networks->pdata[i];

                if (!g_str_equal(part->name, network))
                        continue;
                g_free(part->kind);
                part->kind = g_strdup(kind);
        }
}

void host_add_pool(Host *host, const char *name, const char *target, bool active, bool autostart) {
        host_part_add(host->libvirt.pools, name, "", target, active, autostart);
}

void host_add_domain(Host *host, const char *name, bool active, bool autostart) {
        host_part_add(host->libvirt.domains, name, "", "", active, autostart);
}

void host_set_guest_memory(Host *host, uint64_t bytes) {
        host->guest_memory = bytes;
}

void host_set_network_manager(Host *host, bool running, const char *version) {
        host->have_network_manager = true;
        host->network_manager.running = running;
        g_free(host->network_manager.version);
        host->network_manager.version = g_strdup(version);
}

void host_add_device(Host *host, const char *name, unsigned type, unsigned state, bool managed) {
        host_device_add(host->network_manager.devices, name, type, state, managed);
}

void host_set_agent(Host *host, bool running, bool connected, const char *error) {
        host->have_agent = true;
        host->agent.running = running;
        host->agent.connected = connected;
        host->agent.mirrors = running;
        g_free(host->agent.connection_error);
        host->agent.connection_error = g_strdup(error);
}

void host_set_mirrors(Host *host, bool mirrors) {
        host->agent.mirrors = mirrors;
}

void host_set_output(Host *host, const char *program, const char *output) {
        g_hash_table_replace(host->outputs, g_strdup(program), g_strdup(output));
}

void host_set_filesystem(Host *host, const char *path, uint64_t free, uint64_t size) {
        HostFilesystem *filesystem = g_new(HostFilesystem, 1);

        *filesystem = (HostFilesystem){ .free = free, .size = size };
        g_hash_table_replace(host->filesystems, g_strdup(path), filesystem);
}

void host_set_trial(Host *host, int result, const char *step) {
        host->trial = result;
        host->trial_step = step;
}

void host_set_clock(Host *host, int result, bool synchronized) {
        host->clock = result;
        host->clock_synchronized = synchronized;
}
