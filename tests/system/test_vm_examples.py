# SPDX-License-Identifier: LGPL-2.1-or-later
"""The worked examples of hatago-vm@.service(5), as they stand in the page: its files and commands are taken from there."""

import re
import subprocess
import time
from pathlib import Path

import pytest
from hatago_hosts import Guest

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs/man/hatago-vm@.service.5.scd"
PORT = 5432


class Example:
    """One example of the page: its files, and its commands in their order."""

    def __init__(self, number):
        """Find it by its number."""
        text = re.search(rf"^## Example {number}\. .*?(?=^## |^# [A-Z]+$)", PAGE.read_text(), re.M | re.S).group(0)
        self.files, self.commands = {}, []
        for before, block in re.findall(r"([^\n]*)\n\n```\n(.*?)^```$", text, re.M | re.S):
            # scdoc takes a backslash away.
            block = block.replace("\\\\", "\\")
            if path := re.fullmatch(r"_(/\S+)_:", before):
                self.files[path.group(1)] = block
            else:
                self.commands += block.splitlines()
        assert all(command.startswith("# ") for command in self.commands)

    def write(self, host, changes=()):
        """Write its files; changes are (pattern, text), of which each must be there once."""
        for path, text in self.files.items():
            for old, new in changes:
                if path.endswith(old[0]):
                    assert text.count(old[1]) == 1
                    text = text.replace(old[1], new)
            (host.root / path.lstrip("/")).write_text(text)

    def run(self, host, *numbers):
        """Run its commands, or these, as root; return what the last one says."""
        chosen = [self.commands[number] for number in numbers] if numbers else self.commands
        said = ""
        for command in chosen:
            said = host.run(["bash", "-c", command.removeprefix("# ")], timeout=180).stdout
        return said


@pytest.fixture(scope="module", autouse=True)
def network(host):
    """Libvirt's default network, at each boot."""
    for verb in ("net-start", "net-autostart"):
        host.run(["virsh", "-q", "-c", "qemu:///system", verb, "default"])


@pytest.fixture
def guests(host):
    """Makes guests by their names and words, which are gone afterwards."""
    made = []

    def make(name, words=""):
        made.append(Guest(host, name).define(words, network="default"))
        return made[-1]
    yield make
    for guest in made:
        host.run(["hatago", "autostart", guest.name, "no"], check=False)
        guest.virsh("destroy", check=False)
        guest.virsh("undefine", check=False)


def until(condition, seconds, what):
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def unit(machine, template="hatago-vm"):
    """Return the unit of a machine."""
    return subprocess.run(["systemd-escape", f"--template={template}@.service", machine], capture_output=True,
                          text=True, check=True).stdout.strip()


def show(host, name, key):
    """Return a property of a unit."""
    return host.run(["systemctl", "show", "--value", "-p", key, name]).stdout.strip()


def when(host, name, what):
    """Return when a unit last became active or inactive, in µs."""
    return int(show(host, name, f"{what}EnterTimestampMonotonic"))


def is_active(host, name):
    """Tell whether a unit is active."""
    return show(host, name, "ActiveState") == "active"


def test_the_page_has_three_examples():
    """And each has commands; a fourth needs a test."""
    assert re.findall(r"^## Example (\d)\. ", PAGE.read_text(), re.M) == ["1", "2", "3"]
    assert all(Example(number).commands for number in (1, 2, 3))


def test_a_database_is_ready_before_two_web_servers(host, guests):
    """Example 1, by a real boot."""
    example = Example(1)
    guests("db", f"port={PORT}")
    guests("web-1")
    guests("web-2")
    *settings, look = range(len(example.commands))
    example.run(host, *settings)

    host.reboot(timeout=240)
    ready = unit("db", "hatago-vm-ready")
    webs = [unit("web-1"), unit("web-2")]
    until(lambda: all(is_active(host, name) for name in [ready, *webs]), 180, "all three")
    for web in webs:
        assert when(host, unit("db"), "Active") < when(host, ready, "Active") <= when(host, web, "Active")
    assert ready in example.run(host, look)

    # At the shutdown of the host both of them stop first.
    host.reboot(timeout=240)
    said = host.journal("-b", "-1", "-o", "cat", "_PID=1")
    stopped = {machine: said.rindex(f"Stopped {unit(machine)}") for machine in ("db", "web-1", "web-2")}
    assert stopped["db"] == max(stopped.values())


def test_a_service_of_the_host_waits_for_a_machine(host, guests):
    """Example 2: the report is made when the port of the machine answers, and not without it."""
    example = Example(2)
    guests("db", f"port={PORT}")
    report = host.root / "usr/local/bin/report"
    report.write_text("#!/bin/bash\nset -e\n"
                      "address=$(virsh -q -c qemu:///system domifaddr db | grep -Eo '[0-9.]{7,}' | head -n 1)\n"
                      f"exec 3<>\"/dev/tcp/$address/{PORT}\"\necho made >>/run/report\n")
    report.chmod(0o755)
    example.write(host)
    example.run(host)
    assert (host.root / "run/report").read_text() == "made\n"
    assert is_active(host, unit("db"))
    assert is_active(host, unit("db", "hatago-vm-ready"))

    # It runs already: at once, and once more.
    host.run(["systemctl", "start", "report.service"], timeout=10)
    assert (host.root / "run/report").read_text() == "made\n" * 2

    # Without the machine there is no report.
    host.run(["systemctl", "stop", unit("db")], timeout=120)
    Guest(host, "db").virsh("undefine")
    assert host.run(["systemctl", "start", "report.service"], check=False, timeout=60).returncode != 0
    assert (host.root / "run/report").read_text() == "made\n" * 2


def test_a_machine_runs_for_an_hour_each_night(host, guests):
    """Example 3, at another time and with a short hour: numbers are all that is changed."""
    example = Example(3)
    guest = guests("build")
    at = host.run(["date", "-d", "+8 seconds", "+%H:%M:%S"]).stdout.strip()
    example.write(host, [((".timer", "02:00:00"), at), ((".service", "3600"), "6")])
    example.run(host)
    assert not is_active(host, unit("build"))
    # A timer is as accurate as a minute, if it does not say otherwise.
    until(lambda: is_active(host, unit("build")), 75, "the night")
    assert is_active(host, "nightly-build.service")
    until(lambda: show(host, unit("build"), "ActiveState") == "inactive", 90, "the morning")
    assert guest.state() == "shut off"
    assert show(host, "nightly-build.service", "Result") == "success"
    ran = when(host, unit("build"), "Inactive") - when(host, unit("build"), "Active")
    assert ran >= 6_000_000

    # A guest that is done early ends the hour.
    example.write(host, [((".service", "3600"), "3000")])
    host.run(["systemctl", "daemon-reload"])
    host.run(["systemctl", "start", "nightly-build.service"], timeout=60)
    guest.virsh("destroy")
    until(lambda: show(host, "nightly-build.service", "ActiveState") == "inactive", 10, "the end of the hour")
    assert show(host, "nightly-build.service", "Result") == "success"
