# SPDX-License-Identifier: LGPL-2.1-or-later
"""What systemd says of the units of machines, and what the agent makes of it."""

import time

import pytest
from hatago_bus import JOB, MACHINE, MANAGER, NAME, NO_OPTIONS, ROOT, options
from machines import OFF, RUNNING, driver_file, fresh_uuid
from systemd_mock import CANCELED, DONE, FAILED, NEVER, SystemdMock, VmUnit, failed_start

from gi.repository import GLib

WEB, DB = "hatago-vm@web.service", "hatago-vm@db.service"
READY = "hatago-vm-ready@web.service"


@pytest.fixture
def systemd(house):
    """The systemd of the house; its units are the test's."""
    house.systemd = SystemdMock(house.bus.address, house.folder / "reports")
    (house.folder / "run").mkdir()
    return house.systemd


@pytest.fixture
def units_agent(house, systemd):
    """A function that starts an agent that uses units, with machines of these (name, state)."""
    def start(*machines, **keywords):
        rows = [(name, fresh_uuid(), state) for name, state in machines]
        keywords.setdefault("environment", {})
        keywords["environment"] |= {"HATAGO_UNITS": "1", "RUNTIME_DIRECTORY": str(house.folder / "run")}
        house.ready_agent("--connect", driver_file(house.folder, *rows), **keywords)
        return house.caller(), *(house.callers[-1].machine(name) for name, _ in machines)
    return start


def unit_state(caller, path):
    """Return the name of its unit, and that unit's state."""
    facts = caller.get_all(path, MACHINE)
    return facts["Unit"], facts["UnitState"]


def test_each_machine_has_a_unit_loaded_or_not(systemd, units_agent):
    systemd.vms[DB] = VmUnit("failed", "failed")
    caller, web, db = units_agent(("web", OFF), ("db", OFF))

    caller.wait(lambda: unit_state(caller, db) == (DB, "failed"), 10, "the state of db's unit")
    assert unit_state(caller, web) == (WEB, "inactive")


def test_names_are_escaped_and_long_ones_give_way_to_the_uuid(units_agent):
    name = "宿" * 30
    caller, dashed, long = units_agent(("my-web 1", OFF), (name, OFF))

    assert caller.get(dashed, MACHINE, "Unit") == r"hatago-vm@my\x2dweb\x201.service"
    uuid = caller.get(long, MACHINE, "UUID").replace("-", r"\x2d")
    assert caller.get(long, MACHINE, "Unit") == f"hatago-vm@{uuid}.service"


def test_the_state_follows_the_unit(systemd, units_agent):
    caller, web = units_agent(("web", OFF))
    assert unit_state(caller, web) == (WEB, "inactive")

    for active, sub in (("activating", "start"), ("active", "running"), ("deactivating", "stop-post"),
                        ("inactive", "dead")):
        systemd.show(WEB, VmUnit(active, sub))
        caller.wait_property(web, "UnitState", active)
    systemd.show(WEB, VmUnit("failed", "failed"))
    caller.wait_property(web, "UnitState", "failed")
    systemd.unload(WEB)
    caller.wait_property(web, "UnitState", "inactive")


def test_units_of_nobody_and_odd_ones_change_nothing(systemd, units_agent):
    caller, web = units_agent(("web", OFF))
    caller.settle()
    for odd in ("hatago-vm@nobody.service", "hatago-vm@my-web.service", r"hatago-vm@w\x65b.service",
                "hatago-vm@.service", "hatago-vm-other@web.service", "cron.service"):
        systemd.show(odd, VmUnit())
    systemd.show(WEB, VmUnit("activating", "start"))
    caller.wait_property(web, "UnitState", "activating")

    assert [change["UnitState"] for _, change in caller.changes(web) if "UnitState" in change] == ["activating"]


def test_a_reload_of_systemd_loses_no_unit(systemd, units_agent):
    caller, web, db = units_agent(("web", OFF), ("db", OFF))
    for unit, path in ((WEB, web), (DB, db)):
        systemd.show(unit, VmUnit("activating", "start"))
        caller.wait_property(path, "UnitState", "activating")
    caller.settle()

    systemd.reload(forget=[DB])

    caller.wait_property(db, "UnitState", "inactive")
    assert caller.get(web, MACHINE, "UnitState") == "activating"
    assert not caller.changes(web)


def test_a_renamed_machine_has_another_unit(systemd, units_agent):
    systemd.vms["hatago-vm@front.service"] = VmUnit("failed", "failed")
    caller, web = units_agent(("web", OFF))

    caller.call(web, MACHINE, "Rename", GLib.Variant("s", "front"), GLib.Variant("a{sv}", {}))

    caller.wait(lambda: unit_state(caller, web) == ("hatago-vm@front.service", "failed"), 10, "its unit")


