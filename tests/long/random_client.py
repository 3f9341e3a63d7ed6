# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client that does to random machines whatever it likes, as a program: random_client.py SOCKET SEED SECONDS.

Prints what became of its calls, as JSON; ends with 1 if one has failed as none may.
"""

import collections
import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from hatago_bus import MACHINES, MANAGER, NO_OPTIONS, ROOT, Bus, BusError, options  # noqa: E402

# How often, and with which options. A guest that is busy booting does not hear that it is to shut down.
VERBS = [("Start", 9, {}), ("Start", 1, {"paused": True}), ("Suspend", 4, {}), ("Resume", 5, {}),
         ("Shutdown", 2, {"timeout": 5_000_000}), ("PowerOff", 3, {}), ("Reset", 1, {}), ("Reboot", 1, {})]
# The machine may be in any state, and in other hands at the same time.
EXPECTED = {"MachineRunning", "MachineNotRunning", "MachinePaused", "MachineNotPaused", "Busy", "TimedOut",
            "Canceled", "LimitsExceeded"}


def main(socket, seed, seconds):
    """Call verbs until the time is over; each third time wait for the job's end."""
    chance, bus = random.Random(int(seed)), Bus(f"unix:path={socket}")
    bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    paths = [row[0] for row in bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)]
    said, slowest, wrong = collections.Counter(), 0, []
    deadline = time.monotonic() + float(seconds)
    while time.monotonic() < deadline:
        verb, _, values = chance.choices(VERBS, [row[1] for row in VERBS])[0]
        path, began = chance.choice(paths), time.monotonic()
        try:
            job = bus.call(path, "org.hatago.Host1.Machine", verb, options(**values), timeout=120)
            if job and chance.random() < 0.3:
                result, name, message = bus.wait_job(job, 150)
                if result == "failed":
                    raise BusError(name, message)
                said[f"{verb} {result}"] += 1
            else:
                said[verb] += 1
        except BusError as error:
            said[error.short] += 1
            if error.short not in EXPECTED:
                wrong.append(f"{verb}: {error}")
        slowest = max(slowest, time.monotonic() - began)
        bus.iterate(chance.uniform(0.02, 0.3))
        bus.signals.clear()
    bus.close()
    print(json.dumps({"said": said, "slowest": round(slowest, 2), "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
