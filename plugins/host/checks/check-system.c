/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock, and the agent itself. */
#include <errno.h>

#include "check.h"
#include "common/names.h"
#include "config.h"
#include "users.h"

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

/* Each reading of these asks a device, which takes a microsecond and more; QEMU reads the clock all the
 * time. */
static bool is_slow(const char *source) {
        static const char *const slow[] = { "acpi_pm", "hpet", "jiffies", "pit", "refined-jiffies", NULL };

        return g_strv_contains(slow, source);
}

void judge_clock(Host *host, Verdict *verdict) {
        bool synchronized;
        int r = host_clock(host, verdict, &synchronized);
        g_autofree char *source = host_read(host, verdict, CLOCK_SOURCE);

        if (r < 0)
                verdict_set_unread(verdict, "adjtimex", r);
        else if (!synchronized)
                verdict_set(verdict, CHECK_WARN, "unsynchronized", "%s", source ?: "");
        else if (source && is_slow(source)) {
                verdict_set(verdict, CHECK_WARN, "slow-source", "%s", source);
                verdict_add(verdict, "source", "%s", source);
        } else
                verdict_set(verdict, CHECK_PASS, "", "%s", source ?: "");
}

void judge_agent(Host *host, Verdict *verdict) {
        const HostAgent *agent = host_agent(host, verdict);

        if (!agent->running)
                verdict_set(verdict, CHECK_WARN, "stopped", "%s", "");
        else if (!agent->connected && *agent->connection_error == '\0')
                verdict_set(verdict, CHECK_WARN, "connecting", "%s", "");
        else if (!agent->connected) {
                verdict_set(verdict, CHECK_FAIL, "disconnected", "%s", "");
                verdict_add(verdict, "error", "%s", agent->connection_error);
        } else
                verdict_set(verdict, CHECK_PASS, "", "%s", BUS_NAME);
}

/* -errno of the last of the places; ret: the first that has it. */
static int find_rule(Host *host, Verdict *verdict, const char **ret) {
        static const char *const paths[] = { "/etc/polkit-1/rules.d/hatago.rules", POLKIT_RULES };
        struct stat status;
        int r = -ENOENT;

        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
                r = host_stat(host, verdict, paths[i], &status);
                if (r >= 0) {
                        *ret = paths[i];
                        return 0;
                }
        }
        return r;
}

void judge_agent_rights(Host *host, Verdict *verdict) {
        g_auto(User) user = { 0 };
        const char *file;
        int r;

        r = user_read(host, verdict, AGENT_USER, &user);
        if (r == -ESRCH) {
                verdict_set(verdict, CHECK_FAIL, "no-user", "%s", "");
                verdict_add(verdict, "user", "%s", AGENT_USER);
                return;
        }
        if (r < 0) {
                verdict_set_unread(verdict, "/etc/passwd", r);
                return;
        }

        r = find_rule(host, verdict, &file);
        if (r >= 0)
                verdict_set(verdict, CHECK_PASS, "", "%s", file);
        else if (r == -ENOENT) {
                verdict_set(verdict, CHECK_FAIL, "no-rule", "%s", "");
                verdict_add(verdict, "file", "%s", POLKIT_RULES);
        } else
                verdict_set_unread(verdict, POLKIT_RULES, r);
}
