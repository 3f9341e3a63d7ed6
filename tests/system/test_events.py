# SPDX-License-Identifier: LGPL-2.1-or-later
"""What others do to machines shows on the bus within a second, by events."""

import time

import pytest
from hatago_bus import MACHINE, NO_OPTIONS, ROOT

pytestmark = pytest.mark.alone


def within_a_second(machine, act, name, value):
    """Act, and see the property change by a signal within a second of the end of the act."""
    machine.bus.iterate(0.1)
    act()
    done = time.monotonic()
    told = machine.bus.wait_property(machine.path, name, value, timeout=2)
    assert told - done < 1, f"{name} = {value} was told {told - done:.3f} s after virsh had ended"


def test_lifecycle_by_virsh_shows_within_a_second(machine):
    """start, suspend, resume, destroy by virsh."""
    machine.define()
    virsh = machine.guest.virsh
    for verb, state in (("start", "running"), ("suspend", "paused"), ("resume", "running"),
                        ("destroy", "shutoff")):
        within_a_second(machine, lambda verb=verb: virsh(verb), "State", state)
    assert machine.get("StateReason") == "destroyed"
    assert machine.get("DomainId") == 0
    assert machine.get("PID") == 0


def test_a_guest_that_powers_off_by_itself(machine):
    """What the guest does counts too."""
    machine.run()
    machine.guest.wait_agent()
    machine.guest.virsh("shutdown", "--mode", "agent")
    machine.bus.wait_property(machine.path, "State", "shutoff", timeout=60)
    assert machine.get("StateReason") == "shutdown"


def test_a_killed_qemu_is_a_crash(machine):
    """kill -9 of QEMU: off, and crashed."""
    machine.define()
    machine.verb("Start")
    machine.bus.wait(lambda: machine.get("PID"), 3, "PID")
    within_a_second(machine, lambda: machine.guest.host.run(["kill", "-9", str(machine.get("PID"))]),
                    "State", "shutoff")
    assert machine.get("StateReason") == "crashed"
    assert machine.get("PID") == 0


def test_define_and_undefine_by_virsh(machine):
    """A machine defined by virsh appears, one undefined goes, within a second."""
    before = set(machine.bus.objects())
    machine.guest.define()
    machine.bus.wait(lambda: set(machine.bus.objects()) - before, 1, "new object")
    machine.path = machine.bus.machine(machine.guest.name)
    added = machine.bus.wait(lambda: [
        arguments for _, _, member, arguments in machine.bus.signals
        if member.endswith(".InterfacesAdded") and arguments[0] == machine.path], 1, "signal")
    assert added[0][1][MACHINE]["Name"] == machine.guest.name
    assert added[0][1][MACHINE]["Memory"] == 96 * 1024 * 1024
    machine.guest.virsh("undefine")
    machine.bus.wait(lambda: machine.path not in machine.bus.objects(), 1, "object gone")


def test_a_transient_machine_comes_and_goes(machine):
    """A machine without definition is shown as such, and vanishes when it ends."""
    machine.guest.host.run(["virsh", "create", "/dev/stdin"], input=machine.guest.xml())
    machine.bus.wait(lambda: machine.guest.name in [row[1] for row in machine.bus.call(
        ROOT, "org.hatago.Host1.Machines", "ListMachines", NO_OPTIONS)], 1, "transient")
    machine.path = machine.bus.machine(machine.guest.name)
    assert machine.get("Persistent") is False
    machine.guest.virsh("destroy")
    machine.bus.wait(lambda: machine.path not in machine.bus.objects(), 1, "object gone")


def test_undefine_of_a_running_machine_by_virsh_makes_it_transient(machine):
    """Persistent follows; the object stays until the machine is off."""
    machine.define()
    machine.verb("Start")
    within_a_second(machine, lambda: machine.guest.virsh("undefine"), "Persistent", False)
    machine.verb("PowerOff")
    machine.bus.wait(lambda: machine.path not in machine.bus.objects(), 1, "object gone")


