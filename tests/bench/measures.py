# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured, row by row of the table: each function takes a BenchHost and yields Rows."""

import contextlib
import re
import statistics
import subprocess
import time
from dataclasses import dataclass

from bench_host import FOLDER, Tiny, say
from hatago_bus import MACHINE, MACHINES, MANAGER, PROPERTIES, ROOT

OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
RAW, NULL, PLAIN = "org.hatago.BenchRaw", "org.hatago.Bench", "org.hatago.BenchPlain"
NULL_PATH = "/org/hatago/Bench"
AGENT = "org.hatago.Host1"
MIB = 1 << 20


@dataclass
class Row:
    """One line of the table. met: None where there is no target."""
    what: str
    agent: str
    beside: str = ""
    target: str = ""
    met: bool = None


def milliseconds(seconds):
    """Return a time as text."""
    return f"{seconds * 1000:.3g} ms"


class Times(dict):
    """What each way took, round by round: {name: [seconds]}."""

    def median(self, name):
        """Return the median of a way."""
        return statistics.median(self[name])

    def ratio(self, name, base):
        """Return the median of the rounds' ratios: what disturbs a round disturbs both."""
        return statistics.median(a / b for a, b in zip(self[name], self[base]))

    def best_ratio(self, name, base):
        """Return the ratio of the quickest rounds: nearer to that of an idle machine."""
        return min(self[name]) / min(self[base])


def interleave(rounds, ways):
    """Take each way once a round, so that what disturbs the machine disturbs all."""
    times = Times((name, []) for name in ways)
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        for name, way in ways.items():
            times[name].append(way())
    return times


def ratio(what, times, base, limit, agent="agent"):
    """Return a row that compares the agent with a base."""
    value = times.ratio(agent, base)
    return Row(what, milliseconds(times.median(agent)),
               f"{base} {milliseconds(times.median(base))}: × {value:.2f} (best × {times.best_ratio(agent, base):.2f})",
               f"at most × {limit}", value <= limit)


def reads(host, rounds):
    """Reading everything, and a list, beside all others who can tell the same."""
    first = host.bus.machine("bench-00000")
    everything = (ROOT, OBJECT_MANAGER, "GetManagedObjects")
    listing = (ROOT, MACHINES, "ListMachines", "{}")
    raw = host.start("raw")
    read = ("-w", "-r")
    times = interleave(rounds, {
        "agent": lambda: host.call(AGENT, *everything, count=7),
        "raw bus": lambda: host.call(RAW, *everything, count=7),
        "built with sd-bus alone": lambda: host.call(PLAIN, NULL_PATH, NULL, "GetManagedObjects", count=7),
        "agent, client reads": lambda: host.call(AGENT, *everything, options=read),
        "raw bus, client reads": lambda: host.call(RAW, *everything, options=read),
        "list": lambda: host.call(AGENT, *listing, options=read, count=15),
        "canned list": lambda: host.call(RAW, *listing, options=read, count=15),
        "property": lambda: host.call(AGENT, first, PROPERTIES, "Get", MACHINE, "Name", count=500),
        "null sd-bus service": lambda: host.call(PLAIN, NULL_PATH, PROPERTIES, "Get", NULL, "Name", count=500),
        "hatago list": lambda: statistics.median(host.bench("process", "-n", 3, "hatago", "list")),
        "virsh list --all": lambda: statistics.median(host.bench(
            "process", "-n", 3, "virsh", "-q", "-c", "qemu:///system", "list", "--all")),
        "hatago --version": lambda: statistics.median(host.bench("process", "-n", 5, "hatago", "--version")),
        "virsh --version": lambda: statistics.median(host.bench("process", "-n", 5, "virsh", "--version")),
        "true": lambda: statistics.median(host.bench("process", "-n", 5, "true")),
        "plain libvirt, four calls": lambda: statistics.median(host.bench("libvirt", "facts", 3)),
        "libvirt-dbus": lambda: host.bench("client", "documented")[0],
        "16 clients": lambda: host.bench("process", "-p", 16, f"{FOLDER}/bench-client", "-r", "call", AGENT,
                                         *everything)[0],
        "16 clients of raw bus": lambda: host.bench("process", "-p", 16, f"{FOLDER}/bench-client", "-r", "call",
                                                    RAW, *everything)[0],
        "16 clients of null sd-bus service": lambda: host.bench(
            "process", "-p", 16, f"{FOLDER}/bench-client", "-r", "call", PLAIN, NULL_PATH, NULL,
            "GetManagedObjects")[0],
    })
    sizes = raw.first_line.split()
    host.stop(raw)

    yield ratio(f"GetManagedObjects ({int(sizes[0]) / 1e6:.2f} MB)", times, "raw bus", 3.3)
    for name in ("built with sd-bus alone", "agent, client reads", "raw bus, client reads",
                 "plain libvirt, four calls", "virsh list --all", "libvirt-dbus"):
        yield Row(f"  {name}", milliseconds(times.median(name)),
                  f"raw bus × {times.ratio(name, 'raw bus'):.1f} (best × {times.best_ratio(name, 'raw bus'):.1f})")
    yield ratio("ListMachines, read", times, "canned list", 2, "list")
    faster = times.ratio("libvirt-dbus", "list")
    yield Row("", "", f"libvirt-dbus {milliseconds(times.median('libvirt-dbus'))}, {faster:.0f} times slower",
              "at least 500", faster >= 500)
    yield ratio("hatago list, process", times, "virsh list --all", 0.2, "hatago list")
    start = times.median("hatago --version")
    yield Row("hatago --version, start-up", milliseconds(start),
              f"best {milliseconds(min(times['hatago --version']))}, virsh --version "
              f"{milliseconds(times.median('virsh --version'))}, true {milliseconds(times.median('true'))}",
              "at most 10 ms", start <= 0.010)
    yield ratio("one property read", times, "null sd-bus service", 1.2, "property")
    yield ratio("16 clients read everything", times, "16 clients of raw bus", 3, "16 clients")
    yield Row("  built with sd-bus alone", milliseconds(times.median("16 clients of null sd-bus service")))


