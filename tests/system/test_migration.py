# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine that migrates from one host to another, and its unit on both: each has one where it runs, and no other."""

import os
import subprocess
import uuid as uuids

import pytest
from conftest import connect
from hatago_bus import MACHINE, MANAGER, ROOT, BusError
from hatago_hosts import Guest, Host
from test_mirror import Unit, adopted

ADDRESSES = ("10.77.0.1", "10.77.0.2")


def ip(*words):
    """Change the network, from outside."""
    subprocess.run(["ip", *words], check=True)


class Side:
    """One of the two hosts."""

    def __init__(self, host, address):
        """Have libvirt there answer its peer, on a cable of its own."""
        self.host, self.bus, self.address = host, connect(host), address

    def prepare(self, link):
        """Take this end of the cable; libvirt takes it for another host than its peer, and listens."""
        ip("link", "set", link, "netns", str(self.host.init))
        lines = ['auth_tcp = "none"', f'host_uuid = "{uuids.uuid4()}"']
        self.host.run(["sh", "-c", f"""
            ip address add {self.address}/24 dev {link} && ip link set {link} up
            printf '%s\\n' {' '.join(f"'{line}'" for line in lines)} >> /etc/libvirt/libvirtd.conf
            systemctl stop libvirtd libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket
            systemctl start libvirtd-tcp.socket && systemctl start libvirtd"""])
        self.bus.wait(self.connected, 30, "the agent connected")

    def connected(self):
        """Whether the agent knows what libvirt says."""
        try:
            return self.bus.get(ROOT, MANAGER, "Connected")
        except BusError:
            return False

    def state(self, name):
        """Return a machine's State there."""
        return self.bus.get(self.bus.machine(name), MACHINE, "State")


@pytest.fixture(scope="module")
def sides(host, packages):
    """Two hosts, joined."""
    links = [f"hm{os.getpid()}{end}" for end in "ab"]
    with Host(f"peer-{os.getpid()}") as peer:
        peer.up(packages=packages)
        sides = [Side(each, address) for each, address in zip((host, peer), ADDRESSES)]
        ip("link", "add", links[0], "type", "veth", "peer", "name", links[1])
        for side, other, link in zip(sides, reversed(sides), links):
            name = other.host.run(["hostname"]).stdout.strip()
            with (side.host.root / "etc/hosts").open("a") as hosts:
                hosts.write(f"{other.address} {name}\n")
            side.prepare(link)
        yield sides
        for side in sides:
            side.bus.close()


@pytest.fixture
def moving(sides, request):
    """A guest that runs on the first host; gone from both afterwards."""
    name = request.node.name
    guests = [Guest(side.host, name) for side in sides]
    guests[0].define()
    guests[0].start()
    guests[0].wait_ready()
    yield guests, [Unit(side.bus, name) for side in sides]
    for guest in guests:
        guest.virsh("destroy", check=False)
        guest.virsh("undefine", check=False)


def migrate(sides, guest):
    """Begin to migrate a guest, slowly enough for the first looks."""
    guest.virsh("migrate-setspeed", "2")
    return sides[0].host.popen(["virsh", "-q", "migrate", "--live", "--persistent", "--undefinesource", guest.name,
                                f"qemu+tcp://{sides[1].address}/system", f"tcp://{sides[1].address}"])


def prepared(sides, guests, units):
    """Wait until the other side has it prepared, and see that it stays so without a unit."""
    there = sides[1]
    there.bus.wait(lambda: guests[1].virsh("domstate", check=False).stdout.strip() == "paused", 30, "prepared")
    for _ in range(6):
        there.bus.iterate(0.3)
        assert units[1].state == "inactive"
        assert there.state(guests[1].name) == "paused", "shown as what it is"
    assert units[0].state == "active"
    assert units[1].name not in there.host.journal("--output", "cat")


def test_the_unit_follows_when_it_goes_on(sides, moving):
    guests, units = moving
    adopted(units[0], guests[0])
    process = migrate(sides, guests[0])
    prepared(sides, guests, units)
    guests[0].virsh("migrate-setspeed", "1000")
    assert process.wait(60) == 0

    print(f"adopted {adopted(units[1], guests[1]) * 1000:.0f} ms after the end of the migration")
    units[0].wait("inactive")
    sides[0].bus.iterate(3)
    assert units[0].state == "inactive" and guests[0].virsh("domstate", check=False).returncode != 0
    assert "Scheduled restart" not in sides[0].host.journal("--unit", units[0].name, "--output", "cat")


def test_one_that_is_broken_off_changes_nothing(sides, moving):
    guests, units = moving
    adopted(units[0], guests[0])
    since = units[0].since()
    process = migrate(sides, guests[0])
    prepared(sides, guests, units)
    guests[0].virsh("domjobabort")
    assert process.wait(60) != 0

    sides[1].bus.iterate(2)
    assert units[0].since() == since and guests[0].state() == "running"
    assert units[1].state == "inactive"
    assert units[1].name not in sides[1].host.journal("--output", "cat")
