# SPDX-License-Identifier: LGPL-2.1-or-later
"""A message bus of our own, and callers on it: as this user, and as another one."""

import contextlib
import os
import re
import subprocess

from agent import TOP
from hatago_bus import NAME, ROOT, Bus, BusError
from gi.repository import Gio, GLib

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
  {mandatory}
</busconfig>
"""
NOBODY = 65534


def is_root():
    """Whether the tests run as root: then callers without rights are another user."""
    return os.geteuid() == 0


def shipped_policy():
    """Return what the shipped policy of the system bus forbids whatever others allow."""
    text = (TOP / "units/org.hatago.Host1.conf.in").read_text()
    return re.search(r'<policy context="mandatory">.*?</policy>', text, re.DOTALL)[0]


class PrivateBus:
    """A dbus-daemon that lets everybody in and allows everything but what our policy forbids."""

    def __init__(self, folder):
        """Start it; the folder must be open to other users."""
        socket = folder / "bus"
        configuration = folder / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=socket,
                                                         mandatory=shipped_policy()))
        self.address = f"unix:path={socket}"
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile",
             "--print-address"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()


@contextlib.contextmanager
def effective_uid(uid):
    """Be another user meanwhile: the bus asks the kernel who it was that connected."""
    if uid is None or uid == os.geteuid():
        yield
        return
    before = os.geteuid()
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(before)


class Pending:
    """A call whose answer is not awaited yet."""

    def __init__(self, caller):
        """Not answered."""
        self.caller, self.answered, self.value, self.error = caller, False, None, None

    def on_answer(self, connection, answer, _unused):
        """Keep the answer."""
        try:
            values = connection.call_finish(answer).unpack()
            self.value = values[0] if len(values) == 1 else values or None
        except GLib.Error as error:
            self.error = as_bus_error(error)
        self.answered = True

    def result(self, timeout=20):
        """Wait for the answer: return it, or raise BusError."""
        self.caller.wait(lambda: self.answered, timeout, "an answer")
        if self.error:
            raise self.error
        return self.value


def as_bus_error(error):
    """Turn GLib's error into ours."""
    name = Gio.DBusError.get_remote_error(error)
    return BusError(name or error.domain, error.message.removeprefix(f"GDBus.Error:{name}: "))


class Caller(Bus):
    """A connection that may be another user's, and may let polkit ask for a password."""

    def __init__(self, address, uid=None):
        """Connect as this user."""
        with effective_uid(uid):
            super().__init__(address)
        self.uid = os.geteuid() if uid is None else uid
        # The end of a bus is no end of the tests.
        self.connection.set_exit_on_close(False)

    def settle(self):
        """Take in all that the agent has sent until now, and forget its signals."""
        self.call(ROOT, "org.freedesktop.DBus.Peer", "Ping")
        while self.context.iteration(False):
            pass
        self.signals.clear()

    @property
    def unique_name(self):
        """The name that the bus gave it."""
        return self.connection.get_unique_name()

    def everything(self):
        """Return the answer of GetManagedObjects as bytes: fit to be compared, and fast."""
        reply = self.connection.call_sync(NAME, ROOT, "org.freedesktop.DBus.ObjectManager",
                                          "GetManagedObjects", None, None,
                                          Gio.DBusCallFlags.NONE, -1, None)
        return reply.get_data_as_bytes().get_data()

    def start(self, path, interface, method, *arguments, interactive=False, timeout=30):
        """Call a method, and do not wait: returns a Pending."""
        pending = Pending(self)
        flags = (Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive
                 else Gio.DBusCallFlags.NONE)
        self.connection.call(NAME, path, interface, method, GLib.Variant.new_tuple(*arguments),
                             None, flags, int(timeout * 1000), None, pending.on_answer, None)
        return pending

    def owner(self, name=NAME):
        """Return who owns a name, or None."""
        with contextlib.suppress(BusError):
            return self.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
                             GLib.Variant("s", name), destination="org.freedesktop.DBus")
        return None

    def job(self, path):
        """Return how a job ended: its result and error name, as JobRemoved told."""
        return self.wait_job(path, timeout=20)[:2]
