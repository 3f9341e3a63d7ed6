# SPDX-License-Identifier: LGPL-2.1-or-later
"""How machines are services: their settings, in files and on the bus, and who starts them at boot."""

import re
import stat

import pytest
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, SERVICE, BusError, options
from inn import Inn
from machines import OFF, PAUSED, RUNNING, SAVED, TRANSIENT, domain_xml, fresh_uuid

from gi.repository import GLib

SECOND, MINUTE, DAY = 1_000_000, 60_000_000, 86_400_000_000
DEFAULTS = {"AutostartBy": [], "StartAfter": [], "StartDelay": 0, "ReadyWhen": "running", "ReadyPort": 0,
            "ReadyTimeout": 5 * MINUTE, "ReadyState": "", "StopTimeout": 0, "HostShutdown": "shutdown"}


@pytest.fixture
def inn(house):
    """An inn of one's own."""
    return Inn(house)


def test_without_settings_all_is_as_by_default(inn):
    inn.open("web")

    facts = inn.facts("web")
    assert {key: facts[key] for key in DEFAULTS} == DEFAULTS
    assert inn.caller.get(inn.path("web"), MACHINE, "Autostart") is False
    assert list(inn.settings.iterdir()) == []


def test_what_is_set_shows_and_lies_in_a_file_that_survives(inn):
    inn.open("web", "db")
    inn.configure("web", after=["db"], start_delay=10 * SECOND, ready="port",
                  ready_port=GLib.Variant("q", 5432), ready_timeout=MINUTE, stop_timeout=7 * SECOND,
                  host_shutdown="save")

    expected = DEFAULTS | {"StartAfter": [inn.uuids["db"]], "StartDelay": 10 * SECOND, "ReadyWhen": "port",
                           "ReadyPort": 5432, "ReadyTimeout": MINUTE, "StopTimeout": 7 * SECOND,
                           "HostShutdown": "save"}
    for _ in range(2):
        facts = inn.facts("web")
        assert {key: facts[key] for key in DEFAULTS} == expected
        assert facts == inn.caller.objects()[inn.path("web")][SERVICE]
        inn.house.agents[-1].terminate()
        inn.open()
    assert inn.lines("web")["Name"] == "web"
    assert inn.lines("db") == {"Name": "db"}, "whoever starts after it has its name from there"
    assert stat.S_IMODE(inn.file("web").stat().st_mode) == 0o644


def test_one_change_is_one_signal_and_one_reload(inn):
    inn.open("web")
    inn.caller.settle()
    inn.configure("web", start_delay=1, host_shutdown="poweroff")
    inn.caller.iterate(0.1)
    told = [change for _, change in inn.caller.changes(inn.path("web"), SERVICE)]
    assert told == [{"StartDelay": SECOND, "HostShutdown": "poweroff"}], "spans are whole seconds"
    assert inn.systemd.n_reloads == 1
    inn.configure("web", start_delay=SECOND)
    inn.configure("web")
    assert inn.systemd.n_reloads == 1, "nothing changed"


def test_what_is_not_given_stays_and_the_default_ones_need_no_file(inn):
    inn.open("web", "db")
    inn.configure("web", after=["db"], stop_timeout=SECOND)
    inn.configure("web", after=[])
    assert not inn.file("db").exists(), "nobody starts after it any more"
    assert inn.facts("web")["StopTimeout"] == SECOND
    inn.configure("web", stop_timeout=0)
    assert not inn.file("web").exists()


def test_readiness_and_its_port_belong_together(inn):
    inn.open("web")
    assert inn.refused(inn.configure, "web", ready="port").short == "InvalidArgument"
    inn.configure("web", ready_port=80)
    assert (inn.facts("web")["ReadyWhen"], inn.facts("web")["ReadyPort"]) == ("port", 80)
    inn.configure("web", ready_port=GLib.Variant("u", 443))
    inn.configure("web", ready="port")
    assert inn.facts("web")["ReadyPort"] == 443
    inn.configure("web", ready="agent")
    assert (inn.facts("web")["ReadyWhen"], inn.facts("web")["ReadyPort"]) == ("agent", 0)


