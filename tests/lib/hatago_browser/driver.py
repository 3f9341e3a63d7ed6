# SPDX-License-Identifier: LGPL-2.1-or-later
"""The process that drives the browser (driver.mjs), and its objects as Python sees them."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from hatago_hosts import sandbox

TOP = Path(__file__).resolve().parents[3]
MODULES = TOP / "web" / "node_modules"
PROGRAMS = ("chromium", "chromium-browser")
# Longer than anything that a test waits for in one step, in seconds.
PATIENCE = 180
# A string that is a function of JavaScript is handed over as one: a mere string is not called.
FUNCTION = re.compile(r"(async )?\([\w\s,{}\[\]]*\) => ")


class BrowserError(Exception):
    """What Playwright says when it could not do what it was asked to."""


class Driver:
    """One Chromium. It ends with this process, even if that is killed."""

    def __init__(self, network=None):
        """Start it in a network namespace, given by a path such as /proc/PID/ns/net; else in this one."""
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None or not (MODULES / "playwright-core").is_dir():
            raise BrowserError("the browser is missing: packaging/install-deps web browser && web/modules")
        self._folder = tempfile.TemporaryDirectory(prefix="hatago-browser-")
        enter = ["nsenter", f"--net={network}", "--"] if network else []
        environment = {"PATH": os.environ["PATH"], "HOME": self._folder.name, "TMPDIR": self._folder.name,
                       "LANG": "C.UTF-8", "TZ": "UTC"}
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *enter, *sandbox.UNSHARE, "--", "node",
             Path(__file__).with_suffix(".mjs"), MODULES, program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self._lines = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()
        self._last = 0
        self.listeners = {}
        self._read(lambda message: message.get("event") == "ready")

    def close(self):
        """End the browser; kill it if it does not."""
        try:
            self._process.stdin.close()
            self._process.wait(timeout=10)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def request(self, on, *steps, keep=False):
        """Do something with an object; return the value, or the number of what is kept."""
        self._last += 1
        message = {"id": self._last, "on": on, "steps": [encode(step) for step in steps], "keep": keep}
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        answer = self._read(lambda message: message.get("id") == self._last)
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["kept"] if keep else answer["value"]

    def _read(self, wanted):
        """Read until a message is what is waited for; pass on the events before it. Where none comes, kill it."""
        deadline = time.monotonic() + PATIENCE
        try:
            while line := self._lines.get(timeout=max(0, deadline - time.monotonic())):
                message = json.loads(line)
                if wanted(message):
                    return message
                if listener := self.listeners.get(message.get("page")):
                    listener(message)
        except Empty:
            self._process.kill()
            raise BrowserError(f"the browser has not answered within {PATIENCE} s") from None
        raise BrowserError(f"the browser has ended with status {self._process.wait()}")

    def _listen(self):
        """Read all that it says, on a thread; "" is its end."""
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")


def encode(value):
    """Return a value as JSON can say it for driver.mjs."""
    if isinstance(value, str) and FUNCTION.match(value):
        return {"$function": value}
    if isinstance(value, re.Pattern):
        return {"$regexp": [value.pattern, "i" if value.flags & re.IGNORECASE else ""]}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "steps"):
        return {"$steps": encode(value.steps)}
    if isinstance(value, dict):
        return {camel(name): encode(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def camel(name):
    """Return a name as JavaScript writes it: has_text is hasText."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
