# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs as the first process of a host's namespaces: mounts its root and keeps nspawn.

Started by host.py with a JSON file (folder, lower, upper, work, root, staging, command) and a
pipe as its standard input, the lifeline. Through it comes one line of JSON that says "go",
and later, if the host shall outlive its starter, a second line. If the pipe ends before that, the
starter is gone, and so is this host: when this process ends the kernel kills all others
in the namespaces and drops the mounts.
"""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

from . import sandbox

# nspawn with --keep-unit ends with this status when the host reboots, for its caller to start it again.
REBOOT = 133


def main(path):
    """Build the root, run nspawn in it, and end with it or with the starter."""
    job = json.loads(Path(path).read_text())
    go = _read_line(0)
    if not go:
        return 1
    _build_root(job)
    joiner = _group_joiner(json.loads(go)["group"])
    lifeline = Lifeline()
    status = REBOOT
    while status == REBOOT:
        nspawn = subprocess.Popen(job["command"], stdin=subprocess.DEVNULL, preexec_fn=joiner)
        status = lifeline.wait(nspawn)
    return status


def _build_root(job):
    """Mount the host's root and put its own files there.

    nspawn writes below /run, which is the machine's: it gets one of its own.
    """
    folder = Path(job["folder"])
    sandbox.mount("tmpfs", "tmpfs", "/run", "mode=755")
    sandbox.mount_overlay(folder, job["lower"], job["upper"], job["work"], job["root"])
    subprocess.run(["cp", "--recursive", "--no-preserve=mode,ownership", f"{job['staging']}/.",
                    str(folder / job["root"])], check=True)


def _group_joiner(group):
    """Return what moves nspawn into its cgroup v2 leaf between fork and exec, if it has one."""
    if group is None:
        return None
    return lambda: Path(group, "cgroup.procs").write_text("0")


def _read_line(fd):
    """Return one line from the lifeline, or nothing at its end."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(fd, 1)
        if not piece:
            return b""
        line += piece
    return line


class Lifeline:
    """The pipe from the starter, watched until the starter lets the host live on."""

    def __init__(self):
        """Start bound to the starter."""
        self._bound = True

    def wait(self, nspawn):
        """Wait for nspawn's end and return its status; end everything if the starter is gone."""
        ended = os.pidfd_open(nspawn.pid)
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        if self._bound:
            poll.register(0, select.POLLIN)
        while ended not in (ready := [fd for fd, _ in poll.poll()]):
            if 0 in ready and not _read_line(0):
                sys.exit(1)
            self._bound = False
            poll.unregister(0)
        os.close(ended)
        return nspawn.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