@pytest.mark.parametrize("values, part", [
    ({"ready": "soon"}, "running, agent, port"),
    ({"ready": "agent", "ready_port": 80}, "ready-port"),
    ({"ready_port": 0}, "ready-port"),
    ({"ready_port": 65536}, "ready-port"),
    ({"ready_timeout": 0}, "ready-timeout"),
    ({"ready_timeout": DAY + 1}, "ready-timeout"),
    ({"stop_timeout": 1}, "stop-timeout"),
    ({"stop_timeout": DAY + 1}, "stop-timeout"),
    ({"start_delay": DAY + 1}, "start-delay"),
    ({"host_shutdown": "reboot"}, "shutdown, save, poweroff"),
    ({"after": ["web"] * 65}, "start-after"),
])
def test_what_cannot_be_set_is_refused_before_anybody_is_asked(inn, values, part):
    inn.open("web")
    inn.house.polkit.reset()
    if "after" in values:
        values = {"start_after": GLib.Variant("as", values["after"])}
    for call in (inn.configure, inn.autostart):
        error = inn.refused(call, "web", **values)
        assert error.short == "InvalidArgument" and part in error.message
    assert not inn.house.polkit.questions
    assert list(inn.settings.iterdir()) == []


# Order

def test_others_are_named_as_people_do_and_each_once(inn):
    inn.open("web", "db", "cache")
    inn.configure("web", after=["db", inn.uuids["cache"].upper(), inn.uuids["db"], "cache"])
    assert inn.facts("web")["StartAfter"] == [inn.uuids["db"], inn.uuids["cache"]]
    error = inn.refused(inn.configure, "web", after=["nosuch"])
    assert error.short == "NoSuchMachine" and "nosuch" in error.message
    assert inn.facts("web")["StartAfter"] == [inn.uuids["db"], inn.uuids["cache"]]


def test_a_cycle_is_refused_and_named(inn):
    inn.open("a", "b", "c")
    error = inn.refused(inn.configure, "a", after=["a"])
    assert error.short == "StartCycle" and '"a" cannot start after itself' in error.message
    inn.configure("a", after=["b"])
    inn.configure("b", after=["c"])

    error = inn.refused(inn.configure, "c", after=["a"], start_delay=SECOND)

    assert error.short == "StartCycle" and "c, a, b, c" in error.message
    assert {key: inn.facts("c")[key] for key in DEFAULTS} == DEFAULTS
    assert inn.lines("c") == {"Name": "c"}
    inn.caller.iterate(0.1)
    job = [arguments[0] for _, _, member, arguments in inn.caller.signals
           if member == f"{MANAGER}.JobRemoved"][-1]
    assert inn.caller.get(job, "org.hatago.Host1.Job", "ErrorArguments") == {"cycle": "c, a, b, c"}
    inn.configure("a", after=[])
    inn.configure("c", after=["a"])


def test_two_halves_of_a_cycle_asked_for_at_once_are_one_too_many(inn):
    inn.open("a", "b")
    calls = [inn.caller.start(inn.path(name), SERVICE, "Configure",
                              options(start_after=GLib.Variant("as", [other])))
             for name, other in (("a", "b"), ("b", "a"))]
    calls[0].result()
    with pytest.raises(BusError) as error:
        calls[1].result()
    assert error.value.short == "StartCycle"


def test_a_machine_that_was_removed_is_shown_and_put_up_with(inn):
    inn.open("web", "db")
    inn.configure("web", after=["db"])
    inn.configure("db", stop_timeout=SECOND)
    inn.caller.verb(inn.path("db"), "Undefine")
    inn.caller.wait(lambda: not inn.file("db").exists(), 10, "its file is gone")
    assert inn.facts("web")["StartAfter"] == [inn.uuids["db"]]

    inn.configure("web", after=[inn.uuids["db"]], start_delay=SECOND)  # as a client sends back what it read
    assert inn.facts("web")["StartAfter"] == [inn.uuids["db"]]
    inn.configure("web", after=[])
    assert inn.refused(inn.configure, "web", after=[inn.uuids["db"]]).short == "NoSuchMachine"


