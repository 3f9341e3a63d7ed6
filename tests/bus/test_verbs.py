# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every verb of org.hatago.Host1.Machine does what its name says, and answers when it is done."""

import time

import pytest

from gi.repository import GLib
from hatago_bus import JOB, MACHINE, MANAGER, NO_OPTIONS, PROPERTIES, ROOT, BusError, options
from machines import domain_xml, fresh_name

SECOND = 1_000_000
OFF, RUNNING, PAUSED = "shutoff", "running", "paused"


@pytest.fixture
def in_state(define, caller):
    """A function that returns a new machine in a state."""
    def in_state(state, name=None):
        path = define(name)
        if state != OFF:
            caller.verb(path, "Start")
        if state == PAUSED:
            caller.verb(path, "Suspend")
        caller.settle()
        return path
    return in_state


def state(caller, path):
    """Return the state of a machine."""
    return caller.get(path, MACHINE, "State")


# Verb, state before and after, whether it answers a job at once.
VERBS = [
    ("Start", OFF, RUNNING, True),
    ("Shutdown", RUNNING, OFF, True),
    ("PowerOff", RUNNING, OFF, True),
    ("PowerOff", PAUSED, OFF, True),
    ("Reboot", RUNNING, RUNNING, False),
    ("Reset", RUNNING, RUNNING, False),
    ("Suspend", RUNNING, PAUSED, False),
    ("Resume", PAUSED, RUNNING, False),
    ("Save", RUNNING, OFF, True),
    ("Save", PAUSED, OFF, True),
]


@pytest.mark.parametrize("verb, before, after, answers_job", VERBS)
def test_verb_leaves_its_state(caller, in_state, verb, before, after, answers_job):
    path = in_state(before)
    assert state(caller, path) == before

    answer = caller.call(path, MACHINE, verb, NO_OPTIONS)

    assert bool(answer) == answers_job
    if answer:
        assert caller.job(answer) == ("done", "")
    # No waiting here: the end of the job, and the answer, are the end of the deed.
    assert state(caller, path) == after
    assert (caller.get(path, MACHINE, "DomainId") != 0) == (after != OFF)


def test_undefine_removes_the_machine(caller, machine):
    caller.call(machine, MACHINE, "Undefine", NO_OPTIONS)

    assert machine not in caller.objects()
    with pytest.raises(BusError) as gone:
        caller.get(machine, MACHINE, "State")
    assert gone.value.name == "org.freedesktop.DBus.Error.UnknownObject"
    caller.wait(lambda: [arguments for _, path, member, arguments in caller.signals
                         if member.endswith("InterfacesRemoved") and arguments[0] == machine],
                2, "InterfacesRemoved")


def test_define_answers_when_the_machine_is_there(caller, define):
    path = define("defined", memory_kib=131072, vcpus=3)

    facts = caller.get_all(path, MACHINE)
    assert facts["Name"] == "defined"
    assert facts["VCPUs"] == 3
    assert facts["Memory"] == 131072 * 1024
    assert facts["Persistent"] is True
    assert facts["Accelerator"] == "test"
    assert facts["State"] == OFF
    assert facts["PID"] == facts["StartedAt"] == 0


def test_define_again_replaces_the_configuration(caller, define):
    path = define("twice", vcpus=1)
    uuid = caller.get(path, MACHINE, "UUID")

    assert caller.define(domain_xml("twice", uuid, vcpus=2)) == path
    assert caller.get(path, MACHINE, "VCPUs") == 2


def test_get_xml_is_libvirts(caller, machine):
    xml = caller.call(machine, MACHINE, "GetXML", NO_OPTIONS)
    uuid = caller.get(machine, MACHINE, "UUID")
    assert xml.startswith("<domain type='test'")
    assert f"<uuid>{uuid}</uuid>" in xml


def test_get_xml_inactive_is_the_stored_one(caller, running):
    assert "<domain type='test' id=" in caller.call(running, MACHINE, "GetXML", NO_OPTIONS)
    inactive = caller.call(running, MACHINE, "GetXML", options(inactive=True))
    assert "id=" not in inactive.splitlines()[0]


