# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disposable host with our packages, and a client on its bus."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))

from hatago_bus import MACHINE, MANAGER, ROOT, Bus, options  # noqa: E402
from hatago_hosts import Guest, Host  # noqa: E402


@pytest.fixture(scope="session")
def packages():
    """The folder with our Debian packages, built from this checkout."""
    folder = TOP / "build" / "packages"
    subprocess.run([TOP / "packaging" / "build-deb", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def host(packages):
    """A host of its own for each module, with the packages installed."""
    with Host(f"system-{os.getpid()}") as host:
        yield host.up(packages=packages)


def connect(host):
    """Return a client on the host's system bus, as root, from outside."""
    return Bus(f"unix:path={host.root}/run/dbus/system_bus_socket")


@pytest.fixture(scope="module")
def bus(host):
    """A client that has seen the agent ready."""
    bus = connect(host)
    bus.wait(lambda: bus.get("/org/hatago/Host1", "org.hatago.Host1.Manager", "Connected"), 20,
             "agent connected")
    yield bus
    bus.close()


def lost_and_back(bus, act, timeout):
    """Act; Connected turns false and true again in time, told by signals. Return the time taken."""
    bus.iterate(0.1)
    begin = time.monotonic()
    act()
    changes = bus.wait(lambda: [(when, change["Connected"]) for when, change
                                in bus.changes(ROOT, MANAGER)
                                if when > begin and "Connected" in change][1:], timeout,
                       "Connected false and true")
    assert [value for _, value in changes] == [True]
    return changes[0][0] - begin


class Machine:
    """A guest of the test image, seen from both sides: the agent's object, and virsh."""

    def __init__(self, bus, guest):
        """Tie both sides together; nothing is defined yet."""
        self.bus, self.guest = bus, guest
        self.path = None

    def define(self, words=""):
        """Define the guest through the agent."""
        self.path = self.bus.define(self.guest.xml(words))
        return self

    def verb(self, name, **options):
        """Call a verb and wait for its end."""
        return self.bus.verb(self.path, name, **options)

    def verb_answer(self, name, **values):
        """Call a verb that answers with a value; return that."""
        return self.bus.call(self.path, MACHINE, name, options(**values))

    def get(self, name):
        """Return a property."""
        return self.bus.get(self.path, MACHINE, name)

    def run(self, words=""):
        """Define, start, and wait until the guest has booted."""
        self.define(words)
        assert self.verb("Start")[0] == "done"
        self.guest.wait_ready()
        return self

    def remove(self):
        """Make an end of it, in whatever state it is."""
        self.guest.virsh("destroy", check=False)
        self.guest.virsh("undefine", "--nvram", "--managed-save", check=False)


@pytest.fixture
def machine(bus, host, request):
    """A machine named after the test; not defined yet, gone afterwards."""
    machine = Machine(bus, Guest(host, request.node.name[:40].replace("[", "-").strip("]")))
    yield machine
    machine.remove()
