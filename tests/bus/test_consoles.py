# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles by descriptors: what comes through, how they end, and what a hostile caller cannot do."""

import contextlib
import fcntl
import os
import signal
import socket
import time

import pytest

from hatago_bus import CONSOLE, MACHINE, MANAGER, NAME, NO_OPTIONS, ROOT, BusError, options
from conftest import needs_root
from gi.repository import Gio, GLib
from machines import fresh_name
from polkit_mock import NEVER, NO, YES

CONSOLES_PER_USER, CONSOLES, CALLS_PER_USER = 16, 64, 8
BUFFER = 256 * 1024
# Those of the worker pool stay, and there are more with the work; with the main one and libvirt's.
POOL_THREADS = 22


def index(number):
    """Return the number of a display, as an argument."""
    return GLib.Variant("u", number)


def chords(*keys):
    """Return chords as an argument."""
    return GLib.Variant("aau", keys)


def counts(agent):
    """Return how many descriptors and threads the agent has."""
    folder = f"/proc/{agent.process.pid}"
    return len(os.listdir(f"{folder}/fd")), len(os.listdir(f"{folder}/task"))


def memory(agent):
    """Return the agent's resident memory in bytes."""
    with open(f"/proc/{agent.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def receive(console, size, timeout=30):
    """Receive so many bytes, or until the end."""
    console.settimeout(timeout)
    data = b""
    while len(data) < size:
        part = console.recv(size - len(data))
        if not part:
            break
        data += part
    return data


@pytest.fixture
def run(define, caller):
    """A function that makes a running machine; its name begins with the word."""
    def run(word="machine"):
        path = define(fresh_name(word))
        caller.verb(path, "Start")
        return path
    return run


@pytest.fixture
def flat(agent, caller):
    """The agent has as many descriptors and threads after the test as before."""
    fds, threads = counts(agent)
    yield

    def is_flat():
        now = counts(agent)
        return now[0] <= fds and now[1] <= max(threads, POOL_THREADS)
    caller.wait(is_flat, 30, f"{fds} descriptors, {threads} threads")


# What comes through

def test_a_serial_console_carries_both_ways(flat, caller, running):
    with caller.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
        console.sendall(b"echo\r")
        assert receive(console, 5) == b"echo\r"


def test_a_serial_console_carries_much_without_loss(flat, caller, running):
    sent = os.urandom(4 * 1024 * 1024)
    with caller.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
        got = b""
        for at in range(0, len(sent), 65536):
            console.sendall(sent[at:at + 65536])
            got += receive(console, 65536)
    assert got == sent


def test_what_was_written_last_is_still_answered(flat, caller, running):
    """Whoever has written all closes that half, and reads on."""
    with caller.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
        console.sendall(b"the end")
        console.shutdown(socket.SHUT_WR)
        assert receive(console, 7) == b"the end"


def test_the_socket_blocks_as_others_do(caller, running):
    with caller.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
        assert not fcntl.fcntl(console, fcntl.F_GETFL) & os.O_NONBLOCK


def test_a_display_greets(flat, caller, running):
    with caller.open_socket(running, "OpenDisplay", index(0), NO_OPTIONS) as display:
        assert receive(display, 12) == b"RFB 003.008\n"


def test_a_screenshot_is_a_sealed_picture(flat, caller, running):
    fd, kind = caller.call_fd(running, CONSOLE, "Screenshot", NO_OPTIONS)
    with open(fd, "rb") as picture:
        assert kind == "image/png"
        seals = fcntl.fcntl(picture, fcntl.F_GET_SEALS)
        assert seals == (fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
                         | fcntl.F_SEAL_WRITE)
        data = picture.read()
    with open("/usr/share/libvirt/test-screenshot.png", "rb") as file:
        assert data == file.read()


def test_keys_are_sent(caller, running):
    caller.call(running, CONSOLE, "SendKeys", chords([29, 56, 111], [28]),
                options(holdtime=50_000))


def test_what_is_opened_is_recorded(caller, agent, running):
    before = agent.log()
    caller.open_socket(running, "OpenSerial", NO_OPTIONS).close()
    caller.call(running, CONSOLE, "SendKeys", chords([30]), NO_OPTIONS)
    with pytest.raises(BusError):
        caller.call(running, CONSOLE, "OpenDisplay", index(7), NO_OPTIONS)
    for line in (r"^open-serial .*: done", r"^send-keys .*: done", r"^open-display .*: failed"):
        agent.wait_log(line, after=before)
    assert "30" not in [word for line in agent.log_after(before) for word in line.split()]


# Errors

@pytest.mark.parametrize("method, arguments", [
    ("OpenSerial", ()), ("OpenDisplay", (index(0),)), ("Screenshot", ()),
    ("SendKeys", (chords([30]),))], ids=lambda value: value if isinstance(value, str) else "")
def test_a_machine_that_is_off_has_none(caller, machine, method, arguments):
    with pytest.raises(BusError) as error:
        caller.call(machine, CONSOLE, method, *arguments, NO_OPTIONS)
    assert error.value.short == "MachineNotRunning"


@pytest.mark.parametrize("method, arguments, error", [
    ("OpenSerial", (options(device="serial7"),), "NoSuchDevice"),
    ("OpenSerial", (options(device="x" * 300),), "InvalidArgument"),
    ("OpenSerial", (options(device="a\nb"),), "NoSuchDevice"),
    ("OpenSerial", (options(device=True),), "InvalidArgument"),
    ("OpenSerial", (options(force=1),), "InvalidArgument"),
    ("OpenSerial", (options(safe=True),), "UnknownOption"),
    ("OpenDisplay", (index(1), NO_OPTIONS), "NoSuchDevice"),
    ("OpenDisplay", (index(2 ** 32 - 1), NO_OPTIONS), "InvalidArgument"),
    ("Screenshot", (options(screen=1),), "InvalidArgument"),  # a t
    ("Screenshot", (options(screen=GLib.Variant("u", 2 ** 31)),), "InvalidArgument"),
    ("SendKeys", (chords(), NO_OPTIONS), "InvalidArgument"),
    ("SendKeys", (chords([]), NO_OPTIONS), "InvalidArgument"),
    ("SendKeys", (chords([0]), NO_OPTIONS), "InvalidArgument"),
    ("SendKeys", (chords([2 ** 31]), NO_OPTIONS), "InvalidArgument"),
    ("SendKeys", (chords([30] * 17), NO_OPTIONS), "InvalidArgument"),
    ("SendKeys", (chords(*[[30]] * 129), NO_OPTIONS), "InvalidArgument"),
    ("SendKeys", (chords([30]), options(holdtime=0)), "InvalidArgument"),
    ("SendKeys", (chords([30]), options(holdtime=2 ** 62)), "InvalidArgument"),
])
def test_bad_input_is_named(flat, caller, running, method, arguments, error):
    with pytest.raises(BusError) as refused:
        caller.call(running, CONSOLE, method, *arguments)
    assert refused.value.short == error
    assert refused.value.message


def test_a_console_in_use_is_busy_until_forced(flat, caller, run):
    path = run("busy")
    with pytest.raises(BusError) as error:
        caller.open_socket(path, "OpenSerial", NO_OPTIONS)
    assert error.value.short == "ConsoleBusy"
    with caller.open_socket(path, "OpenSerial", options(force=True)) as console:
        console.sendall(b"mine")
        assert receive(console, 4) == b"mine"


def test_to_pass_by_the_password_needs_the_right_to_see_it(caller, polkit, running):
    polkit.reset()
    polkit.answers[f"{NAME}.machine-secrets"] = NO
    with pytest.raises(BusError) as denied:
        caller.open_socket(running, "OpenDisplay", index(0), options(skip_auth=True))
    assert denied.value.name == "org.freedesktop.DBus.Error.AccessDenied"
    assert [q.action.rpartition(".")[2] for q in polkit.questions] == ["machine-console",
                                                                       "machine-secrets"]
    polkit.answers[f"{NAME}.machine-secrets"] = YES
    with caller.open_socket(running, "OpenDisplay", index(0), options(skip_auth=True)) as display:
        assert receive(display, 17) == b"RFB 003.008 open\n"


# How they end

def test_it_ends_with_the_machine(flat, caller, running):
    with caller.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
        caller.verb(running, "PowerOff")
        assert receive(console, 1) == b""


def test_it_ends_with_the_agent(house):
    agent = house.ready_agent()
    caller = house.stranger()
    path = caller.machine("test")
    caller.wait(lambda: caller.get(path, MACHINE, "State") == "running", 20, "running")
    consoles = [caller.open_socket(path, "OpenSerial", NO_OPTIONS) for _ in range(3)]
    agent.process.send_signal(signal.SIGTERM)
    for console in consoles:
        with console:
            assert receive(console, 1) == b""
    assert agent.wait_end() == 0


def test_a_hundred_consoles_leave_nothing_behind(flat, caller, running):
    for _ in range(100):
        with caller.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
            console.sendall(b"x")
            assert receive(console, 1) == b"x"
    for _ in range(100):
        caller.open_socket(running, "OpenDisplay", index(0), NO_OPTIONS).close()
        os.close(caller.call_fd(running, CONSOLE, "Screenshot", NO_OPTIONS)[0])


# Hostile callers

def test_who_never_reads_blocks_nobody(flat, caller, agent, run):
    path = run("flood")
    before = memory(agent)
    consoles = [caller.open_socket(path, "OpenSerial", NO_OPTIONS) for _ in range(4)]
    begin, slowest = time.monotonic(), 0
    while time.monotonic() < begin + 1:
        asked = time.monotonic()
        assert caller.get(path, MACHINE, "State") == "running"
        slowest = max(slowest, time.monotonic() - asked)
    assert slowest < 1
    # Without a limit it would be hundreds of times this; sanitizers keep for a while what was freed.
    assert memory(agent) - before < 32 * 1024 * 1024
    # Another one is served meanwhile, and whoever reads on gets what comes now.
    other = run()
    with caller.open_socket(other, "OpenSerial", NO_OPTIONS) as console:
        console.sendall(b"x")
        assert receive(console, 1) == b"x"
    assert len(receive(consoles[0], 4 * BUFFER)) == 4 * BUFFER
    for console in consoles:
        console.close()


def test_what_a_guest_does_not_take_blocks_nobody(flat, caller, run):
    path = run("silent")
    with caller.open_socket(path, "OpenSerial", NO_OPTIONS) as console:
        console.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                console.send(b"x" * 65536)
        caller.call(path, CONSOLE, "SendKeys", chords([30]), NO_OPTIONS)
        caller.verb(path, "PowerOff")


def test_the_consoles_of_a_user_are_limited(shared_house, flat, caller, running):
    consoles = [caller.open_socket(running, "OpenSerial", NO_OPTIONS)
                for _ in range(CONSOLES_PER_USER)]
    other_connection = shared_house.stranger()
    with pytest.raises(BusError) as error:
        other_connection.open_socket(running, "OpenSerial", NO_OPTIONS)
    assert error.value.short == "LimitsExceeded"
    consoles.pop().close()

    def again():
        with contextlib.suppress(BusError):
            consoles.append(caller.open_socket(running, "OpenSerial", NO_OPTIONS))
            return True
        return False
    caller.wait(again, 20, "room for one more")
    for console in consoles:
        console.close()


@needs_root
def test_the_limit_of_a_user_is_not_that_of_another(root, caller, running):
    consoles = [caller.open_socket(running, "OpenSerial", NO_OPTIONS)
                for _ in range(CONSOLES_PER_USER)]
    with root.open_socket(running, "OpenSerial", NO_OPTIONS) as console:
        console.sendall(b"x")
        assert receive(console, 1) == b"x"
    for console in consoles:
        console.close()


def test_calls_under_way_are_limited(caller, run, agent):
    """Each of one user beyond eight is refused while a call hangs on the machine."""
    path = run("stuck")
    agent.gate.unlink(missing_ok=True)
    hanging = caller.start(path, MACHINE, "Suspend", NO_OPTIONS)
    caller.wait(lambda: caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS), 20, "the job")
    calls = [caller.start(path, CONSOLE, "Screenshot", NO_OPTIONS) for _ in range(20)]
    caller.wait(lambda: sum(call.answered for call in calls) >= 20 - CALLS_PER_USER, 20, "refusals")
    assert {call.error.short for call in calls if call.answered} == {"LimitsExceeded"}
    agent.gate.touch()
    hanging.result()
    caller.wait(lambda: all(call.answered for call in calls), 20, "all answers")
    assert sum(call.error is None for call in calls) == CALLS_PER_USER
    agent.gate.unlink()


