# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirtd, the agent and the bus going away under running guests."""

import time

import pytest
from conftest import connect, lost_and_back
from hatago_bus import MANAGER, NO_OPTIONS, ROOT, BusError

pytestmark = pytest.mark.alone


def connected(bus):
    """Return the agent's Connected."""
    return bus.get(ROOT, MANAGER, "Connected")


def restart_libvirtd(host):
    """Restart libvirtd; systemd would refuse after a few times in a short while."""
    host.run(["systemctl", "reset-failed", "libvirtd"])
    host.run(["systemctl", "restart", "libvirtd"])


def descriptors(host):
    """Return how many file descriptors the agent has."""
    pid = host.run(["systemctl", "show", "--value", "-p", "MainPID", "hatagod"]).stdout.strip()
    return int(host.run(["sh", "-c", f"ls /proc/{pid}/fd | wc -l"]).stdout)


@pytest.fixture(scope="module", autouse=True)
def crashes_stay(host):
    """No unit is started again after a crash: what the agent makes of one is to be seen."""
    folder = host.root / "run/systemd/system/hatago-vm@.service.d"
    folder.mkdir(parents=True)
    (folder / "test.conf").write_text("[Service]\nRestart=no\n")
    host.run(["systemctl", "daemon-reload"])


@pytest.fixture
def running(machine):
    """A machine that runs (its guest need not have booted)."""
    machine.define()
    machine.verb("Start")
    machine.bus.wait(lambda: machine.get("PID"), 20, "PID")
    yield machine
    machine.bus.wait(lambda: connected(machine.bus), 20, "connected again")


@pytest.mark.parametrize("signal", ["TERM", "KILL"])
def test_libvirtd_ended_and_back(running, host, bus, signal):
    """Objects stay, Connected is false meanwhile, all is true again within two seconds."""
    before = {name: running.get(name) for name in ("State", "DomainId", "PID", "Memory", "Name")}
    seen = len(bus.changes(running.path))
    took = lost_and_back(bus, lambda: host.run(["systemctl", "kill", "-s", signal, "libvirtd"]), 15)
    assert took < (2 if signal == "KILL" else 4)
    assert {name: running.get(name) for name in before} == before
    assert len(bus.changes(running.path)) == seen, "signals for what did not change"
    assert running.verb("PowerOff")[0] == "done"


def test_powered_off_while_libvirtd_takes_it_over_it_is_done(running, host, bus):
    """libvirtd, begun anew, does it and says that the machine is not running."""
    host.run(["kill", "-STOP", str(running.get("PID"))])
    lost_and_back(bus, lambda: restart_libvirtd(host), 15)
    assert running.get("State") == "running"
    assert running.verb("PowerOff")[0] == "done"
    assert running.get("State") == "shutoff"


def test_ten_restarts_of_libvirtd_leak_nothing(running, host, bus):
    """The agent has as many descriptors after ten restarts as before."""
    lost_and_back(bus, lambda: restart_libvirtd(host), 15)
    before = descriptors(host)
    for _ in range(10):
        lost_and_back(bus, lambda: restart_libvirtd(host), 15)
    assert descriptors(host) <= before


