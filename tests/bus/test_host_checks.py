# SPDX-License-Identifier: LGPL-2.1-or-later
"""The checks of the host: what hatago-probe reports is what the bus shows, and remedies are applied."""

import dataclasses
import os
import random
import time

import pytest

from gi.repository import GLib
from hatago_bus import HOST_CHECK, JOB, MANAGER, NO_OPTIONS, PROPERTIES, ROOT, VALIDATION, BusError, options
from polkit_mock import NEVER as UNANSWERED
from polkit_mock import NO, YES
from systemd_mock import CHECKS, DONE, FAILED, KSM, NEVER, PROBE, TUN, VHOST_NET, report, who

WITH_CHECKS = True
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
FIX, UNDO = "hatago-fix@vhost-net.service", "hatago-fix@undo:ksm.service"
SIZE_MAX = 256 * 1024


@pytest.fixture
def systemd(shared_house, caller):
    """The systemd of the shared house; after the test all is as before, and CHECKS are shown."""
    systemd = shared_house.systemd
    units = dict(systemd.units)
    yield systemd
    for unit in list(systemd.jobs):
        systemd.end(unit)
    systemd.units.clear()
    systemd.units.update(units)
    systemd.status.clear()
    systemd.reset_units.clear()
    systemd.verdicts, systemd.early = list(CHECKS), False
    write_and_wait(caller, systemd, *CHECKS)


def run(caller):
    """Have the host looked at; return how that ended."""
    return caller.job(caller.call(ROOT, VALIDATION, "Run", NO_OPTIONS))


def start_run(caller):
    """Ask for a look; return its job."""
    return caller.call(ROOT, VALIDATION, "Run", NO_OPTIONS)


def shown(caller):
    """Return {id: properties} of all checks."""
    found = [faces[HOST_CHECK] for faces in caller.objects().values() if HOST_CHECK in faces]
    return {facts["Id"]: facts for facts in found}


def fix(caller, name, **values):
    """Apply a remedy, and wait for the answer."""
    return caller.call(caller.check(name), HOST_CHECK, "Fix", options(**values))


def refused(function, *arguments, **keywords):
    """Do what fails; return the error."""
    with pytest.raises(BusError) as error:
        function(*arguments, **keywords)
    return error.value


def told(caller):
    """Return what was told of checks since the last settle(): (path, member, arguments)."""
    return [(path, member.rpartition(".")[2], arguments) for _, path, member, arguments in caller.signals
            if "/checks/" in path or (member.startswith(OBJECT_MANAGER) and "/checks/" in arguments[0])]


def write_and_wait(caller, systemd, *verdicts):
    """Leave a report as the probe does that the kernel has started, and wait until it is shown."""
    when = systemd.leave(*verdicts)
    caller.wait(lambda: caller.get(ROOT, VALIDATION, "CheckedAt") >= when, 5, "the report")
    caller.iterate(0.02)


# What is shown

def test_all_that_a_report_says_is_shown(caller, systemd):
    facts = shown(caller)["vhost-net"]
    assert facts.pop("CheckedAt") > 0
    assert facts.pop("ReadBy").startswith("hatago-probe[")
    assert facts == {"Id": "vhost-net", "Group": "devices", "Result": "warn", "Reason": "missing", "Value": "",
                     "Arguments": {"module": "vhost_net"}, "Fixable": True, "Undoable": False,
                     "Sources": ["/dev/vhost-net", "/sys/module/vhost_net"]}
    assert set(shown(caller)) == {check.id for check in CHECKS}


def query(caller, *names):
    """Ask for these properties of all checks."""
    return caller.call(ROOT, VALIDATION, "Query", GLib.Variant("as", names), NO_OPTIONS)


def test_a_query_tells_all_checks_at_once(caller, systemd, interfaces):
    names = sorted(interfaces[HOST_CHECK].properties)
    expected = {caller.check(name): facts for name, facts in shown(caller).items()}
    assert query(caller, *names) == expected
    assert query(caller, "Result") == {path: {"Result": facts["Result"]} for path, facts in expected.items()}
    assert query(caller) == dict.fromkeys(expected, {})


@pytest.mark.parametrize("names, error", [
    (["State"], "UnknownProperty"), (["Result", "result"], "UnknownProperty"), ([""], "UnknownProperty"),
    (["Result", "Id", "Result"], "InvalidArgument")])
