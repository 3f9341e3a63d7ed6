/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt brings for beginners: a network and a pool, both named "default". */
#include "check.h"

static void judge_default(Verdict *verdict, const HostLibvirt *libvirt, const GPtrArray *parts) {
        const HostPart *part = host_part_find(parts, "default");

        if (!libvirt->connected) {
                verdict_set(verdict, CHECK_SKIP, "no-libvirt", "%s", "");
                return;
        }

        if (!part)
                verdict_set(verdict, CHECK_FAIL, "missing", "%s", "");
        else if (!part->active)
                verdict_set(verdict, CHECK_FAIL, "inactive", "%s", part->detail);
        else if (!part->autostart)
                verdict_set(verdict, CHECK_WARN, "no-autostart", "%s", part->detail);
        else
                verdict_set(verdict, CHECK_PASS, "", "%s", part->detail);
        verdict->fixable = verdict->result != CHECK_PASS;
}

void judge_default_network(Host *host, Verdict *verdict) {
        const HostLibvirt *libvirt = host_libvirt(host, verdict);

        judge_default(verdict, libvirt, libvirt->networks);
}

void judge_default_pool(Host *host, Verdict *verdict) {
        const HostLibvirt *libvirt = host_libvirt(host, verdict);

        judge_default(verdict, libvirt, libvirt->pools);
}