# Calls of libvirt's protocol, by number, which is part of its contract (src/remote/remote_protocol.x).
PROCEDURES = {7: "GetCapabilities", 14: "GetXMLDesc", 15: "GetAutostart", 16: "GetInfo", 23: "LookupByName", 24: "LookupByUUID", 151: "IsPersistent", 162: "BaselineCPU",
              183: "HasManagedSaveImage", 212: "GetState", 265: "GetMetadata", 273: "ListAllDomains",
              281: "ListAllStoragePools", 283: "ListAllNetworks", 344: "GetAllDomainStats"}
# Opening and identifying a connection, and registering for events.
CONNECTING = {1, 2, 3, 4, 59, 60, 66, 70, 110, 149, 157, 313, 314, 316, 317, 360, 361, 373, 374, 382, 383}
# What is read of the host, and of each machine in the background.
HOST = {7, 162, 281, 283}
XML = {14, 24}
RPC_LOG = "/var/lib/hatago/rpc.log"


def calls_in(log):
    """Return {procedure: calls} of a log; keepalive is a program of its own."""
    counts = {}
    for match in re.finditer(r"RPC_CLIENT_MSG_TX_QUEUE:.*? prog=(\d+) .*?proc=(\d+) type=0 ", log):
        if int(match[1]) == 0x20008086:
            counts[int(match[2])] = counts.get(int(match[2]), 0) + 1
    return counts


def count_calls(host, act):
    """Act, wait until the agent is quiet, and return {procedure: calls} of what it asked libvirt."""
    begin = len(host.read(RPC_LOG))
    act()
    before, counts = None, calls_in(host.read(RPC_LOG)[begin:])
    while counts != before:
        time.sleep(1.5)
        before, counts = counts, calls_in(host.read(RPC_LOG)[begin:])
    return counts


def names_of(counts):
    """Return counts as text."""
    return ", ".join(f"{PROCEDURES.get(number, f'call {number}')} {count}"
                     for number, count in sorted(counts.items(), key=lambda item: -item[1])) or "none"


