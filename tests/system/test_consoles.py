# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles, displays, screenshots and keys of real guests, by the bus and by hatago."""

import contextlib
import os
import struct
import subprocess
import time
import xml.etree.ElementTree as ElementTree
import zlib

import pytest
from hatago_bus import CONSOLE, MACHINE, NO_OPTIONS, BusError, options

from gi.repository import GLib

DEVICES = ("<graphics type='vnc' passwd='secret'><listen type='none'/></graphics>",
           "<graphics type='spice'><listen type='none'/></graphics>",
           "<video><model type='vga'/></video>")


@pytest.fixture
def guest(machine):
    """A guest with a display of each kind, none of which listens anywhere; it has booted."""
    domain = ElementTree.fromstring(machine.guest.xml())
    for device in DEVICES:
        domain.find("devices").append(ElementTree.fromstring(device))
    machine.path = machine.bus.define(ElementTree.tostring(domain, encoding="unicode"))
    assert machine.verb("Start")[0] == "done"
    machine.guest.wait_ready()
    return machine


def agent_counts(host):
    """Return how many descriptors and threads the agent has."""
    pid = host.run(["systemctl", "show", "-P", "MainPID", "hatagod"]).stdout.strip()
    return [len(list((host.root / f"proc/{pid}/{kind}").iterdir())) for kind in ("fd", "task")]


def until(console, word, timeout=20):
    """Receive until a word has come; return all."""
    console.settimeout(timeout)
    data = b""
    while word not in data:
        part = console.recv(4096)
        assert part, f"ended after {data!r}"
        data += part
    return data


def serial(machine, **values):
    """Open the serial console, and have the prompt of the guest's shell."""
    console = machine.bus.open_socket(machine.path, "OpenSerial", options(**values))
    console.sendall(b"\r")
    until(console, b"# ")
    return console


def display(machine, number, **values):
    """Open a display."""
    return machine.bus.open_socket(machine.path, "OpenDisplay", GLib.Variant("u", number),
                                   options(**values))


def security_types(vnc):
    """Greet a VNC server; return the kinds of authentication that it offers."""
    assert until(vnc, b"\n") == b"RFB 003.008\n"
    vnc.sendall(b"RFB 003.008\n")
    number = vnc.recv(1)[0]
    return list(vnc.recv(number))


def test_a_shell_on_the_serial_console(guest):
    """OpenSerial: what is typed is run in the guest."""
    with serial(guest) as console:
        console.sendall(b"echo $((6 * 7))-answers\r")
        assert b"42-answers" in until(console, b"42-answers")


def test_one_at_a_time_has_the_console(guest):
    """OpenSerial: busy while somebody has it; force ends the other one's."""
    with serial(guest) as first:
        with pytest.raises(BusError) as busy:
            serial(guest)
        assert busy.value.short == "ConsoleBusy"
        with pytest.raises(BusError) as missing:
            serial(guest, device="serial7")
        assert missing.value.short == "NoSuchDevice"
        assert "serial0" in missing.value.message
        with serial(guest, force=True):
            first.settimeout(10)
            with contextlib.suppress(ConnectionError):
                while first.recv(4096):
                    pass


def test_vnc_and_spice_without_a_port(guest):
    """OpenDisplay: QEMU answers on the descriptor, and listens nowhere."""
    with display(guest, 0) as vnc:
        assert security_types(vnc) == [2]  # a password is asked for
    with display(guest, 0, skip_auth=True) as vnc:
        assert security_types(vnc) == [1]  # none
    with display(guest, 1) as spice:
        # RedLinkMess of the main channel, version 2.2: no capabilities.
        message = struct.pack("<IBBIII", 0, 1, 0, 0, 0, 18)
        spice.sendall(b"REDQ" + struct.pack("<III", 2, 2, len(message)) + message)
        assert until(spice, b"REDQ")[:4] == b"REDQ"
    with pytest.raises(BusError) as error:
        display(guest, 2)
    assert error.value.short == "NoSuchDevice"
    listening = guest.guest.host.run(["sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"]).stdout
    assert not [line for line in listening.splitlines() if " 0A " in line
                and 5900 <= int(line.split()[1].split(":")[1], 16) < 6000]


def png_size(data):
    """Check a PNG; return its width and height."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, pixels, size = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == \
            zlib.crc32(kind + body)
        size = struct.unpack(">II", body[:8]) if kind == b"IHDR" else size
        pixels += body if kind == b"IDAT" else b""
        at += 12 + length
    assert zlib.decompress(pixels)
    return size


def test_a_screenshot_is_a_picture_of_the_screen(guest):
    """Screenshot: a PNG of VGA's text screen, as this QEMU gives it."""
    fd, kind = guest.bus.call_fd(guest.path, CONSOLE, "Screenshot", NO_OPTIONS)
    assert kind == "image/png"
    with open(fd, "rb") as picture:
        width, height = png_size(picture.read())
    assert (width, height) in ((720, 400), (640, 480))
    with pytest.raises(BusError) as refused:
        guest.bus.call(guest.path, CONSOLE, "Screenshot",
                       GLib.Variant("a{sv}", {"screen": GLib.Variant("u", 5)}))
    assert refused.value.short == "NoSuchDevice"


