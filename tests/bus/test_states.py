# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method of a machine, in every state of the machine: what it answers."""

import pytest

from conftest import House
from gi.repository import GLib
from hatago_bus import CONSOLE, MACHINE, MANAGER, NO_OPTIONS, ROOT, SERVICE, BusError
from machines import TRANSIENT, domain_xml, driver_file, fresh_name, fresh_uuid

STATES = ("off", "running", "paused", "transient", "saved", "gone")
DONE = ""
OFF, RUNNING, PAUSED = "MachineNotRunning", "MachineRunning", "MachinePaused"
TRANSIENT_ERROR, NOT_PAUSED = "MachineTransient", "MachineNotPaused"
HAS_STATE, NO_SAVE = "MachineHasState", "NoManagedSave"
GONE = "org.freedesktop.DBus.Error.UnknownObject"

# For each method the error in each state, in the order above. "saved" is off, with a managed save;
# "transient" runs, and has no definition.
EXPECTED = {
    "Start": (DONE, RUNNING, PAUSED, RUNNING, DONE, GONE),
    "Shutdown": (OFF, DONE, PAUSED, DONE, OFF, GONE),
    "PowerOff": (OFF, DONE, DONE, DONE, OFF, GONE),
    "Save": (OFF, DONE, DONE, TRANSIENT_ERROR, OFF, GONE),
    "DiscardSave": (NO_SAVE, NO_SAVE, NO_SAVE, TRANSIENT_ERROR, DONE, GONE),
    "Reboot": (OFF, DONE, PAUSED, DONE, OFF, GONE),
    "Reset": (OFF, DONE, DONE, DONE, OFF, GONE),
    "Suspend": (OFF, DONE, DONE, DONE, OFF, GONE),
    "Resume": (OFF, NOT_PAUSED, DONE, NOT_PAUSED, OFF, GONE),
    "Rename": (DONE, RUNNING, RUNNING, TRANSIENT_ERROR, HAS_STATE, GONE),
    "SetAutostart": (DONE, DONE, DONE, TRANSIENT_ERROR, DONE, GONE),
    "Undefine": (DONE, RUNNING, RUNNING, TRANSIENT_ERROR, HAS_STATE, GONE),
    "GetHistory": (DONE, DONE, DONE, DONE, DONE, GONE),
    "SetXML": (DONE, DONE, DONE, TRANSIENT_ERROR, DONE, GONE),
    "GetXML": (DONE, DONE, DONE, DONE, DONE, GONE),
}
# Those of org.hatago.Host1.Machine.Console.
EXPECTED_CONSOLE = {
    "OpenSerial": (OFF, DONE, DONE, DONE, OFF, GONE),
    "OpenDisplay": (OFF, DONE, DONE, DONE, OFF, GONE),
    "Screenshot": (OFF, DONE, DONE, DONE, OFF, GONE),
    "SendKeys": (OFF, DONE, DONE, DONE, OFF, GONE),
}
# That of org.hatago.Host1.Machine.Service, of an agent without units; test_service.py has one with them.
NO_UNITS = "NotSupported"
EXPECTED_SERVICE = {"Configure": (NO_UNITS, NO_UNITS, NO_UNITS, NO_UNITS, NO_UNITS, GONE)}
INTERFACES = {MACHINE: EXPECTED, CONSOLE: EXPECTED_CONSOLE, SERVICE: EXPECTED_SERVICE}
# What libvirt's test driver does otherwise than QEMU's: that is what the test of real guests is for.
TEST_DRIVER = {("Suspend", "paused"): "Failed"}
ROWS = [(interface, method, state, TEST_DRIVER.get((method, state), error))
        for interface, expected in INTERFACES.items() for method, errors in expected.items()
        for state, error in zip(STATES, errors, strict=True)]


def arguments(caller, path, method, state):
    """Return the arguments that are not options."""
    if method == "SetXML" and state != "gone":
        facts = caller.get_all(path, MACHINE)
        return [GLib.Variant("s", domain_xml(facts["Name"], facts["UUID"]))]
    return {"Rename": [GLib.Variant("s", fresh_name("renamed"))],
            "SetXML": [GLib.Variant("s", "")],
            "OpenDisplay": [GLib.Variant("u", 0)],
            "SendKeys": [GLib.Variant("aau", [[28]])],
            "SetAutostart": [GLib.Variant("b", True)]}.get(method, [])


@pytest.fixture(scope="module")
def transients():
    """A house whose agent has a transient machine for every method, named after it."""
    house = House()
    machines = [(method, fresh_uuid(), TRANSIENT) for method in (*EXPECTED, *EXPECTED_CONSOLE, *EXPECTED_SERVICE)]
    house.ready_agent("--connect", driver_file(house.folder, *machines))
    caller = house.stranger()
    yield caller
    house.end()


@pytest.fixture
def place(request, caller, define):
    """A function that makes a machine in a state for a method; returns its path, and who calls."""
    def place(method, state):
        if state == "transient":
            other = request.getfixturevalue("transients")
            return other.machine(method), other
        path = define(fresh_name(state))
        if state != "off":
            caller.verb(path, "Start")
        if state == "paused":
            caller.verb(path, "Suspend")
        if state == "saved":
            assert caller.verb(path, "Save")[0] == "done"
        if state == "gone":
            caller.verb(path, "PowerOff")
            caller.call(path, MACHINE, "Undefine", NO_OPTIONS)
        return path, caller

    return place


def test_every_method_has_a_row(interfaces):
    for interface, expected in INTERFACES.items():
        assert set(expected) == set(interfaces[interface].methods)


@pytest.mark.parametrize("interface, method, state, error", ROWS, ids=[f"{row[1]}-{row[2]}" for row in ROWS])
def test_what_a_method_answers_in_a_state(place, interface, method, state, error):
    path, caller = place(method, state)
    assert state == "gone" or (caller.get(path, MACHINE, "DomainId") != 0) == (
        state in ("running", "paused", "transient"))
    before = caller.everything()

    try:
        answer = caller.call(path, interface, method, *arguments(caller, path, method, state), NO_OPTIONS)
        if isinstance(answer, str) and answer.startswith("/"):
            result, name = caller.job(answer)
            assert (result == "done") == (name == "")
            if name:
                raise BusError(name, caller.get(answer, "org.hatago.Host1.Job", "ErrorMessage"))
        answered = DONE
    except BusError as refused:
        answered = refused.short
        assert refused.message

    assert answered == error
    if error in (OFF, RUNNING, PAUSED, TRANSIENT_ERROR, NOT_PAUSED, NO_UNITS, GONE):
        # Refused from what the model knows: nothing was asked of libvirt, and there is no job.
        assert caller.everything() == before
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == []
