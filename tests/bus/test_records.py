# SPDX-License-Identifier: LGPL-2.1-or-later
"""Jobs are written down: an agent tells what became of those of one that was killed before it."""

import os
import time

import pytest

from hatago_bus import JOB, MACHINE, MANAGER, NO_OPTIONS, ROOT, BusError, options
from machines import OFF, RUNNING, SAVED, domain_xml, driver_file, fresh_uuid

SECOND = 1_000_000
INTERRUPTED = "org.hatago.Host1.Error.Interrupted"


@pytest.fixture
def records(house):
    """The folder where agents of this house keep their records."""
    return house.folder / "state" / "jobs"


@pytest.fixture
def begin(house, records):
    """A function that starts an agent with one machine in a state; returns it, and a caller."""
    uuid = fresh_uuid()

    def begin(name, state):
        agent = house.ready_agent("--connect", driver_file(house.folder, (name, uuid, state)),
                                  environment={"STATE_DIRECTORY": str(records.parent)})
        return agent, house.stranger()

    return begin


def killed(caller, agent, records, name, verb, **values):
    """Begin a verb that takes long, kill the agent, and return the path of its job."""
    job = caller.call(caller.machine(name), MACHINE, verb, options(**values))
    number = job.rpartition("/")[2]
    caller.wait(lambda: [file.name for file in records.iterdir()] == [f"{number}.job"], 20, "record")
    caller.wait(lambda: caller.get(job, JOB, "Cancelable"), 20, "Cancelable")
    agent.kill()
    return job


def ended(caller, job):
    """Wait for the end of a job, which may have been before this caller came."""
    caller.wait(lambda: caller.get(job, JOB, "State") == "ended", 20, "end")
    return caller.get_all(job, JOB)


def test_a_record_is_there_as_long_as_its_job(begin, records):
    agent, caller = begin("deaf", RUNNING)
    path = caller.machine("deaf")
    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    record = records / f"{job.rpartition('/')[2]}.job"
    caller.wait(record.exists, 20, "record")
    assert (record.stat().st_mode & 0o777, records.stat().st_mode & 0o777) == (0o600, 0o700)
    assert caller.get(path, MACHINE, "UUID") in record.read_text()
    caller.verb(path, "PowerOff")
    assert ended(caller, job)["Result"] == "done"
    caller.wait(lambda: not list(records.iterdir()), 20, "no record")


@pytest.mark.parametrize("verb", ["PowerOff", "Reset", "Suspend"])
def test_what_is_done_at_once_is_not_written_down(begin, records, verb):
    agent, caller = begin("web", RUNNING)
    before = records.stat().st_mtime_ns
    caller.verb(caller.machine("web"), verb)
    assert records.stat().st_mtime_ns == before


@pytest.mark.parametrize("after, result, error", [
    (SAVED, "done", ""), (RUNNING, "failed", INTERRUPTED), (OFF, "failed", INTERRUPTED)],
    ids=["saved", "running", "off"])
def test_a_save_of_a_killed_agent_is_told_by_what_is_seen(begin, records, after, result, error):
    agent, caller = begin("slow", RUNNING)
    job = killed(caller, agent, records, "slow", "Save")

    agent, caller = begin("slow", after)

    facts = ended(caller, job)
    assert (facts["Result"], facts["ErrorName"]) == (result, error)
    assert facts["Operation"] == "save" and facts["StartedByUID"] == caller.uid
    assert facts["Objects"] == [caller.machine("slow")]
    assert facts["StartedAt"] < facts["EndedAt"]
    if error:
        assert "not known" in facts["ErrorMessage"]
    agent.wait_log(f"^save slow by user {caller.uid}: {result}")
    caller.wait(lambda: not list(records.iterdir()), 20, "no record")


def test_a_save_that_goes_on_is_adopted(begin, records, house):
    agent, caller = begin("slow", RUNNING)
    job = killed(caller, agent, records, "slow", "Save")
    saving = house.folder / "gate.saving"
    saving.touch()

    agent, caller = begin("slow", RUNNING)

    number = int(job.rpartition("/")[2])
    machine = caller.machine("slow")
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == [(number, "save", job, [machine])]
    caller.wait(lambda: caller.get(job, JOB, "Progress") > 0, 20, "progress")
    assert caller.get(job, JOB, "Cancelable") is True
    # It goes on for as long as libvirt works on it, and new jobs have other numbers.
    other = caller.call(machine, MACHINE, "PowerOff", NO_OPTIONS)
    assert int(other.rpartition("/")[2]) > number
    assert caller.get(job, JOB, "State") == "running"
    saving.unlink()
    assert ended(caller, job)["ErrorName"] == INTERRUPTED, "it was powered off, not saved"


def test_an_adopted_save_can_be_canceled(begin, records, house):
    agent, caller = begin("slow", RUNNING)
    job = killed(caller, agent, records, "slow", "Save")
    (house.folder / "gate.saving").touch()
    agent, caller = begin("slow", RUNNING)
    caller.call(job, JOB, "Cancel", NO_OPTIONS)
    facts = ended(caller, job)
    assert (facts["Result"], facts["ErrorName"]) == ("canceled", "org.hatago.Host1.Error.Canceled")