def test_a_query_for_what_is_no_property_of_a_check_is_refused(caller, systemd, names, error):
    answer = refused(query, caller, *names)
    assert answer.short == error
    assert f'"{names[-1]}"' in answer.message


def test_a_check_is_found_by_its_id(caller, systemd):
    for name in shown(caller):
        assert caller.get(caller.check(name), HOST_CHECK, "Id") == name


def test_when_and_who_is_told_of_the_whole(caller, systemd):
    write_and_wait(caller, systemd, *CHECKS)
    assert caller.get_all(ROOT, VALIDATION) == {"CheckedAt": systemd.when, "ReadBy": who(systemd.when)}


def test_a_changed_verdict_is_one_signal_and_others_are_none(caller, systemd):
    caller.settle()
    better = dataclasses.replace(VHOST_NET, result="pass", reason="", arguments={}, fixable=False)
    write_and_wait(caller, systemd, TUN, better, KSM)
    assert told(caller) == [(caller.check("vhost-net"), "PropertiesChanged", (HOST_CHECK, {
        "Result": "pass", "Reason": "", "Arguments": {}, "Fixable": False, "ReadBy": who(systemd.when),
        "CheckedAt": systemd.when}, []))]


@pytest.mark.parametrize("change", [
    {"group": "memory"}, {"result": "skip"}, {"reason": "other"}, {"value": "x"}, {"arguments": {"a": "b"}},
    {"sources": ("/proc/x",)}, {"fixable": False}, {"undoable": True}], ids=lambda change: next(iter(change)))
def test_each_part_of_a_verdict_is_news(caller, systemd, change):
    caller.settle()
    write_and_wait(caller, systemd, TUN, dataclasses.replace(VHOST_NET, **change), KSM)
    (path, _, (_, changes, _)), = told(caller)
    assert path == caller.check("vhost-net")
    assert {key.lower() for key in changes} == {*change, "readby", "checkedat"}


def test_the_same_verdicts_again_are_no_news(caller, systemd):
    caller.settle()
    before = shown(caller)
    write_and_wait(caller, systemd, *CHECKS)
    assert told(caller) == []
    assert shown(caller) == before
    assert caller.changes(ROOT, VALIDATION)


def test_a_check_comes_and_goes(caller, systemd):
    caller.settle()
    write_and_wait(caller, systemd, TUN, VHOST_NET)
    (_, member, (path, faces)), = told(caller)
    assert (member, path) == ("InterfacesRemoved", caller.check("ksm"))
    assert HOST_CHECK in faces
    assert set(shown(caller)) == {"tun", "vhost-net"}
    assert refused(caller.get, caller.check("ksm"), HOST_CHECK, "Id").name.endswith("UnknownObject")
    caller.settle()
    write_and_wait(caller, systemd, *CHECKS)
    (_, member, (path, faces)), = told(caller)
    assert (member, path) == ("InterfacesAdded", caller.check("ksm"))
    assert faces[HOST_CHECK] == shown(caller)["ksm"]


def test_texts_pass_as_they_are(caller, systemd):
    odd = dataclasses.replace(TUN, value="旅籠 \x1b[2J %s", arguments={"": "a\nb"}, sources=())
    write_and_wait(caller, systemd, odd)
    facts = shown(caller)["tun"]
    assert (facts["Value"], facts["Arguments"], facts["Sources"]) == (odd.value, odd.arguments, [])


# What is no report

GOOD = report(*CHECKS, when=7)
BROKEN = {
    "empty": b"",
    "short": b"hello",
    "truncated": GOOD[:-20],
    "truncated-at-its-begin": GOOD[20:],
    "longer": GOOD + b"\0",
    "noise": random.Random(1).randbytes(5000),
    "version": report(*CHECKS, version=2),
    "other-result": report(dataclasses.replace(TUN, result="maybe")),
    "no-group": report(dataclasses.replace(TUN, group="")),
    "no-id": report(dataclasses.replace(TUN, id="")),
    "path": report(dataclasses.replace(TUN, id="../../machines")),
    "unit": report(dataclasses.replace(TUN, id="x.service")),
    "capital": report(dataclasses.replace(TUN, id="Tun")),
    "long-id": report(dataclasses.replace(TUN, id="x" * 65)),
    "twice": report(TUN, TUN),
    "too-large": report(dataclasses.replace(TUN, value="x" * SIZE_MAX)),
    "huge": b"\0" * 8_000_000,
}


def assert_ignored(caller, agent, systemd, leave):
    """What was left is logged once, changes nothing, and a report after it is taken."""
    before, log = caller.everything(), agent.log()
    facts = caller.get_all(ROOT, VALIDATION)
    leave()
    agent.wait_log(r"Cannot use .*/report, ignoring: .", after=log)
    leave()
    caller.iterate(0.05)
    assert caller.everything() == before
    assert caller.get_all(ROOT, VALIDATION) == facts
    assert len([line for line in agent.log_after(log) if "Cannot use" in line]) == 1
    assert all(len(line) < 500 for line in agent.log_after(log))
    write_and_wait(caller, systemd, *CHECKS)


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_report_is_ignored(caller, agent, systemd, name):
    assert_ignored(caller, agent, systemd, lambda: systemd.write(BROKEN[name]))


def test_every_length_of_a_report_but_its_own_is_ignored(caller, agent, systemd):
    before = caller.everything()
    for length in range(0, len(GOOD), 3):
        systemd.write(GOOD[:length])
    caller.iterate(0.05)
    assert caller.everything() == before
    write_and_wait(caller, systemd, *CHECKS)


def test_every_byte_of_a_report_may_be_wrong(caller, agent, systemd):
    """It is shown or it is ignored, and the agent lives on."""
    for at in range(0, len(GOOD), 5):
        systemd.write(GOOD[:at] + bytes([GOOD[at] ^ 0x55]) + GOOD[at + 1:])
        caller.get(ROOT, VALIDATION, "CheckedAt")
    write_and_wait(caller, systemd, *CHECKS)
    assert set(shown(caller)) == {check.id for check in CHECKS}


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_is_no_file_is_ignored(caller, agent, systemd, kind):
    path = systemd.folder / "report"

    def leave():
        fresh = systemd.folder / ".other"
        if kind == "link":
            systemd.write(GOOD, "elsewhere")
            fresh.symlink_to(systemd.folder / "elsewhere")
        elif kind == "fifo":
            os.mkfifo(fresh)
        else:
            path.unlink(missing_ok=True) if not path.is_dir() else path.rmdir()
            fresh.mkdir()
        fresh.rename(path)

    log = agent.log()
    leave()
    agent.wait_log("Cannot use .*ignoring: ", after=log)
    if kind == "folder":
        path.rmdir()
    write_and_wait(caller, systemd, *CHECKS)


def test_a_folder_that_was_made_anew_is_watched_again(caller, agent, systemd):
    """As after "rm -r /run/hatago-probe"."""
    for path in systemd.folder.iterdir():
        path.unlink()
    systemd.folder.rmdir()
    caller.settle()
    systemd.folder.mkdir()
    assert run(caller) == ("done", "")
    write_and_wait(caller, systemd, *CHECKS)


# Run

def test_a_run_ends_when_its_report_is_shown(caller, systemd):
    caller.settle()
    systemd.verdicts = [TUN]
    assert run(caller) == ("done", "")
    members = [member for _, _, member, _ in caller.signals]
    assert members.index(f"{OBJECT_MANAGER}.InterfacesRemoved") < members.index(f"{MANAGER}.JobRemoved")
    assert set(shown(caller)) == {"tun"}


def test_a_run_is_a_job(caller, systemd):
    systemd.units[PROBE] = lambda: NEVER
    job = start_run(caller)
    facts = caller.get_all(job, JOB)
    assert (facts["Operation"], facts["Objects"], facts["State"]) == ("validate", [ROOT], "running")
    assert refused(caller.call, job, JOB, "Cancel", NO_OPTIONS).short == "JobNotCancelable"


def test_who_asks_while_a_run_is_under_way_gets_the_next_one(caller, systemd):
    """That one may have read already what has changed since."""
    systemd.units[PROBE] = lambda: NEVER
    runs, first = systemd.runs(), start_run(caller)
    caller.wait(lambda: systemd.jobs, 10, "the first run")
    others = [start_run(caller) for _ in range(5)]
    caller.iterate(0.1)
    assert systemd.runs() == runs + 1

    systemd.probe()
    systemd.end(PROBE)
    assert caller.job(first) == ("done", "")
    assert all(caller.get(job, JOB, "State") == "running" for job in others)

    caller.wait(lambda: systemd.jobs, 10, "the second run")
    systemd.verdicts = [TUN]
    systemd.probe()
    systemd.end(PROBE)
    assert [caller.job(job) for job in others] == [("done", "")] * 5
    assert systemd.runs() == runs + 2
    assert set(shown(caller)) == {"tun"}


def test_the_end_may_come_before_the_beginning(caller, systemd):
    """systemd tells the end of its job in a signal, and the job's name in an answer: in any order."""
    systemd.early = True
    assert run(caller) == ("done", "")


def failed_run(caller):
    """Have a look that fails; return error and text."""
    job = start_run(caller)
    result, error, message = caller.wait_job(job)
    assert result == "failed"
    return error.rpartition(".")[2], message


def test_a_run_that_fails_says_why(caller, systemd):
    before = caller.everything()
    systemd.status[PROBE] = "The host is not to be seen."
    systemd.units[PROBE] = lambda: FAILED
    assert failed_run(caller) == ("ProbeFailed", "The host is not to be seen.")
    systemd.status.clear()
    error, message = failed_run(caller)
    assert error == "ProbeFailed" and "journalctl -u hatago-probe.service" in message
    assert {path: faces for path, faces in caller.objects().items() if HOST_CHECK in faces}
    assert [row for row in before if row] and set(shown(caller)) == {check.id for check in CHECKS}


def test_a_run_without_a_report_has_failed(caller, systemd):
    systemd.units[PROBE] = lambda: DONE
    assert failed_run(caller)[0] == "ProbeFailed"
    systemd.units[PROBE] = lambda: systemd.write(b"nonsense") or DONE
    assert failed_run(caller)[0] == "ProbeFailed"


def test_without_the_unit_a_run_says_so(caller, systemd):
    del systemd.units[PROBE]
    error, message = failed_run(caller)
    assert error == "UnitUnavailable" and message.endswith("Unit hatago-probe.service not found.")


def test_a_run_that_hangs_holds_up_nothing(caller, systemd):
    systemd.units[PROBE] = lambda: NEVER
    start_run(caller)
    caller.wait(lambda: systemd.jobs, 10, "the run")
    write_and_wait(caller, systemd, TUN)
    assert set(shown(caller)) == {"tun"}


# Fix

def test_a_remedy_shows_when_it_is_answered(caller, systemd):
    def mend():
        systemd.verdicts = [TUN, dataclasses.replace(VHOST_NET, result="pass", reason="", arguments={},
                                                     fixable=False, undoable=True), KSM]
        return DONE
    systemd.units[FIX] = mend
    runs = systemd.runs()
    assert fix(caller, "vhost-net") is None
    facts = shown(caller)["vhost-net"]
    assert (facts["Result"], facts["Fixable"], facts["Undoable"]) == ("pass", False, True)
    assert systemd.runs() == runs + 1


def test_a_remedy_is_a_job_and_recorded(caller, agent, systemd):
    log = agent.log()
    caller.settle()
    fix(caller, "vhost-net")
    ended, = caller.wait(lambda: [arguments for _, _, member, arguments in caller.signals
                                  if member == f"{MANAGER}.JobRemoved"], 10, "JobRemoved")
    facts = caller.get_all(ended[0], JOB)
    assert (facts["Operation"], facts["Objects"]) == ("fix", [caller.check("vhost-net")])
    agent.wait_log(f"^fix vhost-net by user {caller.uid}: done", after=log)


def test_a_remedy_is_taken_back(caller, systemd, polkit):
    polkit.reset()
    systemd.started.clear()
    fix(caller, "ksm", undo=True)
    assert [unit for unit in systemd.started if unit != PROBE] == [UNDO]
    question, = polkit.questions
    assert question.details == {"verb": "undo-fix", "name": "ksm", "uuid": ""}


def test_a_remedy_that_fails_says_why(caller, systemd):
    systemd.units[FIX] = lambda: FAILED
    systemd.status[FIX] = "modprobe: FATAL: Module vhost_net not found."
    runs = systemd.runs()
    error = refused(fix, caller, "vhost-net")
    assert (error.short, error.message) == ("FixFailed", systemd.status[FIX])
    assert systemd.reset_units == [FIX]
    assert systemd.runs() == runs + 1


