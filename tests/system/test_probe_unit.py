# SPDX-License-Identifier: LGPL-2.1-or-later
"""The root units that look at the host: what they write, when they look, and who may start them."""

import fcntl
import os
import re
import socket
import struct
import time
from pathlib import Path

import pytest
from gi.repository import GLib

pytestmark = pytest.mark.shares("kvm")

SYSTEMD = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
# On the machine outside; its kernel tells all hosts on it.
KVM_UEVENT = Path("/sys/class/misc/kvm/uevent")
REPORT = "run/hatago-probe/report"
REPORT_TYPE = "(utsa(sssssa{ss}asbb))"  # plugins/host/checks/report.h
KERNEL_UNIT = "hatago-probe-kernel.service"
KVM_CREATE_VM = 0xAE01  # linux/kvm.h
# What the kernel shows as if it had version 2 of control groups alone, and a processor for guests; all else of the
# sandbox stays.
SHOWN = """[Service]
BindReadOnlyPaths=/run/test-controllers:/sys/fs/cgroup/unified/cgroup.controllers
BindReadOnlyPaths=/run/test-mounts:/proc/self/mounts
BindReadOnlyPaths=/run/test-cpuinfo:/proc/cpuinfo
"""


def read_at(host):
    """When the report was made, in µs since the epoch; 0: there is none."""
    try:
        return struct.unpack_from("=Q", (host.root / REPORT).read_bytes(), 8)[0]
    except FileNotFoundError:
        return 0


def verdicts(host, path):
    """Return the verdicts of a report by their ids: group, result, reason, value, arguments, sources, …"""
    report = GLib.Variant.new_from_bytes(GLib.VariantType(REPORT_TYPE),
                                         GLib.Bytes((host.root / path).read_bytes()), False).unpack()
    found = {check[0]: check[1:] for check in report[3]}
    # How much is free, in words, is another number each time.
    found["disk-space"] = (*found["disk-space"][:3], *found["disk-space"][5:])
    return found


def manager(host, method, *arguments, user="hatago"):
    """Ask systemd for something as a user; return whether it did, and what it said."""
    done = host.run(["runuser", "-u", user, "--", "busctl", "call", *SYSTEMD, method, *arguments], check=False)
    return done.returncode == 0, done.stderr


def show(host, unit, name):
    """Return a property of a unit."""
    return host.run(["systemctl", "show", "--value", "-p", name, unit]).stdout.strip()


def quiet(host):
    """Wait until nothing that the kernel told is being looked at any more."""
    for _ in range(50):
        time.sleep(0.2)
        if {show(host, unit, "ActiveState") for unit in (KERNEL_UNIT, "hatago-probe")} == {"inactive"}:
            return
    raise AssertionError("the kernel does not become quiet")


@pytest.fixture
def kernel_alone(host):
    """Without the agent, which has reasons of its own to have the host looked at."""
    host.run(["systemctl", "stop", "hatagod"])
    quiet(host)
    yield
    host.run(["systemctl", "start", "hatagod"])


class Kernel:
    """What the machine's kernel tells every host on it: of another test's devices too."""

    def __enter__(self):
        """Listen from now on."""
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)  # NETLINK_KOBJECT_UEVENT
        self.socket.bind((0, 1))
        self.socket.setblocking(False)
        return self

    def __exit__(self, *_):
        """Listen no more."""
        self.socket.close()

    def said(self):
        """Return what it has told that is worth a look, but of networks: each host has its own."""
        told = []
        while True:
            try:
                fields = self.socket.recv(8192).decode(errors="replace").split("\0")
            except BlockingIOError:
                return told
            kinds = {f"SUBSYSTEM={kind}" for kind in ("module", "misc", "cpu", "iommu")}
            if kinds & set(fields) and not any(field.startswith("EVENT=") for field in fields):
                told.append(fields[0])


def leaves_alone(host, act):
    """Whether something leads to no other report. If the kernel told of something else too, it is done again."""
    for _ in range(5):
        quiet(host)
        with Kernel() as kernel:
            before = read_at(host)
            act()
            quiet(host)
            if read_at(host) == before:
                return True
            if not kernel.said():
                return False
    pytest.skip("the devices of this machine do not stand still")


def create_vms(count):
    """Have the kernel tell of guests."""
    kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(count):
            os.close(fcntl.ioctl(kvm, KVM_CREATE_VM, 0))
            time.sleep(0.05)
    finally:
        os.close(kvm)


def can_create_vms():
    """Whether this machine's kernel makes guests at all."""
    try:
        create_vms(1)
    except OSError:
        return False
    return True


@pytest.fixture
def shown(host):
    """What both units see is what the test shows them."""
    for name, text in {
            "controllers": "cpuset cpu io memory\n",
            "mounts": "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
            "cpuinfo": "processor\t: 0\nmodel name\t: Test\nflags\t\t: fpu vmx lm\n"}.items():
        (host.root / f"run/test-{name}").write_text(text)
    files = [host.root / f"run/systemd/system/{unit}.d/test.conf" for unit in ("hatago-probe.service", KERNEL_UNIT)]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_text(SHOWN)
    host.run(["systemctl", "daemon-reload"])
    yield
    for file in files:
        file.unlink()
        file.parent.rmdir()
    host.run(["systemctl", "daemon-reload"])


