# SPDX-License-Identifier: LGPL-2.1-or-later
"""Long drills: what a leak, or a client that does harm slowly, would show only after a thousand times."""

import os
import signal
import subprocess
import time

import pytest
from conftest import connect
from hatago_bus import MANAGER, ROOT
from hatago_process import descriptors, find, kill, pss, threads, wait_for
from silent_client import SilentClient

AGENT, LIBVIRTD = "/usr/sbin/hatagod", "/usr/sbin/libvirtd"
MIB = 1024 * 1024
RESTARTS, WARM_UP, DEADLINE = 1000, 100, 600
CHANGES = 10_000

# libvirtd is started again at once, however often: a real host would give up after five times.
DROP_IN = """\
[Unit]
StartLimitIntervalSec=0
[Service]
Restart=always
RestartSec=0
"""


@pytest.fixture
def running(machine):
    """A machine that runs and whose guest has booted."""
    yield machine.run()


@pytest.fixture
def immortal_libvirtd(host):
    """libvirtd without systemd's limit of starts."""
    folder = host.root / "run/systemd/system/libvirtd.service.d"
    folder.mkdir(parents=True)
    (folder / "drill.conf").write_text(DROP_IN)
    host.run(["systemctl", "daemon-reload"])
    yield
    (folder / "drill.conf").unlink()
    host.run(["systemctl", "daemon-reload"])


def costs(pid):
    """Return what the agent costs now: descriptors, threads, bytes of memory."""
    return descriptors(pid), threads(pid), pss(pid)


def lost_and_back(bus, host, sent):
    """End libvirtd and wait until the bus told that the connection was lost, and is there again."""
    bus.iterate(0)
    bus.signals.clear()
    kill(host, LIBVIRTD, sent)

    def told():
        return [change["Connected"] for _, change in bus.changes(ROOT, MANAGER)
                if "Connected" in change] == [False, True]
    bus.wait(told, 20, "Connected false and true")


def test_a_thousand_ends_of_libvirtd_cost_nothing(running, host, bus, immortal_libvirtd,
                                                  record_property):
    """Killed, and each tenth time stopped: no descriptor, thread or memory more; the guest lives on."""
    agent = wait_for(host, AGENT)
    before = {name: running.get(name) for name in ("State", "DomainId", "PID", "StartedAt")}
    began, seen = time.monotonic(), []
    for cycle in range(1, RESTARTS + 1):
        lost_and_back(bus, host, signal.SIGTERM if cycle % 10 == 0 else signal.SIGKILL)
        if cycle % WARM_UP == 0:
            bus.iterate(0.5)
            seen.append(costs(agent))
            print(f"after {cycle} in {time.monotonic() - began:.0f} s: {seen[-1]}", flush=True)
        if time.monotonic() - began > DEADLINE:
            break
    record_property("cycles", cycle)
    record_property("seconds", round(time.monotonic() - began))
    record_property("costs", str(seen))
    assert find(host, AGENT) == agent, "the agent was started anew"
    bus.wait(lambda: {name: running.get(name) for name in before} == before, 5, "the same run")