def test_who_leaves_before_the_answer_leaves_nothing_open(shared_house, flat, caller, running):
    for delay in (0, 0, 0, 0.0005, 0.001, 0.002, 0.005) * 5:
        leaver = shared_house.stranger()
        for _ in range(3):
            leaver.start(running, CONSOLE, "OpenSerial", NO_OPTIONS)
            leaver.start(running, CONSOLE, "OpenDisplay", index(0), NO_OPTIONS)
            leaver.start(running, CONSOLE, "Screenshot", NO_OPTIONS)
        leaver.connection.flush_sync(None)
        time.sleep(delay)
        leaver.close()


def test_who_leaves_while_polkit_is_asked_opens_nothing(shared_house, flat, caller, polkit,
                                                        running):
    polkit.reset()
    polkit.answer = NEVER
    leaver = shared_house.stranger()
    leaver.start(running, CONSOLE, "OpenSerial", NO_OPTIONS)
    leaver.wait(lambda: polkit.questions, 20, "a question")
    leaver.close()
    caller.wait(lambda: polkit.canceled, 20, "its cancellation")
    polkit.release(polkit.questions[0], YES)
    caller.iterate(0.1)


def with_descriptors(caller, message, number=16):
    """Send a message with descriptors; return the name of the error that comes back."""
    null = os.open("/dev/null", os.O_RDONLY)
    message.set_unix_fd_list(Gio.UnixFDList.new_from_array([os.dup(null) for _ in range(number)]))
    os.close(null)
    return caller.connection.send_message_with_reply_sync(
        message, Gio.DBusSendMessageFlags.NONE, 20_000, None)[0].get_error_name()


