# SPDX-License-Identifier: LGPL-2.1-or-later
"""A port of a host at 127.0.0.1 of the machine: the process that makes it so is forwarder.py."""

import subprocess
import time

from . import process, sandbox
from .errors import HostError
from .files import read_json, write_json

RECORD = "forward.json"


def ensure(folder, record, target, port):
    """Return the machine's port that leads to a host's port target; port is which one is wished for.

    folder and record are those of a host that is up.
    """
    path = folder / RECORD
    found = read_json(path)
    if found and found["target"] == target and process.is_alive(found["pid"], found["start"]):
        return found["port"]
    job = folder / "forward-job.json"
    write_json(job, {"keeper": record["keeper"], "keeper_start": record["keeper_start"],
                     "target": target, "port": port})
    log = folder / "forward.log"
    with open(log, "wb") as errors:
        forwarder = subprocess.Popen(sandbox.module("forwarder", job), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=errors, text=True,
                                     env=sandbox.environment(), start_new_session=True)
    line = forwarder.stdout.readline()
    if not line:
        raise HostError(f"the host's port could not be made reachable:\n{sandbox.last_lines(log)}")
    write_json(path, {"target": target, "port": int(line), "pid": forwarder.pid,
                      "start": process.start_time(forwarder.pid)})
    return int(line)


def end(folder):
    """End a host's forwarder, if it has one; return when it is gone."""
    if found := read_json(folder / RECORD):
        process.kill(found["pid"], found["start"])
        while process.is_alive(found["pid"], found["start"]):
            time.sleep(0.01)
