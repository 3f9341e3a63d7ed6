# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles of real guests in the page: their screen and their serial line, without a port that anybody else could reach."""

import json
import re
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import pytest

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


def define(machine, **attributes):
    """Define a guest with a screen that its kernel writes to; attributes are those of <graphics>."""
    domain = ElementTree.fromstring(machine.guest.xml())
    cmdline = domain.find("os/cmdline")
    cmdline.text = "console=tty0 " + cmdline.text.replace("quiet ", "")
    devices = domain.find("devices")
    graphics = ElementTree.SubElement(devices, "graphics", type="vnc", **attributes)
    ElementTree.SubElement(graphics, "listen", type="none")
    ElementTree.SubElement(ElementTree.SubElement(devices, "video"), "model", type="vga")
    machine.path = machine.bus.define(ElementTree.tostring(domain, encoding="unicode"))
    machine.uuid = machine.get("UUID")
    return machine


def start(machine):
    """Start it and wait until it has booted."""
    assert machine.verb("Start")[0] == "done"
    machine.guest.wait_ready()


@pytest.fixture
def guest(machine):
    """A guest with a screen; defined, and off."""
    return define(machine)


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


def more(page, name):
    """Choose from the menu of what else can be done with a console."""
    page.get_by_role("button", name="More for this console").click()
    page.get_by_role("menuitem", name=name).click()


def put_in_clipboard(page, text):
    """Allow the page the clipboard, as a person does when the browser asks, and put something there."""
    page.request(["context"], ["grantPermissions", ["clipboard-read", "clipboard-write"]])
    page.evaluate("(text) => navigator.clipboard.writeText(text)", text)


def until_said(guest, sought, timeout=30):
    """Wait until something has come out of the guest's serial line; sought gets all of that."""
    deadline = time.monotonic() + timeout
    while not sought(guest.guest.console()):
        assert time.monotonic() < deadline, guest.guest.console()[-2000:]
        time.sleep(0.1)


def test_the_clipboard_goes_into_a_serial_line_and_back(browser, guest):
    """Several lines of it; where the browser refuses, another way is told."""
    start(guest)
    with browser.page(alone=True, place=place(guest, port="serial0")) as page:
        status(page, "Connected", timeout=60)
        more(page, "Paste")
        page.get_by_text("The browser does not let this page read the clipboard.").first().expect()
        put_in_clipboard(page, "echo $((6 * 7))-pasted\necho 旅籠-$((8 * 8))\n")
        more(page, "Paste")
        until_shown(page, "42-pasted")
        until_shown(page, "旅籠-64")
        more(page, "Copy what is selected, or all")
        page.get_by_text("Copied").first().expect()
        assert "42-pasted" in page.evaluate("navigator.clipboard.readText()")


# What is on a keyboard, but for what ends a shell's quotation.
PRINTABLE = "".join(map(chr, range(0x20, 0x7f))).replace("'", "")


def test_the_clipboard_is_typed_into_a_display(browser, guest):
    """Each character that is on a keyboard arrives in the guest's shell."""
    start(guest)
    with browser.page(alone=True, place=place(guest)) as page:
        status(page, "Connected", timeout=60)
        page.locator(".console-display canvas").click()
        page.press("Enter")
        put_in_clipboard(page, f"echo '<{PRINTABLE}>' >/dev/ttyS0\n")
        more(page, "Type a text …")
        page.get_by_label("Text", exact=True).focus()
        page.press("Control+v")
        page.screenshot("console-type")
        assert page.axe() == []
        page.get_by_role("button", name="Type", exact=True).click()
        page.get_by_role("dialog").expect(count=0, timeout=60)
        until_said(guest, lambda said: f"<{PRINTABLE}>" in said)


# Of a Japanese keyboard: what is on a key, the browser's name for its place, and the kernel's number; None: see below.
JAPANESE = [("@", "BracketLeft", 26), (":", "Quote", 40), ("^", "Equal", 13), ("[", "BracketRight", 27), ("]", "Backslash", 43),
            ("¥", "IntlYen", None), ("_", "IntlRo", 89)]
# What browsers say of the key with the yen on it.
SAID = {"¥": "\\"}
SHIFT = 42
# Has each event of the guest's keyboard written to its serial line, as a line of twelve numbers.
WATCH_KEYS = """\
for name in /sys/class/input/event*/device/name; do
    case $(cat $name) in *keyboard*) event=${name%/device/name} ;; esac
done
echo watching >/dev/ttyS0
exec od -An -v -tu2 -w24 /dev/input/${event##*/} >/dev/ttyS0"""
KEY_DOWN = re.compile(r"^ *(?:\d+ +){8}1 +(\d+) +1 +0\r?$", re.MULTILINE)


