# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines and their units: what others start is adopted, what ends ends, and Start goes by the unit."""

import re
import time

import pytest
from conftest import Machine, lost_and_back
from hatago_bus import JOB, MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, BusError, options
from hatago_hosts import Guest

from gi.repository import GLib

SYSTEMD, SYSTEMD_PATH = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
HOOK = "/etc/libvirt/hooks/qemu"


class Unit:
    """The unit of a machine, as systemd tells of it on the bus."""

    def __init__(self, bus, name, prefix="hatago-vm@"):
        """Of the machine of this name."""
        escaped = "".join(letter if letter.isascii() and (letter.isalnum() or letter in ":_.") else
                          "".join(f"\\x{byte:02x}" for byte in letter.encode()) for letter in name)
        self.bus, self.name = bus, f"{prefix}{escaped}.service"
        label = "".join(letter if letter.isalnum() else f"_{ord(letter):02x}" for letter in self.name)
        self.path = f"{SYSTEMD_PATH}/unit/{label}"

    def get(self, name, kind="Unit"):
        """Return a property."""
        return self.bus.call(self.path, "org.freedesktop.DBus.Properties", "Get",
                             GLib.Variant("s", f"{SYSTEMD}.{kind}"), GLib.Variant("s", name),
                             destination=SYSTEMD)

    @property
    def state(self):
        """Its ActiveState."""
        return self.get("ActiveState")

    @property
    def pid(self):
        """The pid of its main process."""
        return self.get("MainPID", "Service")

    def since(self):
        """Return since when it is active, and who its main process is: the same as long as it goes on."""
        return self.get("ActiveEnterTimestampMonotonic"), self.pid

    def wait(self, state, timeout=20):
        """Wait until it is in this state."""
        self.bus.wait(lambda: self.state == state, timeout, f"{self.name} is {state}")

    def call(self, method, mode="replace"):
        """Have systemd start, stop or restart it."""
        return self.bus.call(SYSTEMD_PATH, f"{SYSTEMD}.Manager", method, GLib.Variant("s", self.name),
                             GLib.Variant("s", mode), destination=SYSTEMD)


def qemu_pid(guest):
    """Return the pid of a guest's QEMU, as libvirt has noted it."""
    return int((guest.host.root / f"run/libvirt/qemu/{guest.name}.pid").read_text())


@pytest.fixture
def unit(bus, machine):
    """The unit of the machine, which is defined; nothing of either is left."""
    bus.signals.clear()  # of jobs of an agent before, whose numbers are there again
    machine.define()
    unit = Unit(bus, machine.guest.name)
    yield unit
    machine.guest.virsh("destroy", check=False)
    bus.wait(lambda: unit.state in ("inactive", "failed"), 40, f"{unit.name} is off")
    machine.guest.host.run(["systemctl", "reset-failed", unit.name], check=False)


def adopted(unit, guest, timeout=5):
    """Wait until the unit is active with QEMU as its main process; return how long that took."""
    begin = time.monotonic()
    unit.bus.wait(lambda: unit.pid == qemu_pid(guest) and unit.state == "active", timeout, "adoption")
    return time.monotonic() - begin


def said(host, unit, since):
    """Return what was said of and by a unit, since a time in seconds since the epoch."""
    return host.journal("--unit", unit.name, "--since", f"@{int(since)}", "--output", "cat")


# What others start

@pytest.mark.alone
def test_what_virsh_starts_is_adopted_within_a_second(machine, unit):
    times = []
    for _ in range(10):
        machine.guest.virsh("start")
        times.append(adopted(unit, machine.guest))
        assert machine.get("UnitState") == "active"
        machine.guest.virsh("destroy")
        unit.wait("inactive")
    times.sort()
    print(f"adopted after virsh start: median {times[5] * 1000:.0f} ms, at most {times[-1] * 1000:.0f} ms")
    assert times[5] < 1


def test_started_and_destroyed_at_once_is_not_started_again(machine, unit, host):
    name = machine.guest.name
    for pause in ("0", "0", "0.02", "0.05", "0.1", "0.2"):
        host.run(["sh", "-c", f"virsh -q start {name}; sleep {pause}; virsh -q destroy {name}"])
        machine.bus.iterate(1.5)
        assert machine.guest.state() == "shut off"
        unit.wait("inactive")
    host.run(["sh", "-c", f"virsh -q start {name}; virsh -q destroy {name}; virsh -q start {name}"])
    adopted(unit, machine.guest)
    assert machine.guest.state() == "running"