def test_keys_reach_the_guest(guest):
    """SendKeys: Ctrl, Alt and Delete together reboot the guest."""
    guest.bus.call(guest.path, CONSOLE, "SendKeys", GLib.Variant("aau", [[29, 56, 111]]),
                   NO_OPTIONS)
    guest.guest.wait_ready(times=2)


def test_hatago_console_carries_pipes(guest):
    """hatago console --stdio: input and output of the guest's shell, for as long as there is input."""
    with guest.guest.host.popen(["hatago", "console", "--stdio", guest.guest.name],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as console:
        console.stdin.write(b"\recho $((7 * 6))-piped\r")
        console.stdin.flush()
        said = b""
        while b"42-piped" not in said:
            part = os.read(console.stdout.fileno(), 4096)
            assert part, said
            said += part
        console.stdin.close()
        assert console.wait(30) == 0


def test_hatago_screenshot_writes_the_picture(guest, host):
    """hatago screenshot: the same picture, in a file of the caller's."""
    host.run(["hatago", "screenshot", guest.guest.name, "/srv/screen.png"])
    assert png_size((host.root / "srv/screen.png").read_bytes()) in ((720, 400), (640, 480))


def test_hatago_send_keys_reach_the_guest(guest, host):
    """hatago send-keys: its kernel reboots it by Ctrl-Alt-Del."""
    host.run(["hatago", "send-keys", guest.guest.name, "ctrl-alt-del"])
    guest.guest.wait_ready(times=2)


def test_consoles_end_with_the_guest_and_with_libvirtd(guest, host):
    """OpenSerial: end of file when the guest is powered off, and when libvirtd dies."""
    with serial(guest) as console:
        host.run(["systemctl", "kill", "-s", "KILL", "libvirtd"])
        console.settimeout(10)
        with contextlib.suppress(ConnectionError):
            while console.recv(4096):
                pass

    def serial_again():
        with contextlib.suppress(BusError):  # the agent may not even have seen yet that libvirtd is gone
            return serial(guest)

    with guest.bus.wait(serial_again, 20, "connected again") as console:
        guest.verb("PowerOff")
        console.settimeout(10)
        with contextlib.suppress(ConnectionError):
            while console.recv(4096):
                pass


def test_a_hundred_of_each_leave_nothing_behind(guest, host):
    """Descriptors and threads are as before."""
    serial(guest).close()
    before = agent_counts(host)
    opened = 0
    deadline = time.monotonic() + 60
    while opened < 100:
        with contextlib.suppress(BusError):  # busy: libvirt has not let go of the last one yet
            guest.bus.open_socket(guest.path, "OpenSerial", NO_OPTIONS).close()
            opened += 1
        assert time.monotonic() < deadline
    for _ in range(100):
        display(guest, 0).close()
    guest.bus.wait(lambda: agent_counts(host)[0] <= before[0] and agent_counts(host)[1] <= before[1],
                   10, f"{before} descriptors and threads")


def test_a_guest_that_takes_nothing_holds_up_nobody(guest, host):
    """What is written to a paused guest waits; everything else goes on, and force helps."""
    guest.verb("Suspend")
    stuck = guest.bus.open_socket(guest.path, "OpenSerial", NO_OPTIONS)
    stuck.settimeout(2)
    with contextlib.suppress(TimeoutError):
        while True:
            stuck.send(b"x" * 4096)
    begin = time.monotonic()
    assert guest.get("State") == "paused"
    display(guest, 0).close()
    with guest.bus.open_socket(guest.path, "OpenSerial", options(force=True)):
        assert time.monotonic() - begin < 3
    guest.verb("PowerOff")
    assert guest.bus.get(guest.path, MACHINE, "State") == "shutoff"
    stuck.close()


@pytest.mark.parametrize("verb", ["console", "view"])
def test_nobody_special_may_not(guest, host, verb):
    """alice, without a password: she is told what it needs. A member of libvirt may."""
    words = ["hatago", "--no-ask-password", verb, "--stdio", guest.guest.name]
    done = host.run(words, user="alice", check=False, input="", timeout=30)
    assert done.returncode == 1
    assert "org.hatago.Host1.machine-console" in done.stderr
    host.run(words, user="virt", input="", timeout=30)
