/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One chain of the packet filter, as nft(8) calls its parts; "" where it has none. */
typedef struct FirewallChain {
        char *family, *table, *name, *hook, *policy;
        GPtrArray *steps; /* what becomes of packets that no rule with a condition takes, in order */
} FirewallChain;

/* Which packets of guests pass the chains of IP. */
typedef struct FirewallPaths {
        bool bridged_ip,
                        bridged_ip6; /* between the ports of a bridge: bridge-nf-call-iptables, -ip6tables */
        bool routed; /* of a network of libvirt: its rules stand in tables that libvirt has chains in; a
                        table without drops what these take */
} FirewallPaths;

/* Of FirewallChain: what "nft -j list ruleset" writes (libnftables-json(5)); none of what is no JSON. */
GPtrArray *firewall_parse_nft(const char *text);

/* Adds the same of "iptables-nft -S", which knows one table. family: "ip", "ip6". */
void firewall_parse_iptables(GPtrArray *chains, const char *family, const char *text);

/* Empty, for firewall_parse_iptables(). */
GPtrArray *firewall_chains_new(void);

/* The first hooked chain that drops, or rejects, forwarded packets of guests unless a rule takes them, or
 * NULL: by its policy, or by a rule without a condition, also of a chain that it always jumps to. */
const FirewallChain *firewall_find_drop(const GPtrArray *chains, const FirewallPaths *paths);

/* Who made it: "docker", "firewalld", "ufw", or else family, table and name of the chain. For g_free(). */
char *firewall_find_maker(const GPtrArray *chains, const FirewallChain *chain);
