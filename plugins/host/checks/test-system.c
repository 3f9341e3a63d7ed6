/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <unistd.h>

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

#define RULE(user)                                                                                          \
        "polkit.addRule(function (action, subject) { if (action.id == 'org.libvirt.unix.manage' && "        \
        "subject.user == \"" user "\") return polkit.Result.YES; });\n"

static TestHost *host_with_agent(void) {
        TestHost *t = test_host_new();

        test_host_write(t, "/etc/passwd", "%s", AGENT_USER ":x:900:900::/:/usr/sbin/nologin\n");
        test_host_write(t, "/etc/group", "%s", AGENT_USER ":x:900:\n");
        return t;
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
        test_host_write(t, POLKIT_RULES, "%s", RULE(AGENT_USER));
        test_host_judge(t, "agent-rights", "pass");
        g_assert_cmpstr(t->verdict.value, ==, POLKIT_RULES);
        test_host_remove(t, POLKIT_RULES);
        test_host_write(t, "/etc/polkit-1/rules.d/hatago.rules", "%s", RULE(AGENT_USER));
        test_host_judge(t, "agent-rights", "pass");
}

static void test_a_rule_must_name_the_agent_and_libvirt(void) {
        static const char *const texts[] = {
                "",
                RULE("somebody"),
                "// " RULE(AGENT_USER),
                "polkit.addRule(function (action, subject) { if (subject.user == \"" AGENT_USER
                "\") return; });\n" RULE("somebody"),
        };
        g_autoptr(TestHost) t = host_with_agent();

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                test_host_write(t, POLKIT_RULES, "%s", texts[i]);
                test_host_judge(t, "agent-rights", "fail other-rule file=" POLKIT_RULES " user=" AGENT_USER);
        }

        test_host_write(t, "/etc/polkit-1/rules.d/hatago.rules", "%s", RULE(AGENT_USER));
        test_host_judge(t, "agent-rights", "pass");
}

static void test_the_agent_must_reach_the_socket(void) {
        g_autoptr(TestHost) t = host_with_agent();
        g_autofree char *refused =
                        g_strdup_printf("fail no-socket-access socket=/run/libvirt/virtqemud-sock "
                                        "user=" AGENT_USER " owner=%u group=%u mode=0660",
                                        geteuid(), getegid());

        test_host_write(t, POLKIT_RULES, "%s", RULE(AGENT_USER));
        test_host_write(t, "/run/libvirt/virtqemud-sock", "%s", "");
        test_host_chmod(t, "/run/libvirt/virtqemud-sock", 0660);
        test_host_judge(t, "agent-rights", refused);
        test_host_write(t, "/run/libvirt/libvirt-sock", "%s", "");
        test_host_chmod(t, "/run/libvirt/libvirt-sock", 0666);
        test_host_judge(t, "agent-rights", "pass");

        test_host_remove(t, "/run/libvirt/libvirt-sock");
        test_host_write(t, "/etc/group", AGENT_USER ":x:900:\nsocket:x:%u:" AGENT_USER "\n", getegid());
        test_host_judge(t, "agent-rights", "pass");
}

/* polkit's folders are open to polkit and root alone. */
static void test_rules_that_may_not_be_seen(void) {
        g_autoptr(TestHost) t = host_with_agent();
        g_autofree char *folder = g_path_get_dirname(POLKIT_RULES);

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
        g_test_add_func("/system/a-rule-must-name-the-agent-and-libvirt",
                        test_a_rule_must_name_the_agent_and_libvirt);
        g_test_add_func("/system/the-agent-must-reach-the-socket", test_the_agent_must_reach_the_socket);
        g_test_add_func("/system/rules-that-may-not-be-seen", test_rules_that_may_not_be_seen);
        return g_test_run();
}
