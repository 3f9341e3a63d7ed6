# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line tool against the real agent on the private bus: what it prints, and when it ends."""

import os
import subprocess
import time

from agent import BUILD

HATAGO = str(BUILD / "cli/hatago")


def run(house, *arguments, **environment):
    """Run the tool, in English and without a terminal; return its CompletedProcess."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("LANGUAGE", "LANG", "COLUMNS") and not name.startswith("LC_")}
    return subprocess.run(
        [HATAGO, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        env={**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", "DBUS_SYSTEM_BUS_ADDRESS": house.bus.address,
             **environment})


# Without a hypervisor

def test_an_absent_libvirt_is_said_at_once(house):
    """Not an empty list, and not after ten seconds."""
    agent = house.agent("--connect", "qemu+unix:///system?socket=/nonexistent/sock")
    agent.wait_log("Cannot connect to qemu")
    begin = time.monotonic()
    done = run(house, "list")
    assert time.monotonic() - begin < 3
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot reach libvirt" in done.stderr and "/nonexistent/sock" in done.stderr
    assert "systemctl status libvirtd" in done.stderr
