# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packages, built on Debian 12, on Debian 13: another systemd, libvirt and polkit. Its Cockpit: HATAGO_SUITE, tests/browser."""

import time

import pytest
from hatago_hosts import Guest, Host


@pytest.fixture(scope="module")
def host(packages):
    """A host with Debian 13."""
    with Host("trixie") as host:
        yield host.up(packages=packages, suite="trixie")


def test_a_machine_is_a_service_there(host, bus):
    """It starts by systemctl, boots, is known to the agent, and shuts down by the command line tool."""
    assert "VERSION_ID=\"13\"" in (host.root / "etc/os-release").read_text()
    guest = Guest(host).define()
    host.run(["systemctl", "start", "hatago-vm@guest"], timeout=60)
    guest.wait_ready()
    assert "running" in host.run(["hatago", "status", "guest"]).stdout
    host.run(["hatago", "shutdown", "guest"], timeout=120)
    deadline = time.monotonic() + 10
    while (state := host.run(["systemctl", "is-active", "hatago-vm@guest"], check=False).stdout) != "inactive\n":
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
