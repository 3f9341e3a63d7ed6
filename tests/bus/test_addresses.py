# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machine.Addresses, with guests that have a lease and an agent that lies (guest_addresses.c)."""

import time

import pytest

from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, NO_OPTIONS, ROOT
from machines import fresh_name

AGENT = ("<devices><channel type='pty'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
         "</devices>")
LEASES = ["192.0.2.5", "2001:db8::5"]
TALE = ["192.0.2.5"] + [f"10.1.1.{i}" for i in range(1, 15)] + ["2001:db8::5"]  # and no room for more


def wait_addresses(caller, path, addresses):
    """Wait until a machine has these."""
    caller.wait(lambda: caller.get(path, MACHINE, "Addresses") == addresses, 10, f"{addresses}")


@pytest.fixture
def start(caller, define):
    """A function that defines and starts a machine: returns its path."""
    def start(prefix, extra=""):
        path = define(fresh_name(prefix), extra=extra)
        caller.settle()
        caller.verb(path, "Start")
        return path
    return start


def test_what_the_host_knows_is_told_by_a_signal(caller, start):
    path = start("told")
    caller.wait_property(path, "Addresses", LEASES)
    assert caller.get_all(path, MACHINE)["Addresses"] == LEASES
    assert caller.call(ROOT, MACHINES, "Query", GLib.Variant("as", ["Addresses"]), NO_OPTIONS)[path] == {
        "Addresses": LEASES}


def test_a_machine_that_is_off_has_none(caller, start):
    path = start("told")
    caller.wait_property(path, "Addresses", LEASES)
    caller.verb(path, "PowerOff")
    assert caller.get(path, MACHINE, "Addresses") == []
    caller.verb(path, "Start")
    caller.wait_property(path, "Addresses", LEASES)
    assert caller.get(start("silent"), MACHINE, "Addresses") == []


def test_what_an_agent_says_is_taken_for_hostile(caller, start):
    path = start("told", AGENT)
    caller.wait_property(path, "Addresses", TALE)


def test_agents_that_do_not_answer_hold_up_nothing(caller, start, agent):
    late = [start("told-late", AGENT) for _ in range(4)]
    for path in late:
        wait_addresses(caller, path, LEASES)
    begin = time.monotonic()
    other = start("told", AGENT)
    wait_addresses(caller, other, LEASES)
    for path in (other, late[0]):
        caller.verb(path, "Suspend")
        caller.verb(path, "Resume")
    assert time.monotonic() - begin < 5
    assert caller.get(other, MACHINE, "Addresses") == LEASES

    try:
        agent.gate.touch()
        for path in (other, *late):
            wait_addresses(caller, path, TALE)
    finally:
        agent.gate.unlink()
