# SPDX-License-Identifier: LGPL-2.1-or-later
"""A real browser for tests: Chromium, which sees the network of a disposable host and no other.

    browser = Browser(host)
    with browser.page("admin") as page:
        page.get_by_role("link", name="Machines").click()
        page.get_by_role("row", name="web").expect("Running")
"""

from .browser import Browser
from .driver import BrowserError
from .page import Page

__all__ = ["Browser", "BrowserError", "Page"]