def test_get_xml_shows_passwords_only_when_asked(caller, define):
    extra = "<devices><graphics type='vnc' port='-1' autoport='yes' passwd='sesame'/></devices>"
    path = define("secret", extra=extra)
    assert "sesame" not in caller.call(path, MACHINE, "GetXML", NO_OPTIONS)
    assert "sesame" in caller.call(path, MACHINE, "GetXML", options(secure=True))


def test_rename_changes_the_name_alone(caller, define):
    path = define("old-name")
    before = caller.get_all(path, MACHINE)
    caller.call(path, MACHINE, "Rename", GLib.Variant("s", "new name"), NO_OPTIONS)
    # The name is a part of what is stored.
    caller.wait(lambda: caller.get(path, MACHINE, "ConfigurationSerial") > before["ConfigurationSerial"], 10, "its serial")
    assert caller.get_all(path, MACHINE) == {
        **before, "Name": "new name", "ConfigurationSerial": before["ConfigurationSerial"] + 1}
    assert caller.machine("new name") == path


def test_set_xml_replaces_the_configuration(caller, define):
    path = define("replaced", vcpus=1)
    uuid = caller.get(path, MACHINE, "UUID")
    answer = caller.call(path, MACHINE, "SetXML",
                         GLib.Variant("s", domain_xml("replaced", uuid.upper(), vcpus=2)), NO_OPTIONS)
    assert answer is None
    assert caller.get(path, MACHINE, "VCPUs") == 2
    jobs = [faces[JOB] for faces in caller.objects().values() if JOB in faces
            and faces[JOB]["Objects"] == [path] and faces[JOB]["Operation"] == "set-xml"]
    assert [job["Result"] for job in jobs] == ["done"]


def stored(caller, path):
    """Return its XML as clients edit it."""
    return caller.call(path, MACHINE, "GetXML", options(inactive=True, secure=True))


def give_vcpus(caller, path, begun_with, n):
    """Begin a SetXML with another number of processors, that holds only for this stored XML."""
    xml = begun_with.replace(">1</vcpu>", f">{n}</vcpu>")
    return caller.start(path, MACHINE, "SetXML", GLib.Variant("s", xml), options(expected=begun_with))


def end_of(caller, call):
    """Return how a call ends."""
    caller.wait(lambda: call.answered, 20, "an answer")
    return call.error.short if call.error else "done"


def test_set_xml_is_refused_where_others_have_changed_it(caller, define):
    path = define("contested", vcpus=1)
    begun_with = stored(caller, path)
    caller.define(domain_xml("contested", caller.get(path, MACHINE, "UUID"), vcpus=2))
    theirs = stored(caller, path)
    assert end_of(caller, give_vcpus(caller, path, begun_with, 3)) == "Conflict"
    assert stored(caller, path) == theirs
    assert caller.get(path, MACHINE, "VCPUs") == 2
    assert end_of(caller, give_vcpus(caller, path, theirs, 3)) == "done"


def test_of_many_that_begin_with_the_same_xml_one_is_taken(caller, define):
    path = define("crowded", vcpus=1)
    begun_with = stored(caller, path)
    calls = [give_vcpus(caller, path, begun_with, n) for n in range(2, 8)]
    ends = [end_of(caller, call) for call in calls]
    assert sorted(ends) == ["Conflict"] * 5 + ["done"]
    assert caller.get(path, MACHINE, "VCPUs") == 2 + ends.index("done")


def test_set_autostart_sets_it(caller, machine):
    for value in (True, False):
        caller.call(machine, MACHINE, "SetAutostart", GLib.Variant("b", value), NO_OPTIONS)
        assert caller.get(machine, MACHINE, "Autostart") is value


def test_what_was_saved_is_started_again(caller, in_state):
    """The test driver knows no way to discard it at a start, and says so: real guests do."""
    path = in_state(RUNNING)
    caller.verb(path, "Save")
    assert caller.get(path, MACHINE, "StateReason") == "saved"
    assert "unsupported flags" in caller.verb(path, "Start", discard_save=True)[2]
    assert caller.verb(path, "Start")[0] == "done"
    assert state(caller, path) == RUNNING


# Jobs

def position(caller, member, condition):
    """Return when a signal came, as its place among all."""
    for place, (_, path, name, arguments) in enumerate(caller.signals):
        if name == member and condition(path, arguments):
            return place
    return None


