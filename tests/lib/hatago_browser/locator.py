# SPDX-License-Identifier: LGPL-2.1-or-later
"""Playwright's locators: where something is on a page. Nothing is looked for until something is done with it."""

import re
import time

from .driver import BrowserError, camel

# Of https://playwright.dev/docs/api/class-locator: arguments are the same, options are keyword arguments.
FINDERS = {"locator", "get_by_role", "get_by_text", "get_by_label", "get_by_placeholder", "get_by_title",
           "get_by_test_id", "get_by_alt_text", "filter", "first", "last", "nth", "and_", "or_", "frame_locator"}
ACTIONS = {"click", "dblclick", "fill", "clear", "check", "uncheck", "set_checked", "hover", "focus", "blur", "press",
           "press_sequentially", "select_option", "set_input_files", "scroll_into_view_if_needed", "drag_to",
           "wait_for", "evaluate", "evaluate_all", "inner_text", "inner_html", "text_content", "input_value",
           "get_attribute", "count", "all_inner_texts", "all_text_contents", "bounding_box", "is_visible",
           "is_enabled", "is_disabled", "is_checked", "is_editable", "dispatch_event", "screenshot"}


class Locator:
    """One place, or several: get_by_role("row").filter(has_text="web").get_by_role("button", name="Start").click()."""

    def __init__(self, page, steps=()):
        """Begin at a page, or go on from there."""
        self.page, self.steps = page, list(steps)

    def __getattr__(self, name):
        """Return a finder, which gives another locator, or an action, which gives what Playwright answers."""
        def step(arguments, options):
            return [camel(name.rstrip("_")), *arguments, *([options] if options else [])]
        if name in FINDERS:
            return lambda *arguments, **options: Locator(self.page, [*self.steps, step(arguments, options)])
        if name in ACTIONS:
            return lambda *arguments, **options: self.page.request(*self.steps, step(arguments, options))
        raise AttributeError(f"a locator has no {name}")

    def expect(self, text=None, *, count=None, value=None, enabled=None, checked=None, visible=None, attribute=None,
               timeout=10):
        """Wait until all that is given is so; AssertionError tells what it was instead at the timeout, in seconds.

        text is a part of the shown text, or a compiled expression; without anything it is to be visible. attribute
        is a pair of name and value, None for one that is not there.
        """
        wanted = {"text": text, "count": count, "value": value, "enabled": enabled, "checked": checked,
                  "visible": visible, "attribute": attribute}
        wanted = {what: how for what, how in wanted.items() if how is not None} or {"visible": True}
        deadline = time.monotonic() + timeout
        while (found := self._differences(wanted)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not found, f"{self}: " + "; ".join(found)
        return self

    def _differences(self, wanted):
        """Return what is not so, as texts."""
        found = []
        for what, how in wanted.items():
            try:
                is_so, seen = getattr(self, f"_see_{what}")(how)
            except BrowserError as error:
                is_so, seen = False, str(error).splitlines()[0]
            if not is_so:
                found.append(f"{what} is {seen!r}, not {how!r}")
        return found

    def _see_text(self, text):
        seen = self.inner_text(timeout=500)
        return bool(text.search(seen)) if isinstance(text, re.Pattern) else text in seen, seen

    def _see_count(self, count):
        seen = self.count()
        return seen == count, seen

    def _see_value(self, value):
        seen = self.input_value(timeout=500)
        return seen == value, seen

    def _see_enabled(self, enabled):
        seen = self.is_enabled(timeout=500)
        return seen == enabled, seen

    def _see_checked(self, checked):
        seen = self.is_checked(timeout=500)
        return seen == checked, seen

    def _see_visible(self, visible):
        seen = self.is_visible()
        return seen == visible, seen

    def _see_attribute(self, attribute):
        seen = self.get_attribute(attribute[0], timeout=500)
        return seen == attribute[1], seen

    def __str__(self):
        """Return it as one would write it."""
        return ".".join(f"{name}({', '.join(map(repr, rest))})" for name, *rest in self.steps)
