# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which hosts there are, and the sweeping up after those that died.

Each host has run/NAME/ and a lock file run/NAME.lock. Its keeper holds the lock for life, so a
lock that can be taken means a host that is gone, however it went.
"""

import contextlib
import os
import re
import time

from . import cgroup, forward, process
from .errors import HostError
from .files import read_json, remove_tree, try_lock
from .paths import logs_folder, run_folder

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
KEEP_LOGS = 20


def check_name(name):
    """Raise if a name could not be a host name, or could lead out of the run folder."""
    if not NAME.fullmatch(name):
        raise HostError(f"{name!r} is no name for a host: a-z first, then a-z, 0-9 and -, at most 40")


def folder(name):
    """Return the folder of a host."""
    return run_folder() / name


def record_path(name):
    """Return the file with what is known of a host."""
    return folder(name) / "record.json"


def read(name):
    """Return a host's record, or None."""
    return read_json(record_path(name))


def claim(name):
    """Take the name for a new host; return the lock's descriptor, for the keeper to inherit."""
    run_folder().mkdir(parents=True, exist_ok=True)
    fd = wait_lock(name, 1)
    if fd is None:
        raise HostError(f"host {name} is up already, or just starting")
    return fd


def wait_lock(name, timeout):
    """Take a host's lock, which others may hold for a moment to look; None at the timeout."""
    deadline = time.monotonic() + timeout
    while (fd := try_lock(run_folder() / f"{name}.lock")) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    return fd


def names():
    """Return the names of all hosts that have a folder, living or dead."""
    if not run_folder().is_dir():
        return []
    return sorted(path.name for path in run_folder().iterdir() if path.is_dir())


def is_held(name):
    """Tell whether a host's lock is held: it is up, starting or ending."""
    path = run_folder() / f"{name}.lock"
    if not path.exists():
        return False
    fd = try_lock(path)
    if fd is None:
        return True
    os.close(fd)
    return False


def used_layers():
    """Return the lower directories of all living hosts."""
    return {lower for name in names() if is_held(name)
            for lower in (read(name) or {}).get("lower", ())}


def sweep():
    """Remove what dead hosts left: empty control groups, overlay folders, lock files."""
    for name in {*names(), *(path.stem for path in run_folder().glob("*.lock"))}:
        fd = try_lock(run_folder() / f"{name}.lock")
        if fd is not None:
            remove(name, fd)


def remove(name, fd):
    """Remove all of a dead host, whose lock is held here; keep journal and console to read."""
    forward.end(folder(name))
    cgroup.remove((read(name) or {}).get("groups", ()))
    if folder(name).exists():
        _keep_logs(name)
        remove_tree(folder(name))
    (run_folder() / f"{name}.lock").unlink(missing_ok=True)
    os.close(fd)


def _keep_logs(name):
    """Move a dead host's journal and console to the logs folder; the oldest logs go."""
    target = logs_folder() / name
    remove_tree(target)
    target.mkdir(parents=True)
    for kept in ("console.log", "upper/var/log/journal"):
        with contextlib.suppress(FileNotFoundError):
            source = folder(name) / kept
            source.rename(target / source.name)
    old = sorted(logs_folder().iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in old[KEEP_LOGS:]:
        remove_tree(path)


def journal_folder(name):
    """Return the folder of a host's journal files, whether it is up or down."""
    live = folder(name) / "upper/var/log/journal"
    kept = logs_folder() / name / "journal"
    for path in (live, kept):
        if path.is_dir():
            return path
    raise HostError(f"no journal of a host {name}")


def state(name):
    """Return a word for how a host is, and its init's pid or None."""
    record = read(name) or {}
    if not is_held(name):
        return "dead", None
    pid = process.find_init(record["keeper"]) if "keeper" in record else None
    if pid and record.get("ready"):
        return "running", pid
    return "starting" if not record.get("ready") else "ending", pid
