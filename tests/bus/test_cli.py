# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line tool against the real agent on the private bus: what it prints, and when it ends."""

import json
import os
import subprocess
import time

import pytest

from agent import BUILD, TOP
from conftest import House
from machines import OFF, PAUSED, RUNNING, driver_file, fresh_uuid

HATAGO = str(BUILD / "cli/hatago")


def run(house, *arguments, **environment):
    """Run the tool, in English and without a terminal; return its CompletedProcess."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("LANGUAGE", "LANG", "COLUMNS") and not name.startswith("LC_")}
    return subprocess.run(
        [HATAGO, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        env={**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", "DBUS_SYSTEM_BUS_ADDRESS": house.bus.address,
             **environment})


# list

NAMES = ["vm1", "vm2", "vm10", "Web", "ウェブサーバー"]
STATES = [RUNNING, OFF, PAUSED, RUNNING, OFF]


@pytest.fixture(scope="module")
def crowd():
    """A house whose machines have names that are hard to sort and to align."""
    house = House()
    house.ready_agent("--connect", driver_file(house.folder, *(
        (name, fresh_uuid(), state) for name, state in zip(NAMES, STATES, strict=True))))
    yield house
    house.end()


@pytest.fixture
def listing(crowd):
    """Run "hatago list" there: returns what it printed, with another status what it complained."""
    def listing(*arguments, status=0, **environment):
        done = run(crowd, "list", *arguments, **environment)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr
    return listing


def names(text):
    """Return the first word of each line."""
    return [line.split()[0] for line in text.splitlines()]


def test_names_are_sorted_as_people_do(listing):
    assert names(listing("--no-legend")) == NAMES
    assert names(listing("--no-legend", "--reverse")) == NAMES[::-1]


def test_columns_are_aligned_also_behind_wide_characters(listing):
    lines = listing("--no-legend").splitlines()
    assert lines[0].startswith("vm1            running ")
    assert lines[4].startswith("ウェブサーバー shutoff ")


def test_columns_are_chosen_and_sorted_by(listing):
    text = listing("--columns=state,name", "--sort=state", "vm*")
    assert text.splitlines() == ["STATE   NAME", "paused  vm10", "running vm1", "shutoff vm2", "",
                                 "3 machines, 1 running."]
    assert len(listing("--columns=+uuid", "--no-legend", "vm1").split()[-1]) == 36


def test_filters_narrow_the_list(listing):
    assert names(listing("--no-legend", "--running")) == ["vm1", "Web"]
    assert names(listing("--no-legend", "--state=paused,shutoff")) == ["vm2", "vm10", NAMES[4]]
    assert listing("--no-legend", "--autostart=yes") == ""
    assert names(listing("--no-legend", "--autostart=no", "vm?")) == ["vm1", "vm2"]


def test_json_has_the_properties_behind_the_columns(listing):
    rows = json.loads(listing("--json=short"))
    assert [row["Name"] for row in rows] == NAMES
    assert set(rows[0]) == {"Path", "Name", "UUID", "State", "Unit", "Autostart", "VCPUs", "Memory"}
    rows = json.loads(listing("--json=short", "--columns=name,memory", "vm2"))
    assert rows == [{"Name": "vm2", "Memory": 256 * 1024 * 1024}]


def test_a_wrong_column_is_told_what_there_is(listing):
    for option in ("--columns=name,stat", "--sort=stat"):
        said = listing(option, status=2)
        assert option in said and "name, state, " in said
    assert "  uptime  " in listing("--columns=help")


def test_the_completion_knows_all_columns(listing):
    words = listing("--columns=nosuch", status=2).splitlines()[0].split("It can be: ")[1].split(", ")
    script = ('source "$1"; compopt() { :; }; COMP_WORDS=(hatago list "$2" = "$3"); COMP_CWORD=4; '
              '_hatago; printf "%s\\n" "${COMPREPLY[@]}"')

    def complete(option, word):
        return subprocess.run(["bash", "-c", script, "bash", TOP / "cli/completion/hatago", option,
                               word], capture_output=True, text=True, check=True).stdout.split()
    assert complete("--columns", "") == complete("--sort", "") == words
    assert complete("--columns", "+name,mem") == ["+name,memory", "+name,memory-max"]
    assert complete("--columns", "+warn") == ["+warnings"]


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
