# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tab of the browser with Hatago's page in it, within Cockpit or alone."""

import os
import re
import time

from .driver import MODULES, TOP, BrowserError
from .locator import Locator

SCREENSHOTS = TOP / "build" / "screenshots" / os.environ.get("HATAGO_SUITE", "")
FRAME = 'iframe[name="cockpit1:localhost/hatago"]'
# An address of Cockpit's own pages; what they complain of is not ours.
FOREIGN = re.compile(r"/cockpit/(?:@localhost|\$[0-9a-f]+)/(?!hatago/)|/(?:shell|static)/")
AXE = "axe.run(document, {iframes: false, resultTypes: ['violations']})"


class Page:
    """Finders such as get_by_role() look in Hatago's own page; "shell" has those of Cockpit around it.

    As a context it ends the tab, and fails if the page has complained: an error that nobody caught, or one on the console.
    """

    def __init__(self, browser, context, alone):
        """Open an empty tab."""
        self._driver, self.context, self._alone = browser.driver, context, alone
        self._number = self._driver.request(context, ["newPage"], keep=True)
        self._driver.listeners[self._number] = self._hear
        self._errors, self._allowed, self._sent = [], [], None
        self.shell = Locator(self)
        self.hatago = self.shell if alone else self.shell.frame_locator(FRAME)

    def __enter__(self):
        """Return the page itself."""
        return self

    def __exit__(self, kind, *_):
        """End the tab; keep a picture of a failure."""
        try:
            if kind and issubclass(kind, Exception):
                self._picture_of_failure()
            elif not kind:
                self.assert_no_errors()
        finally:
            self.close()

    def close(self):
        """End the tab."""
        self._driver.request(self.context, ["close"])
        self._driver.listeners.pop(self._number, None)

    def __getattr__(self, name):
        """Look in Hatago's page."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.hatago, name)

    def request(self, *steps):
        """Do something with Playwright's Page: request(["keyboard"], ["press", "Enter"])."""
        return self._driver.request(self._number, *steps)

    def goto(self, address):
        """Go to an address, or to another place of it: "#/machines"."""
        self.request(["goto", address])
        if not self._alone:
            self._frame(["waitForURL", re.compile("/hatago/index.html")])

    def reload(self):
        """Load all anew."""
        self.request(["reload"])

    def resize(self, width, height):
        """Give the window another size."""
        self.request(["setViewportSize", {"width": width, "height": height}])

    def press(self, key):
        """Press a key, such as "Tab" or "Control+a", wherever the focus is."""
        self.request(["keyboard"], ["press", key])

    def type(self, text):
        """Type a text, wherever the focus is."""
        self.request(["keyboard"], ["type", text])

    def evaluate(self, script, argument=None):
        """Run JavaScript in Hatago's page, an expression or a function; return what comes out."""
        return self._frame(["evaluate", script, *([] if argument is None else [argument])])

    def _frame(self, *steps):
        """Do something with Playwright's Page or Frame that has Hatago's page; wait until there is one."""
        way = [] if self._alone else [["locator", FRAME], ["elementHandle"], ["contentFrame"]]
        return self.request(*way, *steps)

    def wait_until(self, script, timeout=10):
        """Wait until an expression of JavaScript is true in Hatago's page."""
        deadline = time.monotonic() + timeout
        while not self._try_evaluate(script):
            assert time.monotonic() < deadline, f"not true after {timeout} s: {script}"
            time.sleep(0.05)

    def _try_evaluate(self, script):
        """Evaluate; nothing where the frame is just being loaded."""
        try:
            return self.evaluate(script)
        except BrowserError:
            return None

    def screenshot(self, name, full=False):
        """Take a picture of what is in the window, or of the whole page; return its path below build/screenshots."""
        path = SCREENSHOTS / f"{name}.png"
        self.request(["screenshot", {"path": path, "animations": "disabled", "full_page": full}])
        return path

    def _picture_of_failure(self):
        """Take a picture named after the test; what it shows is what the page was at the end."""
        test = re.sub(r"[^\w.-]+", "-", os.environ.get("PYTEST_CURRENT_TEST", "page").split("::")[-1].split(" ")[0])
        try:
            print(f"picture: {self.screenshot(f'failed-{test}')}")
        except BrowserError as error:
            print(f"no picture: {error}")
        print("\n".join(self.errors()))

    def axe(self):
        """Return what axe has to say against the page, a text for each element."""
        if not self.evaluate("typeof axe === 'object'"):
            self.evaluate((MODULES / "axe-core" / "axe.min.js").read_text() + "; undefined")
        return [f"{violation['id']}: {violation['help']}: {' '.join(map(str, node['target']))}"
                for violation in self.evaluate(AXE)["violations"] for node in violation["nodes"]]

    # What the page says

    def _hear(self, event):
        """Take an event."""
        if event["event"] == "sent":
            if self._sent is not None:
                self._sent.append(event["text"])
        elif event["event"] == "pageerror":
            self._complain(event["text"], event["text"])
        elif event["event"] == "console" and event["kind"] == "error":
            self._complain(event["url"], f"console: {event['text']} ({event['url']})")

    def _complain(self, where, text):
        """Note an error, if it is not of Cockpit's own."""
        if not FOREIGN.search(where):
            self._errors.append(text)

    def allow_errors(self, pattern):
        """Errors that match an expression are expected in this test."""
        self._allowed.append(re.compile(pattern))

    def errors(self):
        """Return the errors so far."""
        self.request(["url"])
        return [text for text in self._errors if not any(allowed.search(text) for allowed in self._allowed)]

    def assert_no_errors(self):
        """Fail if there was any."""
        found = self.errors()
        assert not found, "the page complains:\n" + "\n".join(found)

    def record_sent(self):
        """From now on keep what the page sends to Cockpit; sent() has it."""
        self._sent = []

    def sent(self):
        """Return the messages that were sent since then, as texts: a channel's name, a newline, and mostly JSON."""
        self.request(["url"])
        return list(self._sent)
