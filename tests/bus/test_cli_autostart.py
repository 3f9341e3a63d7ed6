# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line tool and machines as services: autostart, status, list, setup."""

import json
import subprocess

import pytest
from agent import TOP
from conftest import House
from hatago_bus import SERVICE
from inn import Inn
from machines import OFF, RUNNING
from systemd_mock import TUN, VmUnit
from test_cli import run

from gi.repository import GLib

SECOND, MINUTE = 1_000_000, 60_000_000


@pytest.fixture(scope="module")
def busy_inn():
    """An inn with some order in it; tests leave it as it is."""
    house = House()
    inn = Inn(house)
    inn.enable("hatago-vm@legacy.service")
    inn.open(("db", RUNNING), ("web", RUNNING), "cache", "old", "legacy", "plain")
    inn.autostart("db", ready="port", ready_port=5432, ready_timeout=MINUTE)
    inn.autostart("web", start_delay=10 * SECOND, stop_timeout=5 * MINUTE)
    inn.configure("web", after=["db", "cache"], host_shutdown="save")
    inn.systemd.show("hatago-vm@old.service", VmUnit("failed", "failed", "exit-code", "No such device", 1, 70))
    inn.caller.wait_property(inn.path("old"), "UnitResult", "exit-code", interface=SERVICE)
    yield inn
    house.end()


@pytest.fixture
def inn(house):
    """An inn of one's own."""
    return Inn(house)


def hatago(inn, *arguments, status=0, **environment):
    """Run the tool; return what it printed, with another status what it complained."""
    done = run(inn.house, *arguments, **environment)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout if status == 0 else done.stderr


# autostart, shown

def test_the_table_is_in_the_order_of_starting(busy_inn):
    lines = hatago(busy_inn, "autostart").splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["NAME", "STARTED", "BY", "AFTER", "DELAY", "READY", "STOP", "TIMEOUT", "HOST", "SHUTDOWN"],
        ["db", "hatago", "-", "-", "port:5432", "-", "-"],
        ["legacy", "systemd", "-", "-", "-", "-", "-"],
        ["web", "hatago", "db,", "cache", "10", "s", "-", "5", "min", "0", "s", "save"],
    ], "cache and plain have nothing to tell"
    assert lines[5] == "The boot of the host starts 3 machines, in this order."
    assert len(lines) == 6


def test_columns_that_nobody_needs_are_left_out(inn):
    inn.open("web")
    assert hatago(inn, "autostart") == "The boot of the host starts no machine.\n"
    assert hatago(inn, "autostart", "--json=short") == "[]\n"
    inn.autostart("web")
    assert hatago(inn, "autostart", "--no-legend").split() == ["web", "hatago", "-"]


def test_one_machine_is_told_in_full(busy_inn):
    lines = [line.strip() for line in hatago(busy_inn, "autostart", "web").splitlines()]
    assert lines == ["web", "Autostart: yes", "After: db, cache", "Delay: 10 s", "Ready: as soon as it runs",
                     "Stop timeout: 5 min 0 s",
                     "Host shutdown: its memory is saved, the next start goes on from there"]
    assert "yes, by an administrator's 'systemctl enable'" in hatago(busy_inn, "autostart", "legacy")
    assert "Ready: when its TCP port 5432 answers, given up after 1 min 0 s" in hatago(busy_inn, "autostart", "db")


def test_json_has_what_the_bus_has(busy_inn):
    row, = json.loads(hatago(busy_inn, "autostart", "--json=short", "web"))
    facts = busy_inn.facts("web")
    assert {name: row[name] for name in facts} == facts
    assert (row["Name"], row["Unit"]) == ("web", "hatago-vm@web.service")
    assert [row["Name"] for row in json.loads(hatago(busy_inn, "autostart", "--json=short"))] == [
        "db", "legacy", "web"]


# autostart, set