def test_rename_by_virsh(machine):
    """The path stays, the name changes."""
    machine.define()
    within_a_second(machine, lambda: machine.guest.virsh("domrename", "other"), "Name", "other")
    assert machine.bus.machine("other") == machine.path
    machine.guest.name = "other"


def test_memory_by_virsh(machine):
    """A balloon that changes is an event."""
    machine.run()
    machine.guest.virsh("setmem", "--size", "80M", "--live")
    machine.bus.wait(lambda: machine.get("Memory") < 96 * 1024 * 1024, 20, "less memory")


@pytest.mark.parametrize("times", [15])
def test_fast_changes_by_virsh_end_in_the_truth(machine, times):
    """start and destroy in quick turn: the agent's last word is libvirt's."""
    machine.define()
    for _ in range(times):
        machine.guest.virsh("start")
        machine.guest.virsh("destroy")
    machine.guest.virsh("start")
    machine.bus.wait(lambda: machine.get("DomainId") == int(machine.guest.virsh("domid").stdout),
                     2, "the last run")
    assert machine.get("State") == "running"
    machine.bus.iterate(0.5)
    assert machine.get("State") == "running"


def test_a_restart_of_the_agent_announces_machines_whole(machine, host):
    """A client that listens sees each machine come with its CPUs and memory, and no change of facts after.

    Warnings are a judgement: what this host can accelerate is asked beside the machines, and neither
    waits for the other.
    """
    machine.define()
    machine.bus.iterate(0.2)
    seen = len(machine.bus.signals)
    host.run(["systemctl", "restart", "hatagod"])
    machine.bus.wait(lambda: machine.bus.get(ROOT, "org.hatago.Host1.Manager", "Ready"), 15, "ready")
    machine.bus.iterate(0.3)
    new = machine.bus.signals[seen:]
    added = [arguments[1][MACHINE] for _, _, member, arguments in new
             if member.endswith(".InterfacesAdded") and arguments[0] == machine.path]
    assert [(one["VCPUs"], one["Memory"]) for one in added] == [(1, 96 * 1024 * 1024)]
    changed = [set(arguments[1]) for _, path, _, arguments in new if path == machine.path]
    assert all(names == {"Warnings"} for names in changed), changed


def happened(machine):
    """Return what is recorded of a machine."""
    rows = machine.bus.call(ROOT, "org.hatago.Host1.Machines", "ListEvents", NO_OPTIONS)
    return [row[3:] for row in rows if row[2] == machine.guest.name]


def test_what_virsh_does_is_recorded(machine, host):
    """A life by virsh, with a crash; neither libvirtd nor the agent coming back adds to it."""
    machine.guest.define()
    virsh, bus = machine.guest.virsh, machine.bus
    for verb in ("start", "suspend", "resume", "managedsave", "start"):
        virsh(verb)
    machine.path = bus.machine(machine.guest.name)
    life = [("defined", ""), ("started", "booted"), ("suspended", "user"), ("resumed", "unpaused"), ("saved", ""),
            ("restored", "")]
    bus.wait(lambda: happened(machine) == life, 5, f"{life}, not {happened(machine)}")

    host.run(["systemctl", "restart", "libvirtd"])
    bus.wait_property(ROOT, "Connected", False, interface="org.hatago.Host1.Manager")
    bus.wait_property(ROOT, "Connected", True, interface="org.hatago.Host1.Manager", timeout=20)
    assert happened(machine) == life

    bus.wait(lambda: machine.get("PID"), 10, "PID")
    host.run(["kill", "-9", str(machine.get("PID"))])
    life.append(("crashed", "crashed"))
    bus.wait(lambda: happened(machine) == life, 5, f"{life}, not {happened(machine)}")
    virsh("undefine")
    life.append(("undefined", ""))
    bus.wait(lambda: happened(machine) == life, 5, f"{life}, not {happened(machine)}")