def test_a_guest_killed_while_libvirtd_is_down(running, host, bus):
    """No event tells it: the reading after the reconnection does."""
    pid = running.get("PID")
    units = ["libvirtd.service", "libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]
    host.run(["systemctl", "stop", *units])
    bus.wait(lambda: not connected(bus), 5, "Connected false")
    assert running.get("State") == "running"
    with pytest.raises(BusError) as refused:
        running.verb("PowerOff")
    assert refused.value.short == "HypervisorUnavailable"
    host.run(["kill", "-9", str(pid)])
    host.run(["systemctl", "start", "libvirtd.socket", "libvirtd-ro.socket"])
    bus.wait(lambda: connected(bus), 15, "Connected true")
    assert (running.get("State"), running.get("StateReason")) == ("shutoff", "crashed")


def test_a_frozen_libvirtd_is_said_within_ten_seconds_and_reads_go_on(running, host, bus):
    """SIGSTOP of libvirtd: Connected false within 10 s, reads stay fast, all true after SIGCONT."""
    host.run(["systemctl", "kill", "-s", "STOP", "libvirtd"])
    try:
        begin = time.monotonic()
        job = bus.call(running.path, "org.hatago.Host1.Machine", "PowerOff", NO_OPTIONS)
        slowest = 0
        while connected(bus):
            start = time.monotonic()
            assert running.get("State") == "running"
            slowest = max(slowest, time.monotonic() - start)
            assert time.monotonic() - begin < 10, "Connected is true for 10 s still"
            bus.iterate(0.2)
        assert slowest < 0.25
        result, error, _ = bus.wait_job(job, 5)
        assert (result, error) == ("failed", "org.hatago.Host1.Error.HypervisorUnavailable")
    finally:
        host.run(["systemctl", "kill", "-s", "CONT", "libvirtd"])
    bus.wait(lambda: connected(bus), 20, "Connected true")


def test_the_agent_restarted_and_killed_stops_no_guest(running, host, bus):
    """Restart and kill -9 of the agent: guests run on, and it knows them again."""
    before = {name: running.get(name) for name in ("State", "DomainId", "PID", "StartedAt")}
    for command in (["systemctl", "restart", "hatagod"],
                    ["systemctl", "kill", "-s", "KILL", "hatagod"]):
        host.run(command)
        host.run(["hatago", "list"], timeout=20)
        bus.wait(lambda: bus.get(ROOT, MANAGER, "Ready"), 10, "ready")
        assert running.guest.state() == "running"
        bus.wait(lambda: running.get("PID"), 20, "PID")
        assert {name: running.get(name) for name in before} == before


def test_the_bus_restarted(running, host, bus):
    """dbus-daemon restarted: the agent comes back by itself, guests untouched."""
    host.run(["systemctl", "restart", "dbus"])
    deadline = time.monotonic() + 30
    while host.run(["hatago", "list"], check=False, timeout=20).returncode != 0:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert running.guest.state() == "running"
    again = connect(host)
    bus.connection, bus.signals = again.connection, again.signals
    again.connection.signal_subscribe("org.hatago.Host1", None, None, None, None, 0, bus._on_signal)
    bus.wait(lambda: connected(bus), 20, "connected")
    assert running.get("State") == "running"


def test_a_shutdown_survives_libvirtd_and_ends_with_its_run(running, host, bus):
    """While a Shutdown waits, libvirtd dies and QEMU with it: the job ends."""
    job = bus.call(running.path, "org.hatago.Host1.Machine", "Shutdown", NO_OPTIONS)
    bus.wait(lambda: bus.get(job, "org.hatago.Host1.Job", "Cancelable"), 5, "job waits")
    bus.iterate(0.3)
    pid = running.get("PID")
    host.run(["systemctl", "reset-failed", "libvirtd"])
    host.run(["sh", "-c", f"systemctl kill -s KILL libvirtd; kill -9 {pid}"])
    bus.wait(lambda: connected(bus) and running.get("State") == "shutoff", 15, "off")
    assert bus.wait_job(job, 5)[0] == "done"


def test_libvirtd_absent_at_start(host, bus):
    """The agent answers at once, says what is missing, and finds libvirt when it comes."""
    units = ["libvirtd.service", "libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]
    host.run(["systemctl", "stop", "hatagod", *units])
    host.run(["systemctl", "start", "hatagod"])
    agent = connect(host)
    try:
        assert agent.get(ROOT, MANAGER, "Ready") is False
        with pytest.raises(BusError) as refused:
            agent.machine("any")
        assert refused.value.short == "HypervisorUnavailable"
        done = host.run(["hatago", "list"], check=False, timeout=60)
        assert done.returncode == 1
        assert "libvirt" in done.stderr
        assert done.stdout == ""
        host.run(["systemctl", "start", "libvirtd.socket", "libvirtd-ro.socket"])
        agent.wait(lambda: agent.get(ROOT, MANAGER, "Ready"), 15, "Ready")
        assert host.run(["hatago", "list"]).returncode == 0
    finally:
        agent.close()
