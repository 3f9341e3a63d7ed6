# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packages, built on Debian 12, on Debian 13: another systemd, libvirt, polkit, and a Cockpit whose bridge is written anew."""

import re
import time

import pytest
from hatago_browser import Browser
from hatago_hosts import Guest, Host, cockpit


@pytest.fixture(scope="module")
def host(packages):
    """A host with Debian 13 and Cockpit."""
    with Host("trixie") as host:
        host.up(packages=packages, more=cockpit.PACKAGES, suite="trixie")
        cockpit.open_to_users(host)
        yield host


@pytest.fixture(scope="module")
def browser(host):
    """Chromium in the host's network."""
    with Browser(host) as browser:
        yield browser


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


@pytest.mark.parametrize("user, administrator", [("admin", True), ("alice", False)])
def test_the_page_opens_there(browser, bus, user, administrator):
    """From Cockpit's menu, without a complaint of the browser's or of axe's."""
    with browser.page(user, administrator=administrator) as page:
        page.shell.get_by_role("link", name="Hatago").expect(attribute=("href", "/hatago"))
        page.get_by_role("main").first().expect(text=re.compile(r"\S"))
        page.get_by_role("tab", name="Machines").click()
        page.wait_until("location.hash.includes('machines')")
        assert page.axe() == []
        page.screenshot(f"debian-13-{user}")
