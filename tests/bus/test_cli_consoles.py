# SPDX-License-Identifier: LGPL-2.1-or-later
"""console, view, screenshot and send-keys of hatago: on a terminal, on pipes, and over ssh."""

import os
import pty
import select
import signal
import subprocess
import termios
import time

import pytest

from hatago_bus import MACHINE
from machines import fresh_name
from test_cli import process, run

SSH = """#!/bin/sh
# Runs here what is to be run over there; notes the host.
while [ "$1" != -- ]; do shift; done
echo "$2" >>"$HATAGO_TEST_SSH"
shift 2
case "$*" in
*systemd-stdio-bridge*) exec systemd-stdio-bridge --bus-path="$DBUS_SYSTEM_BUS_ADDRESS" ;;
esac
exec sh -c "$*"
"""
PNG = b"\x89PNG\r\n\x1a\n"
DISPLAY = "<devices><graphics type='vnc' port='5999'/></devices>"


class Terminal:
    """A terminal with the tool on it."""

    def __init__(self, house, *arguments):
        """Start the tool; the terminal is its controlling one."""
        self.master, slave = pty.openpty()
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        options = process(house, *arguments)
        options.update(stdin=slave, stdout=slave, stderr=slave, text=False, errors=None)
        self.process = subprocess.Popen(**options, start_new_session=True)
        self.text = b""

    def until(self, word, timeout=10):
        """Read until a word has come."""
        deadline = time.monotonic() + timeout
        while word not in self.text:
            assert select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0], \
                self.text
            self.text += os.read(self.master, 4096)

    def send(self, data):
        """Type."""
        os.write(self.master, data)

    def is_raw(self):
        """Whether keys go through as they are."""
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ISIG | termios.ECHO)

    def end(self, timeout=10):
        """Wait for the tool's end; return its status. The terminal must be as it was."""
        status = self.process.wait(timeout)
        assert termios.tcgetattr(self.slave) == self.before
        return status

    def close(self):
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def name(caller, running):
    """The name of a machine that runs."""
    return caller.get(running, MACHINE, "Name")


@pytest.fixture
def terminal(shared_house, name):
    """A terminal with the console of the machine on it."""
    terminal = Terminal(shared_house, "console", name)
    terminal.until(b"Connected to")
    deadline = time.monotonic() + 10
    while not terminal.is_raw():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield terminal
    terminal.close()


# console, on a terminal

def test_every_key_goes_to_the_guest_until_the_escape(terminal):
    terminal.send(b"\x03\x04\x1a\x1c\x11\x13 tty\r")
    terminal.until(b"\x03\x04\x1a\x1c\x11\x13 tty\r")  # the console echoes
    terminal.send(b"\x1d")
    assert terminal.end() == 0
    terminal.until(b"Disconnected from")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_it_and_the_terminal_is_put_back(terminal, number):
    terminal.process.send_signal(number)
    assert terminal.end() == -number


def test_it_can_be_stopped_and_goes_on(terminal):
    terminal.process.send_signal(signal.SIGTSTP)
    os.waitpid(terminal.process.pid, os.WUNTRACED)
    assert termios.tcgetattr(terminal.slave) == terminal.before
    terminal.process.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 10
    while not terminal.is_raw():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    terminal.send(b"on again")
    terminal.until(b"on again")
    terminal.send(b"\x1d")
    assert terminal.end() == 0


def test_why_it_ended_is_said(terminal, caller, running):
    caller.verb(running, "PowerOff")
    assert terminal.end() == 0
    terminal.until(b"is off.")


def test_a_console_needs_a_terminal(shared_house, name):
    done = run(shared_house, "console", name)
    assert done.returncode == 2
    assert "--stdio" in done.stderr


# On pipes

def stdio(house, data, *arguments, **environment):
    """Run the tool with this on its standard input; return what it wrote."""
    options = process(house, *arguments, **environment)
    options.update(stdin=subprocess.PIPE, text=False, errors=None)
    with subprocess.Popen(**options) as tool:
        out, error = tool.communicate(data, timeout=30)
        assert tool.returncode == 0, error
    return out


def test_a_console_on_pipes(shared_house, name):
    data = os.urandom(200_000)
    assert stdio(shared_house, data, "console", "--stdio", name) == data
    assert stdio(shared_house, b"x\x1dy", "console", "--stdio", "--announce", name) == \
        b"connected\nx\x1dy"