def test_a_name_that_changes_changes_in_the_files(inn):
    inn.open("web", "db")
    inn.configure("web", after=["db"])
    reloads = inn.systemd.n_reloads
    inn.caller.call(inn.path("db"), MACHINE, "Rename", GLib.Variant("s", "data base"), NO_OPTIONS)
    inn.caller.wait(lambda: inn.lines("db") == {"Name": "data base"}, 10, "the new name")
    inn.caller.wait(lambda: inn.systemd.n_reloads > reloads, 10, "a reload: the unit has another name")
    assert inn.facts("web")["StartAfter"] == [inn.uuids["db"]]


def test_a_name_that_changed_while_no_agent_ran_is_corrected(inn):
    agent = inn.open("web")
    inn.configure("web", stop_timeout=SECOND)
    agent.terminate()
    inn.uuids["shop"] = inn.uuids.pop("web")
    inn.open("shop")
    inn.caller.wait(lambda: inn.lines("shop")["Name"] == "shop", 10, "the new name")


# Files

def test_what_root_wrote_counts_when_systemd_has_read_its_units_again(inn):
    inn.open("web", "db")
    inn.file("web").write_text("[Machine]\nName=web\nStopTimeoutSec=9\nAutostart=yes\n")
    inn.caller.settle()
    inn.systemd.tell("Reloading", GLib.Variant("(b)", (True,)))
    inn.systemd.tell("Reloading", GLib.Variant("(b)", (False,)))
    inn.caller.wait_property(inn.path("web"), "StopTimeout", 9 * SECOND, interface=SERVICE)
    inn.caller.wait_property(inn.path("web"), "Autostart", True)

    inn.file("web").unlink()
    inn.systemd.tell("Reloading", GLib.Variant("(b)", (False,)))
    inn.caller.wait_property(inn.path("web"), "StopTimeout", 0, interface=SERVICE)
    inn.caller.wait_property(inn.path("web"), "Autostart", False)


def test_a_file_that_is_wrong_is_ignored_with_a_message_and_kept(inn):
    inn.uuids = {"web": fresh_uuid(), "db": fresh_uuid()}
    inn.file("web").write_text("[Machine]\nName=web\nStopTimeoutSec=soon\n")
    inn.file("db").symlink_to("/etc/hostname")
    agent = inn.open("web", "db")
    agent.wait_log(f"{inn.uuids['web']}.conf.*StopTimeoutSec")
    agent.wait_log(f"{inn.uuids['db']}.conf.*symbolic link")
    assert inn.facts("web")["StopTimeout"] == 0
    assert "soon" in inn.file("web").read_text() and inn.file("db").is_symlink()

    for name in ("web", "db"):
        assert "settings-invalid" in inn.caller.get(inn.path(name), MACHINE, "Warnings")
        before = inn.file(name).lstat().st_ino
        for call in (inn.configure, inn.autostart):
            error = inn.refused(call, name, stop_timeout=SECOND)
            assert error.short == "SettingsInvalid" and str(inn.file(name)) in error.message
        assert inn.file(name).lstat().st_ino == before and inn.facts(name)["StopTimeout"] == 0
    assert len(re.findall(r"StopTimeoutSec=soon.*ignoring all of the file", agent.log())) == 1, "told once"
    inn.configure("db", reset=True, stop_timeout=SECOND)
    assert inn.lines("db") == {"Name": "db", "StopTimeoutSec": "1"}
    assert not inn.file("db").is_symlink(), "the link is replaced, not followed"
    assert inn.caller.get(inn.path("db"), MACHINE, "Warnings") == []


def test_what_root_wrote_just_now_is_not_overwritten(inn):
    inn.open("web", "db")
    inn.autostart("web", stop_timeout=SECOND)
    inn.file("web").write_text("[Machine]\nName=web\nAutostart=TRUE\nStopTimeoutSec=9\n")
    inn.configure("web", start_delay=SECOND)
    assert inn.lines("web") == {"Name": "web", "Autostart": "yes", "StopTimeoutSec": "9",
                                "StartDelaySec": "1"}
    inn.file("web").write_text("[Machine]\nName=web\nAutostart=yes\nColour=red\n")
    assert inn.refused(inn.configure, "web", start_delay=2 * SECOND).short == "SettingsInvalid"
    assert "Colour=red" in inn.file("web").read_text()
    assert inn.by("web") == [], "it would not be started"
    inn.configure("db", after=["web"])
    assert "Colour=red" in inn.file("web").read_text()
    inn.configure("web", reset=True)
    assert inn.lines("web") == {"Name": "web"}, "db starts after it"


