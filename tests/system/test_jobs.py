# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saves of a real guest: how far they are, their end before its time, and agents that are killed meanwhile."""

import base64
import json
import re
import time

import pytest
from conftest import Machine
from hatago_bus import JOB, MACHINE, MANAGER, NO_OPTIONS, ROOT, BusError
from hatago_hosts import Guest

MIB = 1024 * 1024
CANCELED = "org.hatago.Host1.Error.Canceled"
QEMU_CONF = "/etc/libvirt/qemu.conf"
FILL = "mount -t tmpfs -o size=200m none /tmp && dd if=/dev/urandom of=/tmp/filled bs=1M count=150"


def guest_shell(guest, command):
    """Run a command in the guest by its agent, and return what it printed."""
    def agent(execute, **arguments):
        words = json.dumps({"execute": execute, "arguments": arguments})
        return json.loads(guest.virsh("qemu-agent-command", words).stdout)["return"]
    pid = agent("guest-exec", path="/bin/sh", arg=["-c", command], **{"capture-output": True})["pid"]
    deadline = time.monotonic() + 60
    while not (status := agent("guest-exec-status", pid=pid))["exited"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert status["exitcode"] == 0, status
    return base64.b64decode(status.get("out-data", "")).decode()


@pytest.fixture(scope="module")
def big(bus, host):
    """A guest with 150 MiB of noise in its memory, whose saves are compressed: they take seconds."""
    host.run(["sh", "-c", f"echo 'save_image_format = \"gzip\"' >> {QEMU_CONF}"])
    host.run(["systemctl", "restart", "libvirtd"])
    bus.wait(lambda: bus.get(ROOT, MANAGER, "Connected"), 20, "connected")
    machine = Machine(bus, Guest(host, "big"))
    xml = re.sub(r'(<memory unit="MiB">)\d+', r"\g<1>256", machine.guest.xml())
    machine.path = bus.define(xml)
    assert machine.verb("Start")[0] == "done"
    machine.guest.wait_ready()
    machine.guest.wait_agent()
    guest_shell(machine.guest, FILL)
    yield machine
    machine.remove()
    host.run(["sed", "-i", "/save_image_format/d", QEMU_CONF])


@pytest.fixture
def running(big):
    """The same, running."""
    if big.get("State") != "running":
        assert big.verb("Start")[0] == "done"
    assert big.get("State") == "running"
    return big


def begin_save(machine):
    """Begin a save, and return its job when libvirt tells how far it is."""
    job = machine.bus.call(machine.path, MACHINE, "Save", NO_OPTIONS)
    machine.bus.wait(lambda: machine.bus.get(job, JOB, "ProgressValid"), 10, "progress")
    return job


def wait_end(bus, job, timeout=60):
    """Wait for the end of a job, of whatever agent; return its properties."""
    def ended():
        try:
            return bus.get(job, JOB, "State") == "ended"
        except BusError:
            return False
    bus.wait(ended, timeout, f"end of {job}")
    return bus.get_all(job, JOB)


def test_a_saved_guest_goes_on_where_it_was(running):
    """Save and Start: progress goes up to all of the memory, and the guest has not booted again."""
    bus = running.bus
    boots = guest_shell(running.guest, "cat /proc/sys/kernel/random/boot_id; md5sum /tmp/filled")
    job = begin_save(running)
    assert (running.get("State"), running.get("StateReason")) == ("paused", "save")
    assert bus.wait_job(job) == ("done", "", "")
    told = [change["Progress"] for _, change in bus.changes(job, JOB) if "Progress" in change]
    assert len(told) >= 3 and told == sorted(told) and told[-1] == 1
    times = [when for when, change in bus.changes(job, JOB) if "Bytes" in change][:-1]
    assert len(times) - 2 <= (times[-1] - times[0]) / 0.5, "twice a second at most"
    assert bus.get(job, JOB, "BytesTotal") > 256 * MIB
    assert (running.get("State"), running.get("StateReason")) == ("shutoff", "saved")
    assert running.get("ManagedSave") is True
    assert running.verb("Start") == ("done", "", "")
    assert (running.get("State"), running.get("StateReason")) == ("running", "restored")
    assert running.get("ManagedSave") is False
    assert guest_shell(running.guest,
                       "cat /proc/sys/kernel/random/boot_id; md5sum /tmp/filled") == boots


def test_a_save_that_is_canceled_leaves_the_guest_running(running):
    """Cancel: within a second, and the machine runs as before; also when it has hardly begun."""
    bus = running.bus
    for wait in (True, False):
        job = begin_save(running) if wait else bus.call(running.path, MACHINE, "Save", NO_OPTIONS)
        assert bus.get(job, JOB, "Cancelable") is True
        begin = time.monotonic()
        bus.call(job, JOB, "Cancel", NO_OPTIONS)
        assert bus.wait_job(job)[:2] == ("canceled", CANCELED)
        assert time.monotonic() - begin < 3
        assert (running.get("State"), running.get("ManagedSave")) == ("running", False)
        assert running.guest.state() == "running"
    guest_shell(running.guest, "true")


def test_a_paused_machine_stays_paused(running):
    """Save of a paused machine, canceled and whole: it is paused afterwards."""
    running.verb("Suspend")
    job = begin_save(running)
    running.bus.call(job, JOB, "Cancel", NO_OPTIONS)
    assert running.bus.wait_job(job)[0] == "canceled"
    assert running.get("State") == "paused"
    assert running.verb("Save")[0] == "done"
    assert running.verb("Start")[0] == "done"
    assert running.get("State") == "paused"
    running.verb("Resume")


def test_the_tool_shows_a_bar_and_a_job_can_be_canceled_by_it(running, host):
    """hatago save on a terminal; hatago job cancel from another one."""
    waiting = host.popen(["env", "LC_ALL=C.UTF-8", "script", "-qec",
                          f"stty cols 90; hatago save {running.guest.name}", "/dev/null"],
                         text=True, stdout=-1, stderr=-1, stdin=-3)
    def rows():
        return json.loads(host.run(["hatago", "--json=short", "job", "list"]).stdout)
    job = running.bus.wait(rows, 20, "the job")[0]
    assert job["Operation"] == "save"
    running.bus.wait(lambda: running.bus.get(f"{ROOT}/jobs/{job['Id']}", JOB, "ExpectedEnd"), 20, "progress")
    running.bus.iterate(1)  # so that it is drawn
    host.run(["hatago", "job", "cancel", str(job["Id"])])
    out, _ = waiting.communicate(timeout=20)
    assert waiting.returncode == 1
    assert re.search(r"saving 'big' [█░]{20} \d+% [\d.]+ [KM]iB/s, [\dmin ]+ s left", out), out
    assert "canceled" in out
    assert running.get("State") == "running"


def test_save_discard_and_start_afresh(running, host):
    """hatago save --discard, start --discard-save: what was saved is gone."""
    name = running.guest.name
    nothing = host.run(["hatago", "save", "--discard", name], check=False)
    assert nothing.returncode == 1 and "no saved state" in nothing.stderr
    host.run(["virsh", "suspend", name])
    for command in (["save", "--discard"], ["start", "--discard-save"]):
        host.run(["hatago", "save", "--paused", name], timeout=60)
        assert running.get("ManagedSave") is True
        host.run(["hatago", *command, name])
        assert running.get("ManagedSave") is False
        if running.get("State") == "shutoff":
            host.run(["hatago", "start", name])
        assert running.get("StateReason") == "booted"
    running.guest.wait_agent()
    guest_shell(running.guest, FILL)


@pytest.mark.parametrize("how", [["kill", "-s", "KILL", "hatagod"], ["restart", "hatagod"]],
                         ids=["killed", "restarted"])
def test_a_save_outlives_its_agent(running, host, how):
    """The next agent has the job under its number, goes on with it, and tells how it ended."""
    bus = running.bus
    job = begin_save(running)
    host.run(["systemctl", *how])
    host.run(["systemctl", "reset-failed", "hatagod"], check=False)
    facts = wait_end(bus, job)
    assert (facts["Result"], facts["ErrorName"]) == ("done", "")
    assert running.guest.state() == "shut off"
    assert running.get("ManagedSave") is True
    lines = host.run(["journalctl", "-u", "hatagod", "-o", "cat", f"HATAGO_JOB={job}",
                      "HATAGO_RESULT=done", "HATAGO_VERB=save"]).stdout
    assert "save big by user 0: done" in lines
    bus.wait(lambda: not list((host.root / "var/lib/hatago/jobs").iterdir()), 5, "no record")


def test_a_save_of_a_killed_agent_can_be_canceled(running, host):
    """Cancel works on a job that an agent before had begun."""
    bus = running.bus
    job = begin_save(running)
    host.run(["systemctl", "kill", "-s", "KILL", "hatagod"])
    bus.wait(lambda: bus_has(bus, job), 20, "the job on the bus again")
    bus.call(job, JOB, "Cancel", NO_OPTIONS)
    facts = wait_end(bus, job)
    assert (facts["Result"], facts["ErrorName"]) == ("canceled", CANCELED)
    assert running.guest.state() == "running"


def bus_has(bus, job):
    """Whether an agent has this job."""
    try:
        return bus.get(job, JOB, "Cancelable")
    except BusError:
        return False


def test_a_save_whose_libvirtd_is_killed_too_is_not_told_as_done(running, host):
    """Both are killed: libvirtd lets the guest run on, and nobody says that it was saved."""
    bus = running.bus
    job = begin_save(running)
    host.run(["systemctl", "kill", "-s", "KILL", "hatagod", "libvirtd"])
    facts = wait_end(bus, job)
    assert (facts["Result"], facts["ErrorName"]) == ("failed", "org.hatago.Host1.Error.Interrupted")
    bus.wait(lambda: running.get("State") == "running", 10, "running")
