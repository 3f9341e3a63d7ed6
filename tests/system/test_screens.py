# SPDX-License-Identifier: LGPL-2.1-or-later
"""Screens, keys, serial lines and displays of a guest of QEMU, from outside the host and by the tool."""

import struct
import time
import zlib

import pytest
from hatago_bus import NO_OPTIONS, GLib

DEVICES = """<graphics type='vnc'><listen type='none'/></graphics>
<video><model type='vga'/></video></devices>"""


@pytest.fixture
def screen(machine):
    """A guest with a screen and a VNC display without a port, that has booted."""
    machine.path = machine.bus.define(machine.guest.xml().replace("</devices>", DEVICES))
    assert machine.verb("Start")[0] == "done"
    machine.guest.wait_ready()
    return machine


def png_size(data):
    """Return width and height of a PNG, all of whose chunks are whole."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, kinds = 8, []
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + size]
        crc, = struct.unpack(">I", data[place + 8 + size:place + 12 + size])
        assert crc == zlib.crc32(kind + body)
        kinds.append(kind)
        place += 12 + size
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND"
    return width, height


def test_a_screenshot_is_a_png_of_the_screen(screen, host):
    """As large as a VGA text screen, at least."""
    host.run(["hatago", "screenshot", screen.guest.name, "/srv/screen.png"])
    width, height = png_size((host.root / "srv/screen.png").read_bytes())
    assert width >= 640 and height >= 400


def test_keys_reach_the_guest(screen, host):
    """Its kernel reboots it by Ctrl-Alt-Del."""
    host.run(["hatago", "send-keys", screen.guest.name, "ctrl-alt-del"])
    screen.guest.wait_ready(times=2)


def test_a_serial_line_carries_both_ways(screen):
    """The shell of the guest answers."""
    with screen.bus.open_socket(screen.path, "OpenSerial", NO_OPTIONS) as console:
        console.settimeout(30)
        console.sendall(b"\necho so''und\n")
        said = b""
        while b"\nsound" not in said.replace(b"\r", b""):
            said += console.recv(4096)
        screen.verb("PowerOff")
        while console.recv(4096):
            pass  # its end is the console's


def test_a_display_without_a_port_speaks_vnc(screen, host):
    """A whole handshake, up to the size of the screen."""
    with screen.bus.open_socket(screen.path, "OpenDisplay", GLib.Variant("u", 0), NO_OPTIONS) as display:
        display.settimeout(30)
        assert display.recv(12) == b"RFB 003.008\n"
        display.sendall(b"RFB 003.008\n")
        kinds = display.recv(1)
        assert b"\x01" in display.recv(kinds[0]), "VNC without a password"
        display.sendall(b"\x01")
        assert display.recv(4) == bytes(4)
        display.sendall(b"\x01")
        width, height = struct.unpack(">HH", display.recv(4))
        assert width >= 640 and height >= 400
    listening = host.run(["ss", "-Htln"]).stdout
    assert ":59" not in listening, "no port is open"


def test_many_openings_leave_nothing_behind(screen, host):
    """Descriptors of agent and libvirtd are as many as before."""
    def count():
        pids = host.run(["pidof", "hatagod", "libvirtd"]).stdout.split()
        return [len(host.run(["ls", f"/proc/{pid}/fd"]).stdout.split()) for pid in pids]

    def opened():
        for _ in range(20):
            screen.bus.open_socket(screen.path, "OpenSerial", NO_OPTIONS).close()
            screen.bus.open_socket(screen.path, "OpenDisplay", GLib.Variant("u", 0), NO_OPTIONS).close()
            time.sleep(0.05)

    opened()
    screen.bus.iterate(3)
    before = count()
    opened()
    screen.bus.wait(lambda: all(after <= old for after, old in zip(count(), before, strict=True)), 20,
                    f"as many descriptors as before: {before}")
