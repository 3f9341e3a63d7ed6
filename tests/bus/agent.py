# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real agent, on a private bus and libvirt's test driver."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = TOP / os.environ.get("HATAGO_BUILD_DIR", "build/dev")
SANITIZERS = re.compile(r"ERROR: AddressSanitizer|runtime error|LeakSanitizer")
SANITIZER_OPTIONS = {
    # The preloaded guests come before ASan's library: said to be all right.
    "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


class Agent:
    """One hatagod. Its standard error is kept: log()."""

    def __init__(self, bus, folder, *arguments, plugins=BUILD / "plugins/machines",
                 environment=None):
        """Start it; does not wait for anything."""
        self.log_file = folder / f"agent-{time.monotonic_ns()}.log"
        self.gate = folder / "gate"
        self.command = [str(BUILD / "agent/hatagod"), "--plugin-dir", str(plugins), *arguments]
        inherited = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**inherited, **SANITIZER_OPTIONS,
                     "DBUS_SYSTEM_BUS_ADDRESS": bus.address,
                     "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
                     "LD_PRELOAD": str(BUILD / "tests/guests.so"),
                     "XDG_STATE_HOME": str(folder / "home-state"),
                     "HATAGO_TEST_GATE": str(self.gate), **(environment or {})})

    def log(self):
        """Return all that it wrote."""
        return self.log_file.read_text(errors="replace")

    def log_after(self, mark):
        """Return the lines after what log() was once."""
        return self.log()[len(mark):].splitlines()

    def wait_log(self, pattern, timeout=20, after=""):
        """Wait for a line that matches; return the match."""
        deadline = time.monotonic() + timeout
        while True:
            for line in self.log_after(after):
                if match := re.search(pattern, line):
                    return match
            assert time.monotonic() < deadline, f"no line like {pattern}:\n{self.log()}"
            time.sleep(0.01)

    def alive(self):
        """Whether it runs."""
        return self.process.poll() is None

    def wait_end(self, timeout=20):
        """Wait for its end; return the exit status, having looked for what the sanitizers say."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the agent did not end:\n{self.log()}") from None
        assert not SANITIZERS.search(self.log()), self.log()
        return status

    def terminate(self, timeout=20):
        """End it as systemd does; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait_end(timeout)

    def kill(self):
        """End it whatever it does: nothing stays behind after a test."""
        if self.alive():
            self.process.kill()
            self.process.wait()