def changes_within(host, before, seconds):
    """Whether there is another report in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if read_at(host) > before:
            return True
        time.sleep(0.05)
    return False


def test_the_folder_is_there_for_the_agent_to_watch(host):
    """Before anything has looked: tmpfiles makes it."""
    done = host.run(["systemd-tmpfiles", "--cat-config"]).stdout
    assert re.search(r"^d /run/hatago-probe 0755 root root", done, re.M)
    assert host.run(["stat", "-c", "%U %a", "/run/hatago-probe"]).stdout == "root 755\n"


def test_the_unit_writes_its_report(host):
    """For everybody to read, whole, and root's; by a process that was root."""
    host.run(["systemctl", "start", "hatago-probe"])
    assert abs(read_at(host) / 1e6 - time.time()) < 10
    assert host.run(["stat", "-c", "%U %a", f"/{REPORT}"]).stdout == "root 644\n"
    assert host.run(["ls", "/run/hatago-probe"]).stdout == "report\n"
    report = host.run(["grep", "-ao", "[[:print:]]*", f"/{REPORT}"], user="alice").stdout
    assert "uid 0" in report and "kvm-guest" in report
    assert show(host, "hatago-probe", "Result") == "success"


def test_it_sees_what_a_process_outside_its_sandbox_sees(host):
    """The sandbox hides nothing that is judged: root without one has the same verdicts."""
    host.run(["systemctl", "start", "hatago-probe"])
    inside = verdicts(host, REPORT)
    host.run(["env", "RUNTIME_DIRECTORY=/run/test-probe", "sh", "-c",
              "mkdir -p $RUNTIME_DIRECTORY; exec /usr/libexec/hatago/hatago-probe"])
    assert len(inside) > 40
    assert inside == verdicts(host, "run/test-probe/report")
    assert {verdict[2] for verdict in inside.values()}.isdisjoint({"denied", "unreadable"})


def test_nor_does_it_of_version_2(host, shown):
    """Whether devices can be limited there is a question to the kernel, which takes a right of its own."""
    host.run(["systemctl", "start", "hatago-probe"])
    found = verdicts(host, REPORT)
    names = ("cpu", "cpuset", "memory", "devices", "blkio")
    assert [found[f"cgroup-{name}"][1:4] for name in names] == [("pass", "", "v2") for name in names]


def test_its_looks_are_not_logged(host):
    """There may be one every few seconds. What goes wrong is."""
    host.run(["systemctl", "start", "hatago-probe"])
    host.run(["journalctl", "--sync"])
    cursor = host.run(["journalctl", "--show-cursor", "-n", "0"]).stdout.split("cursor: ")[1].strip()
    host.run(["systemctl", "start", "hatago-probe"])

    def lines():
        # Not by the unit: journald does not know that of a process which has ended already.
        host.run(["journalctl", "--sync"])
        text = host.run(["journalctl", "-q", "--after-cursor", cursor, "-o", "short"]).stdout
        return "".join(line for line in text.splitlines(True) if "hatago-probe" in line)

    assert lines() == ""
    (host.root / "run/hatago-probe/.lock").unlink()
    (host.root / "run/hatago-probe/.lock").mkdir()
    try:
        host.run(["systemctl", "start", "hatago-probe"], check=False)
    finally:
        (host.root / "run/hatago-probe/.lock").rmdir()
        host.run(["systemctl", "reset-failed", "hatago-probe"], check=False)
    text = lines()
    assert "Cannot lock the report: Is a directory" in text and "Failed with result" in text


@pytest.mark.skipif(not can_create_vms(), reason="the kernel here makes no guests")
def test_guests_of_kvm_are_passed_over(host, kernel_alone):
    """The kernel tells of each that is made or unmade, the one that the look itself tries too."""
    run = show(host, KERNEL_UNIT, "InvocationID")
    assert leaves_alone(host, lambda: create_vms(40))
    assert show(host, KERNEL_UNIT, "InvocationID") != run, "the test is wrong: nothing was heard"


@pytest.mark.skipif(not can_create_vms(), reason="the kernel here makes no guests")
def test_a_look_leads_to_no_other(host, kernel_alone, shown):
    """Not even where it tries a guest."""
    host.run(["systemctl", "start", "hatago-probe"])
    assert "KVM_RUN" in verdicts(host, REPORT)["kvm-guest"][5]
    assert leaves_alone(host, lambda: time.sleep(4))


@pytest.mark.skipif(not KVM_UEVENT.exists(), reason="the kernel here has no /dev/kvm to tell of")
def test_a_storm_means_few_looks(host, kernel_alone):
    """One in two seconds at most, and the socket does not give up."""
    seen, end = {read_at(host)}, time.monotonic() + 8
    while time.monotonic() < end:
        KVM_UEVENT.write_text("change")
        time.sleep(0.05)
        seen.add(read_at(host))
    seen = sorted(seen)[1:]
    assert seen and all(later - earlier >= 1_950_000 for earlier, later in zip(seen, seen[1:]))
    quiet(host)
    assert show(host, "hatago-probe-kernel.socket", "ActiveState") == "active"