def test_without_the_unit_a_remedy_says_so(caller, systemd):
    del systemd.units[FIX]
    error = refused(fix, caller, "vhost-net")
    assert error.short == "UnitUnavailable" and FIX in error.message


def test_what_the_remedy_did_counts_and_not_the_look_after_it(caller, systemd):
    systemd.units[PROBE] = lambda: FAILED
    assert fix(caller, "vhost-net") is None


@pytest.mark.parametrize("name, undo", [("tun", False), ("tun", True), ("ksm", False), ("vhost-net", True)])
def test_what_has_no_remedy_is_not_tried(caller, systemd, name, undo):
    systemd.started.clear()
    assert refused(fix, caller, name, undo=undo).short == "CheckNotFixable"
    assert systemd.started == []


def test_one_remedy_of_a_check_at_a_time(caller, systemd):
    systemd.units[FIX] = lambda: NEVER
    pending = caller.start(caller.check("vhost-net"), HOST_CHECK, "Fix", NO_OPTIONS)
    caller.wait(lambda: FIX in systemd.jobs, 10, "the remedy")
    assert refused(fix, caller, "vhost-net").short == "Busy"
    fix(caller, "ksm", undo=True)
    systemd.end(FIX)
    assert pending.result() is None
    systemd.units[FIX] = lambda: DONE
    fix(caller, "vhost-net")


def test_who_is_denied_starts_nothing(caller, systemd, polkit):
    systemd.started.clear()
    polkit.answer = NO
    for name, undo in (("vhost-net", False), ("ksm", True)):
        assert refused(fix, caller, name, undo=undo).name.endswith("AccessDenied")
    caller.iterate(0.1)
    assert systemd.started == []


def test_a_check_that_went_while_polkit_was_asked_is_not_fixed(caller, systemd, polkit):
    polkit.answer = UNANSWERED
    asked = len(polkit.questions)
    pending = caller.start(caller.check("vhost-net"), HOST_CHECK, "Fix", NO_OPTIONS)
    caller.wait(lambda: len(polkit.questions) > asked, 10, "a question")
    write_and_wait(caller, systemd, TUN)
    systemd.started.clear()
    polkit.release(polkit.questions[-1], YES)
    assert refused(pending.result).short == "NoSuchCheck"
    assert systemd.started == []


def can(caller, path, *verbs):
    """Ask what would become of verbs."""
    return caller.call(ROOT, MANAGER, "Can", GLib.Variant("o", path), GLib.Variant("as", verbs), NO_OPTIONS)


def test_can_says_what_fix_would(caller, systemd, polkit):
    words = {name: can(caller, caller.check(name), "fix", "undo-fix") for name in ("tun", "vhost-net", "ksm")}
    assert words == {
        "tun": {"fix": "CheckNotFixable", "undo-fix": "CheckNotFixable"},
        "vhost-net": {"fix": "yes", "undo-fix": "CheckNotFixable"},
        "ksm": {"fix": "CheckNotFixable", "undo-fix": "yes"}}
    assert can(caller, ROOT, "validate") == {"validate": "yes"}
    polkit.answer = NO
    assert can(caller, caller.check("vhost-net"), "fix") == {"fix": "no"}
    assert refused(can, caller, caller.check("nobody"), "fix").short == "NoSuchCheck"
    assert refused(can, caller, caller.check("tun"), "start").short == "InvalidArgument"


# When the host is looked at

def settle_runs(caller, systemd):
    """Wait until no look is due; return how many there were."""
    run(caller)
    caller.iterate(0.1)
    return systemd.runs()


@pytest.mark.parametrize("unit", ["libvirtd.socket", "libvirt-guests.service"])
def test_a_unit_that_starts_or_stops_has_the_host_looked_at(caller, systemd, unit):
    runs = settle_runs(caller, systemd)
    systemd.tell_job(unit)
    caller.wait(lambda: systemd.runs() > runs, 10, "a look")


