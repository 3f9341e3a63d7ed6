# SPDX-License-Identifier: LGPL-2.1-or-later
"""One disposable host: up, enter, reboot, down."""

import json
import os
import subprocess
import time
import uuid
from pathlib import Path

from . import base, cgroup, forward, guest, layers, process, registry, sandbox
from .errors import CommandFailed, HostError
from .files import lock, say, write_json
from .paths import hosts_folder

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LEGACY_SUITES = ("bullseye", "bookworm")
# Moves itself into the control groups named first, so that what it becomes belongs to the host.
JOIN = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1"; shift; n=$((n-1)); done; exec "$@"'


class Host:
    """A complete Debian host in namespaces of its own, made in seconds and thrown away.

    with Host("one") as host:
        host.up(packages="build/debs")
        host.run(["systemctl", "is-active", "dbus"])

    A host brought up by this class ends with this process, even if that is killed, unless
    bound is false.
    """

    def __init__(self, name):
        """Name a host, which may be up already; nothing is started."""
        registry.check_name(name)
        self.name = name
        self._keeper = None
        self._lifeline = None

    def __enter__(self):
        """Return the host itself."""
        return self

    def __exit__(self, *_):
        """Take the host down if it is up."""
        if registry.is_held(self.name):
            self.down()

    # Up

    def up(self, packages=None, *, more=(), suite="bookworm", bound=True, allow_degraded=False,
           timeout=120):
        """Make the host and boot it; return it when systemd says that all is running.

        packages is a folder of .debs to install, with their dependencies from Debian; more
        names other packages of Debian. timeout is in seconds and counts from the boot on.
        HostError tells what went wrong, with the names of failed units; the host is gone then.
        """
        sandbox.check_machine()
        registry.sweep()
        claim = registry.claim(self.name)
        try:
            record = self._prepare(packages, more, suite)
            self._start(record, claim, suite)
        except BaseException:
            self._abandon()
            registry.remove(self.name, claim)
            raise
        os.close(claim)
        try:
            self.wait_running(timeout, allow_degraded)
        except BaseException:
            self._abandon()
            self._bury()
            raise
        write_json(registry.record_path(self.name), {**record, "ready": True})
        if not bound:
            os.write(self._lifeline, b'"stay"\n')
            self._close_lifeline()
        return self

    def _prepare(self, packages, more, suite):
        """Build what is missing and write the record, which protects the layers in use."""
        with lock(hosts_folder() / "build.lock"):
            bottom = base.ensure(suite)
            lower = layers.ensure(bottom, packages, more)
            image = guest.ensure()
            folder = registry.folder(self.name)
            for part in ("upper", "work", "root", "staging/etc"):
                (folder / part).mkdir(parents=True)
            record = {"name": self.name, "suite": suite, "lower": lower, "since": time.time()}
            write_json(registry.record_path(self.name), record)
            layers.remove_old(registry.used_layers())
        self._stage(folder / "staging", image)
        return record

    def _stage(self, staging, image):
        """Write the files that make this host differ from its base."""
        (staging / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
        (staging / "etc/hostname").write_text(f"{self.name}\n")
        (staging / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n"
                                           "::1 localhost ip6-localhost\n")
        guest.install(image, staging)

    def _start(self, record, claim, suite):
        """Start the keeper and let it go on once it is in its control group."""
        label = f"hatago-host-{self.name}-{uuid.uuid4().hex[:6]}"
        record["groups"] = cgroup.plan(label)
        write_json(registry.record_path(self.name), record)
        cgroup.create(record["groups"])
        job = registry.folder(self.name) / "job.json"
        write_json(job, self._job(record, suite))
        reader, self._lifeline = os.pipe()
        with open(registry.folder(self.name) / "console.log", "wb") as console:
            self._keeper = subprocess.Popen(
                [*cgroup.command_prefix(label), *sandbox.UNSHARE, "--",
                 *sandbox.module("keeper", job)],
                stdin=reader, stdout=console, stderr=console, pass_fds=[claim],
                env=self._keeper_environment(suite), start_new_session=True)
        os.close(reader)
        record["keeper"] = self._keeper.pid
        record["keeper_start"] = process.start_time(self._keeper.pid)
        group = cgroup.place(record["groups"], [self._wait_keeper(), self._keeper.pid])
        write_json(registry.record_path(self.name), record)
        os.write(self._lifeline, json.dumps({"group": group}).encode() + b"\n")

    def _job(self, record, suite):
        """Return what the keeper has to know."""
        folder = registry.folder(self.name)
        relative = folder.relative_to(hosts_folder())
        devices = [device for device in ("/dev/kvm", "/dev/net/tun") if os.path.exists(device)]
        return {"folder": str(hosts_folder()), "lower": record["lower"],
                "upper": f"{relative}/upper", "work": f"{relative}/work",
                "root": f"{relative}/root", "staging": str(folder / "staging"),
                "command": ["systemd-nspawn", "--quiet", "--settings=no",
                            f"--directory={folder / 'root'}", f"--machine={self.name}",
                            "--register=no", "--keep-unit", "--private-network",
                            "--capability=all", "--link-journal=no", "--resolv-conf=off",
                            # Control groups v2 are asked about devices by it.
                            "--system-call-filter=bpf",
                            "--timezone=off", "--console=read-only",
                            *(f"--bind={device}" for device in devices), "--boot"]}

    @staticmethod
    def _keeper_environment(suite):
        """Return the keeper's environment; newer systemd boots on cgroup v2 only."""
        if suite in LEGACY_SUITES:
            return sandbox.environment()
        return {**sandbox.environment(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}

    def _wait_keeper(self):
        """Return the pid of the first process in the namespaces, once it is forked."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._keeper.poll() is None:
            if below := process.descendants(self._keeper.pid):
                return below[0]
            time.sleep(0.01)
        raise HostError(f"host {self.name} did not start:\n{self._console_end()}")

    def _abandon(self):
        """Kill what a failed start left running; its caller removes the rest."""
        self._close_lifeline()
        if self._keeper:
            self._keeper.kill()
            self._keeper.wait()

    def _close_lifeline(self):
        """Close our end of the pipe; a bound host ends by it."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def wait_running(self, timeout=120, allow_degraded=False):
        """Wait until systemd says running; raise on degraded, on a dead host, or at the timeout."""
        deadline, state = time.monotonic() + timeout, "no systemd yet"
        while time.monotonic() < deadline:
            if not self.is_up():
                raise HostError(f"host {self.name} died while booting:\n{self._console_end()}")
            if process.find_init(self._record()["keeper"]):
                state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
            if state == "running" or (state == "degraded" and allow_degraded):
                return
            if state == "degraded":
                raise HostError(f"host {self.name} has failed units:\n{self.failed_units()}")
            time.sleep(0.1)
        raise HostError(f"host {self.name} is still not running after {timeout} s: {state}")

    def failed_units(self):
        """Return the failed units as systemctl prints them, each with the end of its journal."""
        listed = self.run(["systemctl", "--failed", "--plain", "--no-legend", "--no-pager"]).stdout
        texts = []
        for line in listed.splitlines():
            status = self.run(["systemctl", "status", "--no-pager", "--lines=8", line.split()[0]],
                              check=False)
            texts.append(status.stdout.rstrip())
        return "\n".join(texts)

    def _console_end(self):
        """Return the last lines of the console, for an error."""
        return sandbox.last_lines(registry.folder(self.name) / "console.log")

    # Looking

    def _record(self):
        """Return the record of a host that is up."""
        record = registry.read(self.name)
        if record is None or not self.is_up():
            raise HostError(f"no host {self.name} is up")
        return record

    def is_up(self):
        """Tell whether the host's keeper lives."""
        record = registry.read(self.name) or {}
        return "keeper" in record and process.is_alive(record["keeper"], record["keeper_start"])

    @property
    def init(self):
        """The pid, outside, of the host's init; another one after a reboot."""
        pid = process.find_init(self._record()["keeper"])
        if pid is None:
            raise HostError(f"host {self.name} has no systemd at the moment: starting or ending")
        return pid

    @property
    def root(self):
        """The path by which a process outside reads and writes the host's files."""
        return Path(f"/proc/{self.init}/root")

    # Entering

    def command(self, argv, user=None):
        """Return the argv, for outside, of a command in the host, with a clean environment."""
        pid = self.init
        groups = cgroup.procs_files(pid)
        name, uid, gid, home = self._account(pid, user or "root")
        become = ["/usr/bin/setpriv", "--pdeathsig", "KILL"]
        if uid != "0":
            become += ["--reuid", uid, "--regid", gid, "--init-groups"]
        return ["/bin/sh", "-c", JOIN, "sh", str(len(groups)), *groups,
                "nsenter", "--target", str(pid), "--all", "--",
                "/usr/bin/env", "-i", f"--chdir={home}", f"PATH={PATH}", f"HOME={home}",
                f"USER={name}", f"LOGNAME={name}", "LANG=C.UTF-8",
                f"TERM={os.environ.get('TERM', 'dumb')}", *become, "--", *argv]

    def _account(self, pid, user):
        """Return name, uid, gid and home of a user of the host."""
        for line in Path(f"/proc/{pid}/root/etc/passwd").read_text().splitlines():
            name, _, uid, gid, _, home, _ = line.split(":")
            if name == user:
                return name, uid, gid, home
        raise HostError(f"host {self.name} has no user {user}")

    def run(self, argv, user=None, check=True, timeout=None, input=None):
        """Run a command in the host and return its CompletedProcess, with text output.

        check raises CommandFailed, a CalledProcessError that shows stderr, on another status
        than 0. At the timeout, in seconds, the command is killed and TimeoutExpired raised.
        """
        stdin = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        done = subprocess.run(self.command(argv, user), text=True, capture_output=True,
                              check=False, timeout=timeout, **stdin)
        done.args = argv
        if check and done.returncode != 0:
            raise CommandFailed(done.returncode, argv, done.stdout, done.stderr)
        return done

    def popen(self, argv, user=None, **options):
        """Start a command in the host; return its Popen. Options are those of Popen.

        Killing the process kills the command in the host too.
        """
        return subprocess.Popen(self.command(argv, user), **options)

    def journal(self, *arguments):
        """Return journalctl's output for the host, also after it is down."""
        done = subprocess.run(["journalctl", "--no-pager", "--directory",
                               str(registry.journal_folder(self.name)), *arguments],
                              capture_output=True, text=True)
        return done.stdout

    def forward(self, target, port=0):
        """Make a port of the host reachable at 127.0.0.1 of the machine; return the port there.

        It is the one wished for, if that is free, and leads there until the host is down.
        """
        return forward.ensure(registry.folder(self.name), self._record(), target, port)

    # Reboot and down

    def reboot(self, timeout=120):
        """Reboot the host really; its files stay, what was in memory and its links go."""
        before = self.init
        self._ask_systemd("reboot")
        deadline = time.monotonic() + timeout
        while process.find_init(self._record()["keeper"]) in (before, None):
            if time.monotonic() > deadline:
                raise HostError(f"host {self.name} did not reboot in {timeout} s")
            time.sleep(0.1)
        self.wait_running(max(1, deadline - time.monotonic()))

    def down(self, timeout=60):
        """Power the host off and remove it; after timeout seconds kill it.

        Return whether it went by itself. Journal and console stay readable. HostError if it
        is not up.
        """
        record = self._record()
        if timeout and process.find_init(record["keeper"]):
            self._ask_systemd("poweroff")
        deadline = time.monotonic() + timeout
        while self.is_up() and time.monotonic() < deadline:
            time.sleep(0.05)
        graceful = not self.is_up()
        if not graceful and timeout:
            say(f"host {self.name} did not power off in {timeout} s; killing it")
        process.kill(record["keeper"], record["keeper_start"])
        self._close_lifeline()
        self._bury()
        return graceful

    def _ask_systemd(self, verb):
        """Ask for the end of this boot; the command may be killed by what it asked for."""
        self.run(["systemctl", "--no-block", verb], check=False, timeout=30)

    def _bury(self):
        """Remove the dead host's remains as soon as its last process has let the lock go."""
        if self._keeper:
            self._keeper.wait()
        claim = registry.wait_lock(self.name, 10)
        if claim is None:
            raise HostError(f"host {self.name} does not die; its processes are stuck")
        registry.remove(self.name, claim)
