# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line tool against the real agent: what a person types, reads and scripts."""

import json
import re
import signal
import time

import pytest


@pytest.fixture
def hatago(host, bus):
    """Run the tool in the host; return its CompletedProcess, whatever its status."""
    def run(*arguments, user=None, input=None):
        return host.run(["hatago", *arguments], user=user, check=False, timeout=120, input=input)
    return run


def test_the_whole_life_of_a_machine(hatago, machine):
    """define, list, start, status, suspend, resume, shutdown, undefine: each does it and says so."""
    name = machine.guest.name
    assert hatago("define", "-", input=machine.guest.xml()).returncode == 0
    machine.path = machine.bus.machine(name)
    assert hatago("start", name).returncode == 0
    assert machine.guest.state() == "running"
    machine.guest.wait_ready()
    status = hatago("status", name).stdout
    assert "running" in status and "tcg" in status and machine.get("UUID") in status
    assert hatago("suspend", name).returncode == 0
    assert re.search(rf"{name}\s+paused", hatago("list").stdout)
    assert hatago("resume", name).returncode == 0
    machine.guest.wait_agent()
    assert hatago("shutdown", name, "--timeout=60s").returncode == 0
    assert machine.guest.state() == "shut off"
    assert hatago("undefine", name).returncode == 0
    assert name not in hatago("list").stdout


def test_json_has_the_bus_names_of_properties(hatago, machine):
    """show --json is the object's properties; list --json has every machine."""
    machine.define()
    shown = json.loads(hatago("--json=short", "show", machine.guest.name).stdout)[0]
    facts = machine.bus.get_all(machine.path, "org.hatago.Host1.Machine")
    for name, value in json.loads(json.dumps(facts)).items():  # JSON has no tuples
        assert shown[name] == value
    rows = json.loads(hatago("--json=pretty", "list").stdout)
    assert machine.guest.name in [row["Name"] for row in rows]


def test_status_says_what_is_wrong_and_what_was_done(hatago, machine, host):
    """The warning in a sentence, and the journal to those who may read it."""
    machine.define()
    name = machine.guest.name
    assert hatago("start", name).returncode == 0
    machine.bus.wait(lambda: machine.get("StartedAt"), 10, "machined has told when it started")
    host.run(["journalctl", "--sync"])
    status = hatago("status", name).stdout
    assert f"● {name}" in status and ", started " in status and "emulated, slow (tcg)" in status
    assert "Warning: It is emulated and slow" in status
    assert re.search(rf"hatagod\[\d+\]: start {name} by user 0: done$", status, re.MULTILINE)
    assert f"start {name}" not in hatago("status", name, "-n", "0").stdout
    others = hatago("status", name, user="alice").stdout
    assert f"start {name}" not in others and "systemd-journal" in others
    assert name in hatago("list", "--warnings").stdout
    listed = hatago("list", "--json=short", "--columns=name,accelerator,started", name).stdout
    assert json.loads(listed) == [{"Name": name, "Accelerator": "tcg",
                                   "StartedAt": machine.get("StartedAt")}]


@pytest.mark.parametrize("arguments, status, words", [
    (["start", "not-there"], 1, ["not-there", "hatago list"]),
    (["shutdown", "--timeout=never", "x"], 2, ["timeout"]),
    (["no-such-verb"], 2, ["no-such-verb"]),
    (["start"], 2, ["start"]),
    (["define", "/not/there.xml"], 1, ["/not/there.xml"]),
])
def test_a_mistake_is_named(hatago, arguments, status, words):
    """Exit 1 for what failed, 2 for usage; the message has the thing that was wrong."""
    done = hatago(*arguments)
    assert done.returncode == status
    for word in words:
        assert word in done.stderr