def test_a_paused_machine_is_active_and_a_saved_one_is_not(machine, unit):
    machine.guest.virsh("start", "--paused")
    adopted(unit, machine.guest)
    machine.guest.virsh("resume")
    machine.guest.virsh("suspend")
    machine.bus.wait_property(machine.path, "State", "paused")
    assert unit.state == "active"

    machine.guest.virsh("managedsave")
    unit.wait("inactive")
    machine.bus.iterate(1.5)
    assert unit.state == "inactive" and machine.guest.state() == "shut off"

    machine.guest.virsh("start")  # restored, and paused again
    adopted(unit, machine.guest)
    assert machine.get("State") == "paused" and machine.get("StateReason") == "user"


def test_a_machine_without_a_definition(bus, host):
    guest = Guest(host, "fleeting")
    host.run(["virsh", "-q", "create", "/dev/stdin"], input=guest.xml())
    unit = Unit(bus, "fleeting")
    adopted(unit, guest)
    guest.virsh("destroy")
    unit.wait("inactive")
    bus.wait(lambda: "fleeting" not in [row[2] for row in bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)],
             10, "it is gone")


def test_names_that_must_be_escaped(bus, host):
    for name in ("a b", "front-end", "宿屋"):
        guest = Guest(host, name).define()
        unit = Unit(bus, name)
        guest.virsh("start")
        adopted(unit, guest)
        assert bus.get(bus.machine(name), MACHINE, "Unit") == unit.name
        guest.virsh("destroy")
        unit.wait("inactive")
        guest.virsh("undefine")


def test_a_renamed_machine_has_another_unit(machine, unit, bus, host):
    machine.guest.virsh("domrename", "renamed")
    bus.wait_property(machine.path, "Unit", "hatago-vm@renamed.service")
    renamed = Guest(host, "renamed")
    renamed.start()
    adopted(Unit(bus, "renamed"), renamed)
    assert unit.state == "inactive"
    renamed.virsh("destroy")
    Unit(bus, "renamed").wait("inactive")
    renamed.virsh("domrename", machine.guest.name)


def test_undefined_while_it_runs(machine, unit, bus):
    machine.guest.virsh("start")
    adopted(unit, machine.guest)
    since = unit.since()
    machine.guest.virsh("undefine")
    bus.wait_property(machine.path, "Persistent", False)
    assert unit.since() == since
    machine.guest.virsh("destroy")
    unit.wait("inactive")


def test_a_guest_that_powers_off_by_itself(machine, unit):
    machine.guest.virsh("start")
    adopted(unit, machine.guest)
    machine.guest.wait_ready()
    machine.guest.wait_agent()
    machine.guest.virsh("shutdown", "--mode", "agent")
    unit.wait("inactive", 60)
    machine.bus.iterate(1.5)
    assert unit.state == "inactive" and machine.guest.state() == "shut off"


def test_a_crash_is_systemds_to_mend_and_nobody_elses(machine, unit, host):
    machine.guest.virsh("start")
    adopted(unit, machine.guest)
    first, begin = qemu_pid(machine.guest), time.time()
    host.run(["kill", "-9", str(first)])
    machine.bus.wait(lambda: unit.pid not in (0, first) and unit.state == "active", 30, "started again")
    assert adopted(unit, machine.guest) < 1
    machine.bus.iterate(1)
    _, crash, after = said(host, unit, begin).partition("has crashed")
    assert crash and after.count("Starting hatago-vm@") == 1, after


def test_a_revert_that_takes_another_process(bus, host):
    guest = Guest(host, "reverted").define(disk=True)
    unit = Unit(bus, "reverted")
    guest.virsh("snapshot-create-as", "off")
    guest.virsh("start")
    adopted(unit, guest)
    before = qemu_pid(guest)
    guest.virsh("snapshot-revert", "off", "--running")
    bus.wait(lambda: qemu_pid(guest) != before, 20, "another process")
    adopted(unit, guest, timeout=20)
    guest.virsh("destroy")
    unit.wait("inactive")
    guest.virsh("undefine", "--snapshots-metadata")


# Whoever is restarted

def test_units_outlive_agent_and_libvirt(machine, unit, bus, host):
    machine.guest.virsh("start")
    adopted(unit, machine.guest)
    since = unit.since()
    for command in (["restart", "hatagod"], ["stop", "hatagod"], ["start", "hatagod"], ["restart", "libvirtd"],
                    ["stop", "libvirtd"], ["start", "libvirtd"]):
        host.run(["systemctl", *command])
        if command in (["restart", "libvirtd"], ["start", "libvirtd"]):
            machine.guest.wait_taken_over()
        bus.iterate(1)
        assert unit.since() == since, command
        assert unit.state == "active"
    bus.wait(lambda: connected(bus), 30, "the agent connected")
    assert machine.get("UnitState") == "active"


