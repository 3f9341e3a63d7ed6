// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of operating systems from libosinfo's ids: http://debian.org/debian/12 is "Debian 12".

/** Names that are not simply their last part of the id with a capital. */
const NAMES: Record<string, string> = {
    "almalinux": "AlmaLinux", "alpinelinux": "Alpine Linux", "archlinux": "Arch Linux", "centos": "CentOS", "centos-stream": "CentOS Stream",
    "freebsd": "FreeBSD", "gnome": "GNOME OS", "macosx": "macOS", "msdos": "MS-DOS", "netbsd": "NetBSD", "nixos": "NixOS", "ol": "Oracle Linux",
    "openbsd": "OpenBSD", "opensuse": "openSUSE", "opensuse-tumbleweed": "openSUSE Tumbleweed", "rhel": "RHEL", "rhel-atomic": "RHEL Atomic",
    "rhl": "Red Hat Linux", "rocky": "Rocky Linux", "sle": "SLE", "sled": "SLED", "sles": "SLES", "silverblue": "Fedora Silverblue",
    "coreos": "Fedora CoreOS", "win": "Windows", "winnt": "Windows NT", "linux": "Linux", "oraclelinux": "Oracle Linux",
};

const WINDOWS: Record<string, string> = {
    "2k": "2000", "xp": "XP", "vista": "Vista", "me": "Me", "3k": "Server 2003", "2k3": "Server 2003", "2k3r2": "Server 2003 R2",
    "2k8": "Server 2008", "2k8r2": "Server 2008 R2", "2k12": "Server 2012", "2k12r2": "Server 2012 R2", "2k16": "Server 2016",
    "2k19": "Server 2019", "2k22": "Server 2022", "2k25": "Server 2025",
};

/** Empty where the id is. */
export function osName(id: string): string {
    const parts = id.replace(/^https?:\/\/[^/]*\/?/, "").split("/").filter(Boolean);
    const [system, ...version] = parts;
    if (!system)
        return id;
    if (system === "win" && version.length === 1)
        return `Windows ${WINDOWS[version[0]!] ?? version[0]!}`;
    const name = NAMES[system] ?? system.charAt(0).toUpperCase() + system.slice(1);
    const shown = version.filter((part) => !["generic", "unknown"].includes(part)).map((part) =>
        /^[a-z]/.test(part) && part !== "testing" ? part.charAt(0).toUpperCase() + part.slice(1) : part);
    return [name, ...shown].join(" ");
}
