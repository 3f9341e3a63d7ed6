/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt brings for beginners: a network and a pool, both named "default". */
#include "check.h"

#define CLASS "/sys/class/net"

static bool is_libvirts(const HostLibvirt *libvirt, const char *bridge) {
        for (guint i = 0; i < libvirt->networks->len; i++) {
                const HostPart *network = libvirt->networks->pdata[i];

                if (g_str_equal(network->detail, bridge))
                        return !g_str_equal(network->kind, "bridge");
        }
        return false;
}

/* What stands in the folder of an interface, or below; NULL: nothing. It stands in no verdict. */
static char **list_entries(Host *host, const char *name, const char *folder) {
        g_autofree char *path = g_build_filename(CLASS, name, folder, NULL);
        g_auto(Verdict) nothing;

        verdict_init(&nothing);
        return host_list(host, &nothing, path);
}

/* Whether a port leads out of this host: a NIC, or what stands on one (a bond, a VLAN). Those of containers
 * and guests do not. */
static bool is_uplink(Host *host, const char *name) {
        g_auto(GStrv) entries = list_entries(host, name, "");

        for (char **entry = entries; entry && *entry; entry++)
                if (g_str_equal(*entry, "device") || g_str_has_prefix(*entry, "lower_"))
                        return true;
        return false;
}

/* A bridge that puts guests into the network of the host; NULL: none. */
static char *find_host_bridge(Host *host, Verdict *verdict, const HostLibvirt *libvirt) {
        g_auto(GStrv) names = host_list(host, verdict, CLASS);

        for (char **name = names; name && *name; name++) {
                g_auto(GStrv) ports = is_libvirts(libvirt, *name) ? NULL : list_entries(host, *name, "brif");

                for (char **port = ports; port && *port; port++)
                        if (is_uplink(host, *port))
                                return g_strdup(*name);
        }
        return NULL;
}

/* Any that is active; it is not the default one, which is not. */
static char *find_active(const GPtrArray *parts) {
        for (guint i = 0; i < parts->len; i++) {
                const HostPart *part = parts->pdata[i];

                if (part->active)
                        return g_strdup(part->name);
        }
        return NULL;
}

/* other: what guests can have in its place; NULL: nothing. */
static void judge_default(Verdict *verdict, const GPtrArray *parts, const char *other) {
        const HostPart *part = host_part_find(parts, "default");
        CheckResult without = other ? CHECK_WARN : CHECK_FAIL;

        if (!part)
                verdict_set(verdict, without, "missing", "%s", other ?: "");
        else if (!part->active)
                verdict_set(verdict, without, "inactive", "%s", other ?: part->detail);
        else if (!part->autostart)
                verdict_set(verdict, CHECK_WARN, "no-autostart", "%s", part->detail);
        else
                verdict_set(verdict, CHECK_PASS, "", "%s", part->detail);
        verdict->fixable = verdict->result != CHECK_PASS;
}

void judge_default_network(Host *host, Verdict *verdict) {
        const HostLibvirt *libvirt = host_libvirt(host, verdict);
        g_autofree char *other = NULL;

        if (!libvirt->connected) {
                verdict_set(verdict, CHECK_SKIP, "no-libvirt", "%s", "");
                return;
        }

        other = find_active(libvirt->networks) ?: find_host_bridge(host, verdict, libvirt);
        judge_default(verdict, libvirt->networks, other);
}

void judge_default_pool(Host *host, Verdict *verdict) {
        const HostLibvirt *libvirt = host_libvirt(host, verdict);
        g_autofree char *other = NULL;

        if (!libvirt->connected) {
                verdict_set(verdict, CHECK_SKIP, "no-libvirt", "%s", "");
                return;
        }

        other = find_active(libvirt->pools);
        judge_default(verdict, libvirt->pools, other);
}
