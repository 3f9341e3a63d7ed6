# SPDX-License-Identifier: LGPL-2.1-or-later
"""What starts at boot, in which order, and how it all stops at shutdown: with real reboots of the host.

The files are written as the agent would write them; what is on the bus about them is tested elsewhere.
"""

import os
import re
import uuid

import pytest
from hatago_hosts import Guest, Host

SETTINGS = "etc/hatago/machines.d"
GENERATED = "run/systemd/generator"
UNKNOWN = "00000000-0000-4000-8000-00000000dead"
CYCLE = ["00000000-0000-4000-8000-0000000000c1", "00000000-0000-4000-8000-0000000000c2"]
LINK, FIFO, GARBAGE, TWICE = (f"00000000-0000-4000-8000-0000000000{n}" for n in ("e1", "e2", "e3", "e4"))
PORT = 8080
# Ended by the power button, as all are that have no agent.
CROWD = [f"crowd{n}" for n in range(5)]


def uuid_of(name):
    """Return the UUID of a machine of this test."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.hatago.test"))


class Lab:
    """A host with machines that are services."""

    def __init__(self, host):
        """Take a host that is up."""
        self.host = host

    def run(self, *argv, **options):
        """Run a command in the host, return its output."""
        return self.host.run(list(argv), **options).stdout.strip()

    def guest(self, name):
        """Return the guest of this name."""
        return Guest(self.host, name)

    def define(self, name, words="", network=None, **settings):
        """Define a machine, and write its settings."""
        xml = self.guest(name).xml(words, network)
        xml = xml.replace("</name>", f"</name><uuid>{uuid_of(name)}</uuid>", 1)
        self.run("virsh", "--quiet", "define", "/dev/stdin", input=xml)
        if settings:
            self.write(uuid_of(name), Name=name, **settings)

    def write(self, uuid, **settings):
        """Write the settings of a machine."""
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.host.root / SETTINGS / f"{uuid}.conf").write_text(f"[Machine]\n{lines}")

    def show(self, unit, *properties):
        """Return properties of a unit as a dictionary."""
        shown = self.run("systemctl", "show", unit, *(f"--property={name}" for name in properties))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def times(self, unit, *properties):
        """Return moments of a unit's life, in seconds since boot."""
        shown = self.show(unit, *(f"{name}TimestampMonotonic" for name in properties))
        return [int(shown[f"{name}TimestampMonotonic"]) / 1e6 for name in properties]

    def said(self, unit, boot="0"):
        """Return the messages of, and about, a unit in one boot."""
        return self.host.journal("-b", boot, "-u", unit, "-o", "cat").splitlines()

    def moments(self, pattern, boot):
        """Return (when, message) of systemd's messages that match, in order."""
        lines = self.host.journal("-b", boot, "-o", "short-monotonic", "_PID=1").splitlines()
        found = [re.match(r"\[\s*([\d.]+)\] \S+ \S+: (.*)", line) for line in lines]
        return [(float(match[1]), match[2]) for match in found if match and re.search(pattern, match[2])]

    def moment(self, pattern, boot):
        """Return when systemd said something for the last time."""
        found = self.moments(pattern, boot)
        assert found, f"systemd has never said {pattern!r}"
        return found[-1][0]


@pytest.fixture(scope="module")
def lab(packages):
    """A host that has booted with all of this on its disk."""
    with Host(f"order-{os.getpid()}") as host:
        lab = Lab(host.up(packages=packages))
        prepare(lab)
        host.reboot(timeout=300)
        yield lab


def prepare(lab):
    """Define the machines of the first boot, and write what is hostile."""
    lab.run("virsh", "net-autostart", "default")
    # Nobody starts it before somebody waits for it.
    lab.run("virsh", "net-define", "/dev/stdin", input="<network><name>late</name></network>")
    unit = ("[Service]\nType=oneshot\nTimeoutStartSec=120\n"
            "ExecStartPre=/bin/sh -c 'until systemctl show -p StatusText hatago-vm@patient | grep late; "
            "do sleep 0.2; done'\n"
            "ExecStart=/usr/bin/virsh net-start late\n[Install]\nWantedBy=multi-user.target\n")
    (lab.host.root / "etc/systemd/system/late-network.service").write_text(unit)
    lab.run("systemctl", "enable", "late-network.service")

    lab.define("db", Autostart="yes", Ready="agent")
    lab.define("web", f"noagent port={PORT}", "default", Autostart="yes", StartAfter=uuid_of("db"),
               Ready="port", ReadyPort=PORT)
    lab.define("app-1", "noagent", Autostart="yes", StartAfter=f"{UNKNOWN} {uuid_of('web')}", StartDelaySec=3)
    lab.define("patient", "noagent", "late", Autostart="yes")
    lab.define("enabled", "noagent")
    lab.run("systemctl", "enable", "hatago-vm@enabled.service")
    for name in CROWD:
        lab.define(name, "noagent")
    lab.define("deaf", "deaf", StopTimeoutSec=6)
    lab.define("saved", "noagent", HostShutdown="save")
    lab.define("hard", "deaf", HostShutdown="poweroff")

    folder = lab.host.root / SETTINGS
    lab.write(CYCLE[0], Name="cycle1", StartAfter=CYCLE[1])
    lab.write(CYCLE[1], Name="cycle2", StartAfter=CYCLE[0])
    (folder / f"{LINK}.conf").symlink_to("/etc/shadow")
    os.mkfifo(folder / f"{FIFO}.conf")
    (folder / f"{GARBAGE}.conf").write_bytes(b"[Machine]\nName=x\xff\n" + b"A" * 5000)
    (folder / f"{TWICE}.conf").write_text("[Machine]\nName=x\nAutostart=yes\n[Service]\nExecStart=/bin/true\n")


