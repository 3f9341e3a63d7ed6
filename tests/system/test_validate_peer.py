# SPDX-License-Identifier: LGPL-2.1-or-later
"""What virt-host-validate checks too, it judges as we do: both look at the same host, in many states."""

import base64
import re

import pytest
from gi.repository import GLib

pytestmark = pytest.mark.shares("kvm")

REPORT = "(utsa(sssssa{ss}asbb))"
RESULTS = {"PASS": "pass", "WARN": "warn", "FAIL": "fail", "NOTE": "skip"}
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "blkio")
CHECKS = {
    "for hardware virtualization": "hardware-virtualization",
    "if device /dev/kvm exists": "kvm-device",
    "if device /dev/kvm is accessible": "kvm-access",
    "if device /dev/vhost-net exists": "vhost-net",
    "if device /dev/net/tun exists": "tun",
    **{f"for cgroup '{name}' controller support": f"cgroup-{name}" for name in CONTROLLERS},
    "for device assignment IOMMU support": "iommu",
    "if IOMMU is enabled by kernel": "iommu-kernel",
    "for secure guest support": "secure-guest",
}

# Where it is silent we pass or skip, but for these.
MORE = {
    # Without a flag of the processor it does not look at /dev/kvm, which another kind of KVM may serve.
    ("kvm-access", "refused"),
    # Where nothing is mounted at all, it prints an error and goes on.
    *((f"cgroup-{name}", "missing") for name in CONTROLLERS),
    # A kernel without the folder of groups knows of no IOMMU.
    ("iommu-kernel", "not-in-kernel"),
}
# It warns users but root of a lack of what the kernel just does not tell them: control groups of version 2.
LESS = {("cgroup-devices", "denied")}

# In a mount namespace of its own, which goes with the shell. A folder that is made anew is filled, then put
# over the old one.
DEV = """
mount -t tmpfs none /run/peer/dev
cp -a /dev/null /dev/zero /dev/urandom /run/peer/dev
mkdir /run/peer/dev/net
{nodes}
mount --rbind /run/peer/dev /dev
"""
SYS = """
mount -t tmpfs none /run/peer/sys
mkdir -p /run/peer/sys/fs/cgroup
mount --rbind /sys/fs/cgroup /run/peer/sys/fs/cgroup
cd /run/peer/sys
{commands}
cd /
mount --rbind /run/peer/sys /sys
"""
SCRIPT = """
mkdir -p /run/peer/dev /run/peer/sys
{state}
as="setpriv --reuid={user} --regid={user} --init-groups --"
$as virt-host-validate qemu || true
echo
$as /usr/libexec/hatago/hatago-probe --stdout | base64
"""
NODES = {"kvm": "10 232", "vhost-net": "10 238", "net/tun": "10 200"}


def dev(**modes):
    """Return commands by which the host has these devices, with these modes, and no others of ours."""
    nodes = ""
    for name, mode in modes.items():
        name = {"vhost": "vhost-net", "tun": "net/tun"}.get(name, name)
        nodes += f"mknod -m {mode} /run/peer/dev/{name} c {NODES[name]}\n"
    return DEV.format(nodes=nodes)


def cpu(flags):
    """Return commands by which the processor has these flags, as far as the kernel tells."""
    return (f"printf 'processor\\t: 0\\nmodel name\\t: Peer\\nflags\\t\\t: fpu {flags} lm\\n' >/run/peer/cpuinfo\n"
            "mount --bind /run/peer/cpuinfo /proc/cpuinfo\n")


def sys(*files, folders=()):
    """Return commands by which /sys has these files ("path", or "path=text") and folders, and no others."""
    commands = ""
    for file in files:
        path, _, text = file.partition("=")
        commands += f"mkdir -p $(dirname {path}); echo {text} >{path}\n"
    return SYS.format(commands=commands + "".join(f"mkdir -p {folder}\n" for folder in folders))


def cgroup2(controllers):
    """Return commands by which version 2 of control groups has these controllers, as far as it tells."""
    return ("mkdir -p /run/peer/unified\nmount -t cgroup2 none /run/peer/unified\n"
            f"echo {controllers} >/run/peer/controllers\n"
            "mount --bind /run/peer/controllers /run/peer/unified/cgroup.controllers\n")


DMAR, IVRS = "firmware/acpi/tables/DMAR", "firmware/acpi/tables/IVRS"
NO_CGROUPS = "umount -a -l -t cgroup,cgroup2\n"
GROUPS, SEV = "kernel/iommu_groups", "module/kvm_amd/parameters/sev"

