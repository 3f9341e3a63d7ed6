# SPDX-License-Identifier: LGPL-2.1-or-later
"""GetStatistics and GetHistory, with a test driver whose guests have statistics (guests.c)."""

import time

import pytest

from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, BusError, options
from machines import RUNNING, driver_file, fresh_uuid

HOST = {"CPUTime", "NetworkReceiveBytes", "NetworkTransmitBytes"}
PROCESS = {"MemoryActual", "MemoryRSS", "DiskReadBytes"}
RATES = {"CPUPercent", "NetworkReceiveRate", "NetworkTransmitRate", "DiskReadRate"}
SERIES = {"CPUPercent", "MemoryUsed", "MemoryRSS", "DiskReadRate", "DiskWriteRate",
          "DiskReadRequestRate", "DiskWriteRequestRate", "NetworkReceiveRate",
          "NetworkTransmitRate"}


def statistics(caller, **keywords):
    """Return when the last sample was, and {path: values}."""
    return caller.call(ROOT, MACHINES, "GetStatistics", options(**keywords))


def history(caller, path, **keywords):
    """Return start, step and series of a machine."""
    return caller.call(path, MACHINE, "GetHistory", options(**keywords))


@pytest.fixture
def subscriber(caller, running):
    """Somebody who has subscribed while a machine ran, until the end of the test."""
    caller.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    yield caller
    caller.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)


def wait_rates(caller, path):
    """Wait until a machine has rates; return its values."""
    def values_with_rates():
        values = statistics(caller)[1].get(path, {})
        return values if RATES <= set(values) else None
    return caller.wait(values_with_rates, 20, "rates")


def rates_are_right(values):
    """Whether they are those of guest_statistics.c."""
    return (45 < values.get("CPUPercent", 0) < 55 and 0.9e6 < values.get("DiskReadRate", 0) < 1.1e6
            and 1.8e6 < values.get("NetworkReceiveRate", 0) < 2.2e6
            and values["NetworkTransmitRate"] == 0)


def wait_right_rates(caller, path):
    """Wait until rates are right: on a machine that is busy the first one is not, which is of a second only."""
    caller.wait(lambda: rates_are_right(statistics(caller)[1][path]), 30, "right rates")


def test_nothing_is_sampled_while_nobody_has_subscribed(caller, running):
    assert statistics(caller) == (0, {})


def test_the_first_call_waits_for_the_first_sample(subscriber, running):
    when, machines = statistics(subscriber)
    assert abs(when / 1e6 - time.time()) < 5
    assert set(machines[running]) == HOST | PROCESS | {"Responding"}
    assert machines[running]["Responding"] is True
    assert machines[running]["MemoryActual"] == 256 * 1024 * 1024
    assert machines[running]["MemoryRSS"] == 64 * 1024 * 1024
    assert machines[running]["NetworkTransmitBytes"] == 7


def test_the_second_sample_has_rates_and_comes_soon(subscriber, running):
    begin = time.monotonic()
    wait_rates(subscriber, running)
    assert time.monotonic() - begin < 4.5, "the others come each 5 s"


def test_rates_are_right(subscriber, running):
    wait_right_rates(subscriber, running)


def test_no_number_reaches_2_to_the_53(subscriber, running):
    for value in wait_rates(subscriber, running).values():
        assert 0 <= value < 2 ** 53


def test_devices_are_told_if_asked_for(subscriber, running):
    assert not {"Disks", "Interfaces"} & set(statistics(subscriber, devices=False)[1][running])
    values = statistics(subscriber, devices=True)[1][running]
    [disk], [interface] = values["Disks"], values["Interfaces"]
    assert set(disk) == {"Key", "ReadBytes", "Capacity"}
    assert (disk["Key"], disk["Capacity"]) == ("vda", 1 << 20)
    assert disk["ReadBytes"] == values["DiskReadBytes"]
    assert set(interface) == {"Target", "ReceiveBytes", "TransmitBytes"}
    assert (interface["Target"], interface["TransmitBytes"]) == ("vnet0", 7)


def test_a_machine_that_stops_is_not_told_any_more(subscriber, running):
    assert running in statistics(subscriber)[1]
    subscriber.verb(running, "PowerOff")
    assert running not in statistics(subscriber)[1]


def test_a_new_run_has_no_rates_at_first(subscriber, running):
    wait_rates(subscriber, running)
    subscriber.verb(running, "PowerOff")
    subscriber.verb(running, "Start")
    first = subscriber.wait(lambda: statistics(subscriber)[1].get(running), 20, "the first sample of the run")
    assert not RATES & set(first)


def test_all_ends_with_the_last_subscription(subscriber, running, shared_house):
    assert statistics(subscriber)[0] > 0
    subscriber.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)
    assert statistics(subscriber) == (0, {})
    subscriber.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    assert statistics(subscriber)[0] > 0


def test_unknown_options_are_refused(caller, running):
    for call in [lambda: statistics(caller, device=True), lambda: statistics(caller, devices="yes"),
                 lambda: history(caller, running, since=2 ** 53),
                 lambda: history(caller, running, until=1), lambda: history(caller, running, fine=True)]:
        with pytest.raises(BusError) as error:
            call()
        assert error.value.short in ("UnknownOption", "InvalidArgument")


# A process that hangs