def connected(bus):
    """Whether there is an agent, and it knows what libvirt says."""
    try:
        return bus.get(ROOT, MANAGER, "Connected")
    except BusError:
        return False


def test_what_was_started_without_the_agent_is_adopted_when_it_comes(machine, unit, bus, host):
    others = [Guest(host, f"other-{number}").define() for number in range(4)]
    host.run(["systemctl", "stop", "hatagod"])
    try:
        for guest in (machine.guest, *others):
            guest.virsh("start", "--paused")
        bus.iterate(1)
        assert unit.state == "inactive"
        host.run(["systemctl", "start", "hatagod"])
        for guest in (machine.guest, *others):
            adopted(Unit(bus, guest.name), guest, timeout=20)
    finally:
        for guest in others:
            guest.virsh("destroy")
            Unit(bus, guest.name).wait("inactive")
            guest.virsh("undefine")


@pytest.mark.parametrize("command", ["daemon-reload", "daemon-reexec"])
def test_systemd_reads_its_units_again(machine, unit, bus, host, command):
    machine.guest.virsh("start")
    adopted(unit, machine.guest)
    since = unit.since()
    bus.iterate(1)  # what the adoption has to tell has come
    bus.signals.clear()
    host.run(["systemctl", command])
    bus.iterate(2)
    assert unit.since() == since
    assert machine.get("UnitState") == "active"
    assert not [change for _, change in bus.changes(machine.path) if "UnitState" in change]

    machine.guest.virsh("destroy")
    bus.wait_property(machine.path, "UnitState", "inactive")
    machine.guest.virsh("start")
    adopted(unit, machine.guest)
    machine.guest.virsh("destroy")
    unit.wait("inactive")
    assert machine.verb("Start")[0] == "done"


def test_without_mirror_nothing_is_adopted(machine, unit, bus, host):
    folder = host.root / "etc/hatago/hatagod.conf.d"
    folder.mkdir(exist_ok=True)
    (folder / "mirror.conf").write_text("[Machines]\nMirror=no\n")
    host.run(["systemctl", "restart", "hatagod"])
    try:
        bus.wait(lambda: connected(bus), 30, "the agent connected")
        bus.signals.clear()  # of jobs of the agent before
        assert "mirror" not in bus.get(ROOT, MANAGER, "Features")
        machine.guest.virsh("start")
        bus.wait_property(machine.path, "State", "running")
        bus.iterate(2)
        assert unit.state == "inactive"
        machine.guest.virsh("destroy")
        bus.wait_property(machine.path, "State", "shutoff")
        assert machine.verb("Start")[0] == "done"
        assert unit.state == "active", "Start goes by the unit nevertheless"
    finally:
        (folder / "mirror.conf").unlink()
        host.run(["systemctl", "restart", "hatagod"])
        bus.wait(lambda: connected(bus), 30, "the agent connected")


# Start

def test_start_goes_by_the_unit(machine, unit, host):
    begin = time.time()
    host.run(["hatago", "start", machine.guest.name])
    assert adopted(unit, machine.guest) < 0.5
    assert "Starting hatago-vm@" in said(host, unit, begin)
    assert not list((host.root / "run/hatago/requests").iterdir())


def test_options_of_start(machine, unit):
    assert machine.verb("Start", paused=True)[0] == "done"
    assert machine.get("State") == "paused" and unit.state == "active"
    machine.verb("Resume")
    machine.guest.wait_ready()
    machine.verb("Save")
    unit.wait("inactive")
    assert machine.get("ManagedSave")

    assert machine.verb("Start", discard_save=True)[0] == "done"
    assert machine.get("StateReason") == "booted"
    machine.guest.wait_ready(times=1)
    machine.verb("Save")
    unit.wait("inactive")
    assert machine.verb("Start", paused=True)[0] == "done"
    assert machine.get("State") == "paused" and not machine.get("ManagedSave")


def test_a_masked_unit(machine, unit, host):
    host.run(["systemctl", "mask", unit.name])
    try:
        result, error, text = machine.verb("Start")
        assert (result, error.rpartition(".")[2]) == ("failed", "UnitUnavailable")
        assert f"Unit {unit.name} is masked" in text
        done = host.run(["hatago", "start", machine.guest.name], check=False)
        assert done.returncode == 1 and "masked" in done.stderr

        machine.guest.virsh("start")  # as others can still
        machine.bus.iterate(2)
        assert "ignoring until its next start" in host.journal("--unit", "hatagod", "--output", "cat")
    finally:
        host.run(["systemctl", "unmask", unit.name])


