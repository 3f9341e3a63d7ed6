# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the agent begins and ends, and what it does without a hypervisor."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from agent import BUILD
from conftest import needs_root
from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, BusError
from machines import domain_xml
from polkit_mock import NO
from private_bus import NOBODY

UNAVAILABLE = "HypervisorUnavailable"


def wait_for_name(house):
    """Wait until the agent is on the bus; return a caller."""
    caller = house.stranger()
    caller.wait(caller.owner, 10, "the name on the bus")
    return caller


# Its end

def test_sigterm_ends_it_well_and_at_once(house):
    agent = house.ready_agent()
    begin = time.monotonic()
    assert agent.terminate() == 0
    assert time.monotonic() - begin < 5
    assert house.caller().owner() is None


def test_sigint_ends_it_too(house):
    agent = house.ready_agent()
    agent.process.send_signal(signal.SIGINT)
    assert agent.wait_end() == 0


def test_it_ends_well_with_a_call_to_libvirt_that_hangs(house):
    agent = house.ready_agent()
    caller = house.stranger()
    path = caller.define(domain_xml("stuck"))
    caller.verb(path, "Start")
    caller.start(path, MACHINE, "Suspend", NO_OPTIONS)
    caller.start(path, MACHINE, "Reset", NO_OPTIONS)
    caller.wait(lambda: len(caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS)) == 2, 20, "jobs")
    begin = time.monotonic()
    assert agent.terminate() == 0
    assert time.monotonic() - begin < 10
    assert "hangs" in agent.log()


def test_it_tells_who_waits_for_a_guest_that_it_ends(house):
    agent = house.ready_agent()
    caller = house.stranger()
    path = caller.define(domain_xml("deaf"))
    caller.verb(path, "Start")
    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    caller.wait_cancelable(job)
    assert agent.terminate() == 0
    assert caller.job(job) == ("canceled", "org.hatago.Host1.Error.Canceled")


def test_it_ends_well_while_polkit_is_asked(house):
    agent = house.ready_agent()
    house.polkit.answer = "never"
    caller = house.stranger()
    caller.start(caller.machine("test"), MACHINE, "Suspend", NO_OPTIONS)
    caller.wait(lambda: house.polkit.questions, 20, "a question")
    assert agent.terminate() == 0


def test_it_fails_with_the_bus(house):
    """And systemd starts it again, on the next bus."""
    agent = house.ready_agent()
    house.bus.process.kill()
    assert agent.wait_end() == 1


def test_a_second_agent_fails_and_the_first_stays(house):
    first = house.ready_agent()
    second = house.agent()
    assert second.wait_end() == 1
    assert "org.hatago.Host1" in second.log()
    assert first.alive()
    assert house.stranger().get(ROOT, MANAGER, "Ready") is True


