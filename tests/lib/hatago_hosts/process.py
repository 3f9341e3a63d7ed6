# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes by pid and start time, never by name: another host may run beside this one."""

import contextlib
import os
import signal
from pathlib import Path


def start_time(pid):
    """Return when a process started, in clock ticks since boot, or None if it is gone.

    Pid and start time together name a process for ever; a pid alone is used again.
    """
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else None


def _stat(pid):
    """Return the fields of /proc/PID/stat after the name, which may contain anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_alive(pid, started):
    """Tell whether the very process that was recorded still runs."""
    return started is not None and start_time(pid) == started


def children():
    """Return a map from each pid to the pids of its children."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(entry)):
            found.setdefault(int(fields[1]), []).append(int(entry))
    return found


def descendants(pid):
    """Return all pids below one, nearest first."""
    tree, found = children(), [pid]
    for parent in found:
        found.extend(tree.get(parent, ()))
    return found[1:]


def namespace_pids(pid):
    """Return a process's pids as seen from our PID namespace and from each one inside it."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return [int(value) for value in line.split()[1:]]
    return []


def find_init(top):
    """Return the pid of the container's init below a keeper, or None while there is none.

    It is first in the second PID namespace below ours, and has become systemd already.
    """
    for pid in descendants(top):
        pids = namespace_pids(pid)
        if len(pids) == 3 and pids[-1] == 1 and _program(pid) == "systemd":
            return pid
    return None


def _program(pid):
    """Return the name of the file a process executes."""
    with contextlib.suppress(OSError):
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    return None


def kill(pid, started):
    """Kill the very process that was recorded, if it still runs."""
    with contextlib.suppress(ProcessLookupError):
        fd = os.pidfd_open(pid)
        try:
            if is_alive(pid, started):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
        finally:
            os.close(fd)