def test_a_machine_starts_when_those_before_it_are_ready(lab):
    """db's agent, then web's port, then app-1: each waits for the one before, and no longer."""
    (db,) = lab.times("hatago-vm@db", "ActiveEnter")
    db_ready, = lab.times("hatago-vm-ready@db", "ActiveEnter")
    web_begins, web = lab.times("hatago-vm@web", "InactiveExit", "ActiveEnter")
    web_ready, = lab.times("hatago-vm-ready@web", "ActiveEnter")
    app_begins, app = lab.times(r"hatago-vm@app\x2d1", "InactiveExit", "ActiveEnter")
    assert db < db_ready < web_begins < web < web_ready < app_begins < app
    assert web_begins - db_ready < 2
    assert "The guest agent answers, after" in "\n".join(lab.said("hatago-vm-ready@db"))
    assert re.search(rf"Port {PORT} answers at 192\.168\.122\.\d+, after \d+ s",
                     "\n".join(lab.said("hatago-vm-ready@web")))
    assert lab.show("hatago-vm-ready@db", "StatusText") == {"StatusText": "The guest agent answers"}


def test_a_delay_comes_on_top(lab):
    begins, active = lab.times(r"hatago-vm@app\x2d1", "InactiveExit", "ActiveEnter")
    assert 3 <= active - begins < 8
    assert "Starting it in 3 s" in lab.said(r"hatago-vm@app\x2d1")


def test_a_machine_that_was_deleted_is_reported_and_waited_for_by_nobody(lab):
    assert lab.run("systemctl", "is-active", r"hatago-vm@app\x2d1") == "active"
    assert f"# {UNKNOWN} is not known: ignored" in lab.run("systemctl", "cat", r"hatago-vm@app\x2d1")
    assert any(UNKNOWN in line for line in lab.said(r"hatago-vm@app\x2d1"))


def test_a_network_that_is_late_is_waited_for(lab):
    assert lab.run("systemctl", "is-active", "hatago-vm@patient") == "active"
    said = "\n".join(lab.said("hatago-vm@patient"))
    assert 'Waiting for the network "late"' in said and "all the same" not in said
    begins, active = lab.times("hatago-vm@patient", "InactiveExit", "ActiveEnter")
    (late,) = lab.times("late-network", "ExecMainExit")
    assert begins < late < active


def test_an_enabled_unit_starts_at_boot(lab):
    assert lab.run("systemctl", "is-active", "hatago-vm@enabled") == "active"
    assert lab.guest("enabled").state() == "running"


def test_hostile_files_hinder_no_boot(lab):
    """The fixture has seen the host "running", with no failed unit; here is what came of each file."""
    generated = lab.host.root / GENERATED
    wanted = {path.name for path in (generated / "multi-user.target.wants").glob("hatago-*")}
    assert wanted == {"hatago-vm@db.service", "hatago-vm@web.service", r"hatago-vm@app\x2d1.service",
                      "hatago-vm@patient.service"}
    drop_ins = {path.name for path in generated.glob("hatago-*.d")}
    assert "hatago-vm@x.service.d" not in drop_ins
    assert len(drop_ins & {"hatago-vm@cycle1.service.d", "hatago-vm@cycle2.service.d"}) == 1


