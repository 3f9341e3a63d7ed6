# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can be read agrees with itself, whichever way it is read, and is there at once."""

import re
import time

import pytest

from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, PROPERTIES, ROOT
from machines import CRASHED, OFF, PAUSED, RUNNING, domain_xml, driver_file, fresh_uuid


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
        20, "InterfacesAdded")
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
    assert time.monotonic() - begin < 20
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


RICH = """
<title>Web &amp; mail</title><description>two
lines</description>
<metadata><o:libosinfo xmlns:o="http://libosinfo.org/xmlns/libvirt/domain/1.0">
<o:os id="http://debian.org/debian/12"/></o:libosinfo></metadata>
<devices>
<disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="/images/web.qcow2"/>
<target dev="vda" bus="virtio"/></disk>
<disk type="file" device="cdrom"><target dev="hda" bus="ide"/><readonly/></disk>
<interface type="network"><mac address="52:54:00:00:00:01"/><source network="default"/></interface>
<graphics type="vnc" port="5901" passwd="secret"/>
</devices>"""


def test_what_the_xml_says_is_shown(caller, define):
    path = define(vcpus=4, extra=RICH)
    facts = caller.get_all(path, MACHINE)
    shown = {name: facts[name] for name in (
        "Title", "Description", "OSInfo", "VCPUsMaximum", "MemoryMaximum", "Unit", "UnitState")}
    assert shown == {
        "Title": "Web & mail", "Description": "two\nlines", "VCPUsMaximum": 4,
        "OSInfo": "http://debian.org/debian/12", "MemoryMaximum": 256 * 1024 * 1024,
        "Unit": "", "UnitState": ""}
    assert facts["Architecture"]


def test_lists_are_read_by_name_and_their_items_have_keys(caller, define):
    path = define(extra=RICH)
    assert not caller.get_all(path, MACHINE).keys() & {"Disks", "Interfaces", "Displays"}
    disk, drive = caller.get(path, MACHINE, "Disks")
    assert disk == {"Key": "vda", "Device": "disk", "Bus": "virtio", "Type": "file",
                    "Source": "/images/web.qcow2", "Format": "qcow2", "ReadOnly": False,
                    "Shareable": False}
    assert (drive["Key"], drive["Device"], drive["ReadOnly"]) == ("hda", "cdrom", True)
    assert "Source" not in drive
    interface, = caller.get(path, MACHINE, "Interfaces")
    assert interface["Key"] == "52:54:00:00:00:01"
    assert (interface["Type"], interface["Source"]) == ("network", "default")
    display, = caller.get(path, MACHINE, "Displays")
    assert (display["Key"], display["Index"], display["Port"]) == ("vnc0", 0, 5901)
    assert "secret" not in str(display)


def test_a_new_definition_is_told_and_lists_as_invalidated(caller, define):
    uuid = fresh_uuid()
    path = define("redefined", uuid=uuid)
    caller.define(domain_xml("redefined", uuid=uuid, extra=RICH))
    caller.wait(lambda: caller.changes(path), 2, "signal")
    _, _, _, (_, told, invalid) = next(signal for signal in caller.signals if signal[1] == path)
    assert told["Title"] == "Web & mail"
    assert sorted(invalid) == ["Disks", "Displays", "Interfaces"]
    caller.settle()
    caller.define(domain_xml("redefined", uuid=uuid, extra=RICH))
    caller.iterate(0.1)
    assert not caller.changes(path), "the same again is no change"


@pytest.mark.parametrize("running", [False, True], ids=["off", "running"])
def test_a_serial_tells_of_what_no_property_shows(caller, define, running):
    """Whoever defines it, and whether it runs; a run alone is no other configuration, nor is the same defined again."""
    path = define("serial")
    caller.settle()
    if running:
        caller.verb(path, "Start")
    before = caller.get(path, MACHINE, "ConfigurationSerial")
    assert before == 1
    uuid, shown = caller.get(path, MACHINE, "UUID"), caller.get_all(path, MACHINE)
    changed = domain_xml("serial", uuid, extra="<on_reboot>destroy</on_reboot>")
    caller.define(changed)
    assert caller.get(path, MACHINE, "ConfigurationSerial") == 2
    pending = {"PendingChanges": ["events"]} if running else {}
    assert caller.get_all(path, MACHINE) == {**shown, "ConfigurationSerial": 2, **pending}
    caller.wait_property(path, "ConfigurationSerial", 2)
    caller.settle()
    caller.define(changed)
    caller.iterate(0.1)
    assert not caller.changes(path), "the same again is no change"
    if running:
        caller.verb(path, "PowerOff")
        caller.settle()
        assert caller.get(path, MACHINE, "ConfigurationSerial") == 2


def query(caller, *names):
    """Ask for these properties of all machines."""
    return caller.call(ROOT, MACHINES, "Query", GLib.Variant("as", names), NO_OPTIONS)


def test_a_query_tells_what_get_tells(caller, define, interfaces):
    paths = {define(extra=RICH), define()}
    names = sorted(interfaces[MACHINE].properties)
    answer = query(caller, *names)
    assert paths <= answer.keys()
    assert set(answer) == {row[0] for row in caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)}
    for path in paths:
        assert sorted(answer[path]) == names
        for name in names:
            assert answer[path][name] == caller.get(path, MACHINE, name), name


def test_a_query_for_little_tells_no_more(caller, machine):
    assert query(caller, "State")[machine] == {"State": "shutoff"}
    assert query(caller)[machine] == {}


def test_a_definition_that_waits_for_the_next_start_is_told(caller, define):
    uuid = fresh_uuid()
    path = define("waiting", uuid=uuid, vcpus=2)
    caller.verb(path, "Start")
    assert caller.get(path, MACHINE, "PendingChanges") == []
    caller.define(domain_xml("waiting", uuid=uuid, vcpus=1, extra=RICH))
    caller.wait_property(path, "PendingChanges", [
        "title", "description", "metadata", "vcpus", "disks", "interfaces", "displays",
        "video", "controllers"])  # the last two libvirt adds
    facts = caller.get_all(path, MACHINE)
    assert (facts["Title"], facts["VCPUs"]) == ("", 2), "as it runs"
    caller.verb(path, "PowerOff")
    caller.wait_property(path, "PendingChanges", [])
    assert caller.get(path, MACHINE, "Title") == "Web & mail"


def test_a_machine_that_crashed_is_told(house):
    house.ready_agent("--connect", driver_file(
        house.folder, ("broken", fresh_uuid(), CRASHED), ("well", fresh_uuid(), RUNNING)))
    caller = house.stranger()
    warnings = {facts["Name"]: facts["Warnings"]
                for facts in query(caller, "Name", "Warnings").values()}
    assert warnings == {"broken": ["crashed-before"], "well": []}
