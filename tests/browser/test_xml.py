# SPDX-License-Identifier: LGPL-2.1-or-later
"""The XML of a machine in the page: read, edited wrongly and rightly, and what others do to it meanwhile."""

import pytest

AREA = ".xml-text"
# Where /dev/kvm is there and of no use, libvirt asks QEMU anew what it can before it takes a definition.
SAVED = 60


@pytest.fixture
def defined(machine):
    """A machine that is off."""
    machine.define()
    machine.uuid = machine.get("UUID")
    return machine


def place(machine):
    """Return the place of its XML in the page."""
    return f"#/machines/{machine.uuid}/xml"


def replace(page, old, new):
    """Have another text in the editor."""
    area = page.locator(AREA)
    text = area.input_value()
    assert old in text
    area.fill(text.replace(old, new))


def edit(page):
    """Begin to edit."""
    page.locator(AREA).wait_for()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("heading", name="Edit the stored configuration").wait_for()


def stored(machine):
    """Return libvirt's own stored XML."""
    return machine.guest.virsh("dumpxml", "--inactive").stdout


def test_what_is_wrong_is_said_and_kept(browser, defined):
    """By the browser where it is no XML, by libvirt where it is no machine."""
    with browser.page(alone=True, place=place(defined)) as page:
        edit(page)
        replace(page, "</vcpu>", "</vpcu>")
        page.get_by_role("button", name="Review what changes").click()
        page.get_by_text("this is not right").wait_for()
        page.screenshot("xml-wrong")
        assert "</vpcu>" in page.locator(AREA).input_value()

        replace(page, "</vpcu>", "</vcpu>")
        replace(page, "</memory>", "0000000000000000000</memory>")
        page.get_by_role("button", name="Review what changes").click()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("This was not taken").wait_for()
        assert "0000000000000000000</memory>" in page.locator(AREA).input_value()
        # It is still there after a look elsewhere.
        page.get_by_role("tab", name="Summary").click()
        page.get_by_role("tab", name="XML").click()
        assert "0000000000000000000</memory>" in page.locator(AREA).input_value()
    assert "0000000000000000000" not in stored(defined)


def test_what_is_right_is_shown_and_saved(browser, defined):
    """With its difference first."""
    with browser.page(alone=True, place=place(defined)) as page:
        edit(page)
        replace(page, "<devices>", "<description>旅籠 &amp; inn</description>\n  <devices>")
        page.get_by_role("button", name="Review what changes").click()
        page.locator(".xml-added .xml-code").expect(text="旅籠 &amp; inn")
        assert page.axe() == []
        page.screenshot("xml-difference")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("XML saved").expect(timeout=SAVED)
    assert "<description>旅籠 &amp; inn</description>" in stored(defined)


def test_what_others_change_meanwhile_is_not_overwritten(browser, defined):
    """It is shown, and both are had."""
    with browser.page(alone=True, place=place(defined)) as page:
        edit(page)
        replace(page, "<devices>", "<description>mine</description>\n  <devices>")
        defined.guest.virsh("setvcpus", "--count", "3", "--config", "--maximum")
        page.get_by_role("button", name="Review what changes").click()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("heading", name="Others have changed it meanwhile").wait_for()
        assert "mine" not in stored(defined)
        page.screenshot("xml-conflict")
        page.get_by_role("button", name="Add my changes to theirs").click()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("XML saved").expect(timeout=SAVED)
    assert "<description>mine</description>" in stored(defined)
    assert ">3</vcpu>" in stored(defined)


def define(machine, *replacements):
    """Have virsh define its stored XML with other words, as "virsh edit" does."""
    xml = stored(machine)
    for old, new in replacements:
        assert old in xml
        xml = xml.replace(old, new)
    machine.guest.host.run(["virsh", "--quiet", "define", "/dev/stdin"], input=xml)


def test_what_others_define_is_shown_at_once(browser, defined):
    """Also what no property tells of; who edits it is told, and has what they typed."""
    with browser.page(alone=True, place=place(defined)) as page:
        area = page.locator(AREA)
        area.wait_for()
        assert "<on_reboot>restart</on_reboot>" in area.input_value()
        define(defined, ("<on_reboot>restart</on_reboot>", "<on_reboot>destroy</on_reboot>"))
        page.wait_until(f"document.querySelector('{AREA}').value.includes('<on_reboot>destroy</on_reboot>')", 20)

        edit(page)
        replace(page, "<devices>", "<description>mine</description>\n  <devices>")
        page.get_by_role("button", name="Review what changes").expect(enabled=True)  # what was typed is rendered
        assert page.get_by_text("Others have changed it meanwhile").count() == 0
        define(defined, ("<on_reboot>destroy</on_reboot>", "<on_reboot>restart</on_reboot>"))
        page.get_by_text("Others have changed it meanwhile").expect(timeout=20)
        assert "mine" in area.input_value()
        assert page.axe() == []
        page.screenshot("xml-contested")
        page.get_by_role("button", name="What others have changed").click()
        page.get_by_role("button", name="Add my changes to theirs").click()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("XML saved").expect(timeout=SAVED)
    assert "<description>mine</description>" in stored(defined)
    assert "<on_reboot>restart</on_reboot>" in stored(defined)


def test_who_may_not_edit_it_is_told(browser, defined):
    """Without administrative access."""
    with browser.page("alice", alone=True, place=place(defined)) as page:
        page.get_by_role("button", name="Edit", exact=True).expect(attribute=("aria-disabled", "true"))
