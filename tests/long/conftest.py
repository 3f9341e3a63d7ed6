# SPDX-License-Identifier: LGPL-2.1-or-later
"""What takes long: run by "./check full" alone. The fixtures are those of tests/system."""

import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))

from hatago_conftest import conftest_of  # noqa: E402
from hatago_hosts import Host  # noqa: E402

_system = conftest_of("system")
Machine, connect = _system.Machine, _system.connect
packages, bus, machine = _system.packages, _system.bus, _system.machine


@pytest.fixture(scope="module")
def host(packages):
    """A host of another name, so that the drills can run beside the tests of tests/system."""
    with Host("drill") as host:
        yield host.up(packages=packages)


@pytest.fixture
def say(capsys):
    """Print a line at once: a measured figure, for whoever waits and for the log."""
    def print_line(line):
        with capsys.disabled():
            print(f"\n{line}", end="", flush=True)
    return print_line
