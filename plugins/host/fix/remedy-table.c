/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remedy.h"

const Remedy remedy_table[] = {
        { "kvm-module", apply_kvm_module },
        { "kvm-qemu-access", apply_kvm_qemu_access },
        { "vhost-net", apply_module, "vhost_net" },
        { "tun", apply_module, "tun" },
        { "ksm", apply_setting },
        { "libvirt-daemon", apply_libvirt_daemon },
        { "default-network", apply_default_network },
        { "forwarding", apply_setting },
        { "bridge-nf", apply_setting },
        { "default-pool", apply_default_pool },
        {},
};

/* The words are in records of hosts that remedies have been applied to: they never change. */
const ChangeKind change_kinds[] = {
        { "file", drop_in_undo },
        { "value", value_undo },
        { "device", device_undo },
        { "module", module_undo },
        { "unit-enabled", unit_enabled_undo },
        { "unit-active", unit_active_undo },
        { "network-defined", network_defined_undo },
        { "network-active", network_active_undo },
        { "network-autostart", network_autostart_undo },
        { "pool-defined", pool_defined_undo },
        { "pool-active", pool_active_undo },
        { "pool-autostart", pool_autostart_undo },
        {},
};