def test_what_is_given_is_set_and_nothing_else(inn):
    inn.open("web", "db", "a b")
    assert hatago(inn, "autostart", "web", "yes", "--after=db,a b", "--delay=90s", "--ready=port:80",
                  "--ready-timeout=2min", "--stop-timeout=1h", "--host-shutdown=poweroff") == ""
    facts = inn.facts("web")
    assert facts["AutostartBy"] == ["hatago"]
    assert facts["StartAfter"] == [inn.uuids["db"], inn.uuids["a b"]]
    assert (facts["StartDelay"], facts["ReadyWhen"], facts["ReadyPort"]) == (90 * SECOND, "port", 80)
    assert (facts["ReadyTimeout"], facts["StopTimeout"]) == (2 * MINUTE, 60 * MINUTE)
    assert facts["HostShutdown"] == "poweroff"

    hatago(inn, "autostart", "--ready", "agent", "web", "--stop-timeout=0", "--after=")
    facts = inn.facts("web")
    assert (facts["AutostartBy"], facts["StartAfter"], facts["StartDelay"]) == (["hatago"], [], 90 * SECOND)
    assert (facts["ReadyWhen"], facts["StopTimeout"]) == ("agent", 0)

    hatago(inn, "autostart", "web", "no", "--delay=0")
    facts = inn.facts("web")
    assert (facts["AutostartBy"], facts["StartDelay"], facts["HostShutdown"]) == ([], 0, "poweroff")


@pytest.mark.parametrize("words, part", [
    (["web", "maybe"], "'maybe' is neither 'yes' nor 'no'"),
    (["--delay=5"], "needs the name of a machine"),
    (["web", "--delay=soon"], "--delay=soon"),
    (["web", "--delay=25h"], "--delay=25h"),
    (["web", "--stop-timeout=1ms"], "--stop-timeout=1ms"),
    (["web", "--ready-timeout=0"], "--ready-timeout=0"),
    (["web", "--delay=25h"], "It is longer than 24 h."),
    (["web", "--delay=abc"], "90, 90s, 1min 30s, 2h"),
    (["web", "--stop-timeout=999ms"], "It is less than 1 s."),
    (["web", "--delay=1500ms"], "whole seconds"),
    (["web", "--ready-timeout=1500ms"], "whole seconds"),
    (["web", "--stop-timeout=1500ms"], "whole seconds"),
    (["web", "--after=db,,cache"], "A name in '--after=db,,cache' is empty"),
    (["web", "--ready=port:0"], "running, agent, port:N (N from 1 to 65535)"),
    (["web", "--ready=port:65536"], "--ready=port:65536"),
    (["web", "--ready=port:80x"], "--ready=port:80x"),
    (["web", "--host-shutdown=reboot"], "shutdown, save, poweroff"),
])
def test_mistakes_are_told_before_anything_is_asked(busy_inn, words, part):
    assert part in hatago(busy_inn, "autostart", *words, status=2)


def test_what_is_refused_is_told_with_the_way_out(inn):
    inn.enable(r"hatago-vm@my\x2dweb.service")
    inn.open("my-web", "db", "old")
    hatago(inn, "autostart", "my-web", "--after=db")

    said = hatago(inn, "autostart", "db", "--after=my-web", status=1)
    assert "'db' would start after 'my-web', which starts after 'db'" in said.replace("\n", " ")
    assert "What starts after what: hatago autostart" in said
    assert "'db' cannot start after itself" in hatago(inn, "autostart", "db", "--after=db", status=1)
    said = hatago(inn, "autostart", "db", "--after=my-wbe", status=1)
    assert "there is no machine 'my-wbe' that it could start after" in said
    assert "Did you mean 'my-web'?" in said
    said = hatago(inn, "autostart", "my-web", "no", status=1)
    assert r"sudo systemctl disable 'hatago-vm@my\x2dweb.service'" in said
    inn.systemd.reload_error = "not today"
    said = hatago(inn, "autostart", "old", "yes", status=1)
    assert "not today" in said and "It is written all the same" in said
    said = hatago(inn, "autostart", "nosuch", status=1)
    assert "cannot show 'nosuch'" in said and "hatago list" in said


def test_what_is_not_started_is_counted_apart(inn):
    inn.open("web", "db", "cache")
    inn.autostart("web")
    inn.configure("db", stop_timeout=SECOND)
    said = hatago(inn, "autostart")
    assert "The boot of the host starts 1 machine.\n1 more has settings, and is not started.\n" in said


def test_a_cycle_made_by_hand_is_no_order(inn):
    inn.open("web", "db")
    inn.configure("web", after=["db"])
    assert "wait for each other" not in hatago(inn, "autostart")
    inn.file("db").write_text(f"[Machine]\nName=db\nStartAfter={inn.uuids['web']}\n")
    inn.systemd.tell("Reloading", GLib.Variant("(b)", (False,)))
    inn.caller.wait_property(inn.path("db"), "StartAfter", [inn.uuids["web"]], interface=SERVICE)
    said = hatago(inn, "autostart")
    assert "These wait for each other" in said and "web, db, web" in said


