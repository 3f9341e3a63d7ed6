# SPDX-License-Identifier: LGPL-2.1-or-later
"""What systemd says of the units of machines, and what the agent makes of it."""

import pytest
from hatago_bus import MACHINE
from machines import OFF, driver_file, fresh_uuid
from systemd_mock import SystemdMock, VmUnit

from gi.repository import GLib

WEB, DB = "hatago-vm@web.service", "hatago-vm@db.service"
READY = "hatago-vm-ready@web.service"


@pytest.fixture
def systemd(house):
    """The systemd of the house; its units are the test's."""
    house.systemd = SystemdMock(house.bus.address, house.folder / "reports")
    return house.systemd


@pytest.fixture
def units_agent(house, systemd):
    """A function that starts an agent that uses units, with machines of these (name, state)."""
    def start(*machines, **keywords):
        rows = [(name, fresh_uuid(), state) for name, state in machines]
        keywords.setdefault("environment", {})
        keywords["environment"] |= {"HATAGO_UNITS": "1", "RUNTIME_DIRECTORY": str(house.folder / "run")}
        house.ready_agent("--connect", driver_file(house.folder, *rows), **keywords)
        return house.caller(), *(house.callers[-1].machine(name) for name, _ in machines)
    return start


def unit_state(caller, path):
    """Return the name of its unit, and that unit's state."""
    facts = caller.get_all(path, MACHINE)
    return facts["Unit"], facts["UnitState"]


def test_each_machine_has_a_unit_loaded_or_not(systemd, units_agent):
    systemd.vms[DB] = VmUnit("failed", "failed")
    caller, web, db = units_agent(("web", OFF), ("db", OFF))

    caller.wait(lambda: unit_state(caller, db) == (DB, "failed"), 10, "the state of db's unit")
    assert unit_state(caller, web) == (WEB, "inactive")


def test_names_are_escaped_and_long_ones_give_way_to_the_uuid(units_agent):
    name = "宿" * 30
    caller, dashed, long = units_agent(("my-web 1", OFF), (name, OFF))

    assert caller.get(dashed, MACHINE, "Unit") == r"hatago-vm@my\x2dweb\x201.service"
    uuid = caller.get(long, MACHINE, "UUID").replace("-", r"\x2d")
    assert caller.get(long, MACHINE, "Unit") == f"hatago-vm@{uuid}.service"


def test_the_state_follows_the_unit(systemd, units_agent):
    caller, web = units_agent(("web", OFF))
    assert unit_state(caller, web) == (WEB, "inactive")

    for active, sub in (("activating", "start"), ("active", "running"), ("deactivating", "stop-post"),
                        ("inactive", "dead")):
        systemd.show(WEB, VmUnit(active, sub))
        caller.wait_property(web, "UnitState", active)
    systemd.show(WEB, VmUnit("failed", "failed"))
    caller.wait_property(web, "UnitState", "failed")
    systemd.unload(WEB)
    caller.wait_property(web, "UnitState", "inactive")


def test_units_of_nobody_and_odd_ones_change_nothing(systemd, units_agent):
    caller, web = units_agent(("web", OFF))
    caller.settle()
    for odd in ("hatago-vm@nobody.service", "hatago-vm@my-web.service", r"hatago-vm@w\x65b.service",
                "hatago-vm@.service", "hatago-vm-other@web.service", "cron.service"):
        systemd.show(odd, VmUnit())
    systemd.show(WEB, VmUnit("activating", "start"))
    caller.wait_property(web, "UnitState", "activating")

    assert [change["UnitState"] for _, change in caller.changes(web) if "UnitState" in change] == ["activating"]


def test_a_reload_of_systemd_loses_no_unit(systemd, units_agent):
    caller, web, db = units_agent(("web", OFF), ("db", OFF))
    for unit, path in ((WEB, web), (DB, db)):
        systemd.show(unit, VmUnit("activating", "start"))
        caller.wait_property(path, "UnitState", "activating")
    caller.settle()

    systemd.reload(forget=[DB])

    caller.wait_property(db, "UnitState", "inactive")
    assert caller.get(web, MACHINE, "UnitState") == "activating"
    assert not caller.changes(web)


def test_a_renamed_machine_has_another_unit(systemd, units_agent):
    systemd.vms["hatago-vm@front.service"] = VmUnit("failed", "failed")
    caller, web = units_agent(("web", OFF))

    caller.call(web, MACHINE, "Rename", GLib.Variant("s", "front"), GLib.Variant("a{sv}", {}))

    assert unit_state(caller, web) == ("hatago-vm@front.service", "failed")


def test_an_agent_of_another_libvirt_has_no_units(house, systemd):
    systemd.vms[WEB] = VmUnit()
    house.ready_agent("--connect", driver_file(house.folder, ("web", fresh_uuid(), OFF)))
    caller = house.caller()

    assert unit_state(caller, caller.machine("web")) == ("", "")
