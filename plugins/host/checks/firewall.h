/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One chain of the packet filter, as nft(8) calls its parts; "" where it has none. */
typedef struct FirewallChain {
        char *family, *table, *name, *hook, *policy;
} FirewallChain;

/* Of FirewallChain: what "nft -j list chains" writes; none of what is no JSON. */
GPtrArray *firewall_parse_nft(const char *text);

/* The same of "iptables-nft -S", which knows one table. */
GPtrArray *firewall_parse_iptables(const char *text);

/*
 * The first chain that drops forwarded packets of guests unless a rule takes them, or NULL.
 *   bridged: IP packets between the ports of a bridge pass the chains of IP, too (bridge-nf-call-iptables)
 *   routed: a network of libvirt is routed by this host. Its rules stand in tables that libvirt has chains
 *           in; a table without drops what these take.
 */
const FirewallChain *firewall_find_drop(const GPtrArray *chains, bool bridged, bool routed);

/* Who made it: "docker", "firewalld", "ufw", or else family, table and name of the chain. For g_free(). */
char *firewall_find_maker(const GPtrArray *chains, const FirewallChain *chain);
