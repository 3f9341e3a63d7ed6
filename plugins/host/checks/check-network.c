/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the network of guests rests on: NetworkManager, the kernel's switches, the packet filter. */
#include <errno.h>
#include <inttypes.h>

#include "check.h"
#include "firewall.h"
#include "nics.h"

#define IP_FORWARD "/proc/sys/net/ipv4/ip_forward"
#define BRIDGE_NF "/proc/sys/net/bridge/bridge-nf-call-"

void judge_network_manager(Host *host, Verdict *verdict) {
        const HostNetworkManager *manager = host_network_manager(host, verdict);
        const HostUnit *unit;

        if (manager->running) {
                verdict_set(verdict, CHECK_PASS, "", "%s", manager->version);
                return;
        }

        unit = host_unit(host, verdict, "NetworkManager.service");
        if (!unit)
                verdict_set_unread(verdict, "systemd", ENOTCONN);
        else if (g_str_equal(unit->load, "not-found")) {
                verdict_set(verdict, CHECK_WARN, "missing", "%s", "");
                verdict_add(verdict, "package", "%s", "network-manager");
        } else
                verdict_set(verdict, CHECK_WARN, "stopped", "%s", unit->active);
}

/*
 * Who manages the NICs
 */

static const struct {
        const char *word; /* as a value shows it, and the reason of those that warn */
        bool warns;
} manager_words[_NIC_MANAGER_MAX] = {
        [NIC_IDLE] = { "idle", false },        [NIC_NETWORK_MANAGER] = { "NetworkManager", false },
        [NIC_IFUPDOWN] = { "ifupdown", true }, [NIC_NETPLAN] = { "netplan", true },
        [NIC_NETWORKD] = { "networkd", true }, [NIC_UNMANAGED] = { "unmanaged", true },
};

/* The first file of those that this manager has, or "". ret_names: their names. */
static const char *find_managed(const GPtrArray *nics, NicManager manager, GString *ret_names) {
        const char *file = "";

        for (guint i = 0; i < nics->len; i++) {
                const Nic *nic = nics->pdata[i];

                if (nic->manager != manager)
                        continue;
                g_string_append_printf(ret_names, "%s%s", ret_names->len > 0 ? ", " : "", nic->name);
                if (*file == '\0')
                        file = nic->file;
        }
        return file;
}

/* One reason is all a verdict can give; the value has all NICs. */
void judge_nic_manager(Host *host, Verdict *verdict) {
        g_autoptr(GPtrArray) nics = nics_read(host, verdict);
        g_autoptr(GString) all = g_string_new(NULL);

        for (guint i = 0; i < nics->len; i++) {
                const Nic *nic = nics->pdata[i];
                g_string_append_printf(all, "%s%s: %s", i > 0 ? ", " : "", nic->name,
                                       manager_words[nic->manager].word);
        }

        for (int manager = 0; manager < _NIC_MANAGER_MAX; manager++) {
                g_autoptr(GString) names = g_string_new(NULL);
                const char *file = find_managed(nics, manager, names);

                if (names->len == 0 || !manager_words[manager].warns)
                        continue;
                verdict_set(verdict, CHECK_WARN, manager_words[manager].word, "%s", all->str);
                verdict_add(verdict, "interfaces", "%s", names->str);
                if (*file != '\0')
                        verdict_add(verdict, "file", "%s", file);
                return;
        }

        if (nics->len > 0)
                verdict_set(verdict, CHECK_PASS, "", "%s", all->str);
        else
                verdict_set(verdict, CHECK_SKIP, "no-nic", "%s", "");
}

/*
 * The kernel
 */

/* Whether this host is the router of a network of libvirt's. */
static bool routes(Host *host, Verdict *verdict) {
        static const char *const kinds[] = { "nat", "route", "open", NULL };
        const HostLibvirt *libvirt = host_libvirt(host, verdict);

        for (guint i = 0; i < libvirt->networks->len; i++) {
                const HostPart *network = libvirt->networks->pdata[i];

                if (network->active && g_strv_contains(kinds, network->kind))
                        return true;
        }
        return false;
}