def keys_heard(said):
    """Return the numbers of keys that went down in the guest, but for Shift."""
    return [number for number in map(int, KEY_DOWN.findall(said)) if number != SHIFT]


def press_japanese(page, character, code):
    """Press a key as a browser tells it of a Japanese keyboard; Playwright has none."""
    for kind in ("keyDown", "keyUp"):
        page.request(["context"], ["newCDPSession", page.shell],
                     ["send", "Input.dispatchKeyEvent", {"type": kind, "key": SAID.get(character, character), "code": code}])


# QEMU's Japanese keymap goes by what is on a key, and knows one with a backslash: on such a keyboard there are two.
@pytest.mark.parametrize("attributes, backslash", [({}, 124), ({"keymap": "ja"}, 89)], ids=["plain", "keymap"])
def test_a_japanese_keyboard_is_one_in_the_guest(browser, machine, attributes, backslash):
    """Each key is that in the same place, pressed or typed, whether or not QEMU is told of a keymap."""
    guest = define(machine, **attributes)
    start(guest)
    guest.guest.wait_agent()
    guest.guest.virsh("qemu-agent-command", json.dumps(
        {"execute": "guest-exec", "arguments": {"path": "/bin/sh", "arg": ["-c", WATCH_KEYS]}}))
    until_said(guest, lambda said: "watching" in said)
    numbers = [number or backslash for _, _, number in JAPANESE]
    with browser.page(alone=True, place=place(guest), language="ja") as page:
        status(page, "接続済み", timeout=60)
        page.locator(".console-display canvas").click()
        for character, code, _ in JAPANESE:
            press_japanese(page, character, code)
        until_said(guest, lambda said: len(keys_heard(said)) >= len(numbers))
        assert keys_heard(guest.guest.console()) == numbers

        page.get_by_role("button", name="このコンソールのその他の操作").click()
        page.get_by_role("menuitem", name="テキストを入力").click()
        page.locator("#type-layout").expect(value="jp")
        page.locator("#type-text").fill("".join(character for character, _, _ in JAPANESE))
        page.get_by_role("button", name="入力", exact=True).click()
        page.get_by_role("dialog").expect(count=0, timeout=60)
        until_said(guest, lambda said: len(keys_heard(said)) >= 2 * len(numbers))
        assert keys_heard(guest.guest.console()) == 2 * numbers


def test_a_display_asks_for_its_password(browser, machine):
    """A wrong one is said to be; who may see passwords anyway goes without."""
    guest = define(machine, passwd="geheim12")
    start(guest)
    with browser.page(alone=True, place=place(guest)) as page:
        status(page, "A password is asked for", timeout=60)
        # What noVNC has to say of a wrong one.
        page.allow_errors("Security negotiation failed")
        page.get_by_label("Password of this display").fill("geheim21")
        page.screenshot("console-password")
        assert page.axe() == []
        page.press("Enter")
        page.get_by_text("That was not it.").expect()
        page.get_by_label("Password of this display").fill("geheim12")
        page.press("Enter")
        page.wait_until(f"({PIXELS})?.light > 2000", timeout=30)
        more(page, "Disconnect")
        status(page, "Disconnected")
        page.get_by_role("button", name="Connect", exact=True).click()
        page.get_by_role("button", name="As an administrator, without it").click()
        page.wait_until(f"({PIXELS})?.light > 2000", timeout=30)


def test_a_console_fills_the_screen_within_cockpit(browser, guest):
    """Cockpit's frame allows it; the way back is by the same button, and menus are seen there."""
    start(guest)
    with browser.page(place=place(guest)) as page:
        status(page, "Connected", timeout=60)
        page.get_by_role("button", name="Full screen").click()
        page.wait_until("document.fullscreenElement?.matches('.console')")
        page.wait_until("innerWidth === screen.width && innerHeight === screen.height")
        page.get_by_role("button", name="Send keys").click()
        page.get_by_role("menuitem", name="Ctrl+Alt+Del").expect()
        page.screenshot("console-full-screen")
        page.press("Escape")
        page.get_by_role("button", name="Leave full screen").click()
        page.wait_until("!document.fullscreenElement")
        page.get_by_role("button", name="Full screen").expect()


def test_a_console_goes_to_a_tab_of_its_own(browser, guest):
    """By its button, out of Cockpit, in the same session."""
    start(guest)
    with browser.page(place=place(guest)) as page:
        status(page, "Connected", timeout=60)
        page.get_by_role("button", name="Open in a new tab").click()
        tab = [["context"], ["pages"], ["1"]]
        page.wait_until("true")
        page.request(*tab, ["locator", ".console-display canvas"], ["waitFor"])
        assert page.request(*tab, ["locator", "h1"], ["innerText"]) == guest.guest.name