def test_a_folder_that_cannot_be_written_is_an_error_and_nothing_shows(inn):
    inn.open("web", "db")
    inn.settings.rmdir()
    error = inn.refused(inn.configure, "web", after=["db"])
    assert error.short == "Failed" and "machines.d" in error.message
    assert inn.facts("web")["StartAfter"] == []
    assert inn.refused(inn.autostart, "web").short == "Failed"
    assert inn.by("web") == []


def test_settings_stay_when_libvirt_has_lost_the_machine_without_a_word(inn):
    agent = inn.open("web", "db")
    inn.configure("web", stop_timeout=SECOND)
    agent.terminate()
    uuid = inn.uuids["web"]
    agent = inn.open("db")
    inn.configure("db", stop_timeout=SECOND)
    assert inn.file("web").exists()
    agent.wait_log(rf'libvirt knows no machine {uuid} \("web"\); its settings are kept: .*{uuid}.conf')


def test_a_systemd_that_does_not_take_it_is_an_error_and_it_is_written(inn):
    inn.open("web")
    inn.systemd.reload_error = "not today"
    error = inn.refused(inn.configure, "web", stop_timeout=SECOND)
    assert error.short == "UnitUnavailable" and "not today" in error.message
    assert inn.facts("web")["StopTimeout"] == SECOND
    assert inn.refused(inn.autostart, "web").short == "UnitUnavailable"
    assert inn.by("web") == ["hatago"]


# Who starts it at boot

def test_autostart_is_a_setting_and_takes_others_with_it(inn):
    inn.open("web", "db")
    inn.autostart("web", stop_timeout=SECOND)
    assert inn.by("web") == ["hatago"]
    assert inn.caller.get(inn.path("web"), MACHINE, "Autostart") is True
    assert inn.facts("web")["StopTimeout"] == SECOND
    rows = {row[1]: row[5] for row in inn.caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)}
    assert rows == {"web": True, "db": False}
    inn.autostart("web", yes=False)
    assert inn.by("web") == []
    assert inn.lines("web") == {"Name": "web", "StopTimeoutSec": "1"}


def test_libvirts_flag_is_taken_over_and_never_both(inn):
    inn.open("flagged", "flagged-off")
    assert inn.by("flagged") == inn.by("flagged-off") == ["libvirt"]
    inn.configure("flagged", stop_timeout=SECOND)
    assert inn.by("flagged") == ["libvirt"], "nobody asked for that"
    inn.caller.settle()
    inn.autostart("flagged")
    assert inn.by("flagged") == ["hatago"]
    told = [change for _, change in inn.caller.changes(inn.path("flagged")) if "Autostart" in change]
    assert not told, "it was so before"
    inn.autostart("flagged-off", yes=False)
    assert inn.by("flagged-off") == []


@pytest.mark.parametrize("made", ["before", "after", "anew"])
def test_a_flag_that_others_set_shows_though_libvirt_does_not_tell(inn, made):
    links, gate = inn.libvirt / "autostart", inn.house.folder / "gate"
    if made != "after":
        links.mkdir()
    inn.open("late", "plain")
    if made == "anew":
        links.rmdir()
        inn.caller.iterate(0.1)
    inn.caller.settle()
    gate.touch()
    links.mkdir(exist_ok=True)
    (links / "nosuch.xml").symlink_to("/nonexistent")
    (links / "late.xml").symlink_to("/nonexistent")
    inn.caller.wait_property(inn.path("late"), "AutostartBy", ["libvirt"], interface=SERVICE)
    gate.unlink()
    (links / "late.xml").unlink()
    inn.caller.wait_property(inn.path("late"), "AutostartBy", [], interface=SERVICE)
    assert inn.by("plain") == []


