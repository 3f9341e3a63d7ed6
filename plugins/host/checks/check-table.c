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
        { "kvm-access", GROUP_ACCELERATION, judge_kvm_access, "refused no-device" },
        { "kvm-module", GROUP_ACCELERATION, judge_kvm_module, "missing no-virtualization built-in" },
        { "kvm-qemu-access", GROUP_ACCELERATION, judge_kvm_qemu_access, "refused no-device no-user" },
        { "kvm-guest", GROUP_ACCELERATION, judge_kvm_guest,
          "not-ordinary busy trial-failed untried no-device" },
        { "nested", GROUP_ACCELERATION, judge_nested, "off no-module" },
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