@contextlib.contextmanager
def counted(host):
    """Let libvirt's client in the agent log its calls meanwhile."""
    drop_in = "/run/systemd/system/hatagod.service.d/bench.conf"
    host.write(drop_in, "[Service]\nEnvironment=LIBVIRT_DEBUG=1 LIBVIRT_LOG_FILTERS='1:rpc.netclient 4:*' "
               f"LIBVIRT_LOG_OUTPUTS=1:file:{RPC_LOG}\n")
    host.run("systemctl", "daemon-reload")
    host.restart_agent()
    yield
    host.run("rm", drop_in)
    host.run("systemctl", "daemon-reload")
    host.restart_agent()


def calls(host):
    """How often the agent asks libvirt."""
    tiny = Tiny(host, 0)
    with counted(host):
        path = host.bus.machine("bench-00000")

        def read():
            host.call(AGENT, ROOT, OBJECT_MANAGER, "GetManagedObjects")
            host.call(AGENT, ROOT, MACHINES, "ListMachines", "{}")
            host.call(AGENT, path, PROPERTIES, "GetAll", MACHINE)
            host.call(AGENT, path, PROPERTIES, "Get", MACHINE, "Name")
            host.run("hatago", "list")
            host.run("hatago", "status", "bench-00000", check=False)

        def resync():
            host.run("systemctl", "restart", "libvirtd")
            host.bus.wait(lambda: not host.bus.get(ROOT, MANAGER, "Connected"), 10, "Connected false")
            host.wait_ready()

        found = count_calls(host, read)
        yield Row("libvirt calls for reads", f"{sum(found.values())}", names_of(found), "0", not found)

        found = {number: count for number, count in count_calls(host, resync).items() if number not in CONNECTING}
        parts = {"host": {}, "background": {}, "facts": {}}
        for number, n in found.items():
            part = "host" if number in HOST else "background" if number in XML and n >= host.count // 2 else "facts"
            parts[part][number] = n
        yield Row("libvirt calls for a resync", f"{sum(parts['facts'].values())}", names_of(parts["facts"]), "at most 4",
                  sum(parts["facts"].values()) <= 4)
        for part in ("host", "background"):
            words = {"host": "  facts of the host", "background": "  XML, in the background"}
            yield Row(words[part], f"{sum(parts[part].values())}", names_of(parts[part]))

        # libvirt tells a start as resumed and started, an end as shut down and stopped.
        for what, n, act in (
                ("suspended, resumed", 20, lambda: host.run(f"{FOLDER}/bench-libvirt", "trigger", tiny.name, 10, 200)),
                ("stopped", 2, lambda: host.virsh(f"destroy {tiny.name}")),
                ("started", 2, lambda: host.virsh(f"start {tiny.name}")),
                ("defined", 1, lambda: host.virsh(f"define {FOLDER}/xml/0.xml"))):
            found = count_calls(host, act)
            each = sum(found.values()) / n
            yield Row(f"libvirt calls per event: {what}", f"{each:.2g}", names_of(found), "at most 3", each <= 3)
    tiny.remove()


def p99(times):
    """Return what 99 of 100 stay below."""
    return sorted(times)[int(len(times) * 0.99)]