def test_what_is_wrong_is_told(lab):
    """As systemd runs it, but for the kernel's log, which a container has not."""
    told = lab.host.run(["sh", "-c", 'mkdir -p /run/out && "$0" /run/out /run/out /run/out; status=$?; '
                         'rm -r /run/out; exit $status',
                         "/lib/systemd/system-generators/hatago-generator"]).stderr
    for words in (f"{LINK}.conf: is a symbolic link; ignoring all of the file",
                  f"{FIFO}.conf: is no regular file; ignoring all of the file",
                  f"{GARBAGE}.conf: is longer than 4096 bytes; ignoring all of the file",
                  f"{TWICE}.conf: must have [Machine] and no other part; ignoring all of the file",
                  f'"app-1" is to start after a machine that is not known, {UNKNOWN}; ignoring that',
                  "which itself starts after it; ignoring that"):
        assert words in told


def test_a_reload_keeps_what_runs(lab):
    """What is written later counts after daemon-reload, and no unit changes its state."""
    before = lab.show("hatago-vm@db", "MainPID", "InvocationID", "ActiveState")
    lab.write(uuid_of("db"), Name="db", Autostart="no", Ready="agent", StopTimeoutSec=100)
    lab.run("systemctl", "daemon-reload")
    assert lab.show("hatago-vm@db", "MainPID", "InvocationID", "ActiveState") == before
    assert lab.show("hatago-vm@db", "TimeoutStopUSec") == {"TimeoutStopUSec": "2min 25s"}
    assert lab.run("systemctl", "is-enabled", "hatago-vm@db", check=False) != "generated"


def test_at_any_other_time_nothing_waits(lab):
    """Neither for a delay nor for what is missing: who asks for a start hears at once."""
    lab.run("systemctl", "stop", r"hatago-vm@app\x2d1", "hatago-vm@patient")
    lab.run("virsh", "net-destroy", "late")
    started = lab.host.run(["systemctl", "start", "hatago-vm@patient"], check=False, timeout=20)
    assert started.returncode != 0
    assert "network 'late' is not active" in "\n".join(lab.said("hatago-vm@patient"))
    lab.run("systemctl", "reset-failed", "hatago-vm@patient")
    lab.run("systemctl", "start", r"hatago-vm@app\x2d1")
    begins, active = lab.times(r"hatago-vm@app\x2d1", "InactiveExit", "ActiveEnter")
    assert active - begins < 3


def test_after_a_crash_it_is_ready_when_it_is_ready_again(lab):
    """The wait begins anew with the new run; who is already up does not care."""
    before = lab.show("hatago-vm-ready@db", "InvocationID")["InvocationID"]
    web = lab.show("hatago-vm@web", "InvocationID", "ActiveState")
    lab.run("kill", "-KILL", lab.show("hatago-vm@db", "MainPID")["MainPID"])
    lab.run("sh", "-c", 'for i in $(seq 600); do case $(systemctl show -p InvocationID,ActiveState '
            'hatago-vm-ready@db) in *$0*) ;; *=active*) exit ;; esac; sleep 0.1; done; exit 1', before)
    (db,), (db_ready,) = (lab.times(unit, "ActiveEnter") for unit in ("hatago-vm@db", "hatago-vm-ready@db"))
    assert db < db_ready
    assert len([line for line in lab.said("hatago-vm-ready@db") if "The guest agent answers, after" in line]) == 2
    assert lab.show("hatago-vm@web", "InvocationID", "ActiveState") == web


def test_the_end_of_a_machine_ends_the_wait_for_it(lab):
    """A guest that never answers: the wait tells what it waits for, and goes with the machine."""
    lab.define("mute", "noagent", Ready="agent", ReadyTimeoutSec=60)
    lab.run("systemctl", "daemon-reload")
    lab.run("systemctl", "start", "hatago-vm@mute")
    lab.run("sh", "-c", 'for i in $(seq 100); do systemctl show -p StatusText hatago-vm-ready@mute | '
            'grep -q agent && exit; sleep 0.1; done; exit 1')
    shown = lab.show("hatago-vm-ready@mute", "ActiveState", "StatusText")
    assert shown == {"ActiveState": "activating", "StatusText": "Waiting: The guest agent does not answer"}
    lab.run("virsh", "destroy", "mute")
    lab.run("sh", "-c", 'for i in $(seq 50); do [ "$(systemctl is-active hatago-vm-ready@mute)" = inactive ] && exit; '
            'sleep 0.1; done; systemctl status hatago-vm-ready@mute; exit 1')


def test_who_is_not_ready_in_time_fails_and_says_so(lab):
    lab.write(uuid_of("mute"), Name="mute", Ready="agent", ReadyTimeoutSec=2)
    lab.run("systemctl", "start", "hatago-vm@mute")
    lab.run("sh", "-c", 'for i in $(seq 100); do systemctl is-failed -q hatago-vm-ready@mute && exit; sleep 0.1; done; '
            'exit 1')
    text = "Not ready after 2 s: The guest agent does not answer"
    assert lab.show("hatago-vm-ready@mute", "StatusText") == {"StatusText": text}
    assert text in lab.said("hatago-vm-ready@mute")
    assert lab.run("systemctl", "is-active", "hatago-vm@mute") == "active"
    lab.run("systemctl", "stop", "hatago-vm@mute", check=False)
    lab.run("systemctl", "reset-failed")