def test_an_agent_of_another_libvirt_has_no_units(house, systemd):
    systemd.vms[WEB] = VmUnit()
    house.ready_agent("--connect", driver_file(house.folder, ("web", fresh_uuid(), OFF)))
    caller = house.caller()

    assert unit_state(caller, caller.machine("web")) == ("", "")


class Helper:
    """What stands in for the program of hatago-vm@ units: it takes requests, and does as the test says."""

    def __init__(self, house, systemd):
        """Of this systemd; nothing is started yet."""
        self.systemd, self.folder = systemd, house.folder / "run/requests"
        self.taken = {}

    def unit(self, name, does, *instances):
        """Have a unit; does() tells how its job ends, after requests for these units were taken."""
        def run():
            for instance in instances:
                request = self.folder / instance
                words = request.read_text().split()[2:] if request.exists() else None
                self.taken.setdefault(instance, []).append(words)
                request.unlink(missing_ok=True)
            return does()
        self.systemd.units[name] = run

    def becomes(self, unit, vm, result=DONE):
        """Return a function that has the unit say this."""
        def does():
            self.systemd.show_now(unit, vm)
            return result
        return does

    def requests(self):
        """Return the requests that nobody has taken."""
        return sorted(each.name for each in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def helper(house, systemd):
    """The program of the units."""
    return Helper(house, systemd)


def failure(caller, path):
    """Return the StartFailure: name, text, arguments."""
    name, text, arguments = caller.get(path, MACHINE, "StartFailure")
    return name.rpartition(".")[2], text, arguments


# Start

def test_start_goes_by_the_unit(systemd, units_agent, helper):
    caller, web = units_agent(("web", OFF))
    helper.unit(WEB, helper.becomes(WEB, VmUnit()), "web")

    assert caller.verb(web, "Start", paused=True)[0] == "done"

    assert systemd.starts("hatago-vm@") == [WEB] and WEB in systemd.reset_units
    assert helper.taken == {"web": [["paused"]]} and not helper.requests()
    # It was the unit's to start the machine, and here that does nothing.
    assert caller.get(web, MACHINE, "State") == "shutoff"


def test_what_systemd_has_no_unit_for_is_not_started(systemd, units_agent, helper):
    caller, web = units_agent(("web", OFF))

    result, error, text = caller.verb(web, "Start")

    assert (result, error.rpartition(".")[2]) == ("failed", "UnitUnavailable")
    assert WEB in text and not helper.requests()
    assert failure(caller, web)[0] == "UnitUnavailable"


@pytest.mark.parametrize("text, exit, name, arguments", [
    ("Network not found: no network with matching name 'gone'", 70, "NetworkMissing", {"network": "gone"}),
    ("There is no machine \"web\"", 66, "NoSuchMachine", {}),
    ("libvirt does not answer", 69, "HypervisorUnavailable", {}),
    ("internal error: it is broken", 70, "Failed", {}),
    ("unsupported configuration: of tomorrow", 70, "NotSupported", {}),
    ("internal error: process exited while connecting to monitor: | "
     "2026-11-22T09:00:00.000000Z qemu-system-x86_64: -blockdev {\"x\":1}: Failed to get \"write\" lock | "
     "Is another process using the image [/srv/a.img]?", 70, "ImageInUse", {"path": "/srv/a.img"}),
])
def test_a_failed_start_has_its_reason_whoever_started_it(systemd, units_agent, helper, text, exit, name,
                                                          arguments):
    caller, web = units_agent(("web", OFF))
    told = failed_start(text, exit)
    helper.unit(WEB, helper.becomes(WEB, told, FAILED))

    result, error, message = caller.verb(web, "Start")
    assert (result, error.rpartition(".")[2]) == ("failed", name)
    assert message == text.replace(" | ", "\n")
    assert failure(caller, web) == (name, message, arguments)


def test_a_start_by_others_that_failed_has_its_reason(systemd, units_agent):
    caller, web = units_agent(("web", OFF))
    systemd.show(WEB, VmUnit("activating", "start"))
    systemd.show(WEB, failed_start("Network not found: no network with matching name 'gone'"))
    caller.wait(lambda: failure(caller, web)[0] == "NetworkMissing", 10, "the reason")
    assert not systemd.starts("hatago-vm@")


def test_a_unit_that_had_failed_before_the_agent_came_tells_why(systemd, units_agent):
    systemd.show(WEB, failed_start("Network not found: no network with matching name 'gone'"))
    caller, web = units_agent(("web", OFF))
    caller.wait(lambda: failure(caller, web)[0] == "NetworkMissing", 10, "the reason")


def test_a_crash_is_no_failed_start(systemd, units_agent):
    """QEMU's own exit status, and its signal, stand where that of the program would."""
    caller, web = units_agent(("web", OFF))
    for code, exit in ((1, 3), (2, 9), (3, 70)):
        systemd.show(WEB, VmUnit("failed", "failed", "exit-code", "2 vCPUs, 2.0 GiB, KVM", code, exit))
        caller.wait_property(web, "UnitState", "failed")
        systemd.show(WEB, VmUnit("activating", "auto-restart"))
        caller.wait_property(web, "UnitState", "activating")
    assert failure(caller, web)[0] == ""


def test_a_cancelled_start_stops_the_unit(systemd, units_agent, helper):
    caller, web = units_agent(("web", OFF))
    helper.unit(WEB, helper.becomes(WEB, VmUnit("activating", "start"), NEVER))
    systemd.stops[WEB] = helper.becomes(WEB, VmUnit("inactive", "dead"))
    job = caller.call(web, MACHINE, "Start", NO_OPTIONS)
    caller.wait(lambda: systemd.starts("hatago-vm@"), 10, "the unit's start")
    caller.wait_cancelable(job)

    caller.call(job, JOB, "Cancel", NO_OPTIONS)

    assert caller.wait_job(job)[:2] == ("canceled", f"{NAME}.Error.Canceled")
    assert systemd.stopped == [WEB] and not helper.requests()
    assert failure(caller, web)[0] == ""


def test_a_second_start_meanwhile_is_refused(systemd, units_agent, helper):
    caller, web = units_agent(("web", OFF))
    helper.unit(WEB, helper.becomes(WEB, VmUnit("activating", "start"), NEVER))
    first = caller.call(web, MACHINE, "Start", NO_OPTIONS)
    caller.wait(lambda: systemd.starts("hatago-vm@"), 10, "the unit's start")

    result, error, _ = caller.verb(web, "Start", paused=True)

    assert (result, error) == ("failed", f"{NAME}.Error.Busy")
    systemd.end(WEB)
    assert caller.wait_job(first)[0] == "done"
    assert systemd.starts("hatago-vm@") == [WEB]


def test_a_start_stopped_by_others_has_failed(systemd, units_agent, helper):
    caller, web = units_agent(("web", OFF))
    helper.unit(WEB, lambda: NEVER)
    job = caller.call(web, MACHINE, "Start", NO_OPTIONS)
    caller.wait(lambda: WEB in systemd.jobs, 10, "the unit's start")
    systemd.end(WEB, CANCELED)
    result, error, text = caller.wait_job(job)
    assert (result, error) == ("failed", f"{NAME}.Error.Failed") and "stopped" in text


def test_a_start_outlives_the_agent(house, systemd, units_agent, helper):
    """The next one takes its job over, and waits for the unit."""
    state = {"STATE_DIRECTORY": str(house.folder)}
    caller, web = units_agent(("web", OFF), environment=state)
    uri = house.agents[0].command[-1]
    helper.unit(WEB, helper.becomes(WEB, VmUnit("activating", "start"), NEVER))
    job = caller.call(web, MACHINE, "Start", options(paused=True))
    caller.wait(lambda: WEB in systemd.jobs, 10, "the unit's start")

    assert house.agents[0].terminate() == 0
    assert helper.requests() == ["web"], "what the unit's program may not have read yet"
    house.ready_agent("--connect", uri, environment=state | {
        "HATAGO_UNITS": "1", "RUNTIME_DIRECTORY": str(house.folder / "run")})
    caller.iterate(3)
    assert caller.get(job, JOB, "State") == "running"
    assert systemd.starts("hatago-vm@") == [WEB], "it is not started again"

    systemd.show(WEB, failed_start("Network not found: no network with matching name 'gone'"))
    assert caller.wait_job(job)[:2] == ("failed", f"{NAME}.Error.NetworkMissing")


# Adoption

def test_what_runs_is_adopted(systemd, units_agent, helper):
    for unit in (WEB, DB):
        systemd.units[unit] = helper.becomes(unit, VmUnit())
    caller, web, db = units_agent(("web", RUNNING), ("db", OFF))
    run = caller.get(web, MACHINE, "DomainId")

    caller.wait(lambda: caller.get(web, MACHINE, "UnitState") == "active", 10, "the adoption")
    assert systemd.starts("hatago-vm@") == [WEB] and run > 0


def test_whether_it_adopts_is_told(house, units_agent):
    caller, _ = units_agent(("web", OFF))
    assert "mirror" in caller.get(ROOT, MANAGER, "Features")
    assert house.agents[0].terminate() == 0
    house.ready_agent("--connect", house.agents[0].command[-1])
    assert "mirror" not in house.caller().get(ROOT, MANAGER, "Features")


def test_the_request_names_the_run(systemd, units_agent, helper):
    systemd.units[WEB] = lambda: NEVER
    caller, web = units_agent(("web", RUNNING))
    caller.wait(lambda: WEB in systemd.jobs, 10, "the adoption")
    run = caller.get(web, MACHINE, "DomainId")
    assert (helper.folder / "web").read_text().split()[2:] == [f"adopt={run}"]
    systemd.show(WEB, VmUnit())
    systemd.end(WEB)
    caller.wait(lambda: not helper.requests(), 10, "the request is gone")


def test_two_hundred_are_adopted_eight_at_a_time(systemd, units_agent, helper):
    names = [f"vm{number}" for number in range(200)]
    units = [f"hatago-vm@{name}.service" for name in names]
    began, most = {}, 0

    def starts(unit):
        def run():
            nonlocal most
            began[unit] = time.monotonic()
            # One that has waited for five seconds does not count any more.
            most = max(most, sum(began[unit] - began[each] < 4 for each in {*systemd.jobs, unit}))
            return helper.becomes(unit, VmUnit("activating", "start"), NEVER)()
        return run

    for unit in units:
        helper.unit(unit, starts(unit))
    caller, *_ = units_agent(*((name, RUNNING) for name in names))
    caller.wait(lambda: len(systemd.jobs) >= 8, 30, "eight at once")
    while sum(systemd.vms.get(unit) == VmUnit() for unit in units) < len(units):
        caller.wait(lambda: systemd.jobs, 30, "another one")
        for unit in list(systemd.jobs):
            systemd.show(unit, VmUnit())
            systemd.end(unit)
        caller.iterate(0.02)
    assert 1 < most <= 8
    assert sorted(systemd.starts("hatago-vm@")) == sorted(units), "each once"


@pytest.mark.parametrize("state", ["activating", "deactivating", "active"])
def test_a_unit_that_is_not_off_is_left_alone(systemd, units_agent, helper, state):
    """Others start it, systemd will start it again after a crash, or its end is about to show."""
    systemd.vms[WEB] = VmUnit(state, "auto-restart" if state == "activating" else "running")
    systemd.units[WEB] = lambda: DONE
    helper.unit(DB, helper.becomes(DB, failed_start("Not yet"), FAILED))
    caller, *_ = units_agent(("web", RUNNING), ("db", RUNNING))
    # Both are looked at together, and the second try comes a second after the first.
    caller.wait(lambda: systemd.runs(DB) == 2, 20, "another one was looked at, and once more")
    assert not systemd.runs(WEB)


def test_a_unit_that_ends_while_its_machine_runs_on_is_begun_anew(systemd, units_agent, helper):
    systemd.vms[WEB] = VmUnit()
    helper.unit(WEB, helper.becomes(WEB, VmUnit()))
    caller, web = units_agent(("web", RUNNING))
    systemd.show(WEB, VmUnit("deactivating", "stop-sigterm"))
    caller.wait_property(web, "UnitState", "deactivating")
    assert not systemd.starts("hatago-vm@")
    systemd.show(WEB, VmUnit("inactive", "dead"))
    caller.wait_property(web, "UnitState", "active")
    assert systemd.starts("hatago-vm@") == [WEB]


def test_an_adoption_is_tried_a_few_times(house, systemd, units_agent, helper):
    helper.unit(WEB, helper.becomes(WEB, failed_start("It cannot be done"), FAILED))
    caller, web = units_agent(("web", RUNNING))
    caller.wait(lambda: systemd.runs(WEB) == 3, 20, "three tries")
    assert failure(caller, web)[0] == "", "it runs"
    systemd.units[WEB] = helper.becomes(WEB, VmUnit())
    caller.wait(lambda: caller.get(web, MACHINE, "UnitState") == "active", 20, "the fourth")


def test_a_masked_unit_is_told_once(house, systemd, units_agent):
    caller, web = units_agent(("web", RUNNING))
    house.agents[0].wait_log(r'Machine "web" runs, and hatago-vm@web.service does not start for it')
    caller.iterate(2)
    assert systemd.runs(WEB) == 1
    assert house.agents[0].log().count("does not start for it") == 1


def test_what_lies_there_from_before_is_removed(house, systemd, units_agent, helper):
    helper.folder.mkdir(parents=True)
    (helper.folder / "gone").write_text("hatago-request-1 1 adopt=3\n")
    units_agent(("web", OFF))
    assert not helper.requests()
