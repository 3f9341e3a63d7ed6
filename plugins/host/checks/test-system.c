/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "check-test.h"
#include "config.h"

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

static void test_the_clock(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "clock", "skip unreadable what=adjtimex error=No data available");
        host_set_clock(t->host, 0, true);
        test_host_judge(t, "clock", "pass"); /* whatever drives it */
        test_host_write(t, CLOCK_SOURCE, "%s", "tsc\n");
        test_host_judge(t, "clock", "pass");
        g_assert_cmpstr(t->verdict.value, ==, "tsc");
        test_host_write(t, CLOCK_SOURCE, "%s", "hpet\n");
        test_host_judge(t, "clock", "warn slow-source source=hpet");
        host_set_clock(t->host, 0, false);
        test_host_judge(t, "clock", "warn unsynchronized");
        host_set_clock(t->host, -EPERM, false);
        test_host_judge(t, "clock", "skip denied what=adjtimex error=Operation not permitted");
}

static void test_the_agent(void) {
        g_autoptr(TestHost) t = test_host_new();

        host_set_agent(t->host, false, false, "");
        test_host_judge(t, "agent", "warn stopped");
        host_set_agent(t->host, true, false, "");
        test_host_judge(t, "agent", "warn connecting");
        host_set_agent(t->host, true, false, "refused");
        test_host_judge(t, "agent", "fail disconnected error=refused");
        host_set_agent(t->host, true, true, "");
        test_host_judge(t, "agent", "pass");
}

static void test_the_agents_rights(void) {
        g_autoptr(TestHost) t = test_host_new();

        test_host_judge(t, "agent-rights",
                        "skip unreadable what=/etc/passwd error=No such file or directory");
        test_host_write(t, "/etc/passwd", "%s", "root:x:0:0::/:/bin/sh\n");
        test_host_write(t, "/etc/group", "%s", "root:x:0:\n");
        test_host_judge(t, "agent-rights", "fail no-user user=" AGENT_USER);

        test_host_write(t, "/etc/passwd", "%s", AGENT_USER ":x:900:900::/:/usr/sbin/nologin\n");
        test_host_judge(t, "agent-rights", "fail no-rule file=" POLKIT_RULES);
        test_host_write(t, POLKIT_RULES, "%s", "");
        test_host_judge(t, "agent-rights", "pass");
        g_assert_cmpstr(t->verdict.value, ==, POLKIT_RULES);
        test_host_remove(t, POLKIT_RULES);
        test_host_write(t, "/etc/polkit-1/rules.d/hatago.rules", "%s", "");
        test_host_judge(t, "agent-rights", "pass");
}

/* polkit's folders are open to polkit and root alone. */
static void test_rules_that_may_not_be_seen(void) {
        g_autoptr(TestHost) t = test_host_new();
        g_autofree char *folder = g_path_get_dirname(POLKIT_RULES);

        test_host_write(t, "/etc/passwd", "%s", AGENT_USER ":x:900:900::/:/usr/sbin/nologin\n");
        test_host_write(t, "/etc/group", "%s", "root:x:0:\n");
        test_host_write(t, POLKIT_RULES, "%s", "");
        test_host_chmod(t, folder, 0);
        if (test_be_nobody(true)) {
                test_host_judge(t, "agent-rights",
                                "skip denied what=" POLKIT_RULES " error=Permission denied");
                (void) test_be_nobody(false);
        }
        test_host_chmod(t, folder, 0755);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/system/the-clock", test_the_clock);
        g_test_add_func("/system/the-agent", test_the_agent);
        g_test_add_func("/system/the-agents-rights", test_the_agents_rights);
        g_test_add_func("/system/rules-that-may-not-be-seen", test_rules_that_may_not_be_seen);
        return g_test_run();
}
