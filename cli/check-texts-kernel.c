/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-text-rows.h"

#define CONTROLLER N_("The kernel's controller {controller} is not there, or is not handed down to libvirt.")
#define CONTROLLER_REMEDY                                                                                   \
        N_("Debian's kernel has it. Is it switched off on the kernel's command line (cgroup_disable=)?\n"   \
           "  cat /proc/cmdline /sys/fs/cgroup/cgroup.controllers")

#define NOT_IN_KERNEL N_("The kernel that runs has no module {module}.")
#define NOT_IN_KERNEL_REMEDY                                                                                \
        N_("If the kernel was upgraded since the last boot, its modules are gone: restart this host. Else " \
           "boot a kernel that has it, such as Debian's own. Those that are installed:\n"                   \
           "  ls /lib/modules")

const CheckText check_texts_kernel[] = {
        { "vhost-net", "missing", N_("The kernel's module {module} is not loaded."),
          N_("Network traffic of guests goes through QEMU instead of the kernel: slower, and at the cost of "
             "more processor time."),
          N_("Load it now; and so that each boot does, name it in /etc/modules-load.d/vhost-net.conf:\n"
             "  sudo modprobe {module}") },
        { "vhost-net", "not-in-kernel", NOT_IN_KERNEL,
          N_("Network traffic of guests goes through QEMU instead of the kernel: slower, and at the cost of "
             "more processor time."),
          NOT_IN_KERNEL_REMEDY },
        { "tun", "missing", N_("The kernel's module {module} is not loaded: there is no /dev/net/tun."),
          N_("Without it no guest can be connected with a network or a bridge of this host."),
          N_("Load it now; and so that each boot does, name it in /etc/modules-load.d/tun.conf:\n"
             "  sudo modprobe {module}") },
        { "tun", "not-in-kernel", NOT_IN_KERNEL,
          N_("Without it no guest can be connected with a network or a bridge of this host."),
          NOT_IN_KERNEL_REMEDY },

        { "cgroup-cpu", "missing", CONTROLLER,
          N_("Shares and limits of processor time of guests have no effect."), CONTROLLER_REMEDY },
        { "cgroup-cpuacct", "missing", CONTROLLER,
          N_("How much processor time guests take is known less exactly."), CONTROLLER_REMEDY },
        { "cgroup-cpuset", "missing", CONTROLLER, N_("Guests cannot be bound to processors of the host."),
          CONTROLLER_REMEDY },
        { "cgroup-memory", "missing", CONTROLLER,
          N_("Limits of what memory guests may take from the host have no effect."), CONTROLLER_REMEDY },
        { "cgroup-devices", "missing", CONTROLLER,
          N_("A guest that takes over its QEMU could then use other devices of the host, too."),
          CONTROLLER_REMEDY },
        { "cgroup-blkio", "missing", CONTROLLER,
          N_("Shares and limits of guests for reading and writing have no effect."), CONTROLLER_REMEDY },

        { "iommu", "no-table",
          N_("The firmware tells of no IOMMU ({table}): the hardware has none, or it is switched off."),
          N_("Only who wants to hand devices of the host (graphics cards, NICs) to guests needs it."),
          N_("Restart {machine}, and press {setup-key} as it begins: its set-up opens. Turn on \"VT-d\" "
             "(Intel) or \"IOMMU\" (AMD); it is often near: {setup-menu}.") },
        { "iommu", "unknown", N_("It is not known how computers of this kind tell of an IOMMU."),
          N_("Only who wants to hand devices of the host (graphics cards, NICs) to guests needs it."),
          N_("If there are groups in there, it works:\n"
             "  ls /sys/kernel/iommu_groups") },
        { "iommu", "no-pci", N_("This host has no PCI devices that could be handed to guests."), NULL,
          NULL },

        { "iommu-kernel", "off", N_("The hardware has an IOMMU, but the kernel does not use it."),
          N_("Only who wants to hand devices of the host (graphics cards, NICs) to guests needs it."),
          N_("{boot-steps}") },
        { "iommu-kernel", "not-in-kernel",
          N_("The hardware has an IOMMU, but this kernel was built without it."),
          N_("Only who wants to hand devices of the host (graphics cards, NICs) to guests needs it."),
          N_("Debian's own kernel has it:\n"
             "  sudo apt install {package}") },
        { "iommu-kernel", "no-iommu", N_("There is no IOMMU that it could use."), NULL, NULL },

        { "secure-guest", "unknown", N_("It is not known how processors of this kind protect guests."),
          N_("Only who must hide the memory of guests from the host itself needs it."), NULL },
        { "secure-guest", "not-in-hardware",
          N_("This processor cannot encrypt the memory of guests (SEV, TDX, Secure Execution)."),
          N_("Only who must hide the memory of guests from the host itself needs it."),
          N_("Nothing, on most hosts. AMD EPYC has it, and newer Intel Xeon.") },
        { "secure-guest", "not-in-kernel",
          N_("The processor can encrypt the memory of guests, but this kernel was built without it."),
          N_("Only who must hide the memory of guests from the host itself needs it."),
          N_("Debian's own kernel, or a newer one from backports, may have it:\n"
             "  sudo apt install {package}") },
        { "secure-guest", "off-in-kernel",
          N_("The processor can encrypt the memory of guests, but the kernel has it switched off."),
          N_("Only who must hide the memory of guests from the host itself needs it."), N_("{boot-steps}") },
        { "secure-guest", "off-in-firmware",
          N_("The processor can encrypt the memory of guests, but the firmware has it switched off."),
          N_("Only who must hide the memory of guests from the host itself needs it."),
          N_("Restart {machine}, and press {setup-key} as it begins: its set-up opens. Turn on \"SMEE\" and "
             "\"SEV\" (AMD) or \"TDX\" (Intel); it is often near: {setup-menu}.") },

        { "hugepages", "none", N_("None are reserved: guests use ordinary memory."),
          N_("It matters to guests with much memory and hard demands on time only."),
          N_("To reserve 1024 of 2 MiB, until the next boot:\n"
             "  sudo sysctl vm.nr_hugepages=1024") },
        { "hugepages", "reserved", N_("{count} of {size:size} each are reserved, {free} are free."),
          N_("What is reserved is lost to everything but guests that ask for it."), NULL },
        { "thp", "off", N_("The kernel does not put ordinary memory together into large pages by itself."),
          N_("Guests spend more time on finding their memory, and are a few percent slower."),
          N_("Until the next boot; for good, remove transparent_hugepage=never from the kernel's command "
             "line:\n"
             "  echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled") },
        { "ksm", "off", N_("Off: equal memory of several guests is kept for each."),
          N_("Where many guests are alike, it saves memory; it costs some processor time, and guests could "
             "learn whether others have the same data."),
          N_("Until the next boot:\n"
             "  echo 1 | sudo tee /sys/kernel/mm/ksm/run") },
        { "ksm", "on", N_("On, and saves {saved:size}."),
          N_("Where many guests are alike, it saves memory; it costs some processor time."), NULL },
        { "overcommit", "strict",
          N_("The kernel hands out no more memory than it surely has: {committed:size} of {limit:size} are "
             "taken (vm.overcommit_memory=2)."),
          N_("Guests can fail to start though much memory is free, since QEMU asks for more than it uses."),
          N_("Find who sets it, and remove it; until the next boot:\n"
             "  grep -r overcommit_memory /etc/sysctl.conf /etc/sysctl.d\n"
             "  sudo sysctl vm.overcommit_memory=0") },
        { "overcommit", "guests-exceed",
          N_("The running guests were given {given:size}, more than the {memory:size} of this host."),
          N_("When they use it all, the host swaps, and its kernel may end guests to save itself."),
          N_("Shut one down, or give some of them less:\n"
             "  hatago list") },
        {},
};