def test_a_display_on_pipes(shared_house, caller, define):
    path = define(extra=DISPLAY)
    caller.verb(path, "Start")
    name = caller.get(path, MACHINE, "Name")
    assert stdio(shared_house, b"", "view", "--stdio", name) == b"RFB 003.008\n"
    assert stdio(shared_house, b"", "view", "--stdio", "--announce", name) == b"connected\nRFB 003.008\n"
    done = run(shared_house, "view", "--stdio", "--display=1", name)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no display 1" in done.stderr


def test_who_carries_it_on_is_told_the_error_by_name(shared_house, caller, define):
    path = define(extra=DISPLAY)
    name = caller.get(path, MACHINE, "Name")

    def first_line(*arguments):
        done = run(shared_house, *arguments)
        assert done.returncode == 1
        assert done.stderr
        return done.stdout

    assert first_line("console", "--stdio", "--announce", name) == "org.hatago.Host1.Error.MachineNotRunning\n"
    assert first_line("view", "--stdio", "--announce", name) == "org.hatago.Host1.Error.MachineNotRunning\n"
    assert first_line("view", "--stdio", "--announce", "--display=7", name) == "org.hatago.Host1.Error.NoSuchDevice\n"
    assert first_line("view", "--stdio", "--announce", "nobody") == "org.hatago.Host1.Error.NoSuchMachine\n"


def test_a_console_in_use_says_how_to_take_it(shared_house, caller, define):
    path = define(fresh_name("busy"))
    caller.verb(path, "Start")
    done = run(shared_house, "console", "--stdio", caller.get(path, MACHINE, "Name"))
    assert done.returncode == 1
    assert "hatago console --force busy" in done.stderr


# Over ssh

def test_over_ssh_the_tool_runs_there(shared_house, caller, define, tmp_path):
    """The name goes through the other host's shell as it is."""
    path = define("it's; $(touch x) &", extra=DISPLAY)
    caller.verb(path, "Start")
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    hatago = process(shared_house)["args"][0]
    (tmp_path / "hatago").symlink_to(hatago)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}",
                   "HATAGO_TEST_SSH": str(tmp_path / "hosts")}
    done = stdio(shared_house, b"", "-H", "root@far", "view", "--stdio", "it's; $(touch x) &",
                 **environment)
    assert done == b"RFB 003.008\n"
    assert set((tmp_path / "hosts").read_text().split()) == {"root@far"}


def test_a_host_is_no_option_of_ssh(shared_house):
    done = run(shared_house, "--host=-oProxyCommand=x", "list")
    assert done.returncode == 2


# Pictures and keys

def test_a_picture_is_written_whole_into_a_file(shared_house, name, tmp_path):
    file = tmp_path / "screen.png"
    file.write_bytes(b"older")
    done = run(shared_house, "screenshot", name, str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_bytes().startswith(PNG)
    assert list(tmp_path.iterdir()) == [file]


def test_a_picture_goes_into_a_pipe_or_a_device(shared_house, name):
    done = run(shared_house, "screenshot", name, "/dev/stdout", LC_ALL="C")
    assert done.returncode == 0 and done.stderr == ""
    assert run(shared_house, "screenshot", name, "/dev/full").returncode == 1


def test_a_picture_that_cannot_be_written_is_said(shared_house, name, tmp_path):
    done = run(shared_house, "screenshot", name, str(tmp_path / "nowhere" / "screen.png"))
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_of_a_machine_that_is_off_there_is_no_picture(shared_house, caller, machine, tmp_path):
    file = tmp_path / "screen.png"
    done = run(shared_house, "screenshot", caller.get(machine, MACHINE, "Name"), str(file))
    assert done.returncode == 1
    assert "not running" in done.stderr
    assert not file.exists()


@pytest.mark.parametrize("words", [("ctrl-alt-del",), ("Ctrl+Alt+F2", "enter"), ("--text", "Hello, World!"),
                                   ("--text", "x" * 300)])
def test_keys_are_sent(shared_house, name, words):
    done = run(shared_house, "send-keys", name, *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [("ctrl-alt-delt",), ("ctrl--a",), ("",), ("--text", "é"), ()])
def test_what_is_no_key_is_a_mistake(shared_house, name, words):
    done = run(shared_house, "send-keys", name, *words)
    assert done.returncode == 2
    assert done.stderr.startswith("hatago: ")