def test_unit_files_and_network_manager_have_it_looked_at(caller, shared_house, systemd):
    runs = settle_runs(caller, systemd)
    systemd.tell("UnitFilesChanged")
    caller.wait(lambda: systemd.runs() == runs + 1, 10, "a look")
    runs = settle_runs(caller, systemd)
    manager = shared_house.caller()
    manager.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                 GLib.Variant("s", "org.freedesktop.NetworkManager"), GLib.Variant("u", 0),
                 destination="org.freedesktop.DBus")
    caller.wait(lambda: systemd.runs() == runs + 1, 10, "a look")
    runs = settle_runs(caller, systemd)
    manager.close()
    caller.wait(lambda: systemd.runs() == runs + 1, 10, "a look")


def test_other_units_are_none_of_its_business(caller, systemd):
    runs = settle_runs(caller, systemd)
    for unit in ("hatago-vm@web.service", "cron.service", FIX):
        systemd.tell_job(unit)
    caller.iterate(3)
    assert systemd.runs() == runs


def test_a_crowd_of_signs_is_one_look(caller, systemd):
    runs, begin = settle_runs(caller, systemd), time.monotonic()
    for _ in range(200):
        systemd.tell_job("libvirtd.service")
        systemd.tell("UnitFilesChanged")
    caller.wait(lambda: systemd.runs() > runs, 10, "a look")
    assert time.monotonic() - begin > 0.9
    caller.iterate(2.5)
    assert systemd.runs() == runs + 1


def test_whoever_subscribes_has_it_looked_at(shared_house, caller, systemd):
    runs = settle_runs(caller, systemd)
    subscriber = shared_house.stranger()
    subscriber.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    caller.wait(lambda: systemd.runs() > runs, 10, "a look")
    subscriber.close()


# Lives of the agent

def test_a_report_of_before_is_shown_at_once(house):
    house.agent_with_checks(verdicts=CHECKS).terminate()
    house.systemd.units.clear()
    house.ready_agent(plugins=house.all_plugins(),
                      environment={"HATAGO_REPORT_FOLDER": str(house.systemd.folder)})
    assert set(shown(house.caller())) == {check.id for check in CHECKS}


def test_checks_hold_up_nobody(house):
    """Without systemd and without a folder the agent is ready, says once what is missing, and goes on."""
    agent = house.ready_agent(plugins=house.all_plugins(),
                              environment={"HATAGO_REPORT_FOLDER": str(house.folder / "nowhere")})
    caller = house.stranger()
    agent.wait_log("Cannot look whether this host is fit, ignoring: systemd does not start hatago-probe.service")
    for _ in range(2):
        assert failed_run(caller)[0] == "UnitUnavailable"
    assert len([line for line in agent.log().splitlines() if "Cannot" in line]) == 1
    assert caller.get_all(ROOT, VALIDATION) == {"CheckedAt": 0, "ReadBy": ""}
    assert shown(caller) == {}


def test_an_agent_that_stops_ends_what_waits(house):
    agent = house.agent_with_checks(verdicts=CHECKS)
    house.systemd.units.update({PROBE: lambda: NEVER, FIX: lambda: NEVER})
    caller = house.caller()
    start_run(caller)
    fixing = caller.start(caller.check("vhost-net"), HOST_CHECK, "Fix", NO_OPTIONS)
    caller.wait(lambda: FIX in house.systemd.jobs, 10, "the remedy")
    assert agent.terminate() == 0
    assert refused(fixing.result).short == "Canceled"


def test_in_a_session_reports_are_shown_and_nothing_is_started(house):
    house.agent_with_checks(verdicts=CHECKS).terminate()
    house.systemd.started.clear()
    house.ready_agent("--user", "--connect", "test:///default", plugins=house.all_plugins(), environment={
        "DBUS_SESSION_BUS_ADDRESS": house.bus.address, "HATAGO_REPORT_FOLDER": str(house.systemd.folder)})
    caller = house.caller()
    assert set(shown(caller)) == {check.id for check in CHECKS}
    assert refused(start_run, caller).short == "NotSupported"
    assert refused(fix, caller, "vhost-net").short == "NotSupported"
    assert can(caller, caller.check("vhost-net"), "fix") == {"fix": "NotSupported"}
    assert can(caller, ROOT, "validate") == {"validate": "NotSupported"}
    caller.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    caller.iterate(1.5)
    assert house.systemd.started == []
