# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual machines as services, for tests that go by systemctl and virsh alone."""

import re
import time
import uuid
from contextlib import contextmanager

import pytest
from hatago_hosts import Guest

HOOK = "etc/libvirt/hooks/qemu"
# Of one machine in one operation: says that it is there, and waits while the test says so. It may not talk.
HOOK_TEXT = """#!/bin/sh
held=/run/test-hold-$2
[ "$(cat $held 2>/dev/null)" = "$1" ] || exit 0
touch /run/test-held
while [ -e $held ]; do sleep 0.05; done
"""
LIBVIRT = ["libvirtd.service", "libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]


def escape(text):
    """As systemd-escape does; a test holds both together."""
    plain = re.compile(r"[A-Za-z0-9:_.]")
    return "".join("-" if c == "/" else c if plain.match(c) and (i or c != ".") else f"\\x{ord(c):02x}"
                   for i, c in enumerate(text.encode().decode("latin-1")))


def wait(condition, seconds, what):
    """Wait until something is true; return how long that took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.03)
    return time.monotonic() - start


class Vm(Guest):
    """A guest and its unit. libvirt is asked by its UUID: names are hostile here."""

    def __init__(self, host, name):
        """Name it; nothing is defined yet."""
        super().__init__(host, name)
        self.title, self.uuid = name, str(uuid.uuid4())
        self.name = self.uuid  # of virsh's --domain
        instance = escape(name)
        self.instance = instance if len(instance) <= 230 else escape(self.uuid)
        self.unit = f"hatago-vm@{self.instance}.service"

    def define(self, words="", disk=None, change=lambda xml: xml):
        """Define it, with a console log that goes by its UUID."""
        xml = self.xml(words, disk=disk)
        title = self.title.replace("&", "&amp;").replace("<", "&lt;")
        xml = xml.replace(f"<name>{self.name}</name>", f"<name>{title}</name><uuid>{self.uuid}</uuid>")
        self.host.run(["virsh", "-q", "define", "/dev/stdin"], input=change(xml))
        return self

    def systemctl(self, verb, *options, check=True, timeout=60):
        """Run a verb on its unit."""
        return self.host.run(["systemctl", verb, *options, "--", self.unit], check=check, timeout=timeout)

    def show(self, name):
        """Return a property of its unit."""
        return self.systemctl("show", "--value", "-p", name).stdout.strip()

    def is_(self, *words):
        """Whether the unit is in this state: ActiveState, and Result where it is told."""
        shown = dict(line.split("=", 1) for line in
                     self.systemctl("show", "-p", "ActiveState", "-p", "Result").stdout.split())
        return [shown["ActiveState"], shown["Result"]][:len(words)] == list(words)

    def wait_unit(self, *words, seconds=20):
        """Wait for a state of the unit."""
        return wait(lambda: self.is_(*words), seconds, f"{words}, but {self.show('ActiveState')}")

    def pid(self):
        """Return QEMU's process id as libvirt has it; None: there is none."""
        name = self.title.translate({ord("'"): "&apos;", ord('"'): "&quot;"})  # libvirt does so
        try:
            return int((self.host.root / "run/libvirt/qemu" / f"{name}.pid").read_text())
        except FileNotFoundError:
            return None

    def kill(self, number, pid=None):
        """Send QEMU a signal."""
        self.host.run(["kill", f"-{int(number)}", str(pid or self.pid())])

    def start(self):
        """Start the unit; QEMU is its main process."""
        self.systemctl("start")
        assert self.is_("active")
        self.check_main()
        return self

    def check_main(self):
        """QEMU is the main process, and it runs."""
        assert int(self.show("MainPID")) == self.pid() > 1

    def check_off(self, *words):
        """The unit is in this state, and nothing runs or comes up."""
        self.wait_unit(*words)
        assert self.state() == "shut off"
        assert self.show("NRestarts") == "0"
        assert self.show("MainPID") == "0"

    def reason(self):
        """Why libvirt says that it is off."""
        return re.search(r"\((.*)\)", self.virsh("domstate", "--reason").stdout)[1]

    def settings(self, *lines):
        """Write its settings, as the agent would."""
        folder = self.host.root / "etc/hatago/machines.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.uuid}.conf").write_text("\n".join(["[Machine]", f"Name={self.title}", *lines, ""]))

    def request(self, words):
        """Leave what the agent would ask of the next start."""
        folder = self.host.root / "run/hatago/requests"
        self.host.run(["install", "-d", "-o", "hatago", "-m", "0755", "/run/hatago"])
        self.host.run(["install", "-d", "-o", "hatago", "-m", "0700", "/run/hatago/requests"])
        when = int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1e6)
        (folder / self.instance).write_text(f"hatago-request-1 {when} {words}\n")
        self.host.run(["chown", "hatago", f"/run/hatago/requests/{self.instance}"])
        return folder / self.instance

    def journal(self):
        """Return what its unit has said, and systemd of it."""
        self.host.run(["journalctl", "--sync"])
        return self.host.run(["journalctl", "-q", "-o", "cat", "-u", self.unit]).stdout

    def remove(self):
        """Make an end of it, in whatever state it is."""
        pid = self.pid()
        if pid:
            self.host.run(["kill", "-CONT", str(pid)], check=False)
        self.virsh("destroy", check=False)
        self.systemctl("stop", check=False)
        self.systemctl("reset-failed", check=False)
        self.virsh("undefine", "--managed-save", check=False)
        (self.host.root / f"etc/hatago/machines.d/{self.uuid}.conf").unlink(missing_ok=True)


@pytest.fixture(scope="module", autouse=True)
def units_alone(host):
    """No agent, and a hook that tests can hold up."""
    host.run(["systemctl", "mask", "--now", "--runtime", "hatagod.service"])
    hook = host.root / HOOK
    hook.parent.mkdir(parents=True, exist_ok=True)
    hook.write_text(HOOK_TEXT)
    hook.chmod(0o755)
    host.run(["systemctl", "restart", "libvirtd"])


@pytest.fixture
def vm(host, request):
    """A machine named after the test; gone afterwards."""
    vm = Vm(host, request.node.name[5:45])
    yield vm
    vm.remove()


@contextmanager
def frozen(host, unit):
    """Stop a service's main process for a while."""
    pid = host.run(["systemctl", "show", "--value", "-p", "MainPID", unit]).stdout.strip()
    assert pid != "0"
    host.run(["kill", "-STOP", pid])
    try:
        yield
    finally:
        host.run(["kill", "-CONT", pid])


@contextmanager
def held(vm, operation):
    """Hold libvirt up in an operation on a machine; it is there when this is entered."""
    hold, there = vm.host.root / f"run/test-hold-{operation}", vm.host.root / "run/test-held"
    there.unlink(missing_ok=True)
    hold.write_text(vm.title)
    try:
        vm.systemctl("start", "--no-block")
        wait(there.exists, 20, f"libvirt in {operation}")
        yield
    finally:
        hold.unlink(missing_ok=True)


@contextmanager
def drop_in(vm, line):
    """Change the unit's [Service] for a while."""
    path = vm.host.root / f"run/systemd/system/{vm.unit}.d/test.conf"
    path.parent.mkdir(parents=True)
    path.write_text(f"[Service]\n{line}\n")
    vm.host.run(["systemctl", "daemon-reload"])
    try:
        yield
    finally:
        path.unlink()
        path.parent.rmdir()
        vm.host.run(["systemctl", "daemon-reload"])
