/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-facts.h"

static double usage_between(const char *before, const char *after) {
        g_autoptr(JsonNode) x = json_from_string(before, NULL), y = json_from_string(after, NULL);

        return host_cpu_usage(json_node_get_object(x), json_node_get_object(y));
}

static void test_usage_is_the_busy_part_of_all_time(void) {
        g_assert_cmpfloat(usage_between("{\"CPUTime\":100,\"CPUIdleTime\":1000}",
                                        "{\"CPUTime\":125,\"CPUIdleTime\":1075}"),
                          ==, 0.25);
        g_assert_cmpfloat(usage_between("{\"CPUTime\":1,\"CPUIdleTime\":9}",
                                        "{\"CPUTime\":1,\"CPUIdleTime\":19}"),
                          ==, 0);
        g_assert_cmpfloat(usage_between("{\"CPUTime\":1,\"CPUIdleTime\":9}",
                                        "{\"CPUTime\":3,\"CPUIdleTime\":9}"),
                          ==, 1);
}

static void test_usage_that_is_not_told_is_not_known(void) {
        g_assert_cmpfloat(usage_between("{}", "{}"), ==, -1);
        g_assert_cmpfloat(usage_between("{\"CPUTime\":9,\"CPUIdleTime\":9}",
                                        "{\"CPUTime\":9,\"CPUIdleTime\":9}"),
                          ==, -1);
        g_assert_cmpfloat(usage_between("{\"CPUTime\":9,\"CPUIdleTime\":9}",
                                        "{\"CPUTime\":10,\"CPUIdleTime\":8}"),
                          ==, -1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/host-facts/usage-is-the-busy-part-of-all-time",
                        test_usage_is_the_busy_part_of_all_time);
        g_test_add_func("/host-facts/usage-that-is-not-told-is-not-known",
                        test_usage_that_is_not_told_is_not_known);
        return g_test_run();
}