void judge_forwarding(Host *host, Verdict *verdict) {
        int64_t forward;
        int r = host_read_number(host, verdict, IP_FORWARD, &forward);

        if (r < 0)
                verdict_set_unread(verdict, IP_FORWARD, r);
        else if (forward != 0)
                verdict_set(verdict, CHECK_PASS, "", "%" PRIi64, forward);
        else if (!routes(host, verdict))
                verdict_set(verdict, CHECK_SKIP, "not-needed", "%" PRIi64, forward);
        else {
                verdict_set(verdict, CHECK_WARN, "off", "%" PRIi64, forward);
                verdict->fixable = true;
        }
}

/* Each sends the packets of another protocol that way. */
typedef enum Switch { SWITCH_IPTABLES, SWITCH_IP6TABLES, SWITCH_ARPTABLES, _SWITCH_MAX } Switch;

static const char *const switch_words[_SWITCH_MAX] = {
        [SWITCH_IPTABLES] = "iptables",
        [SWITCH_IP6TABLES] = "ip6tables",
        [SWITCH_ARPTABLES] = "arptables",
};

/* -errno; -ENOENT: the module br_netfilter is not there, and no packet takes that way. */
static int read_bridge_nf(Host *host, Verdict *verdict, Switch which, bool *ret) {
        g_autofree char *path = g_strconcat(BRIDGE_NF, switch_words[which], NULL);
        int64_t number;
        int r = host_read_number(host, verdict, path, &number);

        *ret = r >= 0 && number != 0;
        return r;
}

void judge_bridge_nf(Host *host, Verdict *verdict) {
        g_autoptr(GString) which = g_string_new(NULL);

        for (int i = 0; i < _SWITCH_MAX; i++) {
                bool on;
                int r = read_bridge_nf(host, verdict, i, &on);

                if (r < 0 && r != -ENOENT) {
                        verdict_set_unread(verdict, "/proc/sys/net/bridge", r);
                        return;
                }
                if (on)
                        g_string_append_printf(which, "%s%s", which->len > 0 ? ", " : "", switch_words[i]);
        }

        if (which->len == 0) {
                verdict_set(verdict, CHECK_PASS, "", "%s", "");
                return;
        }
        verdict_set(verdict, CHECK_WARN, "on", "%s", which->str);
        verdict->fixable = true;
}

/*
 * The packet filter
 */

/* NULL: errno of host_run(). iptables-nft where nobody installed nft: its rules are the same ones. That of
 * the older kind (legacy) would load its modules. */
static GPtrArray *read_chains(Host *host, Verdict *verdict) {
        /* Without what is in sets, which may be much. */
        static const char *const nft[] = { "/usr/sbin/nft", "-j", "-t", "list", "ruleset", NULL };
        static const char *const nft_chains[] = { "/usr/sbin/nft", "-j", "list", "chains", NULL };
        static const char *const iptables[] = { "/usr/sbin/iptables-nft", "-S", NULL };
        static const char *const ip6tables[] = { "/usr/sbin/ip6tables-nft", "-S", NULL };
        g_autofree char *text = host_run(host, verdict, nft), *text6 = NULL;
        GPtrArray *chains;

        /* Of rules without end, the policies at least. */
        if (!text && errno == EFBIG)
                text = host_run(host, verdict, nft_chains);
        if (text)
                return firewall_parse_nft(text);
        if (errno != ENOENT)
                return NULL;

        text = host_run(host, verdict, iptables);
        if (!text)
                return NULL;
        chains = firewall_chains_new();
        firewall_parse_iptables(chains, "ip", text);
        text6 = host_run(host, verdict, ip6tables);
        if (text6)
                firewall_parse_iptables(chains, "ip6", text6);
        return chains;
}

void judge_firewall(Host *host, Verdict *verdict) {
        g_autoptr(GPtrArray) chains = read_chains(host, verdict);
        FirewallPaths paths = { 0 };
        const FirewallChain *chain;
        g_autofree char *who = NULL;

        if (!chains) {
                verdict_set_unread(verdict, "nftables", errno);
                return;
        }

        (void) read_bridge_nf(host, verdict, SWITCH_IPTABLES, &paths.bridged_ip);
        (void) read_bridge_nf(host, verdict, SWITCH_IP6TABLES, &paths.bridged_ip6);
        paths.routed = routes(host, verdict);
        chain = firewall_find_drop(chains, &paths);
        if (!chain) {
                verdict_set(verdict, CHECK_PASS, "", "%s", "");
                return;
        }

        who = firewall_find_maker(chains, chain);
        verdict_set(verdict, CHECK_WARN, "drops", "%s %s %s", chain->family, chain->table, chain->name);
        verdict_add(verdict, "who", "%s", who);
}