def under_load(host):
    """Reading a property while 16 verbs wait for QEMUs that do not answer, and one more is asked by virsh."""
    machines = [Tiny(host, number) for number in range(17)]
    name = host.bus.machine("bench-00000")
    answer = host.call(AGENT, ROOT, OBJECT_MANAGER, "GetManagedObjects")
    probe = ("-w", "-t", 5, "-g", 500, "call", AGENT, name, PROPERTIES, "Get", MACHINE, "Name")
    idle = p99(host.bench("client", *probe))
    for machine in machines:
        machine.signal("STOP")
    hung = [host.host.popen([f"{FOLDER}/bench-client", "call", AGENT, machine.path, MACHINE, "Suspend", "{}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for machine in machines[:16]]
    hung.append(host.host.popen(["virsh", "-c", "qemu:///system", "domstats", machines[16].name],
                                stdout=subprocess.DEVNULL))
    time.sleep(1)
    busy = host.bench("client", *probe)
    pending = sum(call.poll() is None for call in hung)
    for machine in machines:
        machine.signal("CONT")
    for call in hung:
        call.wait(60)
    again = p99(host.bench("client", *probe))
    bound = max(2 * max(idle, again), answer)
    yield Row(f"property read, p99, {pending} calls hang", milliseconds(p99(busy)),
              f"idle {milliseconds(idle)} and {milliseconds(again)}, one full answer {milliseconds(answer)}",
              "2 × idle or a full answer", p99(busy) <= bound)
    yield from libvirt_dbus_under_load(host, machines)
    for machine in machines:
        machine.remove()


def libvirt_dbus_under_load(host, machines):
    """The same of libvirt-dbus, which has four threads."""
    host.bench("client", "documented")
    host.virsh(*(f"resume {machine.name}" for machine in machines))
    for machine in machines:
        machine.signal("STOP")
    hung = [host.host.popen([f"{FOLDER}/bench-client", "call", "org.libvirt", machine.libvirt_dbus_path,
                             "org.libvirt.Domain", "Suspend"], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL) for machine in machines[:16]]
    time.sleep(1)
    pending = sum(call.poll() is None for call in hung)
    name = "/org/libvirt/QEMU/domain/_be9c0000_0000_4000_8000_000000000000"
    try:
        times = host.bench("client", "-t", 5, "call", "org.libvirt", name, PROPERTIES, "Get",
                           "org.libvirt.Domain", "Name", timeout=10)
        yield Row(f"  libvirt-dbus, {pending} calls hang", milliseconds(p99(times)))
    except subprocess.TimeoutExpired:
        yield Row(f"  libvirt-dbus, {pending} calls hang", "none in 10 s")
    for machine in machines:
        machine.signal("CONT")
    for call in hung:
        call.wait(60)


def arrivals(output):
    """Return [(when, state)] of what a watcher printed."""
    return [(int(line.split()[0]) / 1e9, line.split()[1]) for line in output.splitlines()]


def after_triggers(triggers, seen):
    """Return how long after each trigger its state was seen; None: it was not."""
    found = []
    for number, (state, before) in enumerate(triggers):
        end = triggers[number + 1][1] if number + 1 < len(triggers) else before + 10
        found.append(next((when - before for when, what in seen if before <= when < end and what == state), None))
    return found


def events(host, count=100):
    """From libvirt's event to a signal that carries the new state."""
    tiny = Tiny(host, 0)
    host.bench("client", "documented") # connects libvirt-dbus
    bridge = host.start("libvirt", "bridge")
    watchers = {"agent": host.start("client", "watch", "agent", tiny.path),
                "bridge": host.start("client", "watch", "bridge", tiny.bridge_path),
                "libvirt-dbus": host.start("client", "watch", "libvirt-dbus", tiny.libvirt_dbus_path)}
    triggers = [(line.split()[0], int(line.split()[1]) / 1e9) for line in host.run(
        f"{FOLDER}/bench-libvirt", "trigger", tiny.name, count // 2, 100).splitlines()]
    time.sleep(0.5)
    seen = {name: after_triggers(triggers, arrivals(host.stop(watcher))) for name, watcher in watchers.items()}
    host.stop(bridge)
    tiny.remove()

    def over_bridge(name):
        return [a - b for a, b in zip(seen[name], seen["bridge"]) if a is not None and b is not None]
    lost = sum(value is None for value in seen["agent"])
    over = statistics.median(over_bridge("agent"))
    yield Row("event to PropertiesChanged, over a bridge", milliseconds(over),
              f"p99 {milliseconds(p99(over_bridge('agent')))}, {lost} of {len(triggers)} lost",
              "at most 0.2 ms", over <= 0.0002 and not lost)
    yield Row("  libvirt-dbus", milliseconds(statistics.median(over_bridge("libvirt-dbus"))),
              f"p99 {milliseconds(p99(over_bridge('libvirt-dbus')))}")


def activation(host, rounds):
    """From the call that starts the service to its answer."""
    ready = (ROOT, PROPERTIES, "Get", MANAGER, "Ready")
    null = (NULL_PATH, PROPERTIES, "Get", NULL, "Name")

    def start(name, words, unit):
        host.run("systemctl", "stop", *unit)
        time.sleep(0.2)
        return host.bench("client", "-n", 1, "call", name, *words)[0]

    def plain():
        host.run("pkill", "-f", "^/srv/bench/bench-null org.hatago.BenchPlain", check=False)
        time.sleep(0.2)
        return host.bench("client", "-n", 1, "call", PLAIN, *null)[0]

    def cold():
        host.run("systemctl", "stop", "hatagod", "libvirtd.service")
        return start(AGENT, ready, ["libvirtd.service"])

    def hung():
        host.run("systemctl", "stop", "hatagod")
        host.run("systemctl", "kill", "-s", "STOP", "libvirtd")
        try:
            return host.bench("client", "-n", 1, "call", AGENT, *ready)[0]
        finally:
            host.run("systemctl", "kill", "-s", "CONT", "libvirtd")
            host.wait_ready()

    host.run("systemctl", "start", "libvirtd")
    host.run("pkill", "-x", "libvirt-dbus", check=False)
    times = interleave(rounds, {
        "agent": lambda: start(AGENT, ready, ["hatagod"]),
        "null service in the same unit": lambda: start(NULL, null, ["bench-null"]),
        "null service without a unit": plain,
        "cold": cold,
        "hung": hung,
    })
    host.run("pkill", "-f", "^/srv/bench/bench-null org.hatago.BenchPlain", check=False)
    base = "null service in the same unit"
    yield ratio("activation to first answer", times, base, 2)
    yield Row("  null service without a unit", milliseconds(times.median("null service without a unit")),
              f"× {times.ratio('agent', 'null service without a unit'):.1f}: a sandbox costs that")
    yield ratio("  libvirtd cold", times, base, 2, "cold")
    yield ratio("  libvirtd hung", times, base, 2, "hung")
    host.wait_ready()


def memory(host, seconds=30):
    """What the agent keeps, and how often it wakes up for nothing."""
    host.restart_agent()
    pid, limit = host.agent_pid(), 10 * MIB + 6144 * host.count
    text = f"at most {limit / MIB:.1f} MiB"

    def row(what):
        size = host.pss(pid)
        return Row(what, f"{size / MIB:.1f} MiB", target=text, met=size <= limit)

    yield row(f"memory (PSS) with {host.count} machines")
    for _ in range(3):
        host.bench("process", "-p", 16, f"{FOLDER}/bench-client", "-r", "call", AGENT, ROOT, OBJECT_MANAGER,
                   "GetManagedObjects")
    time.sleep(3)
    yield row("  after 16 clients, three times")
    host.bench("process", "-p", 4, f"{FOLDER}/bench-client", "documented")
    others = host.run("pidof", "libvirt-dbus").split()
    yield Row("  libvirt-dbus after 4 clients", f"{host.pss(others[0]) / MIB:.1f} MiB")

    woken = host.wake_ups(pid, seconds)
    main = woken.pop(pid, 0)
    loop = max(woken.values(), default=0)
    rest = sum(woken.values()) - loop
    # systemd's watchdog is fed each 15 s.
    yield Row(f"wake-ups in {seconds} s, nothing happens", f"{main + rest}",
              f"libvirt's keepalive on five connections: {loop}", f"at most {seconds // 15 + 1} (watchdog)",
              main + rest <= seconds // 15 + 1)


def checks(host, rounds):
    """Judging the whole host, as "hatago validate" does; libvirt runs already. What is wrong with it is no error."""
    def run(*words):
        return lambda: statistics.median(host.bench("process", "-n", 3, "sh", "-c", '"$@" || true', "sh", *words))

    times = interleave(rounds, {
        "hatago-probe": run("/usr/libexec/hatago/hatago-probe", "--stdout"),
        "virt-host-validate": run("virt-host-validate", "qemu"),
    })
    ours, theirs = times.median("hatago-probe"), times.median("virt-host-validate")
    yield Row("all checks of the host", milliseconds(ours),
              f"virt-host-validate {milliseconds(theirs)}: × {times.ratio('hatago-probe', 'virt-host-validate'):.2f}",
              "at most its time and 200 ms", ours <= theirs + 0.2)