STATES = {
    "as-it-is": "",
    "all-devices": dev(kvm="0666", vhost="0600", tun="0666"),
    "no-kvm": dev(vhost="0600", tun="0666"),
    "no-vhost-net": dev(kvm="0660", tun="0666"),
    "no-tun": dev(kvm="0660", vhost="0600"),
    "kvm-for-root-alone": dev(kvm="0600", vhost="0600", tun="0666"),
    "flag-and-kvm": cpu("vmx") + dev(kvm="0666"),
    "flag-and-no-kvm": cpu("vmx") + dev(),
    "flag-and-kvm-for-root-alone": cpu("svm") + dev(kvm="0600"),
    "flag-in-another-word": cpu("xvmx vmxx"),
    "intel-no-table": cpu("vmx") + sys(IVRS),
    "intel-no-groups": cpu("vmx") + sys(DMAR),
    "intel-empty-groups": cpu("vmx") + sys(DMAR, folders=[GROUPS]),
    "intel-groups": cpu("vmx") + sys(DMAR, folders=[f"{GROUPS}/0"]),
    "amd-no-table": cpu("svm") + sys(DMAR),
    "amd-empty-groups": cpu("svm") + sys(IVRS, folders=[GROUPS]),
    "amd-groups": cpu("svm") + sys(IVRS, folders=[f"{GROUPS}/0"]),
    "sev-not-in-kernel": cpu("svm sev") + sys(),
    "sev-off-in-kernel": cpu("svm sev") + sys(f"{SEV}=N"),
    "sev-0-in-kernel": cpu("svm sev") + sys(f"{SEV}=0"),
    "sev-off-in-firmware": cpu("svm sev") + sys(f"{SEV}=Y"),
    "sev": cpu("svm sev") + sys(f"{SEV}=1") + dev(kvm="0666") + "touch /dev/sev\n",
    "no-blkio": "umount /sys/fs/cgroup/blkio\n",
    "no-cpu-no-memory": "umount /sys/fs/cgroup/memory\numount /sys/fs/cgroup/cpu\n",
    "no-control-groups": NO_CGROUPS,
    "version-2": NO_CGROUPS + cgroup2("cpuset cpu io memory hugetlb pids"),
    "version-2-without-io": NO_CGROUPS + cgroup2("cpuset cpu memory blkio"),
    "both-versions": "umount /sys/fs/cgroup/memory /sys/fs/cgroup/blkio\n" + cgroup2("memory pids"),
}


# Whether a device could be there depends on the kernel of this machine.
ABSENT = ("missing", "not-in-kernel")


def theirs(text):
    """Return {check: result} of what virt-host-validate printed."""
    verdicts = {}
    for line in text.splitlines():
        match = re.match(r" *QEMU: Checking (.*?) *: ([A-Z]+)", line)
        assert match, line
        verdicts[CHECKS[match[1]]] = RESULTS[match[2]]
    return verdicts


def ours(text):
    """Return {check: (result, reason)} of a report."""
    report = GLib.Variant.new_from_bytes(GLib.VariantType(REPORT), GLib.Bytes(base64.b64decode(text)), False)
    return {check[0]: (check[2], check[3]) for check in report.unpack()[3]}


def judge(host, state, user):
    """Return what both say of a state."""
    output = host.run(["unshare", "--mount", "--propagation=private", "sh", "-e", "-c",
                       SCRIPT.format(state=state, user=user)]).stdout
    printed, _, report = output.partition("\n\n")
    return theirs(printed), ours(report)


@pytest.mark.parametrize("user", ["root", "alice"])
@pytest.mark.parametrize("state", STATES)
def test_both_judge_alike(host, state, user):
    """Verdict by verdict, as root and as anybody."""
    peer, own = judge(host, STATES[state], user)
    assert "tun" in peer and set(CHECKS.values()) <= set(own)
    for check in CHECKS.values():
        result, reason = own[check]
        if check not in peer:
            assert result in ("pass", "skip") or (check, reason) in MORE, (check, result, reason)
        elif user == "root" or (check, reason) not in LESS:
            assert (check, result) == (check, peer[check]), reason


@pytest.mark.parametrize("state, check, expected", [
    ("no-kvm", "kvm-device", ("skip", "no-virtualization")),
    ("no-tun", "tun", ("fail", ABSENT)),
    ("no-vhost-net", "vhost-net", ("warn", ABSENT)),
    ("all-devices", "vhost-net", ("pass", "")),
    ("flag-and-no-kvm", "kvm-device", ("fail", "missing")),
    ("flag-and-kvm-for-root-alone", "kvm-access", ("fail", "refused")),
    ("intel-no-groups", "iommu-kernel", ("warn", "not-in-kernel")),
    ("intel-empty-groups", "iommu-kernel", ("warn", "off")),
    ("amd-groups", "iommu-kernel", ("pass", "")),
    ("sev-off-in-firmware", "secure-guest", ("warn", "off-in-firmware")),
    ("sev", "secure-guest", ("pass", "")),
    ("no-control-groups", "cgroup-cpu", ("warn", "missing")),
    ("version-2", "cgroup-blkio", ("pass", "")),
    ("version-2", "cgroup-devices", ("skip", "denied")),
    ("version-2-without-io", "cgroup-blkio", ("warn", "missing")),
    ("both-versions", "cgroup-memory", ("pass", "")),
])
def test_the_states_are_what_they_are_called(host, state, check, expected):
    """Else both would agree on the host as it is."""
    result, reason = judge(host, STATES[state], "alice")[1][check]
    assert result == expected[0]
    assert reason in ABSENT if expected[1] is ABSENT else reason == expected[1]


def test_root_is_told_of_version_2(host):
    """What users are refused."""
    assert judge(host, STATES["version-2"], "root")[1]["cgroup-devices"] == ("pass", "")
