# SPDX-License-Identifier: LGPL-2.1-or-later
"""Statistics of real guests: true, cheap, and not to be held up by a frozen QEMU."""

import re
import time

import pytest
from conftest import Machine
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, options
from hatago_hosts import Guest

pytestmark = pytest.mark.alone

INTERVAL = 5
PROCESS = {"MemoryActual", "MemoryRSS", "DiskReadBytes", "DiskReadRequests"}
DROP_IN = "/etc/hatago/hatagod.conf.d/statistics.conf"


def statistics(bus, **values):
    """Return when the last sample was, and {path: values}."""
    return bus.call(ROOT, MACHINES, "GetStatistics", options(**values))


def domstats(machine):
    """Return what virsh says of a machine, numbers only."""
    text = machine.guest.host.run(["virsh", "domstats", machine.guest.name]).stdout
    return {key: int(value) for key, value in re.findall(r"^\s+(\S+)=(\d+)$", text, re.MULTILINE)}


@pytest.fixture(scope="module")
def crowd(bus, host):
    """Four machines that run, with a disk and an interface each; the first one has booted."""
    machines = []
    host.run(["virsh", "net-start", "default"], check=False)
    for n in range(4):
        machine = Machine(bus, Guest(host, f"stats{n}"))
        machines.append(machine)
        machine.guest.define(network="default", disk=True)
        machine.path = bus.wait(lambda machine=machine: path_of(bus, machine), 20, "the machine")
        assert machine.verb("Start")[0] == "done"
    machines[0].guest.wait_ready()
    yield machines
    for machine in machines:
        machine.remove()


def path_of(bus, machine):
    """Return the path of a machine, None if the agent does not know it yet."""
    rows = bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)
    return next((row[0] for row in rows if row[1] == machine.guest.name), None)


@pytest.fixture
def subscribed(bus):
    """Somebody has subscribed, until the end of the test."""
    bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    yield bus
    bus.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)


def test_numbers_are_those_of_libvirt(subscribed, crowd):
    """Counters lie between what virsh says before the sample and after it; devices have their keys."""
    first = crowd[0]
    subscribed.wait(lambda: "CPUPercent" in statistics(subscribed)[1].get(first.path, {}), 20, "rates")
    before, since = domstats(first), statistics(subscribed)[0]
    subscribed.wait(lambda: statistics(subscribed)[0] > since, 30, "another sample")
    subscribed.iterate(0.5)
    values, after = statistics(subscribed, devices=True)[1][first.path], domstats(first)
    for name, key, factor in [("CPUTime", "cpu.time", 1 / 1000), ("MemoryActual", "balloon.current", 1024),
                              ("DiskReadBytes", "block.0.rd.bytes", 1),
                              ("NetworkReceiveBytes", "net.0.rx.bytes", 1),
                              ("NetworkTransmitPackets", "net.0.tx.pkts", 1)]:
        # libvirt reads processor time in two ways, of which one counts hundredths of seconds.
        slack = 100_000 if name == "CPUTime" else 0
        assert before[key] * factor - slack <= values[name] <= after[key] * factor + slack, name
    assert 0 <= values["CPUPercent"] < 400
    assert 20 << 20 < values["MemoryRSS"] < 1 << 30
    mac = re.search(r"mac address='([^']+)'", first.guest.virsh("dumpxml").stdout)[1]
    assert [(item["Key"], item["Target"][:4]) for item in values["Interfaces"]] == [(mac, "vnet")]
    assert values["Disks"][0]["Capacity"] == after["block.0.capacity"]
    assert all(0 <= number < 2 ** 53 for number in values.values() if not isinstance(number, list))