def test_a_job_is_told_from_begin_to_end_in_order(caller, machine):
    job = caller.call(machine, MACHINE, "Start", NO_OPTIONS)
    caller.job(job)

    added = position(caller, "org.freedesktop.DBus.ObjectManager.InterfacesAdded",
                     lambda path, arguments: arguments[0] == job)
    new = position(caller, f"{MANAGER}.JobNew", lambda path, arguments: arguments == (job,))
    change = position(caller, f"{PROPERTIES}.PropertiesChanged",
                      lambda path, arguments: path == machine
                      and arguments[1].get("State") == RUNNING)
    end = position(caller, f"{PROPERTIES}.PropertiesChanged",
                   lambda path, arguments: path == job
                   and arguments[1].get("Result") == "done")
    removed = position(caller, f"{MANAGER}.JobRemoved",
                       lambda path, arguments: arguments == (job, "done", "", ""))
    assert None not in (added, new, change, end, removed)
    assert added < new < min(change, end) and max(change, end) < removed


def test_a_job_stays_readable_after_its_end(caller, machine):
    begin = time.time() * SECOND
    job = caller.call(machine, MACHINE, "Start", NO_OPTIONS)
    caller.job(job)

    facts = caller.get_all(job, JOB)
    assert job == f"{ROOT}/jobs/{facts['Id']}"
    assert facts["Operation"] == "start"
    assert facts["Objects"] == [machine]
    assert (facts["State"], facts["Result"]) == ("ended", "done")
    assert facts["ErrorName"] == facts["ErrorMessage"] == ""
    assert begin - SECOND < facts["StartedAt"] <= facts["EndedAt"] < time.time() * SECOND + SECOND
    assert facts["StartedByUID"] == caller.uid
    assert facts["Cancelable"] is False
    assert job in caller.objects()


def test_verbs_that_answer_at_the_end_are_jobs_too(caller, running):
    caller.call(running, MACHINE, "Suspend", NO_OPTIONS)
    job, = [path for path, faces in caller.objects().items() if JOB in faces
            and faces[JOB]["Objects"] == [running] and faces[JOB]["Operation"] == "suspend"]
    assert caller.job(job) == ("done", "")


def test_a_definition_is_a_job_that_ends_with_its_machine(caller, define):
    path = define()
    jobs = [faces[JOB] for faces in caller.objects().values() if JOB in faces
            and faces[JOB]["Objects"] == [path]]
    assert [job["Operation"] for job in jobs] == ["define"]


def test_list_jobs_has_those_that_have_not_ended(caller, define):
    path = define(fresh_name("deaf"))
    caller.verb(path, "Start")
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == []

    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    number = int(job.rpartition("/")[2])
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == [(number, "shutdown", job, [path])]

    caller.verb(path, "PowerOff")
    caller.job(job)
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == []


# A guest that does not hear

@pytest.fixture
def deaf(define, caller):
    """A machine that runs, and does not shut down when asked."""
    path = define(fresh_name("deaf"))
    caller.verb(path, "Start")
    caller.settle()
    return path


def test_a_shutdown_ends_by_its_timeout(caller, deaf):
    begin = time.monotonic()
    job = caller.call(deaf, MACHINE, "Shutdown", options(timeout=SECOND))
    assert caller.job(job) == ("timeout", "org.hatago.Host1.Error.TimedOut")
    assert 1 <= time.monotonic() - begin < 10
    assert state(caller, deaf) == RUNNING
    assert caller.get(job, JOB, "Result") == "timeout"
    assert "1 s" in caller.get(job, JOB, "ErrorMessage")


def test_a_shutdown_ends_when_the_machine_is_off_whoever_did_it(caller, deaf):
    shutdown = caller.call(deaf, MACHINE, "Shutdown", NO_OPTIONS)
    assert caller.verb(deaf, "PowerOff")[0] == "done"
    assert caller.job(shutdown) == ("done", "")


def test_two_shutdowns_of_one_machine_end_both(caller, deaf):
    jobs = [caller.call(deaf, MACHINE, "Shutdown", NO_OPTIONS) for _ in range(2)]
    caller.verb(deaf, "PowerOff")
    assert [caller.job(job)[0] for job in jobs] == ["done", "done"]