def test_descriptors_that_come_along_are_refused(flat, caller, agent, polkit, running):
    """No method takes a descriptor; whoever sends some does not fill the agent's table."""
    polkit.reset()
    polkit.answer = NEVER
    before = counts(agent)
    for number in [*range(1, 17), *[16] * 80]:
        message = Gio.DBusMessage.new_method_call(NAME, running, MACHINE, "Reset")
        message.set_body(GLib.Variant.new_tuple(NO_OPTIONS))
        assert with_descriptors(caller, message, number) == \
            "org.freedesktop.DBus.Error.AccessDenied"
    assert not polkit.questions
    assert counts(agent)[0] <= before[0]
    assert caller.get(running, MACHINE, "State") == "running"


def test_descriptors_with_signals_are_refused_too(flat, caller, agent, running):
    before = counts(agent)
    for _ in range(80):
        message = Gio.DBusMessage.new_signal(running, MACHINE, "Nothing")
        message.set_destination(caller.owner())
        message.set_unix_fd_list(Gio.UnixFDList.new_from_array([os.dup(2) for _ in range(16)]))
        caller.connection.send_message(message, Gio.DBusSendMessageFlags.NONE)
        assert counts(agent)[0] <= before[0]
    assert caller.get(running, MACHINE, "State") == "running"
