# SPDX-License-Identifier: LGPL-2.1-or-later
"""The published interface files say what the agent is, and the other way round."""

import pytest

from hatago_bus import (CONSOLE, HOST, HOST_CHECK, JOB, MACHINE, MACHINES, MANAGER, NAME, NO_OPTIONS, ROOT,
                        SERVICE, VALIDATION)
from interface_xml import published, read_interfaces

WITH_CHECKS = True
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"


@pytest.fixture
def live(caller, running):
    """What the agent says of itself: {path: {name: Interface}} for an object of each kind."""
    job = caller.call(running, MACHINE, "PowerOff", NO_OPTIONS)
    caller.job(job)
    return {path: read_interfaces(caller.call(path, INTROSPECTABLE, "Introspect"))
            for path in (ROOT, running, job, caller.check("tun"))}


def ours(interfaces):
    """Return the names of this project's interfaces among these."""
    return {name for name in interfaces if name.startswith(f"{NAME}.")}


@pytest.mark.parametrize("kind", ["methods", "signals", "properties"])
@pytest.mark.parametrize("name", sorted(published()))
def test_the_file_is_what_the_agent_says(interfaces, live, name, kind):
    said = [faces[name] for faces in live.values() if name in faces]
    assert len(said) == 1, "the interface is on objects of one kind"
    assert getattr(said[0], kind) == getattr(interfaces[name], kind)


def test_each_interface_has_its_file_and_its_object(interfaces, live):
    root, machine, job, check = live.values()
    assert ours(root) == {MANAGER, MACHINES, VALIDATION, HOST}
    assert ours(machine) == {MACHINE, CONSOLE, SERVICE}
    assert ours(job) == {JOB}
    assert ours(check) == {HOST_CHECK}
    assert set(interfaces) == ours(root) | ours(machine) | ours(job) | ours(check)


def test_each_method_ends_with_options(interfaces):
    for name, interface in interfaces.items():
        for method, arguments in interface.methods.items():
            taken = [argument for argument in arguments if argument[2] == "in"]
            assert taken[-1] == ("options", "a{sv}", "in"), f"{name}.{method}"


def test_every_property_can_be_read_and_has_its_type(caller, interfaces, live):
    for path, faces in live.items():
        for name in ours(faces):
            everything = caller.get_all(path, name)
            assert set(everything) == interfaces[name].listed()
            for key in interfaces[name].properties:
                value = caller.get(path, name, key)
                assert everything.get(key, value) == value


def test_the_tree_lists_every_object(caller, machine):
    for path in (machine, caller.check("tun")):
        folder, _, name = path.rpartition("/")
        assert f'name="{name}"' in caller.call(folder, INTROSPECTABLE, "Introspect")


def test_managed_objects_are_what_each_object_says(caller, live):
    objects = caller.objects()
    assert set(live) - {ROOT} <= set(objects)
    for path, faces in objects.items():
        said = read_interfaces(caller.call(path, INTROSPECTABLE, "Introspect"))
        assert set(faces) | {"org.freedesktop.DBus.Peer"} == set(said) | {"org.freedesktop.DBus.Peer"}
        for name in ours(faces):
            assert faces[name] == caller.get_all(path, name)
