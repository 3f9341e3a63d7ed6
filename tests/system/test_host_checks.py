# SPDX-License-Identifier: LGPL-2.1-or-later
"""Things of the host break one by one: the check turns, its remedy is applied, the check turns back.

Each row breaks one thing of a real host. Where a remedy is safe the agent applies it; where only a person can mend it,
the test does what "hatago validate" tells them to do.
"""

import json
import os
from dataclasses import dataclass, field

import pytest
from hatago_bus import NO_OPTIONS, ROOT, BusError, options


CHECK = "org.hatago.Host1.HostCheck"
VALIDATION = "org.hatago.Host1.Validation"
HOST = "org.hatago.Host1.Host"

pytestmark = [pytest.mark.shares("kvm"), pytest.mark.usefixtures("bus")]


def check_path(name):
    """Return the object of a check: what is no letter or digit is _ and two hexadecimal digits."""
    return f"{ROOT}/checks/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in name)


class Checks:
    """The checks of the host, as its bus has them."""

    def __init__(self, bus):
        """Keep the bus."""
        self.bus = bus

    def get(self, name):
        """Return (result, reason)."""
        values = self.bus.get_all(check_path(name), CHECK)
        return values["Result"], values["Reason"]

    def run(self):
        """Have the host looked at; wait for the end."""
        job = self.bus.call(ROOT, VALIDATION, "Run", NO_OPTIONS)
        assert self.bus.wait_job(job, timeout=30)[0] == "done"

    def fix(self, name, **values):
        """Apply the remedy, or undo it."""
        self.bus.call(check_path(name), CHECK, "Fix", options(**values))

    def wait(self, name, *expected, timeout=10):
        """Wait until a check has one of these results, without asking for a look."""
        self.bus.wait(lambda: self.get(name) in expected, timeout, f"{name} is {expected}")


@pytest.fixture
def checks(bus):
    """All checks, just made."""
    checks = Checks(bus)
    checks.run()
    return checks


@dataclass
class Break:
    """What is broken, how, and how the check must turn."""

    check: str
    found: tuple
    commands: list
    fix: bool = True
    mend: list = field(default_factory=list)  # what a person does, where there is no remedy
    also: tuple = None  # where it depends on the machine
    told: bool = False  # a signal tells of it: nobody has to ask

    def __str__(self):
        """Return the name of the test."""
        return f"{self.check}-{self.found[1]}"


BREAKS = [
    Break("libvirt-daemon", ("fail", "stopped"),
          ["systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service"],
          told=True),
    Break("default-network", ("fail", "inactive"), ["virsh net-destroy default"], told=True),
    Break("default-network", ("fail", "missing"),
          ["virsh net-destroy default", "virsh net-undefine default"], told=True),
    Break("default-network", ("warn", "no-autostart"), ["virsh net-autostart default --disable"]),
    Break("default-pool", ("fail", "inactive"), ["virsh pool-destroy default"], told=True),
    Break("default-pool", ("fail", "missing"),
          ["virsh pool-destroy default", "virsh pool-undefine default"], told=True),
    Break("forwarding", ("warn", "off"), ["sysctl -w net.ipv4.ip_forward=0"]),
    Break("kvm-qemu-access", ("fail", "refused"), ["chown root:root /dev/kvm", "chmod 0600 /dev/kvm"]),
    Break("disk-space", ("fail", "full"),
          ["mount -t tmpfs -o size=300M tmpfs /var/lib/libvirt/images",
           "fallocate -l 200M /var/lib/libvirt/images/big"],
          fix=False, mend=["umount /var/lib/libvirt/images"]),
    Break("libvirt-guests", ("pass", "units"), ["systemctl disable --now libvirt-guests.service"],
          fix=False, mend=["systemctl enable --now libvirt-guests.service"], told=True),
    Break("tun", ("fail", "missing"), ["mount -t tmpfs tmpfs /dev/net"], fix=False, mend=["umount /dev/net"],
          also=("fail", "not-in-kernel")),
]