@pytest.fixture
def stuck(house):
    """An agent with a machine whose process hangs, and three whose do not: caller and paths."""
    names = ["stuck", "first", "second", "third"]
    agent = house.ready_agent("--connect", driver_file(house.folder, *(
        (name, fresh_uuid(), RUNNING) for name in names)))
    caller = house.stranger()
    yield caller, {name: caller.machine(name) for name in names}, agent
    agent.gate.touch()


def test_a_process_that_hangs_holds_up_no_other(stuck):
    caller, paths, agent = stuck
    caller.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    begin = time.monotonic()
    when, machines = statistics(caller)
    assert when > 0 and time.monotonic() - begin < 10, "the first answer waits, but not for ever"
    assert set(machines) == set(paths.values())
    assert HOST < set(machines[paths["stuck"]])
    assert not PROCESS & set(machines[paths["stuck"]])
    for name in ("first", "second", "third"):
        assert PROCESS <= set(machines[paths[name]])

    for _ in range(2):
        before = when
        caller.wait(lambda before=before: statistics(caller)[0] > before, 20, "samples go on")
        when, machines = statistics(caller)
        assert "CPUTime" in machines[paths["stuck"]]
        assert all(machines[paths[name]]["Responding"] for name in ("first", "second", "third"))
    for name in ("first", "second", "third"):
        wait_right_rates(caller, paths[name])
    assert machines[paths["stuck"]]["Responding"] is False
    assert agent.log().count("does not answer") == 1, "once"

    begin = time.monotonic()
    caller.verb(paths["first"], "Suspend")
    caller.verb(paths["first"], "Resume")
    assert time.monotonic() - begin < 5

    agent.gate.touch()
    caller.wait(lambda: statistics(caller)[1][paths["stuck"]]["Responding"], 20, "its answer")


# History

@pytest.fixture
def sampled(caller, running):
    """A machine that was sampled twice or more, and is not any more: its history is there."""
    caller.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    wait_right_rates(caller, running)
    caller.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)
    return running


def known(series):
    """Return what is no gap."""
    return [value for value in series if value >= 0]


def test_there_is_no_history_without_samples(caller, running):
    start, step, series = history(caller, running)
    assert (start, step, series) == (0, 0, {})


def test_history_is_kept(caller, sampled):
    start, step, series = history(caller, sampled)
    assert step == 5_000_000
    assert abs(start / 1e6 - time.time()) < 30
    assert set(series) == SERIES
    assert len({len(numbers) for numbers in series.values()}) == 1
    assert 45 < known(series["CPUPercent"])[-1] < 55
    assert 0.9e6 < known(series["DiskReadRate"])[-1] < 1.1e6
    assert known(series["MemoryRSS"])[-1] == 64 * 1024 * 1024
    assert set(series["MemoryUsed"]) == {-1.0}, "the guest tells nothing"


def test_history_since(caller, sampled):
    start, step, series = history(caller, sampled)
    n = len(series["CPUPercent"])
    later = history(caller, sampled, since=start + (n - 1) * step + 1000)
    assert len(later[2]["CPUPercent"]) == 1
    assert abs(later[0] - (start + (n - 1) * step)) < 1000
    assert history(caller, sampled, since=2 ** 53 - 1) == (0, step, {})
    _, step, series = history(caller, sampled, coarse=True)
    assert step == 120_000_000
    assert all(len(numbers) == 1 for numbers in series.values()), "none, or one if two minutes just ended"


def test_history_outlasts_a_stop(caller, sampled):
    before = history(caller, sampled)
    caller.verb(sampled, "PowerOff")
    assert history(caller, sampled)[2] == before[2]
    caller.verb(sampled, "Start")
    assert history(caller, sampled)[2] == before[2]


def recent(caller, path, n=30):
    """Return when the last sample was, and the last ones of a machine."""
    when, machines = statistics(caller, history=GLib.Variant("u", n))
    series = machines[path]["CPUPercentHistory"]
    assert len(series) == n
    assert series[-1] == machines[path].get("CPUPercent", -1), "the last one is what is told now"
    return when, series


def test_the_last_samples_of_all_machines_come_with_one_call(subscriber, running, define):
    assert "CPUPercentHistory" not in statistics(subscriber)[1][running]
    wait_right_rates(subscriber, running)
    when, series = recent(subscriber, running)
    assert 45 < series[-1] < 55
    assert set(series[:15]) == {-1.0}, "nobody sampled before"
    assert recent(subscriber, running, 1)[1] == series[-1:]

    young = define()
    subscriber.verb(young, "Start")
    subscriber.wait(lambda: statistics(subscriber)[0] > when, 10, "the next sample")
    later = recent(subscriber, running)[1]
    assert any(abs(value / series[-1] - 1) < 0.001 for value in later[-8:-1]), "it has moved on"
    assert set(recent(subscriber, young)[1][:15]) == {-1.0}, "all are as long"


@pytest.mark.parametrize("value", [GLib.Variant("u", 0), GLib.Variant("u", 121), GLib.Variant("u", 2 ** 32 - 1),
                                   GLib.Variant("t", 30), GLib.Variant("b", True)])
def test_no_more_samples_than_there_may_be(caller, running, value):
    with pytest.raises(BusError) as error:
        statistics(caller, history=value)
    assert error.value.short == "InvalidArgument"