def test_without_a_bus_it_fails_and_says_so(house):
    agent = house.agent("--connect", "test:///default",
                        environment={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    assert agent.wait_end() == 1
    assert "bus" in agent.log()


def test_without_plugins_it_has_no_machines(house):
    (house.folder / "empty").mkdir()
    house.ready_agent("--connect", "test:///default", plugins=house.folder / "empty")
    caller = house.stranger()
    assert caller.get(ROOT, MANAGER, "Plugins") == []
    with pytest.raises(BusError):
        caller.machine("test")


@pytest.mark.parametrize("arguments, status, pattern", [
    (["--help"], 0, "--connect URI"),
    (["--version"], 0, r"^hatagod \d+\.\d+"),
    (["--no-such"], 2, "no-such"),
    (["word"], 2, "word"),
    (["--connect"], 2, "connect"),
])
def test_command_line(arguments, status, pattern):
    done = subprocess.run([str(BUILD / "agent/hatagod"), *arguments], capture_output=True,
                          text=True, timeout=10)
    assert done.returncode == status
    assert re.search(pattern, done.stdout if status == 0 else done.stderr)


# Without a hypervisor

def unavailable(caller, house):
    """Look that everything is answered at once, and says that there is no hypervisor."""
    begin = time.monotonic()
    facts = caller.get_all(ROOT, MANAGER)
    assert facts["Ready"] is facts["Connected"] is False
    assert facts["LibvirtVersion"] == facts["Hostname"] == ""
    assert facts["ConnectionError"]
    assert caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS) == []
    with pytest.raises(BusError) as error:
        caller.machine("web")
    assert error.value.short == UNAVAILABLE
    with pytest.raises(BusError) as failed:
        caller.define(domain_xml("web"))
    assert failed.value.short == UNAVAILABLE
    assert caller.call(ROOT, MANAGER, "Can", GLib.Variant("o", ROOT),
                       GLib.Variant("as", ["define"]), NO_OPTIONS) == {"define": UNAVAILABLE}
    assert time.monotonic() - begin < 5
    assert error.value.message == facts["ConnectionError"]
    return error.value.message


def test_libvirt_absent(house):
    agent = house.agent("--connect", "qemu+unix:///system?socket=/nonexistent/sock")
    caller = wait_for_name(house)
    agent.wait_log("Cannot connect to qemu")
    assert "/nonexistent/sock" in unavailable(caller, house)
    time.sleep(1)
    assert len(re.findall("Cannot connect", agent.log())) == 1, "not said again at each attempt"
    assert agent.terminate() == 0


def test_a_uri_that_is_none(house):
    agent = house.agent("--connect", "nonsense://")
    caller = wait_for_name(house)
    agent.wait_log("Cannot connect to nonsense")
    unavailable(caller, house)
    assert agent.terminate() == 0


def test_libvirt_that_never_answers(mute_house):
    """It has waited since the tests began; the time that its log was written tells the rest."""
    house, agent, begin = mute_house
    caller = wait_for_name(house)
    agent.wait_log("does not answer")
    assert agent.log_file.stat().st_mtime - begin < 10
    assert len(agent.log().splitlines()) == 1
    assert "does not answer" in unavailable(caller, house)
    end = time.monotonic()
    assert agent.terminate() == 0
    assert time.monotonic() - end < 10


def test_libvirt_that_hangs_up(house):
    """Accepts, and closes at once: tried again, with a pause, and each reason is told once."""
    path = house.folder / "rude"
    with socket.socket(socket.AF_UNIX) as rude:
        rude.bind(str(path))
        rude.listen(16)
        rude.settimeout(10)
        agent = house.agent("--connect", f"qemu+unix:///system?socket={path}")
        for _ in range(6):
            rude.accept()[0].close()
    said = agent.log().splitlines()
    assert said and len(said) == len(set(said)), said
    assert agent.terminate() == 0


# The bus of a session

@pytest.fixture
def session(house):
    """A caller and an agent on a session bus; polkit is there, and says no."""
    house.polkit.answer = NO
    agent = house.ready_agent("--user", "--connect", "test:///default", environment={
        "DBUS_SESSION_BUS_ADDRESS": house.bus.address,
        "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    return house.caller(), agent


def test_on_a_session_bus_its_user_passes_without_polkit(house, session):
    caller, _ = session
    path = caller.define(domain_xml("mine"))
    assert caller.verb(path, "Start")[0] == "done"
    assert caller.call(path, MACHINE, "GetXML", NO_OPTIONS)
    assert not house.polkit.questions


@needs_root
def test_on_a_session_bus_nobody_else_passes(house, session):
    other = house.caller(NOBODY)
    house.polkit.answer = "yes"
    path = other.machine("test")
    for method in ("Suspend", "GetXML"):
        with pytest.raises(BusError) as denied:
            other.call(path, MACHINE, method, NO_OPTIONS)
        assert denied.value.name == "org.freedesktop.DBus.Error.AccessDenied"
    assert not house.polkit.questions


# What it writes

def test_every_change_is_one_line_with_who_what_and_how(caller, agent, define):
    before = agent.log()
    path = define("audited")
    caller.verb(path, "Start")
    caller.verb(path, "Suspend")
    caller.verb(path, "Resume")
    caller.verb(path, "PowerOff")
    with pytest.raises(BusError):
        caller.define("<domain type='no-such'><name>broken</name></domain>")
    caller.verb(path, "Undefine")
    caller.settle()
    lines = agent.log_after(before)
    by = f"by user {caller.uid}"
    assert lines[:5] == [f"{verb} audited {by}: done"
                         for verb in ("define", "start", "suspend", "resume", "poweroff")]
    assert re.match(rf"define .*{by}: failed: .+", lines[5])
    assert lines[6:] == [f"undefine audited {by}: done"]


def test_what_is_denied_is_written_with_the_reason(caller, agent, polkit, machine):
    caller.settle()
    before = agent.log()
    name = caller.get(machine, MACHINE, "Name")
    polkit.answer = NO
    for verb in ("Start", "Undefine"):
        with pytest.raises(BusError):
            caller.verb(machine, verb)
    caller.settle()
    by = f"by user {caller.uid}: denied: Permission denied"
    assert agent.log_after(before) == [f"start {name} {by}: org.hatago.Host1.machine-control.",
                                       f"undefine {name} {by}: org.hatago.Host1.machine-delete."]


def test_reading_writes_nothing(caller, agent, machine):
    caller.settle()
    before = agent.log()
    caller.objects()
    caller.get_all(machine, MACHINE)
    caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)
    caller.call(machine, MACHINE, "GetXML", NO_OPTIONS)
    with pytest.raises(BusError):
        caller.machine("no-such")
    caller.settle()
    assert agent.log() == before


def test_no_call_leaves_a_descriptor_behind(caller, agent, define, polkit, shared_house):
    descriptors = f"/proc/{agent.process.pid}/fd"

    def work():
        path = define()
        caller.verb(path, "Start")
        caller.verb(path, "PowerOff")
        caller.call(path, MACHINE, "Undefine", NO_OPTIONS)
        leaver = shared_house.stranger()
        polkit.answer = "never"
        leaver.start(ROOT, MACHINES, "DefineMachine", GLib.Variant("s", domain_xml("x")),
                     NO_OPTIONS)
        leaver.iterate(0.01)
        leaver.close()
        polkit.reset()

    work()
    before = len(os.listdir(descriptors))
    for _ in range(20):
        work()
    assert len(os.listdir(descriptors)) <= before
