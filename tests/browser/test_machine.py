# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine's page, with real guests: what is done shows, wherever it was done, and what is lost comes back."""

import contextlib
import re
import time

import pytest
from conftest import Machine
from gi.repository import GLib
from hatago_bus import MACHINE, MACHINES, NO_OPTIONS, ROOT, SERVICE
from hatago_hosts import Guest

SOCKETS = ["libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]
# Sets a mark when a text was to be seen, however short.
SEEN = """(text) => {
    globalThis.seen = false;
    new MutationObserver(() => { globalThis.seen ||= document.body.innerText.includes(text); })
        .observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


@contextlib.contextmanager
def named(bus, host, name, words=""):
    """A machine that is defined, and gone afterwards."""
    machine = Machine(bus, Guest(host, name))
    # libvirtd may ask QEMU first what it can do, which takes long on a busy machine.
    machine.path = bus.call(ROOT, MACHINES, "DefineMachine", GLib.Variant("s", machine.guest.xml(words)), NO_OPTIONS, timeout=180)
    machine.uuid = machine.get("UUID")
    try:
        yield machine
    finally:
        machine.remove()


@pytest.fixture(scope="module")
def known(bus, host):
    """A machine for all tests."""
    with named(bus, host, "web") as machine:
        yield machine


@pytest.fixture
def web(known):
    """The machine, which runs, in whatever state the test before has left it."""
    if known.get("State") == "shutoff":
        known.verb("Start")
    return known


@pytest.fixture(scope="module")
def database(bus, host):
    """Another, which is off."""
    with named(bus, host, "database") as machine:
        yield machine


@pytest.fixture
def show(browser):
    """Show a tab of a machine's page to a user."""
    def show(machine, tab="summary", user="admin", **options):
        return browser.page(user, place=f"#/machines/{machine.uuid}/{tab}", **{"alone": True, **options})
    return show


def button(page, name):
    """Return a button by its full name."""
    return page.get_by_role("button", name=re.compile(f"^{name}$"))


def agent_pid(host):
    """Return the process of the agent."""
    return host.run(["systemctl", "show", "--value", "-p", "MainPID", "hatagod"]).stdout.strip()


def test_who_may_do_nothing_sees_everything_and_why(show, web):
    """State, facts and verbs are there; those cannot be chosen, with the reason."""
    with show(web, user="alice") as page:
        page.get_by_role("heading", level=1).expect("web")
        page.locator(".machine-head").expect("running")
        page.get_by_text(web.uuid).expect()
        button(page, "Shut down").expect(attribute=("aria-disabled", "true"))
        button(page, "Shut down").hover()
        page.get_by_role("tooltip").expect(re.compile("administrative access|not allowed"))
        page.get_by_role("button", name="Actions: web").click()
        page.get_by_role("menuitem", name=re.compile("^Power off")).expect(attribute=("aria-disabled", "true"))
    with show(web, "service", user="alice") as page:
        page.get_by_role("switch").expect(enabled=False)
        page.get_by_label("Stop timeout", exact=True).expect(enabled=False)
        page.get_by_text("Nothing to show.").expect()


def test_who_becomes_an_administrator_can_do_it(browser, show, web):
    """With Cockpit's own button for that: the page comes back where it was, and verbs work."""
    with show(web, administrator=False, alone=False) as page:
        button(page, "Shut down").expect(attribute=("aria-disabled", "true"))
        page.shell.get_by_role("button", name="Limited access").first().click()
        dialog = page.shell.get_by_role("dialog")
        dialog.locator("input[type=password]").fill(browser.password)
        dialog.get_by_role("button", name="Authenticate").click()
        page.get_by_role("button", name="Other ways to stop it").expect(timeout=30)
        page.get_by_role("button", name="Other ways to stop it").click()
        page.get_by_role("menuitem", name=re.compile("^Pause")).click()
        page.locator(".machine-head").expect("paused")
        button(page, "Resume").click()
        page.locator(".machine-head").expect("running")


def test_what_virsh_does_shows_at_once(show, web, host):
    """Its state, and with it what can be done; a new title too."""
    with show(web) as page:
        page.locator(".machine-head").expect("running")
        host.run(["virsh", "suspend", "web"])
        page.locator(".machine-head").expect("paused")
        button(page, "Resume").expect()
        host.run(["virsh", "resume", "web"])
        page.locator(".machine-head").expect("running")
        host.run(["virsh", "destroy", "web"])
        button(page, "Start").expect()
        button(page, "Start").click()
        page.locator(".machine-head").expect("running", timeout=20)


def test_its_removal_and_its_new_name_show(show, bus, host):
    """The page stays with the machine, whatever it is called, and says when it is gone."""
    with named(bus, host, "before") as machine, show(machine) as page:
        page.get_by_role("heading", level=1).expect("before")
        host.run(["virsh", "domrename", "before", "after"])
        page.get_by_role("heading", level=1).expect("after")
        host.run(["virsh", "undefine", "after"])
        page.get_by_role("heading", level=1).expect("after has been removed.")


def test_a_killed_agent_is_told_of_and_its_job_ends_all_the_same(show, bus, host):
    """A banner while it is away; then its job goes on, can be canceled, and its end is told."""
    with named(bus, host, "deaf", "deaf") as machine:
        machine.verb("Start")
        machine.guest.wait_ready()
        with show(machine) as page:
            button(page, "Shut down").click()
            button(page, "Cancel").expect()
            page.evaluate(SEEN, "hatagod does not run")
            host.run(["kill", "-KILL", agent_pid(host)])
            page.wait_until("globalThis.seen", timeout=20)
            page.locator("[data-about=agent]").expect(count=0, timeout=20)
            button(page, "Cancel").click()
            page.get_by_text(re.compile("canceled")).first().expect()
            button(page, "Cancel").expect(count=0)


def test_a_stopped_libvirtd_is_told_of(show, web, host):
    """What was known stays in sight under a banner, which goes by itself."""
    with show(web) as page:
        page.locator(".machine-head").expect("running")
        host.run(["systemctl", "stop", *SOCKETS, "libvirtd.service"])
        try:
            page.get_by_text("libvirt does not answer").expect(timeout=20)
            page.get_by_role("heading", level=1).expect("web")
            button(page, "Shut down").expect(attribute=("aria-disabled", "true"))
        finally:
            host.run(["systemctl", "start", *SOCKETS, "libvirtd.service"])
        page.get_by_text("libvirt does not answer").expect(count=0, timeout=20)
        button(page, "Shut down").expect(attribute=("aria-disabled", None))


def test_plots_have_points_and_go_on(show, web):
    """Of a guest that runs, and without asking for all of it again."""
    with show(web) as page:
        plot = page.get_by_role("img", name=re.compile(r"^CPU\. CPU: now \d"))
        plot.expect(timeout=30)
        page.locator(".plot canvas").expect(count=2)  # it has neither disk nor interface
        page.record_sent()
        deadline = time.monotonic() + 30
        while (sent := "".join(page.sent())).count("GetStatistics") < 3:
            assert time.monotonic() < deadline, sent
            time.sleep(0.2)
        assert "GetHistory" not in sent
        button(page, "Table").click()
        page.get_by_role("grid", name="The last hour").get_by_text(re.compile(r"%.*at most")).first().expect()


def test_settings_made_here_are_those_of_the_tool(show, web, database, bus, host):
    """Autostart, order and readiness; what would be a cycle is refused at its field."""
    with show(web, "service") as page:
        page.get_by_text("The boot of the host starts this machine").click()
        page.get_by_text("Its own setting.").expect()
        page.get_by_role("combobox", name="Start after").fill("data")
        page.press("Enter")
        page.get_by_label("When a TCP port of its guest answers").check()
        button(page, "Apply").expect(enabled=False)
        page.get_by_label("TCP port", exact=True).fill("22")
        page.get_by_label("Stop timeout", exact=True).fill("1.5")  # minutes, where nothing is set
        button(page, "Apply").click()
        bus.wait(lambda: bus.get(web.path, SERVICE, "StopTimeout") == 90e6, 10, "the settings")
        button(page, "Discard changes").expect(count=0)
    told = host.run(["hatago", "autostart"]).stdout
    assert re.search(r"^web\s+.*database.*port:22.*1 ?min 30 ?s", told, re.MULTILINE), told
    assert bus.get(web.path, MACHINE, "Autostart")

    with show(database, "service") as page:
        page.get_by_role("combobox", name="Start after").fill("web")
        page.press("Enter")
        button(page, "Apply").click()
        page.get_by_text(re.compile("wait for each other: .*database")).expect()

    with show(web, "service") as page:
        page.get_by_label("Stop timeout", exact=True).fill("20")
        host.run(["hatago", "autostart", "web", "--stop-timeout=30s", "--delay=5s"])
        page.get_by_label("Delay", exact=True).expect(value="5")
        page.get_by_text("Somebody has changed this meanwhile").expect()
        page.get_by_label("Stop timeout", exact=True).expect(value="20")
        button(page, "Reset to defaults").click()
        page.get_by_role("dialog").get_by_role("button", name="Reset").click()
        page.get_by_label("Delay", exact=True).expect(value="")
        bus.wait(lambda: not bus.get(web.path, MACHINE, "Autostart"), 10, "no autostart")


def test_libvirts_own_flag_is_taken_over(show, database, bus, host):
    """It is told whose it is, and one click makes it the unit's."""
    host.run(["virsh", "autostart", "database"])
    with show(database, "service") as page:
        button(page, "Take it over").click()
        button(page, "Take it over").expect(count=0)
        page.get_by_text("Its own setting.").expect()
    assert "Autostart:      disable" in host.run(["virsh", "dominfo", "database"]).stdout
    assert bus.get(database.path, SERVICE, "AutostartBy") == ["hatago"]
    host.run(["hatago", "autostart", "database", "--reset"])


def test_the_journal_of_its_unit_goes_on_by_itself(show, web, host):
    """It is there, and what is written meanwhile comes."""
    with show(web, "service") as page:
        page.get_by_role("log").expect(re.compile("Started|start"))
        page.get_by_text("hatago-vm@web.service").first().expect()
        host.run(["virsh", "destroy", "web"])
        page.get_by_role("log").expect(re.compile("Deactivated|Stopped|Succeeded"))
        web.verb("Start")
        page.get_by_text("inactive").expect(count=0)


@pytest.mark.parametrize("tab", ["summary", "hardware", "service"])
def test_everybody_can_read_it(show, web, tab):
    """axe finds nothing on a page with real contents, on a phone."""
    with show(web, tab, size=(390, 800), dark=True) as page:
        page.get_by_role("heading", level=1).expect("web")
        page.wait_until("!document.querySelector('.pf-v6-c-skeleton')")
        assert page.axe() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(f"machine-{tab}-390-dark")
