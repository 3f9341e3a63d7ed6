# SPDX-License-Identifier: LGPL-2.1-or-later
"""The process that drives the browser (driver.mjs), and its objects as Python sees them."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from hatago_hosts import sandbox

TOP = Path(__file__).resolve().parents[3]
MODULES = TOP / "web" / "node_modules"
PROGRAMS = ("chromium", "chromium-browser")
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
        self._last = 0
        self.listeners = {}
        self._read(lambda message: message.get("event") == "ready")

    def close(self):
        """End the browser; kill it if it does not."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
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
        """Read until a message is what is waited for; pass on the events before it."""
        for line in self._process.stdout:
            message = json.loads(line)
            if wanted(message):
                return message
            if listener := self.listeners.get(message.get("page")):
                listener(message)
        raise BrowserError(f"the browser has ended with status {self._process.wait()}")


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
