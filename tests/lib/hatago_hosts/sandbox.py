# SPDX-License-Identifier: LGPL-2.1-or-later
"""Namespaces in which everything is mounted and run, so that the kernel cleans up.

What is mounted inside vanishes with its last process, and all its processes die with the
first one: killing one pid with SIGKILL is enough, whoever does it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .errors import HostError

TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "apt-get": "apt",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
}
UNSHARE = ("unshare", "--mount", "--propagation", "slave", "--pid", "--fork",
           "--kill-child=KILL", "--mount-proc")


def check_machine():
    """Raise one clear error if this machine cannot run test hosts."""
    if os.geteuid() != 0:
        raise HostError("a test host needs root: mounts and namespaces")
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        raise HostError(f"missing on this machine: apt-get install {' '.join(missing)}")
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        subprocess.run(["modprobe", "overlay"], check=False, capture_output=True)
        if "\toverlay\n" not in Path("/proc/filesystems").read_text():
            raise HostError("this kernel has no overlay file system")
    probe = subprocess.run([*UNSHARE, "--net", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        raise HostError(f"this machine gives no namespaces: {probe.stderr.strip()}")


def module(name, argument):
    """Return the command that runs one of this package's modules by itself."""
    return [sys.executable, "-m", f"hatago_hosts.{name}", str(argument)]


def environment():
    """Return the environment in which module() finds this package."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
            "HOME": "/root", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parents[1])}


def run_bound(command, log, network=True, **options):
    """Run a command in namespaces of its own that die with us; return its exit status.

    Its output goes to the file log, which is kept for a person when it fails.
    """
    namespaces = [*UNSHARE] if network else [*UNSHARE, "--net"]
    with open(log, "ab") as output:
        return subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", "--", *namespaces, "--", *command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=environment(), check=False, **options).returncode


def mount(kind, source, target, options="", cwd=None):
    """Mount something inside the namespaces we are in."""
    command = ["mount", "-t", kind, source, str(target)]
    if options:
        command[1:1] = ["-o", options]
    subprocess.run(command, check=True, cwd=cwd)


def mount_overlay(folder, lower, upper, work, root):
    """Mount an overlay; paths are relative to folder, so that no ':' or ',' is in them."""
    mount("overlay", "overlay", root,
          f"lowerdir={':'.join(lower)},upperdir={upper},workdir={work}", cwd=folder)


def last_lines(log, count=15):
    """Return the end of a log, for an error that a person reads."""
    lines = Path(log).read_text(errors="replace").splitlines()
    return "\n".join(lines[-count:])
