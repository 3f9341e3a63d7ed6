# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page is at home in Cockpit: in its menu, for whoever may log in, in any size, colour and language."""

import re

import pytest
from hatago_browser import BrowserError, driver

# User, and whether with administrative access.
USERS = [("admin", True), ("admin", False), ("alice", False), ("virt", False)]
LOOKS = [(1280, "light", "en"), (768, "dark", "ja"), (390, "light", "ja")]


def test_it_is_in_cockpits_menu(browser, bus):
    """By name, and opens from there; its address can be kept."""
    with browser.page("alice") as page:
        page.shell.get_by_role("link", name="Hatago").expect(attribute=("href", "/hatago"))
        page.get_by_role("main").first().expect()
        page.shell.get_by_role("link", name="Overview").click()
        page.shell.get_by_role("link", name="Hatago").click()
        page.get_by_role("main").first().expect()


@pytest.mark.parametrize("user, administrator", USERS)
def test_it_opens_for_everybody(browser, bus, user, administrator):
    """Whatever they may do with what they see there."""
    with browser.page(user, administrator=administrator, alone=True) as page:
        page.get_by_role("main").first().expect(text=re.compile(r"\S"))


@pytest.mark.parametrize("width, theme, language", LOOKS)
def test_everybody_can_read_it(browser, bus, width, theme, language):
    """axe finds nothing, in the theme and the language that were asked for."""
    with browser.page(dark=theme == "dark", language=language, size=(width, 800)) as page:
        page.get_by_role("main").first().expect(text=re.compile(r"\S"))
        assert page.evaluate("document.documentElement.lang") .split("-")[0] == language
        assert page.evaluate("document.documentElement.classList.contains('pf-v6-theme-dark')") == (theme == "dark")
        assert page.axe() == []
        page.screenshot(f"first-{width}-{theme}-{language}")


def test_a_browser_that_does_not_answer_fails_its_test(monkeypatch):
    """And hangs none."""
    browser = driver.Driver()
    try:
        context = browser.request(0, ["newContext", {}], keep=True)
        page = browser.request(context, ["newPage"], keep=True)
        assert browser.request(page, ["evaluate", "() => 6 * 7"]) == 42
        monkeypatch.setattr(driver, "PATIENCE", 1)
        with pytest.raises(BrowserError, match="not answered within 1 s"):
            browser.request(page, ["evaluate", "() => new Promise(() => {})"])
    finally:
        browser.close()
