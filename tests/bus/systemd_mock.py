# SPDX-License-Identifier: LGPL-2.1-or-later
"""A systemd whose units are the test's, and the reports that hatago-probe would leave."""

import dataclasses
import fnmatch
import os
import threading

from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
MANAGER = f"{NAME}.Manager"
INTERFACE = f"""<node><interface name="{MANAGER}">
  <method name="Subscribe"/>
  <method name="StartUnit">
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/>
  </method>
  <method name="StopUnit">
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/>
  </method>
  <method name="Reload"/>
  <method name="ListUnitsByPatterns">
    <arg type="as" direction="in"/><arg type="as" direction="in"/>
    <arg type="a(ssssssouso)" direction="out"/>
  </method>
  <method name="ResetFailedUnit"><arg type="s" direction="in"/></method>
  <method name="GetUnitByPID"><arg type="u" direction="in"/><arg type="o" direction="out"/></method>
  <signal name="JobRemoved"><arg type="u"/><arg type="o"/><arg type="s"/><arg type="s"/></signal>
  <signal name="UnitFilesChanged"/>
  <signal name="UnitRemoved"><arg type="s"/><arg type="o"/></signal>
  <signal name="Reloading"><arg type="b"/></signal>
</interface></node>"""
UNIT_INTERFACE = f"""<node><interface name="{NAME}.Service">
  <property name="StatusText" type="s" access="read"/>
  <property name="Result" type="s" access="read"/>
  <property name="ExecMainCode" type="i" access="read"/>
  <property name="ExecMainStatus" type="i" access="read"/>
</interface></node>"""
PROBE = "hatago-probe.service"
VERSION, TYPE = 1, "(utsa(sssssa{ss}asbb))"
DONE, FAILED, CANCELED, NEVER = "done", "failed", "canceled", "never"
EXITED = 1  # CLD_EXITED


@dataclasses.dataclass
class VmUnit:
    """What a unit that is loaded says of itself: of hatago-vm@, or hatago-vm-ready@."""

    active: str = "active"
    sub: str = "running"
    result: str = "success"
    status: str = ""
    code: int = 0
    exit: int = 0


def failed_start(text, exit=70):
    """Return what a unit says whose program could not start its machine."""
    return VmUnit("failed", "failed", "exit-code", text, EXITED, exit)


@dataclasses.dataclass
class Verdict:
    """One check of a report."""

    id: str
    group: str = "devices"
    result: str = "pass"
    reason: str = ""
    value: str = ""
    arguments: dict = dataclasses.field(default_factory=dict)
    sources: tuple = ("/sys/module/tun",)
    fixable: bool = False
    undoable: bool = False


TUN = Verdict("tun", value="/dev/net/tun")
VHOST_NET = Verdict("vhost-net", result="warn", reason="missing", arguments={"module": "vhost_net"},
                    sources=("/dev/vhost-net", "/sys/module/vhost_net"), fixable=True)
KSM = Verdict("ksm", group="memory", reason="on", arguments={"saved": "4096"}, undoable=True)
CHECKS = (TUN, VHOST_NET, KSM)


def report(*verdicts, version=VERSION, when=1, who="hatago-probe[1] uid 0"):
    """Return the bytes of a report."""
    rows = [(v.id, v.group, v.result, v.reason, v.value, v.arguments, list(v.sources), v.fixable,
             v.undoable) for v in verdicts]
    return GLib.Variant(TYPE, (version, when, who, rows)).get_data_as_bytes().get_data()


def who(when):
    """Return who looked at the host then."""
    return f"hatago-probe[{when}] uid 0"


