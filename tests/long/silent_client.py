# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of a bus that asks for signals, calls methods, and never reads what it is sent.

As a program: silent_client.py SOCKET PATH INTERFACE PROPERTY COUNT asks the agent for a property so many
times and prints how many bytes of answers lie unread.
"""

import array
import fcntl
import os
import socket
import sys
import termios
import time

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

BURST, PAUSE = 64, 0.004
BUS = "org.freedesktop.DBus"


class SilentClient:
    """What it does not read fills its socket, and then the bus has to keep it."""

    def __init__(self, path):
        """Connect to the socket of a bus as this process's user, and say hello."""
        self._serial = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        answer = self._socket.recv(256)
        if not answer.startswith(b"OK "):
            raise ConnectionError(f"the bus says {answer!r}")
        self._socket.sendall(b"BEGIN\r\n")
        self.call(BUS, "/org/freedesktop/DBus", BUS, "Hello")

    def call(self, destination, path, interface, method, *arguments):
        """Send a method call; the answer is never read."""
        message = Gio.DBusMessage.new_method_call(destination, path, interface, method)
        message.set_body(GLib.Variant.new_tuple(*arguments))
        self._serial += 1
        message.set_serial(self._serial)
        self._socket.sendall(message.to_blob(Gio.DBusCapabilityFlags.NONE))

    def match(self, rule):
        """Ask the bus for signals."""
        self.call(BUS, "/org/freedesktop/DBus", BUS, "AddMatch", GLib.Variant("s", rule))

    def unread(self):
        """Return how many bytes lie in the socket; the bus holds the rest."""
        size = array.array("i", [0])
        fcntl.ioctl(self._socket, termios.FIONREAD, size)
        return size[0]

    def close(self):
        """Leave the bus."""
        self._socket.close()


def main(bus_socket, path, interface, name, count):
    """Flood the agent with calls, no faster than it answers: the bus refuses more than 128 unanswered ones."""
    client = SilentClient(bus_socket)
    for number in range(int(count)):
        if number % BURST == 0:
            time.sleep(PAUSE)
        client.call("org.hatago.Host1", path, "org.freedesktop.DBus.Properties", "Get",
                    GLib.Variant("s", interface), GLib.Variant("s", name))
    print(client.unread())


if __name__ == "__main__":
    main(*sys.argv[1:])
