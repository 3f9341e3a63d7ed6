# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line tool against the real agent on the private bus: what it prints, and when it ends."""

import json
import os
import subprocess
import time

import pytest

from agent import BUILD, TOP
from conftest import House
from hatago_bus import MACHINE, NO_OPTIONS
from machines import OFF, PAUSED, RUNNING, domain_xml, driver_file, fresh_name, fresh_uuid

HATAGO = str(BUILD / "cli/hatago")


def process(house, *arguments, **environment):
    """Return the arguments of a process that runs the tool, in English and without a terminal."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("LANGUAGE", "LANG", "COLUMNS") and not name.startswith("LC_")}
    return {"args": [HATAGO, *arguments], "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE, "text": True, "errors": "replace",
            "env": {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                    "DBUS_SYSTEM_BUS_ADDRESS": house.bus.address, **environment}}


def run(house, *arguments, **environment):
    """Run the tool; return its CompletedProcess."""
    return subprocess.run(**process(house, *arguments, **environment), timeout=30)


# list

NAMES = ["vm1", "vm2", "vm10", "Web", "ウェブサーバー"]
STATES = [RUNNING, OFF, PAUSED, RUNNING, OFF]


@pytest.fixture(scope="module")
def crowd():
    """A house whose machines have names that are hard to sort and to align."""
    house = House()
    house.ready_agent("--connect", driver_file(house.folder, *(
        (name, fresh_uuid(), state) for name, state in zip(NAMES, STATES, strict=True))))
    yield house
    house.end()


@pytest.fixture
def listing(crowd):
    """Run "hatago list" there: returns what it printed, with another status what it complained."""
    def listing(*arguments, status=0, **environment):
        done = run(crowd, "list", *arguments, **environment)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr
    return listing


def names(text):
    """Return the first word of each line."""
    return [line.split()[0] for line in text.splitlines()]


def test_names_are_sorted_as_people_do(listing):
    assert names(listing("--no-legend")) == NAMES
    assert names(listing("--no-legend", "--reverse")) == NAMES[::-1]


def test_columns_are_aligned_also_behind_wide_characters(listing):
    lines = listing("--no-legend").splitlines()
    assert lines[0].startswith("vm1            running ")
    assert lines[4].startswith("ウェブサーバー shutoff ")


def test_columns_are_chosen_and_sorted_by(listing):
    text = listing("--columns=state,name", "--sort=state", "vm*")
    assert text.splitlines() == ["STATE   NAME", "paused  vm10", "running vm1", "shutoff vm2", "",
                                 "3 machines, 1 running."]
    assert len(listing("--columns=+uuid", "--no-legend", "vm1").split()[-1]) == 36


def test_filters_narrow_the_list(listing):
    assert names(listing("--no-legend", "--running")) == ["vm1", "Web"]
    assert names(listing("--no-legend", "--state=paused,shutoff")) == ["vm2", "vm10", NAMES[4]]
    assert listing("--no-legend", "--autostart=yes") == ""
    assert names(listing("--no-legend", "--autostart=no", "vm?")) == ["vm1", "vm2"]


def test_all_columns_can_be_shown_and_sorted_by(shared_house, define, listing):
    """Also those that ListMachines has not, one property behind two of them, and a filter on it."""
    define("all-columns", extra="<title>zz</title>")
    words = listing("--columns=nosuch", status=2).splitlines()[0].split("It can be: ")[1].split(", ")
    done = run(shared_house, "list", "--no-legend", f"--columns={','.join(words)}", "all-columns")
    assert "all-columns" in done.stdout and " zz " in done.stdout, done.stderr
    for word in words:
        assert names(listing("--no-legend", f"--sort={word}", "vm*")), word
    done = run(shared_house, "list", "--no-legend", "--columns=title,name", "--sort=title", "--reverse",
               "--persistent=yes")
    assert done.stdout.split()[:2] == ["zz", "all-columns"]
    done = run(shared_house, "list", "--columns=+warnings,started,uptime", "--sort=warnings", "--warnings")
    assert done.returncode == 0, done.stderr


def test_json_has_the_properties_behind_the_columns(listing):
    rows = json.loads(listing("--json=short"))
    assert [row["Name"] for row in rows] == NAMES
    assert set(rows[0]) == {"Path", "Name", "UUID", "State", "Unit", "Autostart", "VCPUs", "Memory"}
    rows = json.loads(listing("--json=short", "--columns=name,memory", "vm2"))
    assert rows == [{"Name": "vm2", "Memory": 256 * 1024 * 1024}]


def test_a_wrong_column_is_told_what_there_is(listing):
    for option in ("--columns=name,stat", "--sort=stat"):
        said = listing(option, status=2)
        assert option in said and "name, state, " in said
    assert "  uptime  " in listing("--columns=help")


def test_the_completion_knows_all_columns(listing):
    words = listing("--columns=nosuch", status=2).splitlines()[0].split("It can be: ")[1].split(", ")
    script = ('source "$1"; compopt() { :; }; COMP_WORDS=(hatago list "$2" = "$3"); COMP_CWORD=4; '
              '_hatago; printf "%s\\n" "${COMPREPLY[@]}"')

    def complete(option, word):
        return subprocess.run(["bash", "-c", script, "bash", TOP / "cli/completion/hatago", option,
                               word], capture_output=True, text=True, check=True).stdout.split()
    assert complete("--columns", "") == complete("--sort", "") == words
    assert complete("--columns", "+name,mem") == ["+name,memory", "+name,memory-max"]
    assert complete("--columns", "+warn") == ["+warnings"]


# status

DEVICES = """<title>{title}</title><devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/pool/web.qcow2'/>
        <target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='network'><mac address='52:54:00:aa:bb:cc'/><source network='default'/></interface>
    <graphics type='vnc' port='5901' listen='127.0.0.1'/></devices>"""


def test_status_shows_a_machine_at_a_glance(shared_house, define, caller):
    path = define("glance", extra=DEVICES.format(title="A shop"))
    lines = run(shared_house, "status", "glance").stdout.splitlines()
    assert lines[0] == "○ glance - A shop"
    caller.verb(path, "Start")
    lines = run(shared_house, "status", "glance").stdout.splitlines()
    assert lines[0] == "● glance - A shop"
    shown = [line.strip() for line in lines]
    for line in ("State: running (booted)", "Memory: 256 MiB", "Disks: vda  /pool/web.qcow2, qcow2, virtio",
                 "sda  cdrom, empty, sata", "Displays: vnc0  127.0.0.1:5901"):
        assert line in shown
    assert any(line.startswith("Interfaces: 52:54:00:aa:bb:cc  network default") for line in shown)
    ascii_only = run(shared_house, "status", "glance", LC_ALL="C").stdout.splitlines()[0]
    assert ascii_only == "* glance - A shop"


def test_status_as_json_is_complete(shared_house, define, caller):
    path = define("complete", extra=DEVICES.format(title=""))
    shown = json.loads(run(shared_house, "--json=short", "status", "complete").stdout)[0]
    facts = caller.get_all(path, MACHINE)
    assert {name: shown[name] for name in facts} == json.loads(json.dumps(facts))
    assert [item["Key"] for item in shown["Disks"]] == ["vda", "sda"]
    assert {"Interfaces", "Displays", "Jobs", "Journal"} <= shown.keys()


def test_status_shows_the_jobs_of_the_machine_and_no_others(shared_house, caller, define, agent):
    for name in ("stuck-job", "other"):
        caller.verb(define(name), "Start")
    agent.gate.unlink(missing_ok=True)
    hung = caller.start(caller.machine("stuck-job"), MACHINE, "Suspend", NO_OPTIONS)
    caller.wait(lambda: "suspend" in run(shared_house, "status", "stuck-job").stdout, 30, "the job")
    assert "suspend" not in run(shared_house, "status", "other").stdout
    assert "1 under way: hatago job list" in run(shared_house, "status").stdout
    agent.gate.touch()
    hung.result()
    agent.gate.unlink()


# monitor

class Monitor:
    """A "hatago monitor" that runs; what it prints goes to a file."""

    def __init__(self, house, caller, *arguments):
        """Start it, and wait until it tells of a machine that is made to be seen."""
        self.file = house.folder / fresh_name("monitor")
        with self.file.open("w") as file:
            self.process = subprocess.Popen(
                **process(house, "monitor", *arguments) | {"stdout": file})
        deadline = time.monotonic() + 30
        while not self.sees(caller, fresh_name("probe")):
            assert self.process.poll() is None and time.monotonic() < deadline

    def sees(self, caller, name):
        """Define and undefine a machine; return whether its end is told."""
        caller.verb(caller.define(domain_xml(name)), "Undefine")
        deadline = time.monotonic() + 0.5
        while not self.has(name, "is gone") and not self.has(name, '"removed"'):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def lines(self):
        """Return the whole lines until now, but for those about what was made to be seen."""
        return [line for line in self.file.read_text().split("\n")[:-1] if "probe" not in line]

    def has(self, *words):
        """Whether a line has all these words."""
        return any(all(word in line for word in words)
                   for line in self.file.read_text().splitlines())

    def wait(self, *words):
        """Wait for such a line, and end it; return its lines, and what it complained of."""
        deadline = time.monotonic() + 30
        while not self.has(*words):
            assert time.monotonic() < deadline, self.lines()
            time.sleep(0.01)
        self.process.terminate()
        _, complaint = self.process.communicate(timeout=30)
        return self.lines(), complaint


def live(caller, name):
    """Define, start, end and undefine a machine of this name."""
    path = caller.define(domain_xml(name))
    for verb in ("Start", "PowerOff", "Undefine"):
        caller.verb(path, verb)


def test_monitor_tells_each_change_for_people(shared_house, caller):
    monitor = Monitor(shared_house, caller)
    live(caller, "told")
    lines, complaint = monitor.wait("ended: undefine told: done")
    assert complaint == ""
    told = [line.split(" ", 1)[1] for line in lines if "told" in line]
    for line in ("told: appeared", "told: State: shutoff → running", "told: State: running → shutoff",
                 "told: is gone"):
        assert told.count(line) == 1, lines
    assert [line.split(": ", 1)[1] for line in told if line.startswith("job ")] == [
        "ended: define told: done", "began: start told", "ended: start told: done",
        "began: poweroff told", "ended: poweroff told: done", "began: undefine told",
        "ended: undefine told: done"]


def test_monitor_can_be_narrowed_to_machines(shared_house, caller):
    monitor = Monitor(shared_house, caller, "want*", "probe*", "nosuch")
    live(caller, "other")
    live(caller, "wanted")
    lines, complaint = monitor.wait("ended: undefine wanted: done")
    assert complaint.endswith("No machine matches 'nosuch'.\n")
    assert any("wanted: appeared" in line for line in lines)
    assert not [line for line in lines if "other" in line]


def test_monitor_prints_one_object_a_line_as_json(shared_house, caller):
    monitor = Monitor(shared_house, caller, "--json=pretty")
    live(caller, "told-json")
    lines, _ = monitor.wait('"removed"', '"told-json"')
    events = [json.loads(line) for line in lines]
    assert {"added", "changed", "removed", "job-new", "job-removed"} == {
        event["Event"] for event in events}
    states = [(event["Old"], event["New"]) for event in events
              if event.get("Property") == "State" and event["Name"] == "told-json"]
    assert states == [("shutoff", "running"), ("running", "shutoff")]


def test_monitor_ends_when_nobody_reads_any_more(shared_house, agent):
    with subprocess.Popen(**process(shared_house, "monitor")) as monitor:
        monitor.stdout.close()
        assert monitor.wait(30) == 1
        assert monitor.stderr.read() == ""


def test_monitor_lives_on_when_the_agent_is_restarted(house):
    uuids = [fresh_uuid(), fresh_uuid()]
    first = house.ready_agent("--connect", driver_file(
        house.folder, ("stays", uuids[0], RUNNING), ("goes", uuids[1], OFF)))
    monitor = Monitor(house, house.stranger())
    first.terminate()
    house.ready_agent("--connect", driver_file(house.folder, ("stays", uuids[0], PAUSED)))
    lines, _ = monitor.wait("goes: is gone")  # told last: when the agent has read all
    for end in ("agent: left the bus", "agent: is on the bus", "stays: State: running → paused"):
        assert len([line for line in lines if line.endswith(end)]) == 1, lines


# Without an agent, and without a hypervisor

def test_without_an_agent_the_way_to_start_one_is_told(house):
    done = run(house, "list")
    assert done.returncode == 1 and "systemctl start hatagod" in done.stderr
    done = run(house, "--user", "list", DBUS_SESSION_BUS_ADDRESS=house.bus.address)
    assert done.returncode == 1 and "hatagod --user" in done.stderr


def test_an_absent_libvirt_is_said_at_once(house):
    """Not an empty list, and not after ten seconds."""
    agent = house.agent("--connect", "qemu+unix:///system?socket=/nonexistent/sock")
    agent.wait_log("Cannot connect to qemu")
    begin = time.monotonic()
    done = run(house, "list")
    assert time.monotonic() - begin < 8
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot reach libvirt" in done.stderr and "/nonexistent/sock" in done.stderr
    assert "systemctl status libvirtd" in done.stderr


# stats

COLUMNS = ["NAME", "CPU", "MEMORY", "USED", "READ/S", "WRITE/S", "RECEIVE/S", "SEND/S"]


@pytest.fixture(scope="module")
def busy():
    """A house with two machines that run, and one that does not."""
    house = House()
    house.ready_agent("--connect", driver_file(house.folder, ("second", fresh_uuid(), RUNNING),
                                               ("first", fresh_uuid(), RUNNING),
                                               ("idle", fresh_uuid(), OFF)))
    yield house
    house.end()


def test_stats_shows_rates_at_once(busy):
    begin = time.monotonic()
    done = run(busy, "stats")
    assert time.monotonic() - begin < 5, "not only at the next sample"
    assert (done.returncode, done.stderr) == (0, "")
    headings, first, second, _, total = done.stdout.splitlines()
    assert headings.split() == COLUMNS
    assert first.startswith("first ") and second.startswith("second ")
    # guest_statistics.c: half a processor, a million bytes read in a second, two received.
    words = first.split()
    assert 25 < float(words[1].rstrip("%")) < 100, "of a second: see test_statistics.py"
    assert words[2:5] == ["64", "MiB", "-"]
    assert total == "2 machines run."


def test_stats_as_json_has_the_names_of_the_bus(busy):
    rows = json.loads(run(busy, "--json=short", "stats", "second").stdout)
    assert [row["Name"] for row in rows] == ["second"]
    assert abs(rows[0]["When"] / 1e6 - time.time()) < 10
    assert 25 < rows[0]["CPUPercent"] < 100
    assert rows[0]["MemoryRSS"] == 64 * 1024 * 1024
    assert rows[0]["Disks"][0]["Key"] == "vda" and rows[0]["Responding"] is True


def test_stats_of_a_name(busy):
    assert "second" not in run(busy, "--no-legend", "stats", "f*t").stdout
    idle = run(busy, "stats", "idle")
    assert idle.returncode == 0
    assert "'idle' does not run." in idle.stderr and "0 machines run." in idle.stdout
    missing = run(busy, "stats", "secnod")
    assert missing.returncode == 1
    assert "cannot show the statistics of 'secnod'" in missing.stderr
    assert "'second'" in missing.stderr and missing.stdout == ""
    both = run(busy, "stats", "secnod", "first")
    assert both.returncode == 1 and "'secnod'" in both.stderr and "first" in both.stdout


def test_stats_where_nothing_runs(house):
    house.ready_agent("--connect", driver_file(house.folder, ("idle", fresh_uuid(), OFF)))
    begin = time.monotonic()
    done = run(house, "stats")
    assert time.monotonic() - begin < 2.5, "there is no rate to wait for"
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 machines run.\n", "")
    assert run(house, "stats", "--json=short").stdout == "[]\n"


def test_stats_watched_has_each_sample_once(busy):
    watch = subprocess.Popen(
        [HATAGO, "stats", "--json=short", "--interval=1s"], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": busy.bus.address})
    try:
        moments = [json.loads(watch.stdout.readline())[0]["When"] for _ in range(2)]
    finally:
        watch.kill()
        watch.wait()
    assert 0 < moments[1] - moments[0] < 7e6
