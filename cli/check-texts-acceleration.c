/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-text-rows.h"

#define EMULATED                                                                                            \
        N_("Without it guests are emulated, instruction by instruction: ten times slower and "              \
           "more.")
#define NO_DEVICE N_("There is no /dev/kvm.")

const CheckText check_texts_acceleration[] = {
        { "hardware-virtualization", "off-in-firmware",
          N_("The processor ({processor}) can run guests by itself, but the firmware (BIOS, UEFI) of this "
             "computer has switched that off."),
          EMULATED,
          N_("Restart {machine}, and press {setup-key} as it begins: its set-up opens. Turn on {setup-item}; "
             "look in: {setup-menu}. Save, and let it start.") },
        { "hardware-virtualization", "hidden",
          N_("This host is itself a guest of {hypervisor}, which keeps virtualization from it."), EMULATED,
          N_("{outer-steps}") },
        { "hardware-virtualization", "absent",
          N_("The processor ({processor}) does not offer virtualization (VT-x, AMD-V)."), EMULATED,
          N_("If its data sheet has it: some firmware hides it; look for it in the set-up, or update the "
             "firmware. Else only another processor helps.") },
        { "hardware-virtualization", "architecture",
          N_("It is not known how processors of this kind show it."), NULL, NULL },

        { "kvm-device", "missing",
          N_("There is no /dev/kvm, by which programs use the processor's virtualization."), EMULATED,
          N_("What the kernel says:\n"
             "  sudo journalctl -k --grep=kvm\n"
             "If that is \"disabled by bios\": restart {machine}, press {setup-key} as it begins, and turn "
             "on {setup-item}; look in: {setup-menu}. If it says nothing:\n"
             "  sudo modprobe kvm_intel || sudo modprobe kvm_amd") },
        { "kvm-device", "no-virtualization", N_("There is none without hardware virtualization."), NULL,
          NULL },

        { "kvm-access", "root",
          N_("Root may. Run by an ordinary user, \"hatago validate\" tells whether he may."), NULL, NULL },
        { "kvm-access", "refused",
          N_("User {user} may not open /dev/kvm (owner {owner}, group {group}, mode {mode})."),
          N_("Guests that a user runs by himself, without the system's libvirt (qemu:///session, QEMU by "
             "hand), are emulated."),
          N_("Let the user into the group of /dev/kvm; it counts from the next login on:\n"
             "  sudo adduser \"$USER\" kvm") },
        { "kvm-access", "no-device", NO_DEVICE, NULL, NULL },

        { "kvm-module", "missing",
          N_("The kernel's module {module} is not loaded, though it fits this processor."), EMULATED,
          N_("Load it now; and so that each boot does, name it in /etc/modules-load.d/kvm.conf:\n"
             "  sudo modprobe {module}\n"
             "If that fails, the kernel says why:\n"
             "  sudo journalctl -k --grep=kvm") },
        { "kvm-module", "no-virtualization", N_("None fits without hardware virtualization."), NULL, NULL },
        { "kvm-module", "built-in", N_("The kernel has it built in, or needs none here."), NULL, NULL },

        { "kvm-qemu-access", "refused",
          N_("QEMU runs as user {user}, who may not open /dev/kvm (owner {owner}, group {group}, mode "
             "{mode})."),
          N_("The guests of libvirt are emulated, or do not start at all."),
          N_("As Debian has it:\n"
             "  sudo chown root:kvm /dev/kvm && sudo chmod 0660 /dev/kvm") },
        { "kvm-qemu-access", "not-in-group",
          N_("QEMU runs as user {user}, who may not open /dev/kvm (owner {owner}, group {group}, mode {mode}) "
             "and is not in the group kvm, to which it is to belong."),
          N_("The guests of libvirt are emulated, or do not start at all."),
          N_("Let the user into the group; guests that start from then on have it:\n"
             "  sudo adduser {user} kvm") },
        { "kvm-qemu-access", "no-device", NO_DEVICE, NULL, NULL },
        { "kvm-qemu-access", "no-user",
          N_("There is no user {user} yet, as whom QEMU is to run: libvirt's package makes it."), NULL,
          N_("  sudo apt install libvirt-daemon-system") },

        { "kvm-guest", "not-ordinary",
          N_("There is a /dev/kvm, but without the processor's virtualization (VT-x, AMD-V): what it runs is "
             "no ordinary guest."),
          N_("Guests that ask for KVM do not start, or hang; those that are emulated work, slowly."),
          N_("See \"hardware virtualization\". Until then, let guests be emulated: domain type qemu.") },
        { "kvm-guest", "busy",
          N_("Another hypervisor has the processor's virtualization for itself ({step}: {error})."),
          N_("No guest can use KVM as long as it runs."),
          N_("Shut down the guests of VirtualBox or VMware on this host, or remove their modules:\n"
             "  lsmod | grep -E 'vboxdrv|vmmon'") },
        { "kvm-guest", "trial-failed",
          N_("A guest of a few bytes was tried, and KVM did not run it ({step}: {error})."),
          N_("Real guests will not run with KVM either: they fail to start, or hang."),
          N_("What the kernel says:\n"
             "  sudo journalctl -k --grep=kvm\n"
             "Where this host is a guest itself: look at the settings for nested virtualization there.") },
        { "kvm-guest", "untried", N_("It is there; no trial is known for processors of this kind."), NULL,
          NULL },
        { "kvm-guest", "no-device", NO_DEVICE, NULL, NULL },

        { "nested", "off", N_("Off: guests cannot be hosts of guests themselves."),
          N_("Only who wants virtual machines in virtual machines needs it."),
          N_("To turn it on, with all guests off:\n"
             "  echo options {module} nested=1 | sudo tee /etc/modprobe.d/nested.conf\n"
             "  sudo modprobe -r {module} && sudo modprobe {module}") },
        { "nested", "no-module", N_("No module of KVM is loaded."), NULL, NULL },
        {},
};