def test_what_libvirt_refuses_leaves_all_as_it_was(inn):
    inn.open("flagged-stubborn", "db")
    inn.configure("flagged-stubborn", start_delay=SECOND)
    before = inn.facts("flagged-stubborn"), inn.lines("flagged-stubborn")
    inn.refused(inn.autostart, "flagged-stubborn", stop_timeout=SECOND,
                start_after=GLib.Variant("as", ["db"]))
    assert (inn.facts("flagged-stubborn"), inn.lines("flagged-stubborn")) == before
    assert not inn.file("db").exists()
    inn.refused(inn.autostart, "flagged-stubborn", yes=False)
    assert inn.by("flagged-stubborn") == ["libvirt"]


def test_what_others_set_meanwhile_stays_when_it_is_taken_back(inn):
    inn.open("flagged-stubborn", "db")
    inn.configure("flagged-stubborn", start_delay=SECOND)
    path = inn.path("flagged-stubborn")
    first = inn.caller.start(path, MACHINE, "SetAutostart", GLib.Variant("b", True),
                             options(stop_timeout=SECOND, start_after=GLib.Variant("as", ["db"])))
    second = inn.caller.start(path, SERVICE, "Configure", options(start_delay=7 * SECOND))
    second.result()
    with pytest.raises(BusError):
        first.result()
    assert inn.lines("flagged-stubborn") == {"Name": "flagged-stubborn", "StartDelaySec": "7"}


def test_without_units_it_is_libvirts_flag_and_nothing_else_can_be_set(house):
    house.ready_agent()
    caller = house.stranger()
    path = caller.machine("test")
    caller.call(path, MACHINE, "SetAutostart", GLib.Variant("b", True), NO_OPTIONS)
    assert caller.get(path, SERVICE, "AutostartBy") == ["libvirt"]
    assert caller.get(path, MACHINE, "Autostart") is True
    for call in (lambda: caller.call(path, SERVICE, "Configure", NO_OPTIONS),
                 lambda: caller.call(path, MACHINE, "SetAutostart", GLib.Variant("b", False),
                                     options(stop_timeout=SECOND))):
        with pytest.raises(BusError) as error:
            call()
        assert error.value.short == "NotSupported"
    assert caller.get(path, MACHINE, "Autostart") is True
    caller.call(path, MACHINE, "SetAutostart", GLib.Variant("b", False), NO_OPTIONS)
    assert caller.get(path, SERVICE, "AutostartBy") == []


@pytest.mark.parametrize("by, folder, counts", [
    ("multi-user.target.wants", "etc", True),
    ("graphical.target.requires", "vendor", True),
    ("default.target.upholds", "etc", True),
    ("shop.service.wants", "etc", False),
    ("nightly.target.wants", "vendor", False),
    ("multi-user.target.d", "etc", False),
])
def test_a_unit_that_an_administrator_enabled_counts(inn, by, folder, counts):
    inn.open("web", "my-db")
    inn.caller.settle()
    inn.enable("hatago-vm@web.service", getattr(inn, folder), by)
    inn.enable("hatago-vm@my-db.service", getattr(inn, folder), by)  # not how it is written
    inn.systemd.tell("UnitFilesChanged")
    if counts:
        inn.caller.wait_property(inn.path("web"), "AutostartBy", ["systemd"], interface=SERVICE)
        inn.caller.wait_property(inn.path("web"), "Autostart", True)
    inn.caller.iterate(0.2)
    assert inn.by("web") == ["systemd"] * counts
    assert inn.by("my-db") == []
    (getattr(inn, folder) / by / "hatago-vm@web.service").unlink()
    inn.systemd.tell("Reloading", GLib.Variant("(b)", (False,)))
    inn.caller.wait(lambda: inn.by("web") == [], 10, "it is disabled")


def test_what_another_service_starts_is_no_reason_to_refuse(inn):
    inn.enable("hatago-vm@web.service", by="shop.service.wants")
    inn.open("web")
    inn.autostart("web")
    inn.autostart("web", yes=False)
    assert inn.by("web") == []


