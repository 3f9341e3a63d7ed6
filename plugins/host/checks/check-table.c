/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

static const char *const group_words[_GROUP_MAX] = {
        [GROUP_ACCELERATION] = "acceleration",
        [GROUP_DEVICES] = "devices",
        [GROUP_CGROUP] = "cgroup",
        [GROUP_IOMMU] = "iommu",
        [GROUP_SECURE_GUEST] = "secure-guest",
        [GROUP_MEMORY] = "memory",
        [GROUP_LIBVIRT] = "libvirt",
        [GROUP_PROGRAMS] = "programs",
        [GROUP_NETWORK] = "network",
        [GROUP_STORAGE] = "storage",
        [GROUP_SYSTEM] = "system",
};

const char *check_group_to_string(CheckGroup group) {
        return group < _GROUP_MAX ? group_words[group] : NULL;
}

const Check check_table[] = {
        { "hardware-virtualization", GROUP_ACCELERATION, judge_hardware_virtualization,
          "off-in-firmware hidden absent architecture" },
        { "kvm-device", GROUP_ACCELERATION, judge_kvm_device, "missing no-virtualization" },
        { "kvm-access", GROUP_ACCELERATION, judge_kvm_access, "root refused no-device" },
        { "kvm-module", GROUP_ACCELERATION, judge_kvm_module, "missing no-virtualization built-in" },
        { "kvm-qemu-access", GROUP_ACCELERATION, judge_kvm_qemu_access,
          "refused not-in-group no-device no-user" },
        { "kvm-guest", GROUP_ACCELERATION, judge_kvm_guest,
          "not-ordinary busy trial-failed untried no-device" },
        { "nested", GROUP_ACCELERATION, judge_nested, "off no-module" },

        { "vhost-net", GROUP_DEVICES, judge_vhost_net, "missing not-in-kernel" },
        { "tun", GROUP_DEVICES, judge_tun, "missing not-in-kernel" },

        { "cgroup-cpu", GROUP_CGROUP, judge_cgroup_cpu, "missing" },
        { "cgroup-cpuacct", GROUP_CGROUP, judge_cgroup_cpuacct, "missing" },
        { "cgroup-cpuset", GROUP_CGROUP, judge_cgroup_cpuset, "missing" },
        { "cgroup-memory", GROUP_CGROUP, judge_cgroup_memory, "missing" },
        { "cgroup-devices", GROUP_CGROUP, judge_cgroup_devices, "missing" },
        { "cgroup-blkio", GROUP_CGROUP, judge_cgroup_blkio, "missing" },

        { "iommu", GROUP_IOMMU, judge_iommu, "no-table unknown no-pci" },
        { "iommu-kernel", GROUP_IOMMU, judge_iommu_kernel, "off not-in-kernel no-iommu" },

        { "secure-guest", GROUP_SECURE_GUEST, judge_secure_guest,
          "unknown not-in-hardware not-in-kernel off-in-kernel off-in-firmware" },

        { "hugepages", GROUP_MEMORY, judge_hugepages, "none reserved" },
        { "thp", GROUP_MEMORY, judge_thp, "off" },
        { "ksm", GROUP_MEMORY, judge_ksm, "off on" },
        { "overcommit", GROUP_MEMORY, judge_overcommit, "strict guests-exceed" },

        { "libvirt-daemon", GROUP_LIBVIRT, judge_libvirt_daemon, "missing stopped disabled masked" },
        { "libvirt-connection", GROUP_LIBVIRT, judge_libvirt_connection, "unreachable no-daemon" },
        { "libvirt-guests", GROUP_LIBVIRT, judge_libvirt_guests, "off units missing" },
        { "libvirt-autostart", GROUP_LIBVIRT, judge_libvirt_autostart, "some some-units no-libvirt" },

        { "qemu", GROUP_PROGRAMS, judge_qemu, "missing" },
        { "qemu-img", GROUP_PROGRAMS, judge_qemu_img, "missing" },
        { "firmware", GROUP_PROGRAMS, judge_firmware, "missing" },
        { "swtpm", GROUP_PROGRAMS, judge_swtpm, "missing" },
        { "virtiofsd", GROUP_PROGRAMS, judge_virtiofsd, "missing" },
        { "osinfo", GROUP_PROGRAMS, judge_osinfo, "missing" },

        { "default-network", GROUP_NETWORK, judge_default_network,
          "missing inactive no-autostart no-libvirt" },
        { "network-manager", GROUP_NETWORK, judge_network_manager, "missing stopped" },
        { "nic-manager", GROUP_NETWORK, judge_nic_manager, "ifupdown networkd netplan unmanaged no-nic" },
        { "forwarding", GROUP_NETWORK, judge_forwarding, "off not-needed" },
        { "bridge-nf", GROUP_NETWORK, judge_bridge_nf, "on" },
        { "firewall", GROUP_NETWORK, judge_firewall, "drops" },

        { "default-pool", GROUP_STORAGE, judge_default_pool, "missing inactive no-autostart no-libvirt" },
        { "disk-space", GROUP_STORAGE, judge_disk_space, "low full" },

        { "clock", GROUP_SYSTEM, judge_clock, "unsynchronized slow-source" },
        { "agent", GROUP_SYSTEM, judge_agent, "stopped connecting disconnected" },
        { "agent-rights", GROUP_SYSTEM, judge_agent_rights, "no-rule other-rule no-socket-access no-user" },
        {},
};

const Check *check_find(const char *id) {
        for (const Check *check = check_table; check->id; check++)
                if (g_str_equal(check->id, id))
                        return check;

        return NULL;
}

bool check_has_reason(const Check *check, const char *reason) {
        g_auto(GStrv) words = g_strsplit(check->reasons, " ", /* max_tokens= */ -1);

        return g_str_equal(reason, "") || g_str_equal(reason, "denied") ||
               g_str_equal(reason, "unreadable") || g_strv_contains((const char *const *) words, reason);
}
