/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nics.h"

#include <net/if_arp.h>
#include <string.h>

#define CLASS "/sys/class/net"
#define INTERFACES "/etc/network/interfaces"
#define LINKS "/run/systemd/netif/links"
#define NETPLAN "/etc/netplan"

#define NM_STATE_UNMANAGED 10U /* NM_DEVICE_STATE_UNMANAGED */
#define FLAG_UP 0x1U           /* IFF_UP */

static void nic_free(gpointer p) {
        Nic *nic = p;

        g_free(nic->name);
        g_free(nic->file);
        g_free(nic);
}

/*
 * The kernel's word. A dozen small files of each, that stand in no verdict: the folder does.
 */

static char *read_attribute(Host *host, const char *name, const char *attribute) {
        g_autofree char *path = g_build_filename(CLASS, name, attribute, NULL);
        g_auto(Verdict) nothing;

        verdict_init(&nothing);
        return host_read(host, &nothing, path);
}

static bool has_attribute(Host *host, const char *name, const char *attribute) {
        g_autofree char *path = g_build_filename(CLASS, name, attribute, NULL);
        g_auto(Verdict) nothing;

        verdict_init(&nothing);
        return host_exists(host, &nothing, path);
}

static uint64_t read_number(Host *host, const char *name, const char *attribute) {
        g_autofree char *text = read_attribute(host, name, attribute);

        return text ? g_ascii_strtoull(text, /* endptr= */ NULL, /* base= */ 0) : 0;
}

/* No bridge takes a wireless one, and virtual functions of a card are made for guests. */
static bool is_physical(Host *host, const char *name) {
        return read_number(host, name, "type") == ARPHRD_ETHER && has_attribute(host, name, "device") &&
               !has_attribute(host, name, "wireless") && !has_attribute(host, name, "phy80211") &&
               !has_attribute(host, name, "device/physfn");
}

/* One end of a pair of veth, that is no port of anything. VLANs and the like have a peer, too, but their
 * kind in "uevent". */
static bool is_free_veth(Host *host, const char *name) {
        g_autofree char *event = read_attribute(host, name, "uevent");

        return read_number(host, name, "type") == ARPHRD_ETHER && event && !strstr(event, "DEVTYPE=") &&
               read_number(host, name, "iflink") != read_number(host, name, "ifindex") &&
               !has_attribute(host, name, "master");
}

/*
 * ifupdown
 */

/* Whether a line of interfaces(5) takes that interface: by itself, or as a part of a bridge or a bond. */
static bool line_takes(char *line, const char *name) {
        static const char *const keys[] = { "iface",  "bridge_ports", "bridge-ports",
                                            "slaves", "bond-slaves",  "bond_slaves",
                                            NULL };
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(line), " \t", /* max_tokens= */ -1);

        return words[0] && g_strv_contains(keys, words[0]) &&
               g_strv_contains((const char *const *) words + 1, name);
}

static bool file_takes(Host *host, Verdict *verdict, const char *path, const char *name) {
        g_autofree char *text = host_read(host, verdict, path);
        g_auto(GStrv) lines = text ? g_strsplit(text, "\n", /* max_tokens= */ -1) : NULL;

        for (char **line = lines; line && *line; line++)
                if (line_takes(*line, name))
                        return true;
        return false;
}

/* The file of ifupdown that has it; NULL: none. */
static char *find_interfaces_file(Host *host, Verdict *verdict, const char *name) {
        g_auto(GStrv) more = NULL;

        if (file_takes(host, verdict, INTERFACES, name))
                return g_strdup(INTERFACES);

        more = host_list(host, verdict, INTERFACES ".d");
        for (char **file = more; file && *file; file++) {
                g_autofree char *path = g_build_filename(INTERFACES ".d", *file, NULL);

                if (file_takes(host, verdict, path, name))
                        return g_steal_pointer(&path);
        }
        return NULL;
}

/*
 * systemd-networkd, and netplan, which writes what it reads
 */

/* The value of a line "KEY=value"; NULL: none. */
static char *find_value(const char *text, const char *key) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", /* max_tokens= */ -1);

        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, key) && (*line)[strlen(key)] == '=')
                        return g_strdup(*line + strlen(key) + 1);
        return NULL;
}

/* Which of netplan's files is about it cannot be told without their YAML, and mostly there is one. */
static char *find_netplan_file(Host *host, Verdict *verdict) {
        g_auto(GStrv) names = host_list(host, verdict, NETPLAN);

        for (char **name = names; name && *name; name++)
                if (g_str_has_suffix(*name, ".yaml"))
                        return g_build_filename(NETPLAN, *name, NULL);
        return NULL;
}

/* What networkd left when it was stopped is of no use. */
static bool runs_networkd(Host *host, Verdict *verdict) {
        const HostUnit *unit = host_unit(host, verdict, "systemd-networkd.service");

        return !unit || g_str_equal(unit->active, "active");
}

static bool find_link(Host *host, Verdict *verdict, Nic *nic) {
        g_autofree char *path = g_strdup_printf(LINKS "/%" G_GUINT64_FORMAT,
                                                read_number(host, nic->name, "ifindex"));
        g_autofree char *text = host_read(host, verdict, path);
        g_autofree char *state = text ? find_value(text, "ADMIN_STATE") : NULL;
        g_autofree char *file = text ? find_value(text, "NETWORK_FILE") : NULL;

        if (!state || g_str_equal(state, "unmanaged") || g_str_equal(state, "linger") ||
            !runs_networkd(host, verdict))
                return false;

        nic->manager = file && strstr(file, "-netplan-") ? NIC_NETPLAN : NIC_NETWORKD;
        if (nic->manager == NIC_NETPLAN)
                nic->file = find_netplan_file(host, verdict);
        return true;
}

static bool has_network_manager(Host *host, Verdict *verdict, const char *name) {
        const HostNetworkManager *manager = host_network_manager(host, verdict);

        for (guint i = 0; i < manager->devices->len; i++) {
                const HostDevice *device = manager->devices->pdata[i];

                if (g_str_equal(device->name, name))
                        return device->managed && device->state > NM_STATE_UNMANAGED;
        }
        return false;
}

static Nic *nic_read(Host *host, Verdict *verdict, const char *name) {
        Nic *nic = g_new0(Nic, 1);

        nic->name = g_strdup(name);
        if (has_network_manager(host, verdict, name))
                nic->manager = NIC_NETWORK_MANAGER;
        else if ((nic->file = find_interfaces_file(host, verdict, name)))
                nic->manager = NIC_IFUPDOWN;
        else if (!find_link(host, verdict, nic))
                nic->manager = read_number(host, name, "flags") & FLAG_UP ? NIC_UNMANAGED : NIC_IDLE;

        if (!nic->file)
                nic->file = g_strdup("");
        return nic;
}

GPtrArray *nics_read(Host *host, Verdict *verdict) {
        static bool (*const kinds[])(Host *, const char *) = { is_physical, is_free_veth };
        g_auto(GStrv) names = host_list(host, verdict, CLASS);
        GPtrArray *nics = g_ptr_array_new_with_free_func(nic_free);

        for (size_t i = 0; i < G_N_ELEMENTS(kinds) && nics->len == 0; i++)
                for (char **name = names; name && *name; name++)
                        if (kinds[i](host, *name))
                                g_ptr_array_add(nics, nic_read(host, verdict, *name));
        return nics;
}
