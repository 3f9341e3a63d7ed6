# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon of a test host as a process of the machine: what it costs, and its sudden end."""

import contextlib
import os
import signal
import time
from pathlib import Path

from hatago_hosts import process


def find(host, program):
    """Return the pid, outside, of the process in a host that executes this file, or None."""
    for pid in process.descendants(host.init):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/exe") == program:
                return pid
    return None


def wait_for(host, program, but=None, timeout=10):
    """Return the pid of a daemon as soon as there is one; but is one that is ending."""
    deadline = time.monotonic() + timeout
    while (pid := find(host, program)) in (None, but):
        if time.monotonic() > deadline:
            raise AssertionError(f"{program} does not run in host {host.name}")
        time.sleep(0.01)
    return pid


def kill(host, program, sent=signal.SIGKILL):
    """Send a daemon a signal; return its pid."""
    pid = wait_for(host, program)
    os.kill(pid, sent)
    return pid


def memory(pid, kind="Pss"):
    """Return the memory of a process in bytes, by a field of smaps_rollup.

    Pss divides shared pages among their users, so it depends on who else runs; Anonymous is what
    the process has allocated, and shows a leak.
    """
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"smaps_rollup has no {kind}")


def descriptors(pid):
    """Return the number of open file descriptors of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    """Return the number of threads of a process."""
    return len(os.listdir(f"/proc/{pid}/task"))
