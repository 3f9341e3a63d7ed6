# SPDX-License-Identifier: LGPL-2.1-or-later
"""The browser, and who is logged in to the host's Cockpit with it."""

from hatago_hosts import cockpit

from .driver import Driver
from .page import Page

ADDRESS = f"http://127.0.0.1:{cockpit.PORT}"
# Cockpit's names of languages, and the browser's.
LANGUAGES = {"en": ("en-us", "en-US"), "ja": ("ja-jp", "ja-JP")}
SIZE = (1280, 800)
# Without an open connection Cockpit ends a session after some seconds, with its bridge.
HOLD = """async () => {
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/cockpit/socket", "cockpit1");
    socket.onopen = () => socket.send('\\n{"command": "init", "version": 1, "host": "localhost"}');
    globalThis.held = socket;
    await new Promise((resolve, reject) => { socket.onmessage = resolve; socket.onclose = reject; });
}"""


class Browser:
    """One Chromium in a host's network. Each user logs in once, as a person does; all their pages share that."""

    def __init__(self, host=None):
        """Start it; without a host in this machine's network, for pages that need no Cockpit."""
        self.password = host and (cockpit.password_of(host) or cockpit.open_to_users(host))
        self._sessions = {}
        self.driver = Driver(f"/proc/{host.init}/ns/net" if host else None)

    def __enter__(self):
        """Return the browser itself."""
        return self

    def __exit__(self, *_):
        """End it."""
        self.driver.close()

    def page(self, user="admin", *, administrator=True, alone=False, place="", dark=False, language="en", size=SIZE):
        """Return a Page that shows Hatago to a user of the host.

        administrator: with administrative access, for who may have it. alone: without Cockpit's shell around it,
        which is faster. place is what follows in the address, such as "#/machines".
        """
        address = f"{ADDRESS}/cockpit/@localhost/hatago/index.html{place}" if alone else f"{ADDRESS}/hatago{place}"
        return self._open(address, self._session(user, administrator), alone, dark, language, size)

    def empty(self, user="admin", *, administrator=True):
        """Return a Page of a user who is logged in and has not opened anything."""
        return self._open(f"{ADDRESS}/ping", self._session(user, administrator), True, False, "en", SIZE)

    def open(self, address, *, dark=False, language="en", size=SIZE):
        """Return a Page at any address, with nobody logged in: what is there counts as Hatago's page."""
        return self._open(address, {"cookies": [], "origins": []}, True, dark, language, size)

    def _open(self, address, state, alone, dark, language, size):
        """Open a tab with cookies and settings of its own."""
        origin = "/".join(address.split("/")[:3])
        theirs, ours = LANGUAGES[language]
        stored = {entry["name"]: entry["value"] for one in state["origins"] if one["origin"] == origin
                  for entry in one["localStorage"]}
        stored |= {"shell:style": "dark" if dark else "light", "cockpit.lang": theirs}
        cookie = {"name": "CockpitLang", "value": theirs, "url": f"{origin}/"}
        context = self._context(
            storage_state={"cookies": state["cookies"],
                           "origins": [{"origin": origin, "localStorage": [{"name": name, "value": value}
                                                                          for name, value in stored.items()]}]},
            viewport={"width": size[0], "height": size[1]}, locale=ours, timezone_id="UTC",
            color_scheme="dark" if dark else "light", reduced_motion="reduce")
        self.driver.request(context, ["addCookies", [cookie]])
        page = Page(self, context, alone)
        page.goto(address)
        return page

    def _context(self, **options):
        """Return the number of a context: cookies, storage and a size of its own."""
        context = self.driver.request(0, ["newContext", options], keep=True)
        self.driver.request(context, ["setDefaultTimeout", 15000])
        return context

    def _session(self, user, administrator):
        """Return cookies and storage of a user; log in if nobody has."""
        return self._sessions.get((user, administrator)) or self._log_in(user, administrator)

    def _log_in(self, user, administrator):
        """Log in by Cockpit's own page; return cookies and storage, and keep the session open."""
        page = Page(self, self._context(), True)
        page.goto(f"{ADDRESS}/")
        # What Cockpit remembers of the last time: whether this user wants administrative access.
        page.evaluate("([key, value]) => localStorage.setItem(key, value)",
                      [f"superuser:{user}", "any" if administrator else "none"])
        page.locator("#login-user-input").fill(user)
        page.locator("#login-password-input").fill(self.password)
        page.locator("#login-button").click()
        page.locator("#host-apps").wait_for()
        page.goto(f"{ADDRESS}/ping")
        page.evaluate(HOLD)
        state = self.driver.request(page.context, ["storageState"])
        self._sessions[user, administrator] = state
        return state