@pytest.fixture(scope="module")
def shutdown(lab):
    """A full house, and then a reboot of the host; nothing starts afterwards. How many ran is returned."""
    others = [*CROWD, "deaf", "saved", "hard"]
    lab.run("systemctl", "start", *(f"hatago-vm@{name}" for name in others), timeout=120)
    for name in others:
        lab.guest(name).wait_ready(timeout=180)
    running = lab.run("virsh", "list", "--name").split()
    lab.run("systemctl", "disable", "hatago-vm@enabled", "late-network")
    for path in (lab.host.root / SETTINGS).glob("*.conf"):
        if not path.is_symlink() and path.is_file():
            path.write_bytes(path.read_bytes().replace(b"Autostart=yes", b"Autostart=no"))
    lab.host.reboot(timeout=300)
    return running


def qemu_log(lab, name):
    """Return what libvirt has written of the last run of a machine."""
    return (lab.host.root / f"var/log/libvirt/qemu/{name}.log").read_text().rsplit("starting up", 1)[1]


def test_a_shutdown_of_the_host_loses_no_machine(lab, shutdown):
    """More than ten ran. Each that can hear it has turned itself off: its kernel says so on its console."""
    clean = [name for name in shutdown if name not in ("deaf", "saved", "hard")]
    assert len(shutdown) >= 11 and len(clean) >= 8
    for name in clean:
        assert "Power down" in lab.guest(name).console(), name
        assert "reason=shutdown" in qemu_log(lab, name), name


def test_machines_stop_in_the_reverse_order(lab, shutdown):
    stopping = {name: lab.moment(rf"Stopping hatago-vm@{re.escape(name)}\.service", "-1")
                for name in ("db", "web", r"app\x2d1")}
    stopped = {name: lab.moment(rf"Stopped hatago-vm@{re.escape(name)}\.service", "-1")
               for name in ("db", "web", r"app\x2d1")}
    assert stopped[r"app\x2d1"] <= stopping["web"] < stopped["web"] <= stopping["db"] < stopped["db"]


def test_they_stop_before_all_that_would_kill_them(lab, shutdown):
    last = max(when for when, _ in lab.moments(r"Stopped hatago-vm@", "-1"))
    for unit in ("virt-guest-shutdown.target", "libvirtd.service", "machine.slice"):
        ends = [when for when, _ in lab.moments(rf"(Stopp(ed|ing)|Removed).*{re.escape(unit)}", "-1")]
        assert ends and min(ends) >= last, unit


def test_libvirt_guests_finds_nobody(lab, shutdown):
    assert "no running guests" in "\n".join(lab.said("libvirt-guests", "-1")).lower()


def test_a_deaf_guest_costs_its_own_stop_timeout_and_no_more(lab, shutdown):
    took = (lab.moment(r"Stopped hatago-vm@deaf\.service", "-1") -
            lab.moment(r"Stopping hatago-vm@deaf\.service", "-1"))
    assert 6 <= took < 20
    assert "It is not off after 6 s; powering it off hard" in lab.said("hatago-vm@deaf", "-1")
    assert "reason=destroyed" in qemu_log(lab, "deaf")


def test_a_machine_that_is_saved_goes_on_where_it_was(lab, shutdown):
    assert "reason=saved" in qemu_log(lab, "saved")
    lab.run("systemctl", "start", "hatago-vm@saved")
    assert lab.guest("saved").console() == ""
    assert not lab.guest("saved").virsh("managedsave-remove", check=False).stdout.strip()
    lab.run("systemctl", "stop", "hatago-vm@saved")


def test_a_machine_that_is_powered_off_hard_is_off_at_once(lab, shutdown):
    took = (lab.moment(r"Stopped hatago-vm@hard\.service", "-1") -
            lab.moment(r"Stopping hatago-vm@hard\.service", "-1"))
    assert took < 20  # it hears nothing, and its stop timeout is three minutes
    assert "reason=destroyed" in qemu_log(lab, "hard")


def test_nothing_has_failed_at_shutdown(lab, shutdown):
    failed = lab.moments(r"hatago-vm.*(Failed with result|timed out|Control process exited)", "-1")
    # Of the tests above, from before the shutdown.
    begins = lab.moment(r"Stopping hatago-vm@web\.service", "-1")
    assert [message for when, message in failed if when >= begins] == []
