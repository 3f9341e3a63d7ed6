# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bare Debian: a root made by mmdebstrap and nothing else, to show what a newcomer meets.

It is no host: no systemd runs in it. Its first process is a shell in mount and PID namespaces of
its own and in a control group of its own; when that ends, of whatever, all in it has ended and no mount is
left. The machine's network is shared, so that apt works as anywhere. Names are those of test hosts
(hatago_hosts.registry): what a killed one leaves is swept by the next command of tests/host.
"""

import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from hatago_hosts import base, cgroup, process, registry, sandbox, sources
from hatago_hosts.errors import HostError
from hatago_hosts.files import write_json
from hatago_hosts.host import JOIN, PATH

SUITE = "bookworm"
# All that mmdebstrap adds to Debian's "Essential: yes" packages and apt. A fresh Debian has much
# more: git and certificates, with which the clone was made, Python, systemd. Here they must come by
# install-deps.
VARIANT = "minbase"

# Of one command, in seconds: the longest, ./try, takes a few minutes on a quiet machine, and a busy one takes its time.
LIMIT = 2700

# Becomes the first process: takes the root as its own, and waits for ever. A shell takes in orphans, too.
SETUP = """\
set -eu
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
cd "$root"
pivot_root . mnt
umount -l /mnt
echo ready
exec /bin/sh -c 'while :; do sleep 3600 & wait; done' </dev/null >/dev/null 2>&1
"""


class BareDebian:
    """A bare Debian for the time of a with statement; it ends with this process in any case."""

    def __init__(self, name, log):
        """Name it as a host; everything that is run in it is written to the file log as well."""
        registry.check_name(name)
        self.name, self.log = name, Path(log)
        self._outer = None

    @property
    def root(self):
        """Its root as the machine sees it, without what is mounted in it."""
        return registry.folder(self.name) / "root"

    def __enter__(self):
        """Make the root, which takes half a minute, and start the first process in it."""
        sandbox.check_machine()
        registry.sweep()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        claim = registry.claim(self.name)
        try:
            self.root.mkdir(parents=True)
            self._make_root()
            self._start(claim)
        except BaseException:
            self._kill()
            registry.remove(self.name, claim)
            raise
        os.close(claim)
        return self

    def __exit__(self, *_):
        """Kill the first process, and with it all others; remove everything but the log."""
        self._kill()
        claim = registry.wait_lock(self.name, 10)
        if claim is None:
            raise HostError(f"{self.name} does not die; its processes are stuck")
        registry.remove(self.name, claim)

    def _make_root(self):
        """Run mmdebstrap, with this machine's mirror, apt proxy and certificates."""
        listed = registry.folder(self.name) / "sources.list"
        listed.write_text(sources.sources_list(SUITE))
        status = sandbox.run_bound(["mmdebstrap", "--mode=root", f"--variant={VARIANT}",
                                    f"--dpkgopt={base.DPKG_OPTION}", SUITE, str(self.root), str(listed)], self.log)
        if status != 0:
            raise HostError(f"mmdebstrap failed:\n{sandbox.last_lines(self.log)}")
        resolver = self.root / "etc/resolv.conf"
        resolver.unlink(missing_ok=True)
        resolver.write_text(Path("/etc/resolv.conf").read_text())
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost {self.name}\n")
        # Of authorities that the machine's administrator trusts beside Debian's.
        certificates = "usr/local/share/ca-certificates"
        shutil.copytree(Path("/") / certificates, self.root / certificates, dirs_exist_ok=True)
        proxies = [option.partition("=") for option in sources.apt_options()]
        if proxies:
            (self.root / "etc/apt/apt.conf.d/00proxy").write_text(
                "".join(f'{name} "{value}";\n' for name, _, value in proxies))

    def _start(self, claim):
        """Start the first process and move it to a control group of its own."""
        label = f"hatago-host-{self.name}-{uuid.uuid4().hex[:6]}"
        record = {"name": self.name, "suite": SUITE, "lower": [], "since": time.time(),
                  "groups": cgroup.plan(label)}
        write_json(registry.record_path(self.name), record)
        cgroup.create(record["groups"])
        self._outer = subprocess.Popen(
            [*cgroup.command_prefix(label), "setpriv", "--pdeathsig", "KILL", "--",
             *sandbox.UNSHARE, "--uts", "--ipc", "--", "sh", "-c", SETUP, "sh", str(self.root)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            pass_fds=[claim], env=sandbox.environment())
        told = self._outer.stdout.readline()
        if told != "ready\n":
            raise HostError(f"{self.name} did not start: {told}{self._outer.stdout.read()}")
        record |= {"keeper": self._outer.pid, "keeper_start": process.start_time(self._outer.pid)}
        write_json(registry.record_path(self.name), record)
        cgroup.place(record["groups"], [self.first, self._outer.pid])

    @property
    def first(self):
        """The pid, outside, of the first process."""
        return process.descendants(self._outer.pid)[0]

    def _kill(self):
        """Kill the first process; the kernel kills the rest."""
        if self._outer:
            self._outer.kill()
            self._outer.communicate()

    def command(self, argv, user="root", folder="/"):
        """Return the argv, for outside, of a command in there, with a clean environment."""
        groups = cgroup.procs_files(self.first)
        home = "/root" if user == "root" else f"/home/{user}"
        become = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}",
                                            "--init-groups", "--"]
        return ["/bin/sh", "-c", JOIN, "sh", str(len(groups)), *groups,
                "setpriv", "--pdeathsig", "KILL", "--",
                "nsenter", "--target", str(self.first), "--mount", "--pid", "--uts", "--ipc", "--",
                "/usr/bin/env", "-i", f"--chdir={folder}", f"PATH={PATH}", f"HOME={home}",
                f"USER={user}", f"LOGNAME={user}", "LANG=C.UTF-8", "TERM=dumb", *become, *argv]

    def run(self, argv, user="root", folder="/", check=True, timeout=LIMIT):
        """Run a command in there; return its CompletedProcess, with text output, errors in it.

        The output is written to the log. check raises HostError, with the end of the output.
        """
        began = time.monotonic()
        done = subprocess.run(self.command(argv, user, folder), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False, timeout=timeout)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(argv)}    ({user}, in {folder})\n{done.stdout}"
                      f"[status {done.returncode}, {time.monotonic() - began:.1f} s]\n")
        if check and done.returncode != 0:
            end = "\n".join(done.stdout.splitlines()[-40:])
            raise HostError(f"{' '.join(argv)} ended with {done.returncode}, see {self.log}:\n{end}")
        return done

    def programs(self):
        """Return what runs in there besides the first process and what it waits with: pid to name."""
        mine = process.descendants(self._outer.pid)
        found = {}
        for pid in mine[1:]:
            try:
                found[pid] = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
            except OSError:
                continue
        return {pid: name for pid, name in found.items() if name and name != "sleep 3600"}
