# SPDX-License-Identifier: LGPL-2.1-or-later
"""A clock that is set while the agent runs: what waits, waits as long as it should."""

import struct
import time

import pytest

from hatago_bus import JOB, MACHINE, options
from machines import domain_xml

DAY = 86400


class Clock:
    """The clock of the agent, as far as it is one that can be set: see guests.c."""

    def __init__(self, folder):
        """It is right."""
        self.file = folder / "clock"
        self.file.write_bytes(struct.pack("q", 0))

    def jump(self, seconds):
        """Set it so much ahead of the right time, or behind."""
        with self.file.open("r+b") as file:
            file.write(struct.pack("q", seconds))


@pytest.mark.parametrize("seconds", [DAY, -DAY, 30 * 365 * DAY])
def test_a_clock_that_jumps_moves_no_deadline(house, seconds):
    clock = Clock(house.folder)
    agent = house.ready_agent(environment={"HATAGO_TEST_CLOCK": str(clock.file)})
    caller = house.stranger()
    path = caller.define(domain_xml("deaf"))
    caller.verb(path, "Start")
    began = time.monotonic()
    job = caller.call(path, MACHINE, "Shutdown", options(timeout=3_000_000))
    caller.wait_cancelable(job)
    right = caller.get(job, JOB, "StartedAt")
    clock.jump(seconds)
    while time.monotonic() - began < 1.5:
        assert caller.get(job, JOB, "State") == "running"
        caller.iterate(0.1)
    assert caller.wait_job(job, 20)[0] == "timeout"
    assert time.monotonic() - began >= 3
    # It did take another time to be the right one; and what has ended is kept for ten minutes, not until then.
    ended = caller.get(job, JOB, "EndedAt")
    assert abs(ended - right - seconds * 1_000_000) < 30_000_000
    caller.iterate(0.5)
    assert caller.get(job, JOB, "State") == "ended"
    assert agent.alive()