@pytest.fixture
def slow_libvirt(host, bus):
    """Starts in libvirt take four seconds."""
    (host.root / HOOK.lstrip("/")).parent.mkdir(exist_ok=True)
    hook = host.root / HOOK.lstrip("/")
    hook.write_text('#!/bin/sh\n[ "$2" = prepare ] && sleep 4\nexit 0\n')
    hook.chmod(0o755)
    lost_and_back(bus, lambda: host.run(["systemctl", "restart", "libvirtd"]), 30)
    yield
    hook.unlink()
    lost_and_back(bus, lambda: host.run(["systemctl", "restart", "libvirtd"]), 30)


def test_a_start_is_cancelled(machine, unit, bus, slow_libvirt):
    job = bus.call(machine.path, MACHINE, "Start", NO_OPTIONS)
    unit.wait("activating")
    bus.wait_cancelable(job)
    bus.iterate(0.5)
    bus.call(job, JOB, "Cancel", NO_OPTIONS)

    result, error, _ = bus.wait_job(job, timeout=30)
    assert (result, error.rpartition(".")[2]) == ("canceled", "Canceled")
    assert machine.get("State") == "shutoff" and machine.guest.state() == "shut off"
    assert unit.state == "inactive"
    assert machine.get("StartFailure")[0] == ""


def test_a_second_start_meanwhile(machine, unit, bus, slow_libvirt):
    first = bus.call(machine.path, MACHINE, "Start", NO_OPTIONS)
    unit.wait("activating")
    result, error, _ = bus.wait_job(bus.call(machine.path, MACHINE, "Start", options(paused=True)))
    assert (result, error.rpartition(".")[2]) == ("failed", "Busy")
    assert bus.wait_job(first)[0] == "done"


def test_the_agent_ends_while_a_unit_starts(machine, unit, bus, host, slow_libvirt):
    job = bus.call(machine.path, MACHINE, "Start", options(paused=True))
    unit.wait("activating")
    host.run(["systemctl", "restart", "hatagod"])
    bus.wait(lambda: connected(bus), 30, "the agent connected")
    assert bus.get(job, JOB, "State") == "running"
    bus.wait(lambda: bus.get(job, JOB, "Result") == "done", 30, "its end")
    assert machine.get("State") == "paused" and adopted(unit, machine.guest) < 1


def test_systemd_replaces_itself_while_a_unit_starts(machine, unit, bus, host, slow_libvirt):
    job = bus.call(machine.path, MACHINE, "Start", options(paused=True))
    unit.wait("activating")
    host.run(["systemctl", "daemon-reexec"])
    assert bus.wait_job(job, timeout=30)[0] == "done"
    assert machine.get("State") == "paused" and unit.state == "active"


def test_systemctl_and_the_agent_start_it_at_once(machine, unit, bus, slow_libvirt):
    unit.call("StartUnit")
    unit.wait("activating")
    assert machine.verb("Start")[0] == "done"
    assert machine.get("State") == "running" and unit.state == "active"


def test_virsh_starts_it_while_it_is_started(machine, unit, bus, host, slow_libvirt):
    """Both want it running, and it runs once."""
    virsh = host.popen(["virsh", "-q", "start", machine.guest.name])
    bus.iterate(1)
    job = bus.call(machine.path, MACHINE, "Start", NO_OPTIONS)
    virsh.wait(30)
    bus.wait_job(job, timeout=30)
    adopted(unit, machine.guest)
    assert machine.guest.state() == "running"


def test_a_start_by_systemctl_that_fails_has_its_reason(machine, unit, bus, host):
    xml = re.sub(r"/[^<]*vmlinuz", "/boot/gone", machine.guest.xml())
    machine.path = bus.define(re.sub("<name>", f"<uuid>{machine.get('UUID')}</uuid><name>", xml, count=1))
    assert host.run(["systemctl", "start", unit.name], check=False).returncode != 0
    bus.wait(lambda: machine.get("StartFailure")[0], 10, "StartFailure")
    name, _, arguments = machine.get("StartFailure")
    assert (name.rpartition(".")[2], arguments) == ("FileMissing", {"path": "/boot/gone"})
    assert machine.get("UnitState") == "failed"


def test_the_agent_may_start_no_other_units(host):
    """And of those of machines it cannot say that they start at boot."""
    for command in (["start", "systemd-hostnamed.service"], ["start", "hatago-vm@x.service.d"],
                    ["stop", "libvirtd.service"], ["enable", "hatago-vm@x.service"],
                    ["mask", "hatago-vm@x.service"]):
        done = host.run(["systemctl", "--no-ask-password", *command], user="hatago", check=False)
        assert done.returncode != 0, command
    host.run(["systemctl", "--no-ask-password", "daemon-reload"], user="hatago")
