# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of org.hatago.Host1 for tests: calls, properties, signals and waiting, over GDBus."""

import socket
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.hatago.Host1"
ROOT = "/org/hatago/Host1"
MANAGER = f"{NAME}.Manager"
MACHINES = f"{NAME}.Machines"
MACHINE = f"{NAME}.Machine"
CONSOLE = f"{MACHINE}.Console"
SERVICE = f"{MACHINE}.Service"
JOB = f"{NAME}.Job"
VALIDATION = f"{NAME}.Validation"
HOST_CHECK = f"{NAME}.HostCheck"
HOST = f"{NAME}.Host"
PROPERTIES = "org.freedesktop.DBus.Properties"
NO_OPTIONS = GLib.Variant("a{sv}", {})


class BusError(Exception):
    """An error reply: its name on the bus, and its text."""

    def __init__(self, name, message):
        """Keep both."""
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message

    @property
    def short(self):
        """The name without the prefix of this project's errors."""
        return self.name.removeprefix(f"{NAME}.Error.")


def options(**values):
    """Return a dictionary of options; bool becomes b, int t. An underscore is a dash."""
    types = {bool: "b", int: "t", str: "s"}
    return GLib.Variant("a{sv}", {
        key.replace("_", "-"):
        value if isinstance(value, GLib.Variant) else GLib.Variant(types[type(value)], value)
        for key, value in values.items()})


class Bus:
    """A connection to a bus, by address; every signal of the agent since then is kept."""

    def __init__(self, address):
        """Connect, and listen to all signals of the agent."""
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.context = GLib.MainContext.default()
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self.signals = []
        self.connection.signal_subscribe(NAME, None, None, None, None, Gio.DBusSignalFlags.NONE,
                                         self._on_signal)

    def close(self):
        """Leave the bus."""
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def _on_signal(self, _connection, _sender, path, interface, member, arguments):
        self.signals.append((time.monotonic(), path, f"{interface}.{member}", arguments.unpack()))

    def call(self, path, interface, method, *arguments, timeout=30, destination=NAME):
        """Call a method with GLib.Variants; return what it answers, unpacked, or raise BusError."""
        body = GLib.Variant.new_tuple(*arguments)
        try:
            reply = self.connection.call_sync(destination, path, interface, method, body, None,
                                              Gio.DBusCallFlags.NONE, int(timeout * 1000), None)
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)
            message = error.message.removeprefix(f"GDBus.Error:{name}: ")
            raise BusError(name or error.domain, message) from None
        values = reply.unpack()
        return values[0] if len(values) == 1 else values or None

    def call_fd(self, path, interface, method, *arguments, timeout=30):
        """Call a method that answers with a descriptor first; return that as an int, and the rest."""
        body = GLib.Variant.new_tuple(*arguments)
        try:
            reply, fds = self.connection.call_with_unix_fd_list_sync(
                NAME, path, interface, method, body, None, Gio.DBusCallFlags.NONE,
                int(timeout * 1000), None, None)
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)
            message = error.message.removeprefix(f"GDBus.Error:{name}: ")
            raise BusError(name or error.domain, message) from None
        index, *rest = reply.unpack()
        return fds.get(index), *rest

    def open_socket(self, path, method, *arguments):
        """Open a console or display; return its socket."""
        fd, = self.call_fd(path, CONSOLE, method, *arguments)
        return socket.socket(fileno=fd)

    def get(self, path, interface, name):
        """Return a property."""
        return self.call(path, PROPERTIES, "Get", GLib.Variant("s", interface),
                         GLib.Variant("s", name))

    def get_all(self, path, interface):
        """Return all properties of an interface."""
        return self.call(path, PROPERTIES, "GetAll", GLib.Variant("s", interface))

    def objects(self):
        """Return the answer of GetManagedObjects."""
        return self.call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")

    def machine(self, name):
        """Return the path of a machine."""
        return self.call(ROOT, MACHINES, "GetMachine", GLib.Variant("s", name), NO_OPTIONS)

    def check(self, name):
        """Return the path of a check of the host."""
        label = "".join(letter if letter.isalnum() else f"_{ord(letter):02x}" for letter in name)
        return f"{ROOT}/checks/{label}"

    def define(self, xml):
        """Define a machine; return its path."""
        # Where /dev/kvm is there and of no use, libvirt asks QEMU anew what it can: on a busy host for long.
        return self.call(ROOT, MACHINES, "DefineMachine", GLib.Variant("s", xml), NO_OPTIONS, timeout=90)

    def verb(self, path, verb, **values):
        """Call a verb of a machine; if it answers a job, wait for its end. Return that."""
        answer = self.call(path, MACHINE, verb, options(**values))
        return self.wait_job(answer, timeout=90) if answer else None

    def iterate(self, seconds):
        """Take in what comes, for at most this time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.context.iteration(False):
                time.sleep(0.002)

    def wait(self, condition, timeout, what):
        """Wait until condition() is true, and return it; what says it in the error."""
        deadline = time.monotonic() + timeout
        while True:
            while self.context.iteration(False):
                pass
            if value := condition():
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout} s: {what}")
            time.sleep(0.005)

    def wait_job(self, path, timeout=60):
        """Wait for the end of a job; return its result and error name, as JobRemoved told."""
        def ended():
            for _, _, member, arguments in self.signals:
                if member == f"{MANAGER}.JobRemoved" and arguments[0] == path:
                    return arguments[1:]
            return None
        return self.wait(ended, timeout, f"end of {path}")

    def wait_cancelable(self, job):
        """Wait until a shutdown waits for its guest.

        It is cancelable until it begins, and again, by a signal, once the guest has been asked.
        """
        self.wait(lambda: any(change.get("Cancelable") for _, change in self.changes(job, JOB)), 10,
                  "Cancelable")

    def changes(self, path, interface=MACHINE):
        """Return what PropertiesChanged told of an object, as (time, {property: value})."""
        return [(when, arguments[1]) for when, at, member, arguments in self.signals
                if at == path and member == f"{PROPERTIES}.PropertiesChanged"
                and arguments[0] == interface]

    def wait_property(self, path, name, value, timeout=10, interface=MACHINE):
        """Wait until a property has a value, reading it; return when a signal told so."""
        self.wait(lambda: self.get(path, interface, name) == value, timeout, f"{name} = {value}")
        return self.wait(lambda: [when for when, change in self.changes(path, interface)
                                  if change.get(name) == value], 10, f"signal of {name} = {value}")[-1]
