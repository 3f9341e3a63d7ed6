# SPDX-License-Identifier: LGPL-2.1-or-later
"""Renaming, autostart and editing of real machines: by the bus, and by the tool."""

import pytest
from gi.repository import GLib
from hatago_bus import MACHINE, NO_OPTIONS, SERVICE, BusError


def test_rename_keeps_all_but_the_name(machine, host):
    """Snapshots and autostart go along, the path stays, and virsh sees it."""
    old = machine.guest.name
    host.run(["qemu-img", "create", "-q", "-f", "qcow2", "/var/lib/libvirt/images/renamed.qcow2",
              "8M"])
    machine.path = machine.bus.define(machine.guest.xml(disk="/var/lib/libvirt/images/renamed.qcow2"))
    machine.guest.virsh("snapshot-create-as", "--name", "first")
    host.run(["hatago", "autostart", old, "yes"])
    assert machine.get("Autostart") is True
    host.run(["hatago", "rename", old, "a new name"])
    machine.guest.name = "a new name"
    assert machine.get("Name") == "a new name"
    assert machine.get("Autostart") is True
    assert machine.guest.virsh("snapshot-list", "--name").stdout.split() == ["first"]
    assert machine.bus.get(machine.path, SERVICE, "AutostartBy") == ["hatago"]
    host.run(["hatago", "autostart", "a new name", "no"])
    assert machine.get("Autostart") is False
    machine.guest.virsh("snapshot-delete", "--snapshotname", "first")


def test_rename_is_refused_by_name(machine, host):
    """Running, saved, taken: each is said, with the way out."""
    machine.define()
    machine.verb("Start")
    assert "hatago shutdown" in host.run(["hatago", "rename", machine.guest.name, "x"],
                                         check=False).stderr
    machine.verb("Save")
    refused = host.run(["hatago", "rename", machine.guest.name, "x"], check=False)
    assert refused.returncode == 1 and "--discard" in refused.stderr
    machine.verb("DiscardSave")
    for name, error in (("a/b", "InvalidName"), (machine.guest.name, "MachineExists")):
        with pytest.raises(BusError) as refused:
            machine.bus.call(machine.path, MACHINE, "Rename", GLib.Variant("s", name), NO_OPTIONS)
        assert refused.value.short == error


@pytest.fixture
def edit(machine, host):
    """A function that edits a machine with a program as editor; returns its CompletedProcess."""
    machine.path = machine.bus.define(machine.guest.xml().replace(
        "<channel", "<graphics type='vnc' port='-1' autoport='yes' passwd='sesame'/><channel", 1))

    def edit(script):
        (host.root / "root/edit").write_text(f"#!/bin/sh\n{script}\n")
        (host.root / "root/edit").chmod(0o755)
        return host.run(["env", "EDITOR=/root/edit --with words", "hatago", "edit",
                         machine.guest.name], check=False, timeout=60)
    return edit


VCPUS = "sed -i 's/>1<.vcpu>/>2<\\/vcpu>/' \"$3\""


def test_edit_sets_what_was_edited_and_keeps_passwords(machine, host, edit):
    """The stored XML has the change, and the password that is never shown."""
    done = edit(VCPUS)
    assert done.returncode == 0, done.stderr
    assert machine.get("VCPUs") == 2
    assert "sesame" in machine.guest.virsh("dumpxml", "--security-info").stdout
    left = [name for name in host.run(["ls", "/tmp"]).stdout.split() if name.startswith("hatago-")]
    assert not left, "nothing with a password is left"


def test_edit_of_a_running_machine_says_when_it_takes_effect(machine, edit):
    """It is the next start's."""
    machine.verb("Start")
    done = edit(VCPUS)
    assert "next start" in done.stdout
    assert "<vcpu placement='static'>2<" in machine.guest.virsh("dumpxml", "--inactive").stdout


def test_edit_of_nothing_changes_nothing(machine, host, edit):
    """No job, and no file."""
    before = machine.bus.objects().keys()
    done = edit("true")
    assert (done.returncode, "changed" in done.stdout) == (0, True)
    assert machine.bus.objects().keys() == before
    assert "hatago-" not in host.run(["ls", "/tmp"]).stdout


@pytest.mark.parametrize("script, reason", [
    ("echo '<x' >> \"$3\"", "well-formed"),
    ("sed -i 's/<name>.*</<name>other</' \"$3\"", "hatago rename"),
    ("sed -i 's/<uuid>.*<.uuid>//' \"$3\"", "UUID"),
    ("sed -i 's/>1<.vcpu>/>2<\\/vcpu>/' \"$3\"; exit 3", "editor"),
    ("sed -i 's/>1<.vcpu>/>2<\\/vcpu>/' \"$3\"; virsh -q desc %s --title other --config", "meanwhile"),
], ids=["malformed", "name", "uuid", "editor", "meanwhile"])
def test_what_is_not_taken_is_kept(machine, host, edit, script, reason):
    """The text stays in a folder of the caller's own, and its place is told; nothing was changed."""
    done = edit(script % machine.guest.name if "%s" in script else script)
    assert done.returncode == 1
    assert reason in done.stderr
    path = done.stderr.rsplit(" ", 1)[1].strip()
    assert (host.root / path.lstrip("/")).exists() or "domain" in host.run(["cat", path]).stdout
    assert host.run(["stat", "-c", "%a %U", path.rpartition("/")[0]]).stdout.split() == ["700", "root"]
    assert machine.get("VCPUs") == 1 and machine.get("Name") == machine.guest.name
    host.run(["rm", "-r", path.rpartition("/")[0]])


def test_set_xml_of_a_transient_machine_is_refused(machine, host):
    """It has no definition, and gets none by this."""
    xml = machine.guest.xml()
    (host.root / "root/transient.xml").write_text(xml)
    host.run(["virsh", "-q", "create", "/root/transient.xml"])
    machine.path = machine.bus.wait(lambda: found(machine), 5, "the machine")
    with pytest.raises(BusError) as refused:
        machine.bus.call(machine.path, MACHINE, "SetXML",
                         GLib.Variant("s", machine.verb_answer("GetXML", inactive=True)), NO_OPTIONS)
    assert refused.value.short == "MachineTransient"
    assert machine.get("Persistent") is False


def found(machine):
    """Return the path of the machine, if the agent knows it."""
    try:
        return machine.bus.machine(machine.guest.name)
    except BusError:
        return None