def test_a_frozen_process_holds_up_nobody(subscribed, crowd, host):
    """The others' samples stay fresh, reads fast, verbs quick; the frozen one is named, and can be ended."""
    bus, frozen, others = subscribed, crowd[3], crowd[:3]
    bus.wait(lambda: all("DiskReadRate" in statistics(bus)[1].get(machine.path, {})
                         for machine in crowd), 30, "rates of all")
    host.run(["kill", "-STOP", str(frozen.get("PID"))])
    times, slowest, oldest = {}, 0, 0
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        begin = time.monotonic()
        when, machines = statistics(bus)
        assert others[0].get("State") == "running"
        slowest = max(slowest, time.monotonic() - begin)
        oldest = max(oldest, time.time() - when / 1e6)
        for machine in others:
            assert machines[machine.path]["Responding"]
            assert PROCESS <= set(machines[machine.path]), "disks and memory of the others go on"
            times.setdefault(machine.path, set()).add(machines[machine.path]["CPUTime"])
        bus.iterate(0.25)
    assert slowest < 0.5, "two reads"
    assert oldest < 2 * INTERVAL
    assert all(len(numbers) >= 4 for numbers in times.values())
    assert machines[frozen.path]["Responding"] is False
    assert "CPUTime" in machines[frozen.path] and "MemoryRSS" not in machines[frozen.path]

    begin = time.monotonic()
    others[1].verb("Suspend")
    others[1].verb("Resume")
    assert time.monotonic() - begin < 5
    assert frozen.verb("PowerOff")[0] == "done"
    assert frozen.path not in statistics(bus)[1]
    print(f"slowest two reads {slowest * 1000:.1f} ms, oldest sample {oldest:.1f} s")


def known(series, first=0):
    """Return the loads of a history, from this one on, that are no gap."""
    return [number for number in series.get("CPUPercent", [])[first:] if number >= 0]


def switches(host):
    """Return how often the agent's main thread has woken up."""
    pid = host.run(["systemctl", "show", "--value", "-p", "MainPID", "hatagod"]).stdout.strip()
    status = host.run(["cat", f"/proc/{pid}/status"]).stdout
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.MULTILINE)[1])


def test_nobody_wakes_up_for_nobody(bus, crowd, host):
    """Without a subscription the main thread sleeps, whatever the guests do."""
    assert statistics(bus) == (0, {})
    bus.iterate(1)
    before = switches(host)
    time.sleep(12)
    assert switches(host) - before <= 3, "the watchdog, and a stray event"


def test_history_in_the_background(bus, crowd, host):
    """With Background=yes samples go on without a client; the history outlasts a stop, and shows a gap."""
    first = crowd[0]
    host.run(["mkdir", "-p", DROP_IN.rpartition("/")[0]])
    host.run(["tee", DROP_IN], input="[Statistics]\nBackground=yes\nIntervalSec=1s\n")
    try:
        host.run(["systemctl", "restart", "hatagod"])
        bus.wait(lambda: bus.get(ROOT, MANAGER, "Connected"), 20, "the agent")
        bus.wait(lambda: len(known(first.verb_answer("GetHistory")[2])) >= 5, 60, "five samples")
        start, step, series = first.verb_answer("GetHistory")
        assert step == 1_000_000 and abs(start / 1e6 - time.time()) < 60
        assert max(series["MemoryRSS"]) > 20 << 20
        assert first.verb("PowerOff")[0] == "done"
        time.sleep(3)
        n = len(first.verb_answer("GetHistory", since=start)[2]["CPUPercent"])
        assert first.verb("Start")[0] == "done"
        bus.wait(lambda: known(first.verb_answer("GetHistory", since=start)[2], n + 1), 60, "a rate of the new run")
        numbers = first.verb_answer("GetHistory", since=start)[2]["CPUPercent"]
        assert numbers[0] >= 0 or numbers[1] >= 0
        assert numbers[n] == -1.0, "the time between the runs"
    finally:
        host.run(["rm", DROP_IN])
        host.run(["systemctl", "restart", "hatagod"])
        bus.wait(lambda: bus.get(ROOT, MANAGER, "Connected"), 20, "the agent")
    assert bus.call(first.path, MACHINE, "GetHistory", NO_OPTIONS) == (0, 0, {})