def test_what_is_being_stopped_is_not_just_running(inn):
    inn.open(("db", RUNNING))
    assert "it is running already" in hatago(inn, "start", "db", status=1)
    inn.systemd.show("hatago-vm@db.service", VmUnit("deactivating", "stop"))
    inn.caller.wait_property(inn.path("db"), "UnitState", "deactivating")
    assert "it is still being stopped" in hatago(inn, "start", "db", status=1)


@pytest.mark.parametrize("word, hint", [("restart", "hatago reboot NAME"),
                                        ("enable", "hatago autostart NAME yes")])
def test_verbs_of_other_tools_are_told_of(busy_inn, word, hint):
    assert hint in hatago(busy_inn, word, "web", status=2)


def test_a_file_that_is_wrong_shows_and_stays_until_it_is_given_up(inn):
    inn.open("web", "db")
    hatago(inn, "autostart", "web", "yes", "--stop-timeout=9")
    inn.file("web").write_text("[Machine]\nName=web\nAutostart=yes\nColour=red\n")
    said = hatago(inn, "autostart", "web", "--delay=2", status=1)
    assert f"{inn.uuids['web']}.conf: Colour=red: unknown" in said.replace("\n", "")
    assert "hatago autostart web --reset" in said
    assert "Colour=red" in inn.file("web").read_text()
    assert "all of them ignored: the boot does not start it" in hatago(inn, "status", "web")
    assert "settings-invalid" in hatago(inn, "show", "web", "--property=Warnings")
    assert "web" in hatago(inn, "list", "--warnings", "--no-legend")
    hatago(inn, "autostart", "web", "--reset", "--delay=2")
    assert inn.lines("web") == {"Name": "web", "StartDelaySec": "2"}
    hatago(inn, "autostart", "web", "yes", "--reset")
    assert inn.lines("web") == {"Name": "web", "Autostart": "yes"}


def test_what_is_gone_can_stay_and_go(inn):
    inn.open("web", "db")
    hatago(inn, "autostart", "web", "--after=db")
    inn.caller.verb(inn.path("db"), "Undefine")
    assert f"{inn.uuids['db']} (gone)" in hatago(inn, "autostart", "web")
    hatago(inn, "autostart", "web", f"--after={inn.uuids['db']}", "--delay=1")
    hatago(inn, "autostart", "web", "--after=")
    assert inn.facts("web")["StartAfter"] == []


def test_what_is_left_over_is_told_with_the_way_out(inn):
    inn.enable(r"hatago-vm@my\x2ddb.service")
    inn.open("my-db", "web", "cache")
    hatago(inn, "autostart", "web", "--after=my-db,cache")
    done = run(inn.house, "rename", "my-db", "db")
    assert r"systemctl disable 'hatago-vm@my\x2ddb.service'" in done.stderr
    assert "systemctl enable hatago-vm@db.service" in done.stderr
    assert run(inn.house, "rename", "db", "db-2").stderr == "", "that one nobody enabled"
    inn.enable(r"hatago-vm@db\x2d2.service")
    inn.systemd.tell("UnitFilesChanged")
    inn.caller.wait_property(inn.path("db-2"), "AutostartBy", ["systemd"], interface=SERVICE)
    done = run(inn.house, "undefine", "db-2")
    assert done.returncode == 0
    assert r"systemctl disable 'hatago-vm@db\x2d2.service'" in done.stderr
    assert "'web' was to start after it" in done.stderr
    assert "\n  hatago autostart web --after=cache\n" in done.stderr
    assert run(inn.house, "undefine", "cache").stderr.endswith("--after=" + inn.uuids["my-db"] + "\n")


# status, list, show

def test_status_tells_of_the_unit_and_what_starts_it(busy_inn):
    shown = [line.strip() for line in hatago(busy_inn, "status", "old", "web").splitlines()]
    for line in ("Unit: hatago-vm@old.service (failed: exit-code)", "No such device", "Autostart: no",
                 "Unit: hatago-vm@web.service (inactive)", "Autostart: yes", "After: db, cache", "Delay: 10 s",
                 "Stop timeout: 5 min 0 s"):
        assert line in shown
    assert not [line for line in shown if line.startswith("Ready:")], "nothing is set there"
    machine, = json.loads(hatago(busy_inn, "status", "--json=short", "web"))
    assert {name: machine[name] for name in busy_inn.facts("web")} == busy_inn.facts("web")


