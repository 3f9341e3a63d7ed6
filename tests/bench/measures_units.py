# SPDX-License-Identifier: LGPL-2.1-or-later
"""What it costs that a virtual machine is a service: as measures.py."""

import statistics
import time
from pathlib import Path

from bench_host import FOLDER, TINY, say
from measures import MIB, Row, interleave, milliseconds

VIRSH = ("virsh", "-q", "-c", "qemu:///system")
MIRRORED = 200
ROUNDS_MIN = 11


def define(host, number, name):
    """Define a machine with nothing in it; return its name."""
    path = f"{FOLDER}/xml/{name}.xml"
    (Path(host.host.root) / path[1:]).write_text(TINY.format(name=name, number=number))
    host.virsh(f"define {path}")
    return name


def active(host):
    """Return how many machines' units are active."""
    return len(host.run("systemctl", "list-units", "--state=active", "--plain", "--no-legend",
                        "hatago-vm@*").splitlines())


def wait_active(host, count, seconds=120):
    """Wait until so many are; return how long that took, in seconds."""
    begin = time.monotonic()
    while active(host) != count:
        assert time.monotonic() < begin + seconds, f"{active(host)} of {count} units are active"
        time.sleep(0.05)
    return time.monotonic() - begin


def vm_unit(host, rounds):
    """Starting a machine by its unit, and without. The agent does not run: it would take over the latter."""
    name = define(host, 0x1000, "unit0")
    host.run("systemctl", "stop", "hatagod")

    def start(*words):
        def way():
            took = host.bench("process", *words)[0]
            host.virsh(f"destroy {name}")
            wait_active(host, 0)
            time.sleep(0.2)
            return took
        return way

    try:
        times = interleave(max(rounds, ROUNDS_MIN), {
            "systemctl start": start("systemctl", "start", f"hatago-vm@{name}"),
            "virsh start": start(*VIRSH, "start", name),
        })
    finally:
        host.virsh(f"undefine {name}")
        host.run("systemctl", "start", "hatagod")
        host.wait_ready()
    unit, plain = "systemctl start", "virsh start"
    more = statistics.median(a - b for a, b in zip(times[unit], times[plain]))
    best = min(times[unit]) - min(times[plain])
    yield Row("systemctl start hatago-vm@x", milliseconds(times.median(unit)),
              f"virsh start {milliseconds(times.median(plain))}: {more * 1000:+.0f} ms (best {best * 1000:+.0f} ms)",
              "at most 50 ms more", more <= 0.05)


def set_mirror(host, word):
    """Have the agent adopt machines, or not; it starts anew."""
    host.write("/etc/hatago/hatagod.conf.d/bench.conf", f"[Machines]\nMirror={word}\n")
    host.run("systemctl", "restart", "hatagod")


def ours(host):
    """Return how many processes of ours there are."""
    return len(host.run("pgrep", "^hatago", check=False).split())


def mirror(host, count=MIRRORED):
    """Many machines that run, with units and without."""
    set_mirror(host, "no")
    host.wait_ready()
    say(f"starting {count} machines")
    names = [define(host, 0x2000 + number, f"mirror{number}") for number in range(count)]
    for first in range(0, count, 20):
        host.virsh(*(f"start --paused {name}" for name in names[first:first + 20]))
    host.settle()
    without = (host.pss(host.agent_pid()), host.pss(1), ours(host))

    set_mirror(host, "yes")
    took = wait_active(host, count)
    host.wait_ready()
    with_units = (host.pss(host.agent_pid()), host.pss(1), ours(host))
    yield Row(f"{count} running machines adopted in", f"{took:.1f} s", f"{took / count * 1000:.0f} ms each")
    for what, before, after in zip(("agent", "PID 1"), without, with_units):
        yield Row(f"  memory (PSS) of {what}", f"{after / MIB:.1f} MiB",
                  f"without units {before / MIB:.1f} MiB: {(after - before) / count / 1024:+.1f} KiB each")
    yield Row("  processes of ours", f"{with_units[2]}", f"without units {without[2]}", "the agent alone",
              with_units[2] == without[2] == 1)

    say(f"stopping {count} machines")
    for first in range(0, count, 20):
        host.virsh(*(f"destroy {name}" for name in names[first:first + 20]))
    host.virsh(*(f"undefine {name}" for name in names))
    wait_active(host, 0)
