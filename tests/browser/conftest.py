# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page in a real browser: one host with Cockpit for all tests, whose users log in once.

HATAGO_SUITE=trixie has another Debian in it than bookworm, and with that another Cockpit.
"""

import os
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))

from hatago_browser import Browser  # noqa: E402
from hatago_conftest import conftest_of  # noqa: E402
from hatago_hosts import Host, cockpit  # noqa: E402

_system = conftest_of("system")
packages, machine, Machine = _system.packages, _system.machine, _system.Machine


@pytest.fixture(scope="session")
def host(packages):
    """The host; a test leaves it as it was: no machine, everything running."""
    with Host(f"browser-{os.getpid()}") as host:
        host.up(packages=packages, more=cockpit.PACKAGES, suite=os.environ.get("HATAGO_SUITE", "bookworm"))
        cockpit.open_to_users(host)
        yield host


@pytest.fixture(scope="session")
def bus(host):
    """A client of root's on the host's bus, that has seen the agent ready."""
    bus = _system.connect(host)
    bus.wait(lambda: bus.get("/org/hatago/Host1", "org.hatago.Host1.Manager", "Connected"), 20,
             "agent connected")
    yield bus
    bus.close()


@pytest.fixture(scope="session")
def browser(host):
    """Chromium in the host's network: "with browser.page(user) as page" shows Hatago to a user."""
    with Browser(host) as browser:
        yield browser
