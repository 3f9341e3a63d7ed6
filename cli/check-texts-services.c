/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-text-rows.h"

#define NO_GUESTS                                                                                           \
        N_("Without it there are no virtual machines: neither this tool nor virsh can do anything.")

const CheckText check_texts_services[] = {
        { "libvirt-daemon", "missing", N_("libvirt is not installed."), NO_GUESTS,
          N_("  sudo apt install libvirt-daemon-system {package}") },
        { "libvirt-daemon", "stopped", N_("{unit} does not run, and nothing would start it."), NO_GUESTS,
          N_("Start it now and at each boot; if it fails, the journal says why:\n"
             "  sudo systemctl enable --now {unit}\n"
             "  journalctl -u {unit}") },
        { "libvirt-daemon", "disabled", N_("{unit} runs, but the next boot would not start it."),
          N_("After the next boot there would be no virtual machines, also none of those that start by "
             "themselves."),
          N_("  sudo systemctl enable {unit}") },
        { "libvirt-daemon", "masked", N_("{unit} is masked: somebody has forbidden its start."), NO_GUESTS,
          N_("If that is no longer wanted:\n"
             "  sudo systemctl unmask {unit}\n"
             "  sudo systemctl enable --now {unit}") },
        { "libvirt-connection", "unreachable", N_("libvirt does not answer: {error}"), NO_GUESTS,
          N_("  systemctl status libvirtd.socket libvirtd virtqemud\n"
             "  journalctl -u libvirtd -u virtqemud -n 20") },
        { "libvirt-connection", "no-daemon", N_("libvirt does not run."), NULL, NULL },
        { "libvirt-guests", "off",
          N_("libvirt-guests is not enabled: this host goes down without shutting its guests down first."),
          N_("At a shutdown of the host its guests end as by a power cut."),
          N_("  sudo systemctl enable --now libvirt-guests") },
        { "libvirt-guests", "units",
          N_("libvirt-guests is not enabled; the units of the machines shut them down with the host."), NULL,
          NULL },
        { "libvirt-guests", "missing", N_("The unit libvirt-guests is not installed."), NULL, NULL },
        { "libvirt-autostart", "some", N_("Started at boot by libvirt itself: {names} ({count})"),
          N_("That is all right. systemd knows nothing of these starts: it neither orders them nor tells of "
             "those that fail."),
          NULL },
        { "libvirt-autostart", "some-units", N_("Started at boot by libvirt itself: {names} ({count})"),
          N_("That is all right. Their units would start them in an order, wait for what they need, and tell "
             "of those that fail: hatago setup has them do so."),
          N_("  hatago setup") },
        { "libvirt-autostart", "no-libvirt", N_("Cannot be known before libvirt answers."), NULL, NULL },

        { "qemu", "missing", N_("QEMU for this processor is not installed ({program})."),
          N_("It is the program that runs each virtual machine."), N_("  sudo apt install {package}") },
        { "qemu-img", "missing", N_("qemu-img is not installed."),
          N_("Without it disk images can be neither made, nor converted, nor looked at."),
          N_("  sudo apt install {package}") },
        { "firmware", "missing", N_("No UEFI firmware for guests is installed."),
          N_("Guests with UEFI (Secure Boot, Windows 11, many new images) do not start; those with BIOS do."),
          N_("  sudo apt install {package}") },
        { "swtpm", "missing", N_("swtpm, which gives guests a TPM, is not installed."),
          N_("Windows 11 wants one, and so does disk encryption that is bound to the machine."),
          N_("  sudo apt install {package}") },
        { "virtiofsd", "missing", N_("virtiofsd, which shares folders with guests, is not installed."),
          N_("Guests with a shared folder (virtiofs) do not start."), N_("  sudo apt install {package}") },
        { "osinfo", "missing", N_("libosinfo's database of operating systems is not installed."),
          N_("New machines get disks and NICs that work with any system, but are slower."),
          N_("  sudo apt install {package}") },

        { "clock", "unsynchronized", N_("Nothing keeps the clock of this host right."),
          N_("Guests take their time from it; certificates, logs of several hosts and migration suffer."),
          N_("  sudo apt install systemd-timesyncd\n"
             "  sudo timedatectl set-ntp yes\n"
             "  timedatectl timesync-status") },
        { "clock", "slow-source", N_("The kernel reads the time from a slow source, \"{source}\"."),
          N_("Each look at the clock costs a trip out of the processor: guests that look often get slow."),
          N_("Why the kernel does not take a faster one (tsc, kvm-clock):\n"
             "  sudo journalctl -k --grep='clocksource|tsc'\n"
             "  cat /sys/devices/system/clocksource/clocksource0/available_clocksource") },
        { "agent", "stopped", N_("The agent, hatagod, does not run."),
          N_("The bus starts it when it is asked for; until then nobody watches the machines."),
          N_("  sudo systemctl enable --now hatagod") },
        { "agent", "connecting", N_("The agent is connecting to libvirt."),
          N_("Until it has, this tool shows nothing of machines."), N_("Look again in a moment.") },
        { "agent", "disconnected", N_("The agent runs, but cannot reach libvirt: {error}"),
          N_("This tool shows what was last known, and can change nothing."),
          N_("  systemctl status hatagod libvirtd.socket libvirtd\n"
             "  journalctl -u hatagod -n 20") },
        { "agent-rights", "no-rule", N_("A file that gives the agent its rights is missing: {file}"),
          N_("The agent runs without any rights of its own; without it, libvirt or systemd refuse it."),
          N_("  sudo apt install --reinstall hatagod hatago-host") },
        { "agent-rights", "other-rule", N_("No rule in {file} gives libvirt to the user {user}."),
          N_("The agent runs without any rights of its own; without it, libvirt or systemd refuse it."),
          N_("If you wrote that file, mend or remove it; the package's own comes back by:\n"
             "  sudo apt install --reinstall hatagod hatago-host") },
        { "agent-rights", "no-socket-access",
          N_("The agent's user, {user}, may not open libvirt's socket {socket} (owner {owner}, group {group}, "
             "mode {mode})."),
          N_("The agent cannot reach libvirt: this tool shows no machines."),
          N_("Let the user into the group of the socket:\n"
             "  sudo adduser {user} {group}\n"
             "  sudo systemctl restart hatagod\n"
             "Or give the socket mode 0666, as Debian has it; libvirt asks polkit then. Who sets it:\n"
             "  systemctl cat libvirtd.socket virtqemud.socket | grep SocketMode\n"
             "  grep -r unix_sock_rw_perms /etc/libvirt") },
        { "agent-rights", "no-user", N_("There is no user {user}, as whom the agent runs."),
          N_("The agent cannot start."), N_("  sudo systemd-sysusers && sudo systemctl restart hatagod") },
        {},
};
