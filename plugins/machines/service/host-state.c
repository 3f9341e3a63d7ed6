/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-state.h"

#include <errno.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/log.h"

#define PRIVATE_SOCKET "unix:path=/run/systemd/private"
#define DESTINATION "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define SHUTDOWN_PATH MANAGER_PATH "/unit/shutdown_2etarget"

/* Waits until it can be written to, deadline by g_get_monotonic_time(): left to itself, sd-bus waits for 90
 * s. */
static int wait_ready(sd_bus *bus, int64_t deadline) {
        int r;

        while ((r = sd_bus_is_ready(bus)) == 0) {
                int64_t left = deadline - g_get_monotonic_time();

                if (left <= 0)
                        return -ETIMEDOUT;
                r = sd_bus_process(bus, /* ret= */ NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, (uint64_t) left);
                if (r < 0)
                        return r;
        }
        return r;
}

static int connect_systemd(sd_bus **ret) {
        g_autoptr(sd_bus) bus = NULL;
        int r;

        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_bus_set_address(bus, PRIVATE_SOCKET);
        if (r >= 0)
                r = sd_bus_set_method_call_timeout(bus, HOST_STATE_PATIENCE);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = wait_ready(bus, g_get_monotonic_time() + HOST_STATE_PATIENCE);
        if (r < 0)
                return r;

        *ret = g_steal_pointer(&bus);
        return 0;
}

static int read_shutdown_job(sd_bus *bus, unsigned *ret) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(sd_bus_message) reply = NULL;
        int r;

        r = sd_bus_get_property(bus, DESTINATION, SHUTDOWN_PATH, "org.freedesktop.systemd1.Unit", "Job",
                                &error, &reply, "(uo)");
        return r < 0 ? r : sd_bus_message_read(reply, "(uo)", ret, NULL);
}

static int ask_systemd(HostState *ret) {
        _cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autoptr(sd_bus) bus = NULL;
        g_autofree char *state = NULL;
        unsigned job = 0;
        int r;

        r = connect_systemd(&bus);
        if (r >= 0)
                r = sd_bus_get_property_string(bus, DESTINATION, MANAGER_PATH,
                                               "org.freedesktop.systemd1.Manager", "SystemState", &error,
                                               &state);
        if (r >= 0)
                r = read_shutdown_job(bus, &job);
        if (r < 0)
                return r;

        *ret = host_state_from_systemd(state, job);
        return 0;
}

HostState host_state_from_systemd(const char *system_state, unsigned shutdown_job) {
        if (shutdown_job != 0 || g_str_equal(system_state, "stopping"))
                return HOST_STOPPING;
        if (g_str_equal(system_state, "starting") || g_str_equal(system_state, "initializing"))
                return HOST_STARTING;
        return HOST_RUNNING;
}

HostState host_state_read(void) {
        HostState state = HOST_RUNNING;
        int r = ask_systemd(&state);

        if (r < 0)
                log_warning("Cannot ask systemd whether the host starts or stops; taking it to do neither: %s",
                            g_strerror(-r));
        return state;
}
