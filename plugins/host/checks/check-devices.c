/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices that guests' networks need: verdicts are those of virt-host-validate. */
#include "check.h"

/* path: "/dev/net/tun", which the module makes. */
static void judge_device(Host *host, Verdict *verdict, const char *path, const char *module,
                         CheckResult without) {
        if (host_exists(host, verdict, path)) {
                verdict_set(verdict, CHECK_PASS, "", "%s", path);
                return;
        }

        verdict->fixable = host_module_is_available(host, verdict, module);
        verdict_set(verdict, without, verdict->fixable ? "missing" : "not-in-kernel", "%s", "");
        verdict_add(verdict, "module", "%s", module);
}

/* Without it QEMU itself moves each packet. */
void judge_vhost_net(Host *host, Verdict *verdict) {
        judge_device(host, verdict, "/dev/vhost-net", "vhost_net", CHECK_WARN);
}

void judge_tun(Host *host, Verdict *verdict) {
        judge_device(host, verdict, "/dev/net/tun", "tun", CHECK_FAIL);
}
