# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles of real guests in the page: their screen and their serial line, without a port that anybody else could reach."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

DISPLAY = "<graphics type='vnc'><listen type='none'/></graphics>", "<video><model type='vga'/></video>"
# Of all that is on the canvas of noVNC; nothing where there is none.
PIXELS = """(() => {
    const canvas = document.querySelector(".console-display canvas");
    if (!canvas || !canvas.width)
        return null;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let light = 0;
    for (let i = 0; i < data.length; i += 4)
        light += data[i] + data[i + 1] + data[i + 2] > 300 ? 1 : 0;
    return { width: canvas.width, height: canvas.height, light };
})()"""


@pytest.fixture
def guest(machine):
    """A guest with a screen that its kernel writes to; defined, and off."""
    domain = ElementTree.fromstring(machine.guest.xml())
    cmdline = domain.find("os/cmdline")
    cmdline.text = "console=tty0 " + cmdline.text.replace("quiet ", "")
    for device in DISPLAY:
        domain.find("devices").append(ElementTree.fromstring(device))
    machine.path = machine.bus.define(ElementTree.tostring(domain, encoding="unicode"))
    machine.uuid = machine.get("UUID")
    return machine


def place(machine, **options):
    """Return the place of a console in the page."""
    query = "&".join(f"{name}={value}" for name, value in options.items())
    return f"#/machines/{machine.uuid}/console" + (f"?{query}" if query else "")


def status(page, text, timeout=30):
    """Wait until the page says this of the console."""
    page.locator(".console-bar [role=status]").expect(text=text, timeout=timeout)


def until_shown(page, pattern, timeout=30):
    """Wait until a terminal shows something."""
    page.locator(".xterm-rows").expect(text=re.compile(pattern), timeout=timeout)


def ports(host):
    """Return what listens for TCP."""
    return sorted(line.split()[3] for line in host.run(["ss", "-Hltn"]).stdout.splitlines())


def test_a_guest_is_seen_booting_and_takes_keys(browser, guest, host):
    """It is started from its console, its screen shows the boot, and what is typed there arrives."""
    before = ports(host)
    with browser.page(alone=True, place=place(guest)) as page:
        status(page, "The machine is off")
        page.screenshot("console-off")
        page.get_by_role("tabpanel").get_by_role("button", name="Start", exact=True).click()
        status(page, "Connected", timeout=60)
        page.locator(".console-display canvas").wait_for()
        guest.guest.wait_ready()
        # A boot writes thousands of light dots on the dark screen.
        page.wait_until(f"({PIXELS})?.light > 2000", timeout=30)
        page.screenshot("console-display")
        assert ports(host) == before

        shown = page.evaluate(PIXELS)
        page.locator(".console-display canvas").click()
        page.type("abc")
        page.wait_until(f"({PIXELS}).light !== {shown['light']}", timeout=20)
        # By keyboard out of it, onto its tools.
        page.request(["keyboard"], ["down", "ControlLeft"])
        page.request(["keyboard"], ["down", "AltLeft"])
        page.request(["keyboard"], ["up", "AltLeft"])
        page.request(["keyboard"], ["up", "ControlLeft"])
        page.wait_until("document.activeElement.closest('.console-tools') !== null")


def test_a_serial_console_has_a_shell(browser, guest, host):
    """The boot's last words, what is typed and its answer; it ends with the guest, and is back with it."""
    guest.verb("Start")
    before = ports(host)
    with browser.page(alone=True, place=place(guest, port="serial0")) as page:
        status(page, "Connected", timeout=60)
        until_shown(page, "hatago-guest: ready", timeout=60)
        page.locator(".console-terminal").click()
        page.press("Enter")
        until_shown(page, "# ")
        page.type("echo $((6 * 7))-answers")
        page.press("Enter")
        until_shown(page, "42-answers")
        page.screenshot("console-serial")
        assert ports(host) == before

        guest.guest.virsh("destroy")
        status(page, "The machine is off")
        # What it had shown stays.
        until_shown(page, "42-answers")
        guest.guest.virsh("start")
        status(page, "Connected", timeout=60)
        guest.guest.wait_ready()
        page.locator(".console-terminal").click()
        page.press("Enter")
        page.type("echo $((7 * 7))-again")
        page.press("Enter")
        until_shown(page, "49-again", timeout=60)


def test_a_console_in_use_can_be_taken_over(browser, guest, host):
    """Whoever comes second is told, and asks for it."""
    guest.verb("Start")
    pipe = subprocess.PIPE
    with host.popen(["hatago", "console", "--stdio", "--announce", guest.uuid], stdin=pipe, stdout=pipe) as other:
        assert other.stdout.readline() == b"connected\n"
        with browser.page(alone=True, place=place(guest, port="serial0")) as page:
            status(page, "Somebody else is at this console")
            page.screenshot("console-busy")
            page.get_by_role("button", name="Take it over").click()
            status(page, "Connected")
            assert other.wait(timeout=10) == 0


def test_who_may_not_use_a_console_is_told(browser, guest):
    """In limited access."""
    guest.verb("Start")
    with browser.page("alice", alone=True, place=place(guest)) as page:
        status(page, "You may not use this console")


def test_a_console_has_a_tab_to_itself(browser, guest):
    """With nothing but its tools."""
    guest.verb("Start")
    with browser.page(alone=True, place=place(guest, alone=1), dark=True, language="ja", size=(1024, 768)) as page:
        status(page, "接続済み", timeout=60)
        page.locator(".console-display canvas").wait_for()
        assert page.get_by_role("tab").count() == 0
        assert page.axe() == []
        page.screenshot("console-alone-ja")