def test_an_agent_that_stops_leaves_an_adopted_job_to_the_next(begin, records, house):
    agent, caller = begin("slow", RUNNING)
    job = killed(caller, agent, records, "slow", "Save")
    saving = house.folder / "gate.saving"
    saving.touch()
    agent, caller = begin("slow", RUNNING)
    caller.wait(lambda: caller.get(job, JOB, "Progress") > 0, 20, "progress")
    assert agent.terminate() == 0
    assert len(list(records.iterdir())) == 1
    saving.unlink()
    agent, caller = begin("slow", SAVED)
    assert ended(caller, job)["Result"] == "done"


def test_an_agent_that_stops_leaves_a_save_to_the_next(begin, records):
    """It waits for three seconds, and no longer: libvirt goes on."""
    agent, caller = begin("slow", RUNNING)
    job = caller.call(caller.machine("slow"), MACHINE, "Save", NO_OPTIONS)
    caller.wait(lambda: list(records.iterdir()), 20, "record")
    assert agent.terminate() == 0
    assert "save slow" not in agent.log(), "nobody knows yet"
    agent, caller = begin("slow", SAVED)
    assert ended(caller, job)["Result"] == "done"


def test_a_shutdown_is_waited_for_by_the_next_agent(begin, records):
    agent, caller = begin("deaf", RUNNING)
    job = killed(caller, agent, records, "deaf", "Shutdown")
    agent, caller = begin("deaf", RUNNING)
    caller.iterate(1)
    assert caller.get(job, JOB, "State") == "running"
    caller.verb(caller.machine("deaf"), "PowerOff")
    assert ended(caller, job)["Result"] == "done"


def test_a_shutdown_keeps_its_timeout(begin, records):
    agent, caller = begin("deaf", RUNNING)
    job = killed(caller, agent, records, "deaf", "Shutdown", timeout=5 * SECOND)
    time.sleep(3)  # so that five seconds from now on are something else
    agent, caller = begin("deaf", RUNNING)
    facts = ended(caller, job)
    assert facts["Result"] == "timeout"
    assert 5 * SECOND <= facts["EndedAt"] - facts["StartedAt"] < 7.5 * SECOND


def test_a_shutdown_that_is_over_is_done(begin, records):
    agent, caller = begin("deaf", RUNNING)
    job = killed(caller, agent, records, "deaf", "Shutdown")
    agent, caller = begin("deaf", OFF)
    assert ended(caller, job)["Result"] == "done"


def put(records, name, uuid, **values):
    """Write a record as an agent would."""
    fields = {"Operation": "start", "Object": f"{ROOT}/machines/x", "Name": "web", "UUID": uuid,
              "StartedByUID": 1234, "Unit": "", "StartedAt": 1700000000 * SECOND, "Run": 0,
              "Timeout": 0, **values}
    records.mkdir(parents=True, exist_ok=True)
    records.parent.chmod(0o755)
    lines = "\n".join(f"{key}={value}" for key, value in fields.items())
    (records / name).write_text(f"[Job]\n{lines}\n")


@pytest.mark.parametrize("state, result", [(RUNNING, "done"), (OFF, "failed")],
                         ids=["running", "off"])
def test_a_start_is_told_by_what_is_seen(house, records, state, result):
    uuid = fresh_uuid()
    put(records, "7.job", uuid)
    house.ready_agent("--connect", driver_file(house.folder, ("web", uuid, state)),
                      environment={"STATE_DIRECTORY": str(records.parent)})
    caller = house.stranger()
    facts = ended(caller, f"{ROOT}/jobs/7")
    assert facts["Result"] == result
    assert facts["StartedByUID"] == 1234


def test_what_nobody_knows_is_not_told_as_done(house, records):
    """A machine that is gone, an operation that is none: failed, and the agent lives."""
    put(records, "1.job", fresh_uuid(), Operation="save")
    put(records, "2.job", fresh_uuid(), Operation="no-such")
    put(records, "3.job", fresh_uuid(), Operation="undefine")
    (records / "4.job").write_bytes(os.urandom(3000))
    (records / "5.job").symlink_to("/etc/passwd")
    (records / "6.job").mkdir()
    os.mkfifo(records / "7.job")
    put(records, "2147483648.job", fresh_uuid())
    agent = house.ready_agent(environment={"STATE_DIRECTORY": str(records.parent)})
    caller = house.stranger()
    for number in (1, 2, 3):
        facts = ended(caller, f"{ROOT}/jobs/{number}")
        assert (facts["Result"], facts["ErrorName"]) == ("failed", INTERRUPTED)
    assert sorted(path for path in caller.objects() if "/jobs/" in path) == [
        f"{ROOT}/jobs/{number}" for number in (1, 2, 3)]
    for name in ("4.job", "5.job", "6.job", "7.job", "2147483648.job"):
        agent.wait_log(f'"{name}" in the folder of jobs is no record')
    path = caller.define(domain_xml("new"))
    assert caller.verb(path, "Start")[0] == "done"
    with pytest.raises(BusError) as refused:
        caller.call(f"{ROOT}/jobs/1", JOB, "Cancel", NO_OPTIONS)
    assert refused.value.short == "JobNotCancelable"


def test_a_folder_that_cannot_be_written_keeps_no_job_from_its_deed(house, records):
    records.parent.mkdir()
    records.write_text("a file")
    agent = house.ready_agent(environment={"STATE_DIRECTORY": str(records.parent)})
    assert "jobs are not written down" in agent.log()
    caller = house.stranger()
    assert caller.verb(caller.define(domain_xml("web")), "Start")[0] == "done"