@pytest.mark.skipif(not KVM_UEVENT.exists(), reason="the kernel here has no /dev/kvm to tell of")
def test_the_kernel_has_it_look_again(host, kernel_alone):
    """A device that was told of as changed: a new report within 3 s."""
    before = read_at(host)
    KVM_UEVENT.write_text("change")
    assert changes_within(host, before, 3)
    assert show(host, KERNEL_UNIT, "Result") == "success"


def test_a_guests_tap_is_passed_over(host, kernel_alone):
    """It is heard of, and not worth a look; nor does the socket give up after many."""
    def taps(verb):
        for number in range(30):
            host.run(["ip", "tuntap", verb, f"vnet{number}", "mode", "tap"])

    def come_and_go():
        taps("add")
        quiet(host)
        taps("del")

    run = show(host, KERNEL_UNIT, "InvocationID")
    assert leaves_alone(host, come_and_go)
    assert show(host, KERNEL_UNIT, "InvocationID") != run, "the test is wrong: nothing was heard"
    assert show(host, "hatago-probe-kernel.socket", "ActiveState") == "active"


def test_a_nic_is_not(host, kernel_alone):
    """What is no guest's is looked at."""
    before = read_at(host)
    host.run(["ip", "link", "add", "br9", "type", "bridge"])
    assert changes_within(host, before, 3)
    host.run(["ip", "link", "del", "br9"])


def test_only_the_socket_runs_after_a_boot(host):
    """Nothing that is root stays in between, and the socket is there."""
    assert host.run(["systemctl", "is-enabled", "hatago-probe-kernel.socket"]).stdout == "enabled\n"
    quiet(host)
    assert show(host, "hatago-probe", "ActiveState") == "inactive"
    assert show(host, "hatago-probe", "MainPID") == "0"


@pytest.mark.parametrize("unit, method", [
    ("hatago-probe.service", "StartUnit"), ("hatago-probe.service", "RestartUnit"),
    ("hatago-probe.service", "StopUnit"), ("hatago-fix@kvm-qemu-access.service", "StartUnit"),
    ("hatago-fix@undo:kvm-qemu-access.service", "StopUnit")])
def test_the_agents_user_may_start_these(host, unit, method):
    """By the rule for its name."""
    assert manager(host, method, "ss", unit, "replace") == (True, "")
    assert manager(host, method, "ss", unit, "replace", user="alice")[0] is False


def test_the_agents_user_may_reset_them(host):
    """A remedy that failed does not stay failed for ever."""
    manager(host, "StartUnit", "ss", "hatago-fix@none.service", "replace")
    for _ in range(50):
        if show(host, "hatago-fix@none.service", "ActiveState") == "failed":
            break
        time.sleep(0.1)
    assert "no remedy 'none'" in show(host, "hatago-fix@none.service", "StatusText")
    assert manager(host, "ResetFailedUnit", "s", "hatago-fix@none.service") == (True, "")
    assert show(host, "hatago-fix@none.service", "ActiveState") == "inactive"


@pytest.mark.parametrize("method, arguments", [
    ("StartUnit", ("ss", "polkit.service", "replace")),
    ("StopUnit", ("ss", "hatago-probe-kernel.socket", "replace")),
    ("StartUnit", ("ss", "hatago-probe-kernel.service", "replace")),
    ("StopUnit", ("ss", "libvirtd.socket", "replace")),
    ("RestartUnit", ("ss", "hatagod.service", "replace")),
    ("KillUnit", ("ssi", "hatago-probe-kernel.service", "all", "9")),
    ("SetUnitProperties", ("sba(sv)", "hatago-probe.service", "true", "1", "Description", "s", "x")),
    ("EnableUnitFiles", ("asbb", "1", "hatago-fix@tun.service", "false", "false")),
    ("MaskUnitFiles", ("asbb", "1", "hatago-probe.service", "true", "true")),
    ("SetEnvironment", ("as", "1", "A=b"))])
def test_and_nothing_else(host, method, arguments):
    """No other unit, and nothing else with these."""
    done, said = manager(host, method, *arguments)
    assert not done
    assert "uthentication required" in said or "denied" in said


@pytest.mark.parametrize("name", ["hatago-probe.service", "hatago-fix@x.service", "hatago-probe2.service"])
def test_nor_units_of_its_own(host, name):
    """A transient unit would run what the caller likes, as root, under a name that the rule allows."""
    marker = host.root / "run/test-marker"
    done, _ = manager(host, "StartTransientUnit", "ssa(sv)a(sa(sv))", name, "replace", "1", "ExecStart",
                      "a(sasb)", "1", "/usr/bin/touch", "2", "touch", "/run/test-marker", "false", "0")
    assert not done
    time.sleep(0.5)
    assert not marker.exists()