def test_a_waiting_shutdown_can_be_canceled(caller, deaf):
    job = caller.call(deaf, MACHINE, "Shutdown", NO_OPTIONS)
    caller.wait_cancelable(job)

    caller.call(job, JOB, "Cancel", NO_OPTIONS)

    assert caller.job(job) == ("canceled", "org.hatago.Host1.Error.Canceled")
    assert state(caller, deaf) == RUNNING
    assert caller.get(job, JOB, "Cancelable") is False


def test_an_ended_job_cannot_be_canceled(caller, machine):
    job = caller.call(machine, MACHINE, "Start", NO_OPTIONS)
    caller.job(job)
    with pytest.raises(BusError) as refused:
        caller.call(job, JOB, "Cancel", NO_OPTIONS)
    assert refused.value.short == "JobNotCancelable"


@pytest.mark.parametrize("timeout", [0, SECOND - 1, 24 * 3600 * SECOND + 1, 2**64 - 1])
def test_a_shutdown_timeout_out_of_range_is_refused(caller, deaf, timeout):
    with pytest.raises(BusError) as refused:
        caller.verb(deaf, "Shutdown", timeout=timeout)
    assert refused.value.short == "InvalidArgument"
    assert "timeout" in refused.value.message
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == []


def test_a_shutdown_timeout_of_a_day_is_taken(caller, running):
    assert caller.verb(running, "Shutdown", timeout=24 * 3600 * SECOND)[0] == "done"


# A call to libvirt that hangs

@pytest.fixture
def stuck(define, caller, agent):
    """A machine that runs, and a suspend of it that hangs until the agent's gate is touched."""
    agent.gate.unlink(missing_ok=True)
    path = define(fresh_name("stuck"))
    caller.verb(path, "Start")
    pending = caller.start(path, MACHINE, "Suspend", NO_OPTIONS)
    caller.wait(lambda: caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS), 20, "its job")
    yield path, pending
    agent.gate.touch()
    caller.wait(lambda: pending.answered, 20, "the answer of the suspend")
    agent.gate.unlink()


def test_a_hung_verb_holds_up_neither_reads_nor_power_off(caller, stuck):
    path, pending = stuck
    assert state(caller, path) == RUNNING
    assert caller.verb(path, "PowerOff")[0] == "done"
    assert not pending.answered
    assert state(caller, path) == OFF


def test_a_hung_verb_holds_up_no_other_machine(caller, stuck, define):
    path, pending = stuck
    other = define()
    assert caller.verb(other, "Start")[0] == "done"
    assert not pending.answered


def test_a_verb_behind_a_hung_one_waits_and_can_be_canceled(caller, stuck):
    path, pending = stuck
    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    assert caller.get(job, JOB, "State") == "running"
    assert caller.get(job, JOB, "Cancelable") is True

    caller.call(job, JOB, "Cancel", NO_OPTIONS)

    assert caller.job(job) == ("canceled", "org.hatago.Host1.Error.Canceled")
    assert state(caller, path) == RUNNING, "it was not carried out"


def test_a_verb_that_has_begun_cannot_be_canceled(caller, stuck):
    path, pending = stuck
    (_, operation, job, _), = caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS)
    assert operation == "suspend"
    caller.wait(lambda: not caller.get(job, JOB, "Cancelable"), 20, "not cancelable")
    with pytest.raises(BusError) as refused:
        caller.call(job, JOB, "Cancel", NO_OPTIONS)
    assert refused.value.short == "JobNotCancelable"


def test_a_verb_whose_machine_has_changed_meanwhile_fails(caller, stuck, agent):
    path, pending = stuck
    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    caller.verb(path, "PowerOff")
    agent.gate.touch()
    result, error = caller.job(job)
    assert result == "failed"
    # QEMU's driver has a number for it, the test driver has a text.
    assert error.endswith((".MachineNotRunning", ".Failed"))
    assert "not running" in caller.get(job, JOB, "ErrorMessage")
    with pytest.raises(BusError):
        pending.result()


def test_a_machine_that_a_start_before_it_made_run_is_not_undefined(caller, stuck, agent):
    """libvirt would let it run on without a definition. It was off when both were called."""
    path, pending = stuck
    caller.verb(path, "PowerOff")
    start = caller.call(path, MACHINE, "Start", NO_OPTIONS)
    undefine = caller.start(path, MACHINE, "Undefine", NO_OPTIONS)
    caller.wait(lambda: len(caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS)) == 3, 20, "3 jobs")
    agent.gate.touch()
    assert caller.job(start) == ("done", "")
    with pytest.raises(BusError) as refused:
        undefine.result()
    assert refused.value.short == "MachineRunning"
    assert caller.get(path, MACHINE, "Persistent") is True
    caller.wait(lambda: pending.answered, 20, "the answer of the suspend")