class SystemdMock:
    """org.freedesktop.systemd1 on a bus, on a thread of its own.

    A unit that is started calls its function in .units, on that thread; it returns how systemd's job ends
    ("done", "failed"), or NEVER: then end() ends it. A unit without one does not exist. hatago-probe.service
    is there from the beginning: it leaves a report of .verdicts. .status has what units say by sd_notify().
    Units that are loaded and say more of themselves are in .vms: show() and unload() change them, and tell.
    Stopping a unit calls its function in .stops, if it has one.
    """

    def __init__(self, address, folder):
        """Take the name; folder is where reports go."""
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o755)
        self.verdicts, self.when, self.lock = [], 0, threading.Lock()
        self.units, self.status = {PROBE: self.probe}, {}
        self.vms, self.stops, self.stopped, self.n_reloads = {}, {}, [], 0
        self.reload_error = ""  # why it does not
        self.started, self.reset_units, self.jobs, self.shown = [], [], {}, set()
        self.early = False  # whether the end of a job is told before its beginning
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(address,), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)

    def probe(self):
        """Look at the host, as it were."""
        self.leave(*self.verdicts)
        return DONE

    def leave(self, *verdicts):
        """Leave a report as from another run; return when that was, which is a number that grows."""
        with self.lock:
            self.when += 1
            self.write(report(*verdicts, when=self.when, who=who(self.when)))
            return self.when

    def write(self, data, name="report"):
        """Leave a report, as hatago-probe does it."""
        fresh = self.folder / ".fresh"
        fresh.write_bytes(data)
        fresh.chmod(0o644)
        os.replace(fresh, self.folder / name)

    def runs(self, unit=PROBE):
        """Return how often a unit was started."""
        return self.started.count(unit)

    def starts(self, prefix):
        """Return the units of these names that were started, in order."""
        return [unit for unit in self.started if unit.startswith(prefix)]

    def stop(self):
        """Leave the bus."""
        self.loop.quit()
        self.thread.join()

    def _call(self, function):
        """Have it called on the thread of the mock."""
        def call(_unused):
            function()
            return False

        source = GLib.idle_source_new()
        source.set_callback(call)
        source.attach(self.context)

    def end(self, unit, result=DONE):
        """End a unit that would never have ended."""
        self._call(lambda: self._removed(unit, self.jobs.pop(unit), result))

    def tell(self, member, arguments=None):
        """Send a signal of systemd's own."""
        self._call(lambda: self.connection.emit_signal(None, PATH, MANAGER, member, arguments))

    def _removed(self, unit, job, result):
        """Tell the end of a job."""
        self.connection.emit_signal(None, PATH, MANAGER, "JobRemoved",
                                    GLib.Variant("(uoss)", (1, job, unit, result)))

    def tell_job(self, unit):
        """Tell that a unit was started or stopped by somebody else."""
        self._call(lambda: self._removed(unit, f"{PATH}/job/0", DONE))

    def _run(self, address):
        self.context.push_thread_default()
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self.connection.set_exit_on_close(False)
        node = Gio.DBusNodeInfo.new_for_xml(INTERFACE)
        self.connection.register_object(PATH, node.interfaces[0], self._on_call, None, None)
        self.connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                  "org.freedesktop.DBus", "RequestName",
                                  GLib.Variant("(su)", (NAME, 0)), None, Gio.DBusCallFlags.NONE, -1, None)
        self.ready.set()
        self.loop.run()
        if not self.connection.is_closed():  # by the end of the bus
            self.connection.close_sync(None)
        self.context.pop_thread_default()

    def _on_call(self, _connection, _sender, _path, _interface, method, arguments, invocation):
        if method == "StartUnit":
            self._start(arguments.unpack()[0], invocation)
        elif method == "ResetFailedUnit":
            self.reset_units.append(arguments.unpack()[0])
            invocation.return_value(None)
        elif method == "StopUnit":
            self._stop(arguments.unpack()[0], invocation)
        elif method == "ListUnitsByPatterns":
            invocation.return_value(GLib.Variant("(a(ssssssouso))", (self._list(arguments.unpack()[1]),)))
        elif method == "Reload":
            self._reload(invocation)
        elif method == "Subscribe":
            invocation.return_value(None)
        else:
            invocation.return_dbus_error(f"{NAME}.NoUnitForPID", "It is in no unit.")

    def _reload(self, invocation):
        """Read all units again, as it were, or not."""
        if self.reload_error:
            invocation.return_dbus_error("org.freedesktop.DBus.Error.AccessDenied", self.reload_error)
            return
        self.n_reloads += 1
        for begins in (True, False):
            self.connection.emit_signal(None, PATH, MANAGER, "Reloading", GLib.Variant("(b)", (begins,)))
        invocation.return_value(None)

    def _start(self, unit, invocation):
        """Start a unit, with a job that ends when it does."""
        self.started.append(unit)
        if unit not in self.units:
            invocation.return_dbus_error(f"{NAME}.NoSuchUnit", f"Unit {unit} not found.")
            return
        self._show(unit)
        job = f"{PATH}/job/{len(self.started)}"
        result = self.units[unit]()
        if self.early and result != NEVER:
            self._removed(unit, job, result)
        invocation.return_value(GLib.Variant("(o)", (job,)))
        if result == NEVER:
            self.jobs[unit] = job
        elif not self.early:
            self._removed(unit, job, result)

    def _stop(self, unit, invocation):
        """Stop a unit, with a job that replaces the one that starts it."""
        self.stopped.append(unit)
        job = f"{PATH}/job/stop{len(self.stopped)}"
        if unit in self.jobs:
            self._removed(unit, self.jobs.pop(unit), CANCELED)
        result = self.stops.get(unit, lambda: DONE)()
        invocation.return_value(GLib.Variant("(o)", (job,)))
        self._removed(unit, job, result)

    def _list(self, patterns):
        """Return the rows of units that are loaded."""
        return [(unit, "", "loaded", vm.active, vm.sub, "", self._path(unit), 0, "", "/")
                for unit, vm in self.vms.items()
                if any(fnmatch.fnmatchcase(unit, pattern) for pattern in patterns)]

    @staticmethod
    def _path(unit):
        label = "".join(letter if letter.isascii() and letter.isalnum() else f"_{ord(letter):02x}"
                        for letter in unit)
        return f"{PATH}/unit/{label}"

    def _property(self, unit, name):
        """Return what a unit says of itself."""
        vm = self.vms.get(unit, VmUnit(status=self.status.get(unit, "")))
        kind, value = {"StatusText": ("s", vm.status), "Result": ("s", vm.result),
                       "ExecMainCode": ("i", vm.code), "ExecMainStatus": ("i", vm.exit)}[name]
        return GLib.Variant(kind, value)

    def _show(self, unit):
        """Have an object for a unit, which tells its status."""
        if unit in self.shown:
            return
        self.shown.add(unit)
        interface = Gio.DBusNodeInfo.new_for_xml(UNIT_INTERFACE).interfaces[0]
        self.connection.register_object(
            self._path(unit), interface, None,
            lambda _connection, _sender, _path, _interface, name: self._property(unit, name), None)

    def _tell_vm(self, unit):
        """Tell of all that can change, as systemd does: the service first, then the unit."""
        vm = self.vms[unit]
        service = {name: self._property(unit, name)
                   for name in ("StatusText", "Result", "ExecMainCode", "ExecMainStatus")}
        states = {"ActiveState": GLib.Variant("s", vm.active), "SubState": GLib.Variant("s", vm.sub)}
        for interface, values in ((f"{NAME}.Service", service), (f"{NAME}.Unit", states)):
            self.connection.emit_signal(None, self._path(unit), "org.freedesktop.DBus.Properties",
                                        "PropertiesChanged",
                                        GLib.Variant("(sa{sv}as)", (interface, values, [])))

    def show_now(self, unit, vm):
        """Have a unit say this of itself, on the thread of the mock: for functions of .units."""
        self._show(unit)
        self.vms[unit] = vm
        self._tell_vm(unit)

    def show(self, unit, vm):
        """Have a unit say this of itself."""
        self._call(lambda: self.show_now(unit, vm))

    def unload(self, unit):
        """Forget a unit, as systemd does with those that are inactive and nobody names."""
        def forget():
            del self.vms[unit]
            self.connection.emit_signal(None, PATH, MANAGER, "UnitRemoved",
                                        GLib.Variant("(so)", (unit, self._path(unit))))
        self._call(forget)

    def reload(self, forget=()):
        """Read all units anew: all are removed, and are there again, but for these."""
        def again():
            self.connection.emit_signal(None, PATH, MANAGER, "Reloading", GLib.Variant("(b)", (True,)))
            for unit in self.vms:
                self.connection.emit_signal(None, PATH, MANAGER, "UnitRemoved",
                                            GLib.Variant("(so)", (unit, self._path(unit))))
            for unit in forget:
                del self.vms[unit]
            self.connection.emit_signal(None, PATH, MANAGER, "Reloading", GLib.Variant("(b)", (False,)))
        self._call(again)