def test_status_tells_how_far_a_machine_is(inn):
    inn.open(("db", RUNNING))
    inn.configure("db", ready="agent")
    inn.systemd.show("hatago-vm@db.service", VmUnit(status="2 vCPUs"))
    inn.systemd.show("hatago-vm-ready@db.service", VmUnit("activating", "start"))
    inn.caller.wait_property(inn.path("db"), "ReadyState", "waiting", interface=SERVICE)
    shown = [line.strip() for line in hatago(inn, "status", "db").splitlines()]
    assert "Ready: when its guest agent answers: not yet (hatago-vm-ready@db.service)" in shown
    assert "2 vCPUs" in shown


def test_list_has_columns_for_it(busy_inn):
    rows = [line.split() for line in hatago(
        busy_inn, "list", "--no-legend", "--columns=name,autostart,autostart-by,unit-state,unit-result",
        "--sort=autostart-by").splitlines()]
    assert ["old", "no", "-", "failed", "exit-code"] in rows
    assert rows[-1] == ["legacy", "yes", "systemd", "inactive", "-"]
    assert len(hatago(busy_inn, "list", "--no-legend", "--autostart=yes").splitlines()) == 3


def test_show_has_all_of_it(busy_inn):
    shown = hatago(busy_inn, "show", "web").splitlines()
    assert {"StopTimeout=300000000", "AutostartBy=hatago", "Autostart=yes"} <= set(shown)
    assert hatago(busy_inn, "show", "web", "--property=HostShutdown", "--value") == "save\n"


def test_what_a_unit_said_before_it_ended_is_not_shown(inn):
    inn.open("db")
    inn.systemd.show("hatago-vm@db.service", VmUnit("inactive", "dead", "success", "2 vCPUs"))
    inn.caller.wait_property(inn.path("db"), "UnitStatus", "2 vCPUs", interface=SERVICE)
    assert "2 vCPUs" not in hatago(inn, "status", "db")


def test_names_with_spaces_are_completed_in_a_list():
    script = (r'source "$1"; compopt() { :; }; hatago() { printf "a b\nweb\nx,y\n"; }; '
              r'COMP_WORDS=(hatago autostart db --after = "$2"); COMP_CWORD=5; _hatago; '
              r'printf "%s\n" "${COMPREPLY[@]}"')

    def complete(word):
        return subprocess.run(["bash", "-c", script, "bash", TOP / "cli/completion/hatago", word],
                              capture_output=True, text=True, check=True).stdout.splitlines()
    assert complete("") == [r"a\ b", "web"]
    assert complete("web,") == [r"web,a\ b", "web,web"]
    assert complete(r"web,a\ ") == [r"web,a\ b"]


# setup

def test_setup_takes_over_what_libvirt_starts(inn):
    inn.systemd.verdicts = [TUN]
    inn.open("flagged-1", "flagged-2", "plain", checks=True)
    assert "Those started by libvirt wait for nobody." in hatago(inn, "autostart")
    said = hatago(inn, "setup")
    assert "\n  flagged-1\n  flagged-2\nTo have it done: hatago setup --yes\n" in said
    assert inn.by("flagged-1") == ["libvirt"]

    said = hatago(inn, "setup", "--yes")
    assert "2 machines are started by their units from now on." in said
    assert [inn.by(name) for name in ("flagged-1", "flagged-2", "plain")] == [["hatago"], ["hatago"], []]
    assert "There is nothing to be done" in hatago(inn, "setup")


def test_setup_goes_on_where_one_cannot_be_taken_over(inn):
    inn.systemd.verdicts = [TUN]
    inn.open("flagged", "flagged-stubborn", checks=True)
    done = run(inn.house, "setup", "--yes")
    assert "cannot set the autostart of 'flagged-stubborn'" in done.stderr
    assert "1 machine is started by its unit from now on." in done.stdout
    assert (inn.by("flagged"), inn.by("flagged-stubborn")) == (["hatago"], ["libvirt"])


# An agent without units

def test_without_units_there_is_yes_and_no(house):
    house.ready_agent()
    inn = Inn.__new__(Inn)
    inn.house = house
    hatago(inn, "autostart", "test", "yes")
    assert hatago(inn, "autostart", "--no-legend").split() == ["test", "libvirt", "-"]
    assert "wait for nobody" in hatago(inn, "autostart")
    assert "no systemd units here" in hatago(inn, "autostart", "test", "yes", "--delay=1", status=1)
    hatago(inn, "autostart", "test", "no")
    assert "starts no machine" in hatago(inn, "autostart")
