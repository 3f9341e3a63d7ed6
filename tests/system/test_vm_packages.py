# SPDX-License-Identifier: LGPL-2.1-or-later
"""Upgrade, removal and purge of the packages while machines run as services; no guest is hurt by any of it."""

import shutil
import time

import pytest
from hatago_hosts import Guest

NAMES = ["g1", "g-2"]
UNITS = ["hatago-vm@g1.service", r"hatago-vm@g\x2d2.service"]
LATE = "00000000-0000-4000-8000-00000000aaaa"


def until(condition, seconds, what):
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def show(host, unit, *names):
    """Return properties of a unit, as a list."""
    shown = host.run(["systemctl", "show", unit, *(f"--property={name}" for name in names)]).stdout
    values = dict(line.split("=", 1) for line in shown.splitlines())
    return [values[name] for name in names]


def pids(host):
    """Return QEMU's processes, as libvirt has them; each of them runs."""
    found = [(host.root / f"run/libvirt/qemu/{name}.pid").read_text().strip() for name in NAMES]
    host.run(["kill", "-0", *found])
    return found


def installed(host, packages):
    """Install our packages once more, without network; what is there is upgraded."""
    folder = host.root / "root/debs"
    folder.mkdir(exist_ok=True)
    for path in packages.glob("*.deb"):
        shutil.copy(path, folder)
    host.run(["sh", "-c", "dpkg --install /root/debs/*.deb"], timeout=120)


@pytest.fixture(scope="module")
def guests(host):
    """Two guests that run as services, one of them adopted."""
    one, two = (Guest(host, name).define("noagent") for name in NAMES)
    host.run(["systemctl", "start", UNITS[0]], timeout=30)
    two.start()
    until(lambda: show(host, UNITS[1], "ActiveState") == ["active"], 20, "adopted")
    for guest in (one, two):
        guest.wait_ready(timeout=120)
    return one, two


def main_pids(host):
    """Return the main processes of the units."""
    return [show(host, unit, "MainPID")[0] for unit in UNITS]


def test_an_upgrade_changes_no_run_and_no_unit(host, guests, packages):
    """Not even their invocation."""
    before = [show(host, unit, "MainPID", "InvocationID", "ActiveState") for unit in UNITS]
    assert main_pids(host) == pids(host)
    installed(host, packages)
    until(lambda: show(host, "hatagod", "ActiveState") == ["active"], 20, "the agent")
    assert [show(host, unit, "MainPID", "InvocationID", "ActiveState") for unit in UNITS] == before
    assert show(host, "hatago-vm-release", "ExecMainStartTimestampMonotonic") == ["0"]


def test_without_the_package_guests_run_on(host, guests, packages):
    """Under libvirt alone: no unit is left that would end them. The agent is there for others."""
    before = pids(host)
    host.run(["dpkg", "--remove", "hatago-machines"], timeout=120)
    assert host.run(["systemctl", "list-units", "--plain", "--no-legend", "hatago-vm*"]).stdout == ""
    assert not (host.root / "run/systemd/system/hatagod.service").is_symlink()
    until(lambda: show(host, "hatagod", "ActiveState") == ["active"], 20, "the agent")
    host.run(["systemctl", "daemon-reload"])
    host.run(["systemctl", "stop", *UNITS], check=False)
    assert pids(host) == before
    assert [guest.state() for guest in guests] == ["running", "running"]
    for unit in UNITS:
        host.run(["journalctl", "--sync"])
        assert "has crashed" not in host.run(["journalctl", "-q", "-o", "cat", "-u", unit]).stdout

    installed(host, packages)
    until(lambda: main_pids(host) == before, 30, "adopted again")
    assert pids(host) == before


def test_what_cannot_be_let_go_stops_the_removal(host, guests):
    """A unit that is starting for long. The agent is back, and so is a stop of the machines."""
    folder = host.root / "etc/systemd/system/hatago-vm@slow.service.d"
    folder.mkdir(parents=True)
    (folder / "slow.conf").write_text("[Service]\nExecStartPre=/bin/sleep 300\n")
    host.run(["systemctl", "daemon-reload"])
    host.run(["systemctl", "start", "--no-block", "hatago-vm@slow"])
    try:
        done = host.run(["dpkg", "--remove", "hatago-machines"], check=False, timeout=180)
        assert done.returncode != 0
        assert "some are being started or stopped" in done.stderr
    finally:
        shutil.rmtree(folder)
        host.run(["systemctl", "stop", "hatago-vm@slow"], check=False)
        host.run(["systemctl", "daemon-reload"])
    until(lambda: main_pids(host) == pids(host), 30, "adopted again")


def test_a_machine_that_waits_holds_up_no_boot(host, guests):
    """The host is up, and so is a service that wants a machine, before one whose delay is still to come."""
    guest = Guest(host, "late")
    xml = guest.xml("noagent").replace("</name>", f"</name><uuid>{LATE}</uuid>", 1)
    host.run(["virsh", "--quiet", "define", "/dev/stdin"], input=xml)
    text = "[Machine]\nName=late\nAutostart=yes\nStartDelaySec=15\n"
    (host.root / f"etc/hatago/machines.d/{LATE}.conf").write_text(text)
    host.reboot(timeout=300)
    until(lambda: show(host, "hatago-vm@late", "ActiveState") == ["active"], 60, "started")
    began, started = map(int, show(host, "hatago-vm@late", "InactiveExitTimestampMonotonic",
                                   "ActiveEnterTimestampMonotonic"))
    booted, = map(int, show(host, "multi-user.target", "ActiveEnterTimestampMonotonic"))
    assert started - began >= 15e6
    assert booted < started - 5e6
    assert {"sysinit.target", "basic.target", "virt-guest-shutdown.target"} <= set(
        show(host, "hatago-vm@late", "After")[0].split())


def test_a_shutdown_of_the_host_ends_it_in_order(host, guests):
    """Before what would kill it; by the power button, which its kernel tells of."""
    guest = Guest(host, "late")
    guest.wait_ready(timeout=120)
    (host.root / f"etc/hatago/machines.d/{LATE}.conf").unlink()
    host.reboot(timeout=300)
    assert "Power down" in guest.console()
    assert "reason=shutdown" in (host.root / "var/log/libvirt/qemu/late.log").read_text()
    said = host.journal("-b", "-1", "_PID=1", "-o", "cat").splitlines()
    order = [next(i for i, line in enumerate(said) if line.startswith(words)) for words in (
        "Stopped hatago-vm@late.service", "Stopped target virt-guest-shutdown.target")]
    assert order == sorted(order)


def test_a_purge_leaves_nothing(host, guests):
    """Of what the programs have written; what they were told to do stays done."""
    (host.root / f"etc/hatago/machines.d/{LATE}.conf").write_text("[Machine]\nName=late\n")
    assert (host.root / "run/hatago").is_dir()
    host.run(["sh", "-c", "dpkg --purge cockpit-hatago hatago-machines hatago-host hatago hatagod"], timeout=120)
    assert [path for folder in ("etc", "run", "var/lib")
            for path in (host.root / folder).glob("hatago*") if path.name != "hatago-probe"] == []
