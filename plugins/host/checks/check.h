/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "host.h"

/* The groups, in the order in which they are shown: that of virt-host-validate, then ours. */
typedef enum CheckGroup {
        GROUP_ACCELERATION, /* processor, /dev/kvm */
        GROUP_DEVICES,      /* vhost-net, tun */
        GROUP_CGROUP,
        GROUP_IOMMU,
        GROUP_SECURE_GUEST,
        GROUP_MEMORY,
        GROUP_LIBVIRT,
        GROUP_PROGRAMS, /* QEMU, firmware, swtpm, … */
        GROUP_NETWORK,
        GROUP_STORAGE,
        GROUP_SYSTEM, /* clock, autostart, the agent */
        _GROUP_MAX,
} CheckGroup;

const char *check_group_to_string(CheckGroup group);

/* One check. Its id is on the bus, in scripts and in names of units: small letters, digits and hyphens, 64
 * at most; it never changes. judge() sets the verdict; it neither changes anything nor waits for anything
 * that may hang. */
typedef struct Check {
        const char *id;
        CheckGroup group;
        void (*judge)(Host *host, Verdict *verdict);
        /* All reasons of its verdicts, with a blank between, for clients to have a text for each: a test
         * holds them against those of "hatago validate". Besides, each check can say "", "denied",
         * "unreadable". */
        const char *reasons;
} Check;

/* All, in the order in which they are shown; ends with an entry without id. */
extern const Check check_table[];

const Check *check_find(const char *id); /* NULL: none */

bool check_has_reason(const Check *check, const char *reason);

/* The daemons of libvirt that serve this host, the one or the many: "libvirtd". Empty: there are none. For
 * g_strfreev(). */
char **libvirt_daemons(Host *host, Verdict *verdict);

/* The sockets that one of them may have, the first of which it must. For g_strfreev(). */
char **libvirt_sockets(const char *daemon);

/* Debian's packages of QEMU and of the kernel for this architecture. */
const char *qemu_package(Host *host, Verdict *verdict);
const char *kernel_package(Host *host, Verdict *verdict);

/* The judges, a file for each group or two. */
void judge_hardware_virtualization(Host *host, Verdict *verdict);
void judge_kvm_device(Host *host, Verdict *verdict);
void judge_kvm_access(Host *host, Verdict *verdict);
void judge_kvm_qemu_access(Host *host, Verdict *verdict);
void judge_kvm_guest(Host *host, Verdict *verdict);
void judge_kvm_module(Host *host, Verdict *verdict);
void judge_nested(Host *host, Verdict *verdict);

void judge_vhost_net(Host *host, Verdict *verdict);
void judge_tun(Host *host, Verdict *verdict);

void judge_cgroup_cpu(Host *host, Verdict *verdict);
void judge_cgroup_cpuacct(Host *host, Verdict *verdict);
void judge_cgroup_cpuset(Host *host, Verdict *verdict);
void judge_cgroup_memory(Host *host, Verdict *verdict);
void judge_cgroup_devices(Host *host, Verdict *verdict);
void judge_cgroup_blkio(Host *host, Verdict *verdict);

void judge_iommu(Host *host, Verdict *verdict);
void judge_iommu_kernel(Host *host, Verdict *verdict);
void judge_secure_guest(Host *host, Verdict *verdict);

void judge_hugepages(Host *host, Verdict *verdict);
void judge_thp(Host *host, Verdict *verdict);
void judge_ksm(Host *host, Verdict *verdict);
void judge_overcommit(Host *host, Verdict *verdict);

void judge_libvirt_daemon(Host *host, Verdict *verdict);
void judge_libvirt_connection(Host *host, Verdict *verdict);
void judge_libvirt_guests(Host *host, Verdict *verdict);
void judge_libvirt_autostart(Host *host, Verdict *verdict);

void judge_qemu(Host *host, Verdict *verdict);
void judge_qemu_img(Host *host, Verdict *verdict);
void judge_firmware(Host *host, Verdict *verdict);
void judge_swtpm(Host *host, Verdict *verdict);
void judge_virtiofsd(Host *host, Verdict *verdict);
void judge_osinfo(Host *host, Verdict *verdict);

void judge_default_network(Host *host, Verdict *verdict);
void judge_network_manager(Host *host, Verdict *verdict);
void judge_nic_manager(Host *host, Verdict *verdict);
void judge_forwarding(Host *host, Verdict *verdict);
void judge_bridge_nf(Host *host, Verdict *verdict);
void judge_firewall(Host *host, Verdict *verdict);

void judge_default_pool(Host *host, Verdict *verdict);
void judge_disk_space(Host *host, Verdict *verdict);

void judge_clock(Host *host, Verdict *verdict);
void judge_agent(Host *host, Verdict *verdict);
void judge_agent_rights(Host *host, Verdict *verdict);
