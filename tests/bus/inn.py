# SPDX-License-Identifier: LGPL-2.1-or-later
"""A house whose agent has units, and where its settings and systemd's units lie."""

import pytest
from hatago_bus import MACHINE, SERVICE, BusError, options
from machines import OFF, driver_file, fresh_uuid
from systemd_mock import SystemdMock

from gi.repository import GLib


class Inn:
    """One such house."""

    def __init__(self, house):
        """Make the folders, and a systemd."""
        self.house = house
        self.settings, self.etc, self.vendor, self.libvirt = (
            house.folder / name for name in ("machines.d", "etc", "lib", "libvirt"))
        for folder in (self.settings, self.etc, self.vendor, self.libvirt):
            folder.mkdir()
        self.systemd = house.systemd = SystemdMock(house.bus.address, house.folder / "reports")
        self.uri, self.uuids, self.caller = None, {}, None

    def open(self, *machines, arguments=(), checks=False):
        """Start an agent, with machines of these names, or (name, state); those before, if there are none.

        checks: with the plugin that judges the host, too.
        """
        rows = [machine if isinstance(machine, tuple) else (machine, OFF) for machine in machines]
        if rows:
            self.uuids |= {name: self.uuids.get(name, fresh_uuid()) for name, _ in rows}
            self.uri = driver_file(self.house.folder, *((name, self.uuids[name], state) for name, state in rows))
        plugins = {"plugins": self.house.all_plugins()} if checks else {}
        agent = self.house.ready_agent("--connect", self.uri, *arguments, **plugins, environment={
            "HATAGO_REPORT_FOLDER": str(self.systemd.folder), "HATAGO_PROBE_INTERVAL": "50ms",
            "HATAGO_UNITS": "1", "HATAGO_MACHINES_FOLDER": str(self.settings),
            "HATAGO_LIBVIRT_FOLDER": str(self.libvirt),
            "HATAGO_UNIT_FOLDERS": f"{self.etc}:{self.vendor}:/nonexistent",
            "RUNTIME_DIRECTORY": str(self.house.folder / "run")})
        self.caller = self.house.stranger()
        return agent

    def path(self, name):
        """Return the path of a machine."""
        return self.caller.machine(name)

    def file(self, name):
        """Return the file of a machine's settings."""
        return self.settings / f"{self.uuids[name]}.conf"

    def lines(self, name):
        """Return what is set in it, as {key: value}."""
        return dict(line.split("=", 1) for line in self.file(name).read_text().splitlines()
                    if "=" in line and not line.startswith("#"))

    def facts(self, name):
        """Return the properties of .Service of a machine."""
        return self.caller.get_all(self.path(name), SERVICE)

    def configure(self, name, **values):
        """Change settings; "after" is start-after."""
        if "after" in values:
            values["start_after"] = GLib.Variant("as", values.pop("after"))
        self.caller.call(self.path(name), SERVICE, "Configure", options(**values))

    def autostart(self, name, yes=True, **values):
        """Have it start at boot, or not."""
        self.caller.call(self.path(name), MACHINE, "SetAutostart", GLib.Variant("b", yes), options(**values))

    def by(self, name):
        """Return what starts it."""
        return self.facts(name)["AutostartBy"]

    def flag(self, name):
        """Whether libvirt itself would start it."""
        return "libvirt" in self.by(name)

    def refused(self, function, *arguments, **values):
        """Have a call refused; return the error."""
        with pytest.raises(BusError) as error:
            function(*arguments, **values)
        return error.value

    def enable(self, unit, folder=None, by="multi-user.target.wants"):
        """Enable a unit, as systemctl does; systemd has not told so yet."""
        wants = (folder or self.etc) / by
        wants.mkdir(exist_ok=True)
        (wants / unit).symlink_to("/usr/lib/systemd/system/hatago-vm@.service")