def test_an_error_says_object_reason_and_way_out(hatago, machine):
    """Starting a running machine, and undefining it."""
    machine.define()
    machine.verb("Start")
    again = hatago("start", machine.guest.name)
    assert again.returncode == 1
    assert machine.guest.name in again.stderr and "running" in again.stderr
    undefine = hatago("undefine", machine.guest.name)
    assert undefine.returncode == 1
    assert "hatago shutdown" in undefine.stderr or "power" in undefine.stderr


def test_without_a_right_the_missing_one_is_named(hatago, machine):
    """A plain user is told which right is missing."""
    machine.define()
    done = hatago("start", machine.guest.name, user="alice")
    assert done.returncode == 1
    assert "org.hatago.Host1.machine-control" in done.stderr
    assert machine.get("State") == "shutoff"


def test_malformed_xml_names_the_line(hatago):
    """The reason of a refused definition has the place."""
    done = hatago("define", "-", input="<domain>\n<name>x</name>\n</domin>")
    assert done.returncode == 1
    assert "line 3" in done.stderr


def test_several_machines_are_each_tried(hatago, machine):
    """One wrong name does not keep the others from being started."""
    machine.define()
    done = hatago("start", "not-there", machine.guest.name)
    assert done.returncode == 1
    assert machine.get("State") == "running"


def test_a_waiting_shutdown_is_a_job_that_can_be_canceled(hatago, machine, host):
    """shutdown of a deaf guest waits; job list shows it; job cancel ends the waiting."""
    machine.run("deaf")
    waiting = host.popen(["hatago", "shutdown", machine.guest.name], text=True,
                         stdout=-1, stderr=-1, stdin=-3)
    deadline = time.monotonic() + 30
    while not (rows := json.loads(hatago("--json=short", "job", "list").stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert rows[0]["Operation"] == "shutdown"
    assert hatago("job", "cancel", str(rows[0]["Id"])).returncode == 0
    out, error = waiting.communicate(timeout=20)
    assert waiting.returncode == 1
    assert "cancel" in (out + error).lower()


def test_monitor_prints_what_virsh_does(machine, host, tmp_path):
    """Every change by others is a line with the machine's name."""
    machine.define()
    told = tmp_path / "told"
    with told.open("w") as file:
        monitor = host.popen(["hatago", "monitor"], stdout=file, stdin=-3)

    def tells_of_a_run():
        """Run the machine; the first runs may be over before the monitor listens."""
        machine.guest.virsh("start")
        machine.guest.virsh("destroy")
        machine.bus.iterate(0.5)
        lines = [line for line in told.read_text().splitlines() if machine.guest.name in line]
        return all(any(word in line for line in lines) for word in ("→ running", "→ shutoff"))

    machine.bus.wait(tells_of_a_run, 60, "a run in what the monitor prints")
    monitor.send_signal(signal.SIGTERM)
    monitor.wait(20)


def test_japanese(host, machine):
    """With a Japanese language, what is for people is Japanese, and states stay words."""
    machine.define()
    done = host.run(["env", "LANGUAGE=ja", "LC_ALL=C.UTF-8", "hatago", "list"])
    assert "名前" in done.stdout and "shutoff" in done.stdout


def test_a_user_has_an_agent_of_their_own(host, bus):
    """hatagod --user serves the session bus with qemu:///session, without polkit."""
    script = ("export XDG_RUNTIME_DIR=$(mktemp -d); hatagod --user 2>&1 & agent=$!; "
              "for i in $(seq 100); do hatago --user list >/dev/null 2>&1 && break; sleep 0.2; done; "
              "hatago --user define /var/lib/libvirt/images/hatago-guest/guest.xml; "
              "hatago --user list; hatago --user show guest --property=State --value; "
              "virsh -c qemu:///session list --all --name; "
              "hatago --user undefine guest; kill $agent; wait $agent; echo status $?")
    done = host.run(["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "dbus-run-session", "--", "sh",
                     "-c", script], user="alice", timeout=120)
    assert "shutoff" in done.stdout
    assert "\nguest\n" in done.stdout
    assert done.stdout.rstrip().endswith("status 0")
