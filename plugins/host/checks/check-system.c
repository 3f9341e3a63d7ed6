/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock, and the agent itself. */
#include <errno.h>
#include <string.h>

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

static bool names(const char *rule, const char *word) {
        g_autofree char *doubly = g_strdup_printf("\"%s\"", word), *singly = g_strdup_printf("'%s'", word);

        return strstr(rule, doubly) || strstr(rule, singly);
}

/* Whether one rule names both the agent's user and the action of libvirt that it needs. What a rule does
 * with them is not looked at; comments do not count. */
static bool grants_libvirt(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1), rules = NULL;
        g_autoptr(GString) code = g_string_new(NULL);

        for (char **line = lines; *line; line++)
                if (!g_str_has_prefix(g_strchug(*line), "//"))
                        g_string_append_printf(code, "%s\n", *line);

        rules = g_strsplit(code->str, "addRule", /* max_tokens= */ -1);
        for (char **rule = rules; *rule; rule++)
                if (names(*rule, "org.libvirt.unix.manage") && names(*rule, AGENT_USER))
                        return true;
        return false;
}

/* -errno of the last of the places. ret: the first that has it, or would have to; ret_grants: whether it
 * does. */
static int find_rule(Host *host, Verdict *verdict, const char **ret, bool *ret_grants) {
        static const char *const paths[] = { "/etc/polkit-1/rules.d/hatago.rules", POLKIT_RULES };
        const char *found = NULL;
        int r = -ENOENT;

        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
                g_autofree char *text = host_read(host, verdict, paths[i]);

                if (!text) {
                        r = -errno;
                        continue;
                }
                found = paths[i];
                *ret_grants = grants_libvirt(text);
                if (*ret_grants)
                        break;
        }
        if (!found)
                return r;

        *ret = found;
        return 0;
}

/* Sets the verdict where libvirt is there, but none of its sockets is open to the agent's user. */
static bool find_no_socket(Host *host, Verdict *verdict, const User *user) {
        static const char *const paths[] = { "/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock" };
        const char *refused = NULL;
        struct stat status;

        for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
                struct stat socket;

                if (host_stat(host, verdict, paths[i], &socket) < 0)
                        continue;
                if (user_may_use(user, &socket))
                        return false;
                refused = paths[i];
                status = socket;
        }
        if (!refused)
                return false;

        verdict_set(verdict, CHECK_FAIL, "no-socket-access", "%04o", status.st_mode & 07777U);
        verdict_add(verdict, "socket", "%s", refused);
        verdict_add(verdict, "user", "%s", AGENT_USER);
        verdict_add_owner(host, verdict, &status);
        return true;
}

/* Sets the verdict where no rule gives the agent libvirt. ret: the file of that which does. */
static bool find_no_rule(Host *host, Verdict *verdict, const char **ret) {
        bool grants = false;
        int r = find_rule(host, verdict, ret, &grants);

        if (r >= 0 && grants)
                return false;

        if (r >= 0) {
                verdict_set(verdict, CHECK_FAIL, "other-rule", "%s", *ret);
                verdict_add(verdict, "file", "%s", *ret);
                verdict_add(verdict, "user", "%s", AGENT_USER);
        } else if (r == -ENOENT) {
                verdict_set(verdict, CHECK_FAIL, "no-rule", "%s", "");
                verdict_add(verdict, "file", "%s", POLKIT_RULES);
        } else
                verdict_set_unread(verdict, POLKIT_RULES, r);
        return true;
}

void judge_agent_rights(Host *host, Verdict *verdict) {
        g_auto(User) user = { 0 };
        const char *file;
        int r;

        r = user_read(host, verdict, AGENT_USER, &user);
        if (r == -ESRCH) {
                verdict_set(verdict, CHECK_FAIL, "no-user", "%s", "");
                verdict_add(verdict, "user", "%s", AGENT_USER);
        } else if (r < 0)
                verdict_set_unread(verdict, "/etc/passwd", r);
        else if (!find_no_rule(host, verdict, &file) && !find_no_socket(host, verdict, &user))
                verdict_set(verdict, CHECK_PASS, "", "%s", file);
}
