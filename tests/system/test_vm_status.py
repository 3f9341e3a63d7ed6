# SPDX-License-Identifier: LGPL-2.1-or-later
"""What "systemctl status" says of a running machine is true, whoever changes it, and whatever hangs beside it."""

import json
import re
import time

import pytest
from hatago_bus import MACHINE, MANAGER, NO_OPTIONS, ROOT
from hatago_hosts import Guest

pytestmark = pytest.mark.alone

NETWORK = "default"
WITHOUT_DHCP = """
<network><name>quiet</name><bridge name="virbr9"/><ip address="10.99.0.1" netmask="255.255.255.0"/></network>
"""
# How soon a line must be true: systemd's, libvirt's and our own steps take some tenths of a second.
SOON = 5


@pytest.fixture(scope="module", autouse=True)
def network(host):
    """Libvirt's default network, with leases; and one without."""
    virsh(host, "net-start", NETWORK)
    virsh(host, "net-define", "/dev/stdin", input=WITHOUT_DHCP)
    virsh(host, "net-start", "quiet")


@pytest.fixture
def guests(host):
    """Makes guests by their names and words, which are gone afterwards."""
    made = []

    def make(name, words="", network=None, start=True):
        made.append(Guest(host, name).define(words, network))
        if start:
            host.run(["systemctl", "start", f"hatago-vm@{name}"], timeout=30)
        return made[-1]
    yield make
    for guest in made:
        pid = main_pid(host, guest.name)
        if pid:
            host.run(["kill", "-CONT", str(pid)], check=False)
        guest.virsh("destroy", check=False)
        guest.virsh("undefine", "--managed-save", check=False)


def until(condition, seconds, what):
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def virsh(host, *words, **options):
    """Return what virsh prints."""
    return host.run(["virsh", "-q", "-c", "qemu:///system", *words], **options).stdout


def show(host, unit, name):
    """Return a property of a unit."""
    return host.run(["systemctl", "show", "--value", "-p", name, unit]).stdout.rstrip("\n")


def line(host, name):
    """Return what the unit of a machine says."""
    return show(host, f"hatago-vm@{name}", "StatusText")


def main_pid(host, name):
    """Return its main process."""
    return int(show(host, f"hatago-vm@{name}", "MainPID"))


def address_of(host, name):
    """Return the address that libvirt has leased, or None."""
    found = re.search(r"(\S+)/\d+", virsh(host, "domifaddr", "--source", "lease", name))
    return found and found.group(1)


def look(host):
    """Have all lines renewed; return how long that took."""
    begin = time.monotonic()
    host.run(["systemctl", "start", "hatago-vm-status"], timeout=60)
    return time.monotonic() - begin


def test_the_address_is_there_soon_after_the_lease(host, guests):
    """Without the agent: systemd sees the lease."""
    host.run(["systemctl", "stop", "hatagod"])
    try:
        guests("leased", network=NETWORK)
        assert line(host, "leased") == "1 vCPU, 96 MiB, emulated (TCG)"
        until(lambda: address_of(host, "leased"), 90, "a lease")
        until(lambda: line(host, "leased") == f"1 vCPU, 96 MiB, emulated (TCG), {address_of(host, 'leased')}",
                 SOON, "the address")
        told = host.run(["systemctl", "status", "hatago-vm@leased"]).stdout
        assert f'Status: "{line(host, "leased")}"' in told
    finally:
        host.run(["systemctl", "start", "hatagod"])


def test_suspending_and_going_on_shows(host, guests):
    """The agent sees it, and has the lines renewed."""
    guest = guests("sleepy")
    running = line(host, "sleepy")
    for _ in range(2):
        guest.virsh("suspend")
        until(lambda: line(host, "sleepy") == f"Paused: {running}", SOON, "paused")
        guest.virsh("resume")
        until(lambda: line(host, "sleepy") == running, SOON, "going on")


def test_what_only_the_guest_agent_knows_is_shown(host, guests):
    """No lease, and nobody has spoken to the guest: it says so itself."""
    guest = guests("static", network="quiet")
    guest.wait_agent()
    command = {"execute": "guest-exec", "arguments": {
        "path": "/sbin/ip", "arg": ["addr", "add", "10.99.0.7/24", "dev", "eth0"]}}
    guest.virsh("qemu-agent-command", json.dumps(command))
    until(lambda: look(host) and line(host, "static").endswith(", 10.99.0.7"), 20, "the address")


def test_the_bus_tells_all_addresses(host, guests, bus):
    """A lease by its event, what the agent knows in turn; and one that hangs holds up no other."""
    guest = guests("addressed", network=NETWORK)
    path = bus.machine("addressed")
    until(lambda: address_of(host, "addressed"), 90, "a lease")
    known = [address_of(host, "addressed")]
    bus.wait_property(path, "Addresses", known)
    guest.wait_agent()
    command = {"execute": "guest-exec", "arguments": {
        "path": "/sbin/ip", "arg": ["addr", "add", "10.77.0.7/24", "dev", "eth0"]}}
    guest.virsh("qemu-agent-command", json.dumps(command))
    bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    bus.wait_property(path, "Addresses", [*known, "10.77.0.7"], 60)

    host.run(["kill", "-STOP", str(main_pid(host, "addressed"))])
    guests("beside", network=NETWORK)
    until(lambda: address_of(host, "beside"), 90, "a lease")
    bus.wait_property(bus.machine("beside"), "Addresses", [address_of(host, "beside")])
    assert bus.get(path, MACHINE, "Addresses") == [*known, "10.77.0.7"]
    host.run(["kill", "-CONT", str(main_pid(host, "addressed"))])
    guest.virsh("destroy")
    bus.wait_property(path, "Addresses", [])
    bus.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)