@pytest.fixture(scope="module", autouse=True)
def whole(host, bus):
    """A host on which what the rows break is whole first."""
    for command in ("systemctl enable --now libvirt-guests.service", "sysctl -w net.ipv4.ip_forward=1"):
        host.run(command.split())
    checks = Checks(bus)
    checks.run()
    for name in ("default-network", "default-pool"):
        if checks.get(name)[0] != "pass":
            checks.fix(name)
        assert checks.get(name) == ("pass", "")


@pytest.mark.parametrize("row", BREAKS, ids=str)
def test_what_breaks_is_seen_and_mended(checks, host, row):
    """The check turns to what was broken, and back when that is mended."""
    before = checks.get(row.check)
    if row.check in ("tun", "kvm-qemu-access") and before[0] != "pass":
        pytest.skip("this machine has no such device")
    assert before[0] == "pass"
    for command in row.commands:
        host.run(command.split())
    try:
        if not row.told:
            checks.run()
        checks.wait(row.check, row.found, row.also, timeout=10 if row.told else 0.5)
        fixable = checks.bus.get(check_path(row.check), CHECK, "Fixable")
        if row.fix:
            assert fixable
            checks.fix(row.check)
        else:
            for command in row.mend:
                host.run(command.split())
            checks.run()
        assert checks.get(row.check) == before
    finally:
        for command in row.mend:
            host.run(command.split(), check=False)


@pytest.fixture
def modprobe(host):
    """The host's modprobe, to be replaced by a script: this machine's kernel may have no modules to load."""
    program = host.root / "usr/sbin/modprobe"
    kept = program.readlink() if program.is_symlink() else None
    program.unlink(missing_ok=True)
    yield program
    program.unlink()
    if kept:
        program.symlink_to(kept)


def test_a_module_that_is_missing_is_loaded(checks, host, modprobe):
    """vhost-net: modprobe is asked, and a file has it loaded at boot; undo takes the file away."""
    drop_in = host.root / "etc/modules-load.d/hatago-vhost-net.conf"
    modules = host.root / f"lib/modules/{os.uname().release}"
    modules.mkdir(parents=True)
    had = host.run(["mv", "/dev/vhost-net", "/dev/vhost-net.away"], check=False).returncode == 0
    try:
        checks.run()
        assert checks.get("vhost-net") == ("warn", "not-in-kernel")
        (modules / "modules.dep").write_text("kernel/drivers/vhost/vhost_net.ko:\n")
        checks.run()
        assert checks.get("vhost-net") == ("warn", "missing")
        modprobe.write_text("#!/bin/sh\necho no such module $2 >&2; exit 1\n")
        modprobe.chmod(0o755)
        with pytest.raises(BusError) as refused:
            checks.fix("vhost-net")
        assert "no such module vhost_net" in refused.value.message
        assert not drop_in.exists()
        # What the kernel does when it loads the module.
        modprobe.write_text("#!/bin/sh\n[ \"$*\" = '-- vhost_net' ] && : >/dev/vhost-net\n")
        checks.fix("vhost-net")
        assert checks.get("vhost-net") == ("pass", "")
        assert "vhost_net" in drop_in.read_text()
        checks.fix("vhost-net", undo=True)
        assert not drop_in.exists()
    finally:
        host.run(["rm", "-rf", "/dev/vhost-net", f"/lib/modules/{os.uname().release}"])
        if had:
            host.run(["mv", "/dev/vhost-net.away", "/dev/vhost-net"])


def test_firmware_that_comes_and_goes(checks, host):
    """The host has no package ovmf: once its files are there, the check passes; without them it warns again."""
    assert checks.get("firmware") == ("warn", "missing")
    host.run(["sh", "-c", "mkdir -p /usr/share/OVMF && : >/usr/share/OVMF/OVMF_CODE_4M.fd"])
    try:
        checks.run()
        assert checks.get("firmware")[0] == "pass"
    finally:
        host.run(["rm", "-r", "/usr/share/OVMF"])
    checks.run()
    assert checks.get("firmware") == ("warn", "missing")


def test_this_machines_kvm_is_judged_rightly(checks, host):
    """A device /dev/kvm that cannot run a guest is no acceleration: what libvirt offers decides."""
    flags = (host.root / "proc/cpuinfo").read_text().split()
    real = "vmx" in flags or "svm" in flags
    device = (host.root / "dev/kvm").exists()
    assert checks.get("hardware-virtualization")[0] == ("pass" if real else "fail")
    if device:
        assert checks.get("kvm-guest")[0] == ("pass" if real else "fail")
    else:
        assert checks.get("kvm-guest")[0] == "skip"


