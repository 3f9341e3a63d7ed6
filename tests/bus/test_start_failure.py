# SPDX-License-Identifier: LGPL-2.1-or-later
"""A start that fails: where its reason and arguments show, and when they go."""

import pytest

from hatago_bus import JOB, MACHINE, NAME, NO_OPTIONS
from machines import domain_xml
from test_cli import run

ERROR = f"{NAME}.Error.NetworkInactive"
TEXT = "Requested operation is not valid: network 'it's %s' is not active"
ARGUMENTS = {"network": "it's %s"}
NONE = ("", "", {})


@pytest.fixture
def caller(house):
    """A caller in a house of its own: the gate must be closed at first."""
    house.ready_agent()
    return house.stranger()


@pytest.fixture
def broken(caller):
    """A machine that does not start."""
    path = caller.define(domain_xml("broken"))
    assert caller.get(path, MACHINE, "StartFailure") == NONE
    return path


def start(caller, path):
    """Start the machine; return the job, when it has ended."""
    job = caller.call(path, MACHINE, "Start", NO_OPTIONS)
    caller.job(job)
    return job


def test_the_job_and_the_machine_tell_the_reason(caller, broken):
    job = caller.call(broken, MACHINE, "Start", NO_OPTIONS)
    assert caller.wait_job(job, timeout=10) == ("failed", ERROR, TEXT)
    facts = caller.get_all(job, JOB)
    assert (facts["ErrorName"], facts["ErrorMessage"]) == (ERROR, TEXT)
    assert facts["ErrorArguments"] == ARGUMENTS
    assert caller.get(broken, MACHINE, "StartFailure") == (ERROR, TEXT, ARGUMENTS)
    assert caller.get(broken, MACHINE, "State") == "shutoff"


def test_the_reason_is_told_before_the_end_of_the_job(caller, broken):
    start(caller, broken)
    members = [(member.rpartition(".")[2], arguments) for _, path, member, arguments
               in caller.signals]
    told = [place for place, (name, arguments) in enumerate(members)
            if name == "PropertiesChanged" and "StartFailure" in arguments[1]]
    removed = [place for place, (name, _) in enumerate(members) if name == "JobRemoved"]
    assert len(told) == 1 and told[0] < removed[-1]


def test_a_start_that_works_ends_it(caller, house, broken):
    start(caller, broken)
    (house.folder / "gate").touch()
    job = start(caller, broken)
    assert caller.get(job, JOB, "ErrorArguments") == {}
    assert caller.get(broken, MACHINE, "State") == "running"
    assert caller.get(broken, MACHINE, "StartFailure") == NONE


def test_a_job_of_another_verb_that_fails_leaves_it(caller, broken):
    start(caller, broken)
    with pytest.raises(Exception, match="not running"):
        caller.verb(broken, "PowerOff")
    assert caller.get(broken, MACHINE, "StartFailure") == (ERROR, TEXT, ARGUMENTS)


def test_the_tool_says_what_to_do(caller, house, broken):
    done = run(house, "start", "broken")
    assert done.returncode == 1
    assert done.stderr == ("hatago: cannot start 'broken': the network 'it's %s' is not active.\n"
                           "Start it: virsh net-start 'it'\\''s %s'\n")
    status = run(house, "status", "broken").stdout
    assert "failed: the network 'it's %s' is not active" in status
    assert "Start it: virsh net-start 'it'\\''s %s'" in status
