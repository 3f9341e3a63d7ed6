# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base: a minimal Debian root, made once by mmdebstrap and never changed afterwards."""

import time

from . import sandbox, sources
from .errors import HostError
from .files import digest, remove_tree, say, whole_folder, write_json
from .paths import bases_folder, hosts_folder

# A real host's skeleton, and after it what only tests need. Nothing else: what our packages
# forget to depend on must be missing.
PACKAGES = ("systemd", "systemd-sysv", "libpam-systemd", "dbus", "passwd", "login", "iproute2",
            "procps", "less", "kmod",
            "libvirt-clients", "strace")

# What is not whole is made anew: nothing of it need be on the disk before the next file. Half the time, here and in layers.
DPKG_OPTION = "force-unsafe-io"

# libvirt creates its groups in the controllers, which nspawn mounts read-only when they are
# cgroup v1; a plain "remount,rw" says busy for memory.
CGROUPS_UNIT = """\
[Unit]
Description=Make cgroup v1 controllers writable in the test host
DefaultDependencies=no
Before=sysinit.target
ConditionPathIsDirectory=/sys/fs/cgroup/memory

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for c in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$$c" || :; done'
"""


def key(suite):
    """Return the hash of all that makes a base."""
    return digest(suite, *PACKAGES, sources.sources_list(suite), CGROUPS_UNIT, "3")


def ensure(suite):
    """Return the folder name of the base, building it first if there is none. Needs the build lock."""
    folder = bases_folder() / f"{suite}-{key(suite)}"
    if not folder.exists():
        _build(folder, suite)
    (folder / "info.json").touch()
    return folder.name


def forget(suite):
    """Remove the base, so that the next one has today's packages. Needs the build lock."""
    remove_tree(bases_folder() / f"{suite}-{key(suite)}")


def _build(folder, suite):
    """Make the base beside its final name and rename it at the end."""
    say(f"building the base ({suite}); this takes about half a minute")
    started = time.monotonic()
    log = hosts_folder() / "base.log"
    hosts_folder().mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with whole_folder(folder) as fresh:
        listed = fresh / "sources.list"
        listed.write_text(sources.sources_list(suite))
        (fresh / "tmp").mkdir()
        status = sandbox.run_bound(
            ["env", f"TMPDIR={fresh / 'tmp'}", "mmdebstrap", "--mode=root", "--variant=minbase",
             f"--include={','.join(PACKAGES)}",
             f"--dpkgopt={DPKG_OPTION}",
             *(f"--aptopt={option}" for option in _apt_lines()),
             suite, str(fresh / "root"), str(listed)], log)
        if status != 0:
            raise HostError(f"mmdebstrap failed ({log}):\n{sandbox.last_lines(log)}")
        remove_tree(fresh / "tmp")
        _customize(fresh / "root", log)
        write_json(fresh / "info.json", {"suite": suite, "seconds": round(time.monotonic() - started)})
    say(f"base built in {time.monotonic() - started:.0f} s")


def _apt_lines():
    """Return the machine's apt proxies as apt.conf lines."""
    for option in sources.apt_options():
        name, value = option.split("=", 1)
        yield f'{name} "{value}"'


def _customize(root, log):
    """Add users, a journal that lasts, and the cgroup unit; take the machine's resolver out."""
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    for user, groups in (("alice", ""), ("admin", "sudo")):
        command = ["chroot", str(root), "useradd", "-m", "-s", "/bin/bash", user]
        if groups:
            command[-1:-1] = ["-G", groups]
        if sandbox.run_bound(command, log) != 0:
            raise HostError(f"useradd failed ({log}):\n{sandbox.last_lines(log)}")
    (root / "var/log/journal").mkdir(exist_ok=True)
    units = root / "etc/systemd/system"
    (units / "test-host-cgroups.service").write_text(CGROUPS_UNIT)
    wants = units / "sysinit.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "test-host-cgroups.service").symlink_to("../test-host-cgroups.service")
