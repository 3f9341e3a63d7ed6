# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line tool's verbs for screens and keys, on the private bus."""

import pytest

from hatago_bus import MACHINE
from test_cli import run

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def name(caller, running):
    """The name of a machine that runs."""
    return caller.get(running, MACHINE, "Name")


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