def test_what_an_administrator_enabled_and_is_left_over_is_logged(inn):
    inn.enable("hatago-vm@web.service")
    inn.enable("hatago-vm@db.service")
    agent = inn.open("web", "db")
    inn.configure("db", stop_timeout=SECOND)
    inn.caller.call(inn.path("web"), MACHINE, "Rename", GLib.Variant("s", "shop"), NO_OPTIONS)
    agent.wait_log("was renamed.*enable 'hatago-vm@shop.service'")
    inn.caller.verb(inn.path("db"), "Undefine")
    agent.wait_log("is enabled still: systemctl disable 'hatago-vm@db.service'")
    agent.wait_log(f"Settings of machine {inn.uuids['db']} removed")


def test_a_unit_that_is_masked_is_not_started(inn):
    inn.enable("hatago-vm@web.service")
    (inn.etc / "hatago-vm@web.service").symlink_to("/dev/null")
    inn.open("web")
    assert inn.by("web") == []
    (inn.etc / "hatago-vm@web.service").unlink()
    inn.systemd.tell("UnitFilesChanged")
    inn.caller.wait(lambda: inn.by("web") == ["systemd"], 10, "it is not masked any more")


def test_an_administrators_unit_is_named_and_nothing_is_half_done(inn):
    inn.enable(r"hatago-vm@my\x2dweb.service")
    inn.open("my-web")
    inn.autostart("my-web")
    assert inn.by("my-web") == ["hatago", "systemd"]
    before = inn.caller.everything()
    error = inn.refused(inn.autostart, "my-web", yes=False, stop_timeout=SECOND)
    assert error.short == "AutostartBySystemd"
    assert r"systemctl disable 'hatago-vm@my\x2dweb.service'" in error.message
    assert inn.caller.everything() == before


def test_renamed_it_is_another_unit(inn):
    inn.enable("hatago-vm@web.service")
    inn.open("web", "db")
    assert (inn.by("web"), inn.by("db")) == (["systemd"], [])
    inn.caller.call(inn.path("web"), MACHINE, "Rename", GLib.Variant("s", "shop"), NO_OPTIONS)
    assert inn.by("shop") == []


# What a machine must be

@pytest.mark.parametrize("state", [OFF, RUNNING, PAUSED, SAVED])
def test_settings_are_for_every_machine_that_is_defined(inn, state):
    inn.open(("web", state))
    inn.configure("web", stop_timeout=SECOND)
    inn.autostart("web")
    facts = inn.facts("web")
    assert (facts["StopTimeout"], facts["AutostartBy"]) == (SECOND, ["hatago"])


def test_a_machine_without_definition_has_no_settings(inn):
    inn.open(("web", TRANSIENT))
    assert inn.refused(inn.configure, "web", stop_timeout=SECOND).short == "MachineTransient"
    assert inn.refused(inn.autostart, "web").short == "MachineTransient"


def test_shutdown_waits_as_long_as_is_set(inn):
    inn.open(("deaf", RUNNING))
    inn.configure("deaf", stop_timeout=SECOND)
    assert inn.caller.verb(inn.path("deaf"), "Shutdown")[0] == "timeout"


def test_a_new_machine_has_its_settings_from_the_beginning(inn):
    inn.open("db")
    inn.uuids["web"] = fresh_uuid()
    for name in ("web", "db"):
        inn.file(name).write_text(f"[Machine]\nName={name}\nAutostart=yes\n")
    inn.systemd.tell("Reloading", GLib.Variant("(b)", (False,)))
    inn.caller.wait(lambda: inn.by("db") == ["hatago"], 10, "the files are read")
    path = inn.caller.define(domain_xml("web", inn.uuids["web"]))
    added = inn.caller.wait(lambda: [arguments[1][SERVICE] for _, _, member, arguments in inn.caller.signals
                                     if member.endswith("InterfacesAdded") and arguments[0] == path], 10,
                            "it is told")
    assert [facts["AutostartBy"] for facts in added] == [["hatago"]]


def test_query_has_these_properties_too(inn):
    inn.open("web")
    inn.configure("web", stop_timeout=SECOND)
    answer = inn.caller.call(ROOT, MACHINES, "Query", GLib.Variant("as", ["Name", "StopTimeout"]), NO_OPTIONS)
    assert list(answer.values()) == [{"Name": "web", "StopTimeout": SECOND}]
