/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-state.h"

static void test_what_systemd_says(void) {
        g_assert_cmpint(host_state_from_systemd("initializing", 0), ==, HOST_STARTING);
        g_assert_cmpint(host_state_from_systemd("starting", 0), ==, HOST_STARTING);
        g_assert_cmpint(host_state_from_systemd("running", 0), ==, HOST_RUNNING);
        g_assert_cmpint(host_state_from_systemd("degraded", 0), ==, HOST_RUNNING);
        g_assert_cmpint(host_state_from_systemd("maintenance", 0), ==, HOST_RUNNING);
        g_assert_cmpint(host_state_from_systemd("", 0), ==, HOST_RUNNING);
        g_assert_cmpint(host_state_from_systemd("stopping", 0), ==, HOST_STOPPING);
}

static void test_who_stops_while_starting_stops(void) {
        g_assert_cmpint(host_state_from_systemd("starting", 17), ==, HOST_STOPPING);
        g_assert_cmpint(host_state_from_systemd("running", 17), ==, HOST_STOPPING);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/host-state/what_systemd_says", test_what_systemd_says);
        g_test_add_func("/host-state/who_stops_while_starting_stops", test_who_stops_while_starting_stops);
        return g_test_run();
}