def test_a_frozen_machine_holds_up_no_other(host, guests):
    """Its guest agent was there, so that it would be asked; the others are shown at once."""
    frozen, other = guests("frozen"), guests("other")
    frozen.wait_agent()
    running = line(host, "other")
    pid = main_pid(host, "frozen")
    host.run(["kill", "-STOP", str(pid)])
    other.virsh("suspend")
    until(lambda: line(host, "other") == f"Paused: {running}", SOON, "paused")
    other.virsh("resume")
    until(lambda: line(host, "other") == running, 2 * SOON, "going on")


def test_an_agent_that_does_not_answer_is_waited_for_once(host, guests):
    """And asked again in another run of its machine only."""
    guest = guests("mute")
    guest.wait_agent()
    notes = host.root / "run/hatago-vm-status"
    run = f"{guest.virsh('domuuid').stdout.strip()}.{guest.virsh('domid').stdout.strip()}"
    host.run(["kill", "-STOP", str(main_pid(host, "mute"))])
    try:
        assert 3 <= look(host) < 15
        assert (notes / run).exists()
        assert look(host) < 3
    finally:
        host.run(["kill", "-CONT", str(main_pid(host, "mute"))])
    guest.virsh("destroy")
    guest.start()
    host.run(["systemctl", "start", "hatago-vm@mute"], timeout=30)
    look(host)
    assert not (notes / run).exists()


def test_a_storm_of_leases_is_a_look_now_and_then(host, guests):
    """As when all guests of a host boot together: the path unit bears it, and still works afterwards."""
    guests("calm")
    folder = "/var/lib/libvirt/dnsmasq"
    script = f"for n in $(seq 200); do echo >{folder}/storm.new; mv {folder}/storm.new {folder}/storm; done"
    starts = set()
    storm = host.popen(["sh", "-c", script])
    while storm.poll() is None:
        starts.add(show(host, "hatago-vm-leases", "ExecMainPID"))
    for _ in range(20):
        starts.add(show(host, "hatago-vm-leases", "ExecMainPID"))
        time.sleep(0.1)
    assert len(starts - {"0"}) <= 3
    assert show(host, "hatago-vm-leases.path", "ActiveState") == "active"

    # It leaves when there is nothing more, and comes again.
    until(lambda: show(host, "hatago-vm-leases", "ActiveState") == "inactive", 10, "the end")
    before = show(host, "hatago-vm-leases", "ExecMainPID")
    host.run(["sh", "-c", f"echo >{folder}/storm.new; mv {folder}/storm.new {folder}/storm"])
    until(lambda: show(host, "hatago-vm-leases", "ExecMainPID") != before, 3, "another start")
    host.run(["rm", f"{folder}/storm"])


def test_a_storm_without_end_is_looked_at_in_turns(host, guests):
    """As of a guest that asks for a lease again and again: the program ends well, and is started anew."""
    guests("patient")
    folder = "/var/lib/libvirt/dnsmasq"
    storm = host.popen(["sh", "-c", f"while echo >{folder}/storm; do sleep 0.2; done"])
    try:
        until(lambda: show(host, "hatago-vm-leases", "ExecMainPID") != "0", 10, "a start")
        first = show(host, "hatago-vm-leases", "ExecMainPID")
        until(lambda: show(host, "hatago-vm-leases", "ExecMainPID") not in ("0", first), 90, "another start")
    finally:
        storm.kill()
        storm.wait()
        host.run(["rm", f"{folder}/storm"], check=False)
    assert show(host, "hatago-vm-leases", "Result") == "success"
    assert show(host, "hatago-vm-leases.path", "ActiveState") == "active"


def test_without_machines_that_run_libvirt_is_left_alone(host):
    """A lease of nobody starts no libvirtd."""
    host.run(["systemctl", "stop", "hatagod", "libvirtd.service"])
    try:
        look(host)
        assert show(host, "libvirtd.service", "ActiveState") == "inactive"
    finally:
        host.run(["systemctl", "start", "hatagod"])


@pytest.mark.parametrize("unit", ["hatago-vm-status.service", "hatago-vm-leases.service"])
def test_the_sandbox_is_tight(host, unit):
    """As systemd rates it, with all that speaking for another process takes."""
    told = host.run(["systemd-analyze", "security", "--no-pager", unit]).stdout
    assert float(re.search(r"exposure level for \S+ (\S+)", told).group(1)) <= 2.0


def test_the_path_unit_is_enabled(host):
    """By the package."""
    assert show(host, "hatago-vm-leases.path", "UnitFileState") == "enabled"
    assert show(host, "hatago-vm-leases.path", "ActiveState") == "active"
