# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can be read agrees with itself, whichever way it is read, and is there at once."""

import re
import time

import pytest

from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, PROPERTIES, ROOT
from machines import OFF, PAUSED, RUNNING, driver_file, fresh_uuid


@pytest.fixture
def crowd(house):
    """A host with three machines in three states: (caller, [(name, uuid, state)])."""
    machines = [("web", fresh_uuid(), RUNNING), ("db", fresh_uuid(), OFF),
                ("Ärger", fresh_uuid(), PAUSED)]
    house.ready_agent("--connect", driver_file(house.folder, *machines))
    return house.stranger(), machines


def test_machines_are_shown_as_the_hypervisor_has_them(crowd):
    caller, machines = crowd
    words = {RUNNING: "running", OFF: "shutoff", PAUSED: "paused"}
    for name, uuid, state in machines:
        facts = caller.get_all(caller.machine(name), MACHINE)
        assert facts["UUID"] == uuid
        assert facts["State"] == words[state]
        assert bool(facts["DomainId"]) == (state != OFF)
        assert facts["Memory"] == 256 * 1024 * 1024


def test_list_get_and_managed_objects_agree(crowd):
    caller, machines = crowd
    rows = caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)
    objects = {path: faces[MACHINE] for path, faces in caller.objects().items()
               if MACHINE in faces}

    assert [row[1] for row in rows] == sorted(name for name, _, _ in machines), "sorted by name"
    assert {row[0] for row in rows} == set(objects)
    for path, name, uuid, state, unit, autostart, vcpus, memory in rows:
        facts = objects[path]
        assert facts == caller.get_all(path, MACHINE)
        assert caller.machine(name) == caller.machine(uuid) == path
        assert (name, uuid, state, autostart, vcpus, memory) == tuple(
            facts[key] for key in ("Name", "UUID", "State", "Autostart", "VCPUs", "Memory"))
        assert unit == ""


def test_a_path_is_the_uuid_escaped(crowd):
    caller, machines = crowd
    for name, uuid, _ in machines:
        escaped = re.sub("[^A-Za-z0-9]", lambda match: f"_{ord(match[0]):02x}", uuid)
        if escaped[0].isdigit():
            escaped = f"_{ord(escaped[0]):02x}{escaped[1:]}"
        assert caller.machine(name) == f"{ROOT}/machines/{escaped}"


def test_the_manager_says_what_it_is_connected_to(caller):
    facts = caller.get_all(ROOT, MANAGER)
    assert facts["Ready"] is facts["Connected"] is True
    assert facts["ConnectionError"] == ""
    assert facts["LibvirtURI"] == "test:///default"
    assert re.fullmatch(r"\d+\.\d+\.\d+", facts["LibvirtVersion"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", facts["Version"])
    assert facts["Hostname"]
    assert facts["Plugins"] == ["machines"]


def test_changes_are_told_once_and_only_what_changed(caller, machine):
    caller.verb(machine, "Start")
    told = {}
    for _, change in caller.changes(machine):
        for key, value in change.items():
            assert told.get(key) != value, f"{key} told twice as {value}"
            told[key] = value
    facts = caller.get_all(machine, MACHINE)
    assert told.keys() <= facts.keys()
    assert all(facts[key] == value for key, value in told.items())
    assert told["State"] == "running"
    assert not told.keys() & {"Name", "UUID", "Persistent", "Autostart", "PID"}


def test_a_new_machine_is_announced_with_its_properties(caller, define, shared_house):
    watcher = shared_house.stranger()
    path = define("announced")
    added = watcher.wait(lambda: [
        arguments[1] for _, _, member, arguments in watcher.signals
        if member == "org.freedesktop.DBus.ObjectManager.InterfacesAdded" and arguments[0] == path],
        2, "InterfacesAdded")
    assert len(added) == 1
    assert added[0][MACHINE] == caller.get_all(path, MACHINE)


def test_reading_makes_no_call_to_the_hypervisor(caller, define, agent):
    """With all ordinary calls hung, reading goes on: a thousand times in a second or so."""
    agent.gate.unlink(missing_ok=True)
    paths = [define(f"stuck-{number}") for number in range(6)]
    for path in paths:
        caller.verb(path, "Start")
    hung = [caller.start(path, MACHINE, "Suspend", NO_OPTIONS) for path in paths]
    begin = time.monotonic()
    for _ in range(250):
        for path in paths[:4]:
            caller.get(path, MACHINE, "State")
    assert time.monotonic() - begin < 5
    assert not any(call.answered for call in hung)
    agent.gate.touch()
    for call in hung:
        call.result()
    agent.gate.unlink()


def test_get_of_a_property_and_get_all_agree(caller, machine):
    everything = caller.get_all(machine, MACHINE)
    for name, value in everything.items():
        assert caller.call(machine, PROPERTIES, "Get", GLib.Variant("s", MACHINE),
                           GLib.Variant("s", name)) == value
