# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest of QEMU shows and is typed to, by the tool; test_consoles.py has the bus."""

import struct
import zlib

import pytest

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
