# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines.ListEvents and EventRecorded: what has happened to machines."""

import time

import pytest

from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, NO_OPTIONS, ROOT, BusError, options
from machines import OFF, PAUSED, RUNNING, driver_file, fresh_name, fresh_uuid

RECORDED = f"{MACHINES}.EventRecorded"


def listed(caller, **keywords):
    """Return what ListEvents tells."""
    return caller.call(ROOT, MACHINES, "ListEvents", options(**keywords))


def told(caller, path):
    """Return what the signals told of a machine, but for the time."""
    return [arguments[2:] for _, at, member, arguments in caller.signals
            if at == ROOT and member == RECORDED and arguments[1] == path]


def test_a_life_is_told_once_and_listed(caller, define):
    name, begin = fresh_name("lively"), time.time()
    path = define(name)
    for verb in ("Start", "Suspend", "Resume", "Save", "Start", "PowerOff"):
        caller.verb(path, verb)
    caller.call(path, MACHINE, "Rename", GLib.Variant("s", f"{name}-2"), NO_OPTIONS)
    caller.call(path, MACHINE, "Undefine", NO_OPTIONS)
    expected = [(name, "defined", ""), (name, "started", "booted"), (name, "suspended", "user"),
                (name, "resumed", "unpaused"), (name, "saved", ""),
                (name, "started", "booted"),  # the test driver does not say that it restores
                (name, "stopped", "destroyed"), (f"{name}-2", "renamed", name), (f"{name}-2", "undefined", "")]
    rows = [row for row in listed(caller) if row[1] == path]
    assert [row[2:] for row in rows] == expected
    times = [row[0] for row in rows]
    assert times == sorted(times) and begin * 1e6 <= times[0] and times[-1] <= time.time() * 1e6
    caller.wait(lambda: len(told(caller, path)) >= len(expected) - 1, 5, "signals")
    assert told(caller, path) == expected[1:], "after settle()"


def test_only_the_last_ones_and_those_since_a_time(caller, define):
    path = define()
    for verb in ("Start", "PowerOff"):
        caller.verb(path, verb)
    rows = listed(caller)
    assert listed(caller, since=rows[-1][0]) == rows[-1:]
    assert listed(caller, since=rows[-1][0] + 1) == []
    assert listed(caller, limit=GLib.Variant("u", 2)) == rows[-2:]
    assert listed(caller, limit=GLib.Variant("u", 1), since=rows[-2][0]) == rows[-1:]
    assert listed(caller, limit=GLib.Variant("u", 512), since=0) == rows
    for wrong in ({"limit": GLib.Variant("u", 0)}, {"limit": GLib.Variant("u", 513)}, {"limit": 5},
                  {"since": 2 ** 53}, {"since": "today"}):
        with pytest.raises(BusError) as error:
            listed(caller, **wrong)
        assert error.value.short == "InvalidArgument"


def test_a_start_that_fails_is_told(caller, define):
    name = fresh_name("broken")
    path = define(name)
    assert caller.verb(path, "Start")[0] == "failed"
    assert [row[2:] for row in listed(caller) if row[1] == path] == [
        (name, "defined", ""), (name, "failed-start", "NetworkInactive")]


def test_what_was_there_before_the_agent_is_no_event(house):
    house.ready_agent("--connect", driver_file(
        house.folder, ("web", fresh_uuid(), RUNNING), ("db", fresh_uuid(), OFF), ("mail", fresh_uuid(), PAUSED)))
    caller = house.stranger()
    assert listed(caller) == []
