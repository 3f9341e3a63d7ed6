# SPDX-License-Identifier: LGPL-2.1-or-later
"""A control group of its own for each host.

Hosts in one group disturb each other: services fail with 219/CGROUP, and libvirt's groups of
equal names collide. Three kinds of machine are told apart: cgroup v1 (also with an empty
"unified" beside it), cgroup v2, and either with systemd as PID 1, which has to be asked.
"""

import contextlib
import os
import time
from pathlib import Path

from .files import say

FS = Path("/sys/fs/cgroup")
KEEPER, PAYLOAD = "keeper", "host"


def is_v2():
    """Tell whether the machine has the one hierarchy of cgroup v2 only."""
    return (FS / "cgroup.controllers").exists()


def is_systemd():
    """Tell whether systemd is PID 1 and owns the control groups."""
    return Path("/run/systemd/system").is_dir()


def command_prefix(label):
    """Return what to put before the keeper's command so that systemd delegates a group to it."""
    if not is_systemd():
        return []
    return ["systemd-run", "--quiet", "--scope", "--collect", "--property=Delegate=yes",
            f"--unit={label}.scope", "--"]


def plan(label):
    """Return the paths of the host's groups, where nobody else makes them; recorded before create()."""
    if is_systemd():
        return []
    parents = [FS] if is_v2() else sorted(_own_groups())
    return [str(parent / label) for parent in parents]


def create(groups):
    """Make the planned groups."""
    for group in map(Path, groups):
        group.mkdir(exist_ok=True)
        _inherit_cpuset(group)


def _own_groups():
    """Yield the directory of our own group in each mounted v1 hierarchy and in "unified"."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        folder = FS / (names.removeprefix("name=") or "unified")
        if folder.is_dir():
            yield folder / path.lstrip("/")


def _inherit_cpuset(group):
    """Fill a fresh v1 cpuset, which takes no process while it is empty."""
    for name in ("cpuset.mems", "cpuset.cpus"):
        target = group / name
        if target.exists() and not target.read_text().strip():
            target.write_text((group.parent / name).read_text())


def place(groups, pids):
    """Move the keeper's processes into the host's groups; return the v2 group of nspawn, if any.

    In v2 only leaves hold processes, so keeper and nspawn get one leaf each.
    """
    if not is_v2():
        for group in groups:
            _move(Path(group), pids)
        return None
    top = Path(groups[0]) if groups else FS / _v2_path(pids[0])
    for leaf in (KEEPER, PAYLOAD):
        (top / leaf).mkdir(exist_ok=True)
    _move(top / KEEPER, pids)
    for controller in (top / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):
            (top / "cgroup.subtree_control").write_text(f"+{controller}")
    return str(top / PAYLOAD)


def _v2_path(pid):
    """Return a process's path in the unified hierarchy, without the leading slash."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return line[3:].lstrip("/")
    return ""


def _move(group, pids):
    """Move processes into one group."""
    for pid in pids:
        (group / "cgroup.procs").write_text(str(pid))


def procs_files(pid):
    """Return the files to write a pid to so that its process stands beside another one."""
    files = []
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        folder = FS / (names.removeprefix("name=") or ("" if is_v2() else "unified"))
        files.append(folder / path.lstrip("/") / "cgroup.procs")
    return [str(path) for path in files if path.exists()]


def remove(groups):
    """Remove groups with all below; the last process may take a moment to leave them."""
    for group in groups:
        deadline = time.monotonic() + 5
        while not _remove_once(Path(group)):
            if time.monotonic() > deadline:
                say(f"control group {group} still has processes; leaving it")
                break
            time.sleep(0.05)


def _remove_once(group):
    """Try to remove one group and those below; tell whether it is gone."""
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    return not group.exists()