# A save that takes its time

MIB = 1024 * 1024


@pytest.fixture
def saving(define, caller, agent):
    """A machine that runs, and the job of its save, which goes on until the agent's gate is touched."""
    agent.gate.unlink(missing_ok=True)
    path = define(fresh_name("slow"))
    caller.verb(path, "Start")
    caller.settle()
    job = caller.call(path, MACHINE, "Save", NO_OPTIONS)
    yield path, job
    agent.gate.touch()
    caller.job(job)
    agent.gate.unlink()


def progress(caller, job):
    """Return what was told of a job's progress, in order."""
    return [(when, change["Progress"]) for when, change in caller.changes(job, JOB)
            if "Progress" in change]


def test_a_save_tells_how_far_it_is(caller, saving, agent):
    path, job = saving
    assert caller.get(job, JOB, "ProgressValid") is False
    caller.wait(lambda: len(progress(caller, job)) >= 4, 30, "four signals")

    facts = caller.get_all(job, JOB)
    assert facts["ProgressValid"] is True
    assert facts["BytesTotal"] == 1000 * MIB
    assert facts["Progress"] == facts["Bytes"] / facts["BytesTotal"]
    assert MIB < facts["Rate"] < 22 * MIB, "10 MiB each half second, or slower"
    left = (facts["BytesTotal"] - facts["Bytes"]) / facts["Rate"]
    assert abs(facts["ExpectedEnd"] / SECOND - time.time() - left) < 2

    # Not one by one: signals that came while this program did not run have one time.
    times = [when for when, _ in progress(caller, job)]
    assert len(times) - 2 <= (times[-1] - times[0]) / 0.5
    agent.gate.touch()
    assert caller.job(job) == ("done", "")
    facts = caller.get_all(job, JOB)
    assert facts["Progress"] == 1 and facts["Bytes"] == 1000 * MIB
    assert facts["Rate"] == facts["ExpectedEnd"] == 0
    assert caller.get(path, MACHINE, "StateReason") == "saved"


def test_a_save_can_be_canceled(caller, saving):
    path, job = saving
    caller.wait(lambda: progress(caller, job), 30, "a signal")
    assert caller.get(job, JOB, "Cancelable") is True
    begin = time.monotonic()
    caller.call(job, JOB, "Cancel", NO_OPTIONS)
    assert caller.job(job) == ("canceled", "org.hatago.Host1.Error.Canceled")
    assert time.monotonic() - begin < 5
    assert state(caller, path) == RUNNING
    facts = caller.get_all(job, JOB)
    assert facts["Cancelable"] is False
    assert 0 < facts["Progress"] < 1 and facts["Rate"] == 0


def test_a_save_is_canceled_as_soon_as_it_began(caller, saving):
    path, job = saving
    caller.call(job, JOB, "Cancel", NO_OPTIONS)
    assert caller.job(job) == ("canceled", "org.hatago.Host1.Error.Canceled")
    assert state(caller, path) == RUNNING


def test_canceling_twice_is_no_error(caller, saving, agent):
    path, job = saving
    aborting = agent.gate.with_name("gate.aborting")
    aborting.touch()
    try:
        for _ in range(2):
            caller.call(job, JOB, "Cancel", NO_OPTIONS)
        assert caller.get(job, JOB, "State") == "running", "libvirt has not ended it yet"
    finally:
        aborting.unlink()
    assert caller.job(job)[0] == "canceled"


def test_a_save_under_way_holds_up_no_power_off(caller, saving, agent):
    path, job = saving
    assert caller.verb(path, "PowerOff")[0] == "done"
    assert state(caller, path) == OFF
    agent.gate.touch()
    assert caller.job(job)[0] == "failed"


def test_a_job_that_tells_nothing_has_no_progress(caller, machine):
    job = caller.call(machine, MACHINE, "Start", NO_OPTIONS)
    caller.job(job)
    facts = caller.get_all(job, JOB)
    assert facts["ProgressValid"] is False
    assert facts["Progress"] == facts["Bytes"] == facts["BytesTotal"] == 0