def test_each_verdict_names_its_sources_and_reader(checks):
    """What was read, and by which process."""
    found = {path: values[CHECK] for path, values in checks.bus.objects().items() if CHECK in values}
    assert len(found) > 40
    for path, values in found.items():
        assert values["Sources"], path
        assert values["ReadBy"].startswith("hatago-probe[") and values["ReadBy"].endswith("uid 0")
        assert values["CheckedAt"] > 1_700_000_000_000_000


def test_nobody_special_may_not_fix(checks, host):
    """alice, without a password: nothing happens."""
    host.run("virsh net-destroy default".split())
    checks.wait("default-network", ("fail", "inactive"))
    done = host.run(["hatago", "--no-ask-password", "fix", "--yes", "default-network"], user="alice",
                    check=False, input="", timeout=30)
    assert done.returncode == 1 and "org.hatago.Host1.host-fix" in done.stderr
    assert "inactive" in host.run("virsh net-info default".split()).stdout.lower() \
        or "Active:         no" in host.run("virsh net-info default".split()).stdout
    checks.fix("default-network")


def validate(host, *arguments, user=None):
    """Run hatago validate; return its status, and what it says by id."""
    done = host.run(["hatago", "--json=short", "validate", *arguments], user=user, check=False, timeout=30)
    return done.returncode, {one["Id"]: one for one in json.loads(done.stdout)}


def test_the_tool_says_the_same_as_the_agent(checks, host):
    """One library, two users: as root, both see the same."""
    _, found = validate(host)
    for name, one in found.items():
        if name not in ("disk-space", "clock", "ksm"):  # may change between
            assert (one["Result"], one["Reason"]) == checks.get(name), name


def test_the_tool_needs_neither_agent_nor_root(host):
    """alice, with the agent stopped: what she may not read is skipped, and says why."""
    host.run(["systemctl", "stop", "hatagod"])
    try:
        status, found = validate(host, user="alice")
    finally:
        host.run(["systemctl", "start", "hatagod"])
    assert found["agent"]["Reason"] == "stopped"
    denied = [one for one in found.values() if one["Reason"] == "denied"]
    assert denied and all(one["Result"] == "skip" and one["Arguments"]["what"] for one in denied)
    alice = host.run(["id", "-u", "alice"]).stdout.strip()
    assert found["agent"]["ReadBy"].endswith(f"] uid {alice}")
    worst = {one["Result"] for one in found.values()}
    assert status == (2 if "fail" in worst else 1 if "warn" in worst else 0)


def test_setup_makes_a_bare_host_ready(checks, host):
    """No network, no pool: hatago setup makes both; a second run has nothing to do."""
    for command in ("virsh net-destroy default", "virsh net-undefine default", "virsh pool-destroy default",
                    "virsh pool-undefine default"):
        host.run(command.split())
    host.run(["hatago", "setup", "--yes"], timeout=60, check=False)
    checks.run()
    assert checks.get("default-network") == ("pass", "") and checks.get("default-pool") == ("pass", "")
    assert "yes" in host.run("virsh net-info default".split()).stdout
    again = host.run(["hatago", "setup", "--yes"], timeout=60, check=False).stdout
    assert "default network" not in again.lower()


def test_the_overview_has_what_the_host_has(bus, host):
    """hatago host: processors and memory as the kernel has them, networks and pools as libvirt has them."""
    facts = json.loads(host.run(["hatago", "--json=short", "host"], timeout=30).stdout)
    values = bus.get_all(ROOT, HOST)
    assert values["CPUs"] == os.cpu_count()
    memory = int((host.root / "proc/meminfo").read_text().split()[1]) * 1024
    assert abs(values["Memory"] - memory) < memory / 100
    assert facts["CPUs"] == values["CPUs"] and facts["Memory"] == values["Memory"]
    text = host.run(["hatago", "host"], timeout=30).stdout
    assert values["CPUModel"] in text and "default" in text
