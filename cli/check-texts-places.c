/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-text-rows.h"

#define NETWORK                                                                                              \
        N_("New machines want it, unless they are told otherwise: behind it they reach other networks, and " \
           "get addresses.")
#define POOL N_("New disks go there, unless another place is named.")
#define NIC                                                                                                   \
        N_("A bridge that puts guests into your own network takes such a NIC in. It can be made safely, and " \
           "undone, only where NetworkManager manages the NIC.")

const CheckText check_texts_places[] = {
        { "default-network", "missing", N_("libvirt has no network \"default\"."), NETWORK,
          N_("  sudo virsh net-define /usr/share/libvirt/networks/default.xml\n"
             "  sudo virsh net-start default\n"
             "  sudo virsh net-autostart default") },
        { "default-network", "inactive", N_("The network \"default\" is not active."),
          N_("Machines that are connected with it do not start."), N_("  sudo virsh net-start default") },
        { "default-network", "no-autostart",
          N_("The network \"default\" is active, but the next boot would not start it."),
          N_("Machines that are connected with it would not start then."),
          N_("  sudo virsh net-autostart default") },
        { "default-network", "no-libvirt", N_("Cannot be known before libvirt answers."), NULL, NULL },

        { "network-manager", "missing", N_("NetworkManager is not installed."),
          N_("It is what makes bridges safely: a change that cuts you off is taken back. Guests behind the "
             "network \"default\" work without."),
          N_("Install it; what /etc/network/interfaces lists stays as it is:\n"
             "  sudo apt install {package}") },
        { "network-manager", "stopped", N_("NetworkManager is installed, but does not run."),
          N_("It is what makes bridges safely: a change that cuts you off is taken back."),
          N_("  sudo systemctl enable --now NetworkManager") },
        { "nic-manager", "ifupdown", N_("ifupdown manages {interfaces}: {file} lists it."), NIC,
          N_("Only if you want such a bridge, and best at the machine itself, not over the network: in "
             "{file}, put a # before the lines of {interfaces}, then:\n"
             "  sudo systemctl restart NetworkManager\n"
             "  sudo nmcli device connect {interfaces}") },
        { "nic-manager", "networkd", N_("systemd-networkd manages {interfaces}."), NIC,
          N_("Only if you want such a bridge, and best at the machine itself, not over the network: remove "
             "its files of {interfaces} from /etc/systemd/network, then:\n"
             "  sudo systemctl disable --now systemd-networkd\n"
             "  sudo nmcli device connect {interfaces}") },
        { "nic-manager", "netplan", N_("netplan has {interfaces} managed by systemd-networkd."), NIC,
          N_("Only if you want such a bridge, and best at the machine itself, not over the network: write "
             "\"renderer: NetworkManager\" below \"network:\" in the file in /etc/netplan, then:\n"
             "  sudo netplan try") },
        { "nic-manager", "unmanaged", N_("NetworkManager leaves {interfaces} alone."), NIC,
          N_("Only if you want such a bridge. For good, look for unmanaged-devices= in "
             "/etc/NetworkManager/conf.d; until the next boot:\n"
             "  sudo nmcli device set {interfaces} managed yes") },
        { "nic-manager", "no-nic", N_("This host has no wired NIC that a bridge could take in."), NULL,
          NULL },
        { "forwarding", "off", N_("The kernel does not forward packets (net.ipv4.ip_forward=0)."),
          N_("Guests behind a network of libvirt reach this host, and nothing beyond it."),
          N_("Until the next boot; for good, in a file in /etc/sysctl.d:\n"
             "  sudo sysctl net.ipv4.ip_forward=1") },
        { "forwarding", "not-needed", N_("No network of libvirt needs it."), NULL, NULL },
        { "bridge-nf", "on",
          N_("Packets that only cross a bridge go through the firewall of this host "
             "(net.bridge.bridge-nf-call-iptables, ip6tables or arptables)."),
          N_("Guests on a bridge may be cut off by rules that were never meant for them; Docker is often "
             "who turns it on."),
          N_("Until the next boot; for good, in a file in /etc/sysctl.d:\n"
             "  sudo sysctl net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 "
             "net.bridge.bridge-nf-call-arptables=0") },
        { "firewall", "drops",
          N_("The firewall drops or rejects what it forwards, unless a rule allows it ({who})."),
          N_("Guests may have no network though all else is right: the traffic of bridges and of libvirt's "
             "networks is forwarded."),
          N_("Which rules there are:\n"
             "  sudo nft list ruleset\n"
             "Where it is Docker, its own chain is the place to allow a bridge:\n"
             "  sudo iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT") },

        { "default-pool", "missing", N_("libvirt has no storage pool \"default\"."), POOL,
          N_("  sudo virsh pool-define-as default dir --target /var/lib/libvirt/images\n"
             "  sudo virsh pool-start default\n"
             "  sudo virsh pool-autostart default") },
        { "default-pool", "inactive", N_("The storage pool \"default\" is not active."), POOL,
          N_("  sudo virsh pool-start default\n"
             "If it fails, its folder may be missing; where that is:\n"
             "  sudo virsh pool-dumpxml default") },
        { "default-pool", "no-autostart",
          N_("The storage pool \"default\" is active, but the next boot would not start it."), POOL,
          N_("  sudo virsh pool-autostart default") },
        { "default-pool", "no-libvirt", N_("Cannot be known before libvirt answers."), NULL, NULL },
        { "disk-space", "", N_("{free:size} of {size:size} are free on {path}."), NULL, NULL },
        { "disk-space", "low",
          N_("The file system of {path} is nearly full: {free:size} of {size:size} are "
             "free."),
          N_("Disks of guests grow as they are written to. When it is full, guests are paused in the middle "
             "of their work."),
          N_("What takes the room:\n"
             "  sudo du -xh --max-depth=1 {path} | sort -h") },
        { "disk-space", "full",
          N_("The file system of {path} is full: {free:size} of {size:size} are free."),
          N_("Guests that write are paused at any moment, and new ones cannot be made."),
          N_("Free some room at once:\n"
             "  sudo du -xh --max-depth=1 {path} | sort -h\n"
             "Then let paused machines go on:\n"
             "  hatago list --state=paused\n"
             "  hatago resume NAME") },
        {},
};
