# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fifty guests, done to at random by three clients and virsh: in the end the model is the truth.

$HATAGO_LIFE_SECONDS is for how long (600), $HATAGO_LIFE_GUESTS how many (50), $HATAGO_LIFE_SEED which
chances are taken.
"""

import json
import os
import random
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT
from hatago_hosts import Guest, Host
from hatago_process import descriptors, find, memory, threads, wait_for

SECONDS = int(os.environ.get("HATAGO_LIFE_SECONDS", "600"))
GUESTS = int(os.environ.get("HATAGO_LIFE_GUESTS", "50"))
SEED = int(os.environ.get("HATAGO_LIFE_SEED") or random.SystemRandom().getrandbits(32))
CLIENTS = 3
AGENT = "/usr/sbin/hatagod"
MIB = 1024 * 1024
# While the last of a thousand ended jobs are kept, and statistics of each guest, the agent grows; then no more.
GROWTH_MAX = 2 * MIB
WARNINGS_MAX = 20
VIRSH = ["start", "start --paused", "suspend", "resume", "destroy", "shutdown", "reset", "autostart",
         "autostart --disable", "managedsave", "managedsave-remove"]
VIRSH_WEIGHTS = [9, 1, 4, 5, 3, 2, 1, 2, 2, 1, 1]
# virsh's words for states and reasons, where they are not those of org.hatago.Host1.Machine.
WORDS = {"shut off": "shutoff", "in shutdown": "shutdown", "migrating": "migration", "saving": "save",
         "dumping": "dump", "I/O error": "io-error", "event wakeup": "wakeup", "creating snapshot": "snapshot",
         "post-copy": "postcopy", "post-copy failed": "postcopy-failed"}


@pytest.fixture(scope="module")
def host(packages):
    """A host of its own: fifty guests are no neighbours for other drills."""
    with Host(f"life-{os.getpid()}") as host:
        yield host.up(packages=packages)


@pytest.fixture
def guests(bus, host):
    """So many small guests, defined."""
    guests = [Guest(host, f"life-{number:02}") for number in range(GUESTS)]
    for guest in guests:
        bus.define(guest.xml().replace("<memory unit=\"MiB\">96<", "<memory unit=\"MiB\">64<"))
    yield guests
    virsh(host, *(f"{verb} {guest.name}" for guest in guests for verb in (
        "destroy", "undefine --managed-save")))


def virsh(host, *commands):
    """Run commands in one virsh, which goes on after an error; return what each printed."""
    said = host.run(["virsh", "-q", "-c", "qemu:///system"], input="\n".join([*commands, "quit"]) + "\n",
                    check=False).stdout
    return [text.strip() for text in re.split(r"virsh # [^\n]*\n", said)[1:len(commands) + 1]]


def word(text):
    """Return the interface's word for one of virsh's."""
    return WORDS.get(text, text.replace(" ", "-"))


def truth_of(host, name, state, info, xml):
    """Return what libvirt says of a machine, in the agent's words, and its XML."""
    state, reason = re.fullmatch(r"(.+) \((.+)\)", state).groups()
    fields = dict(re.split(r":\s+", line, maxsplit=1) for line in info.splitlines() if ": " in line)
    pid = Path(f"{host.root}/run/libvirt/qemu/{name}.pid")
    domain = ElementTree.fromstring(xml)
    kind = domain.find("os/type")
    return {
        "Name": fields["Name"], "UUID": fields["UUID"],
        "DomainId": 0 if fields["Id"] == "-" else int(fields["Id"]),
        "State": word(state), "StateReason": word(reason),
        "Persistent": fields["Persistent"] == "yes", "Autostart": fields["Autostart"] == "enable",
        "ManagedSave": fields["Managed save"] == "yes", "VCPUs": int(fields["CPU(s)"]),
        "Memory": int(fields["Used memory"].split()[0]) * 1024,
        "MemoryMaximum": int(fields["Max memory"].split()[0]) * 1024,
        "VCPUsMaximum": int(domain.findtext("vcpu")),
        "Architecture": kind.get("arch"), "MachineType": kind.get("machine"), "Accelerator": "tcg",
        "Title": domain.findtext("title", ""), "Description": domain.findtext("description", ""),
        "PID": int(pid.read_text()) if fields["Id"] != "-" and pid.exists() else 0,
    }


def differences(bus, host):
    """Return how the agent's model and libvirt differ, in every property that libvirt tells of."""
    rows = {row[1]: row[0] for row in bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)}
    names = virsh(host, "list --all --name")[0].split()
    if set(rows) != set(names):
        return [f"machines: {sorted(set(rows) ^ set(names))}"]
    said = virsh(host, *(f"{verb} {name}" for name in names for verb in (
        "domstate --reason", "dominfo", "dumpxml")))
    found = []
    for number, name in enumerate(names):
        facts = bus.get_all(rows[name], MACHINE)
        for key, value in truth_of(host, name, *said[number * 3:number * 3 + 3]).items():
            if facts[key] != value:
                found.append(f"{name}: {key} is {facts[key]!r}, libvirt says {value!r}")
        if bool(facts["StartedAt"]) != bool(facts["PID"]):
            found.append(f"{name}: StartedAt {facts['StartedAt']}, PID {facts['PID']}")
    return found


def costs(pid):
    """Return what the agent costs: descriptors, threads, allocated bytes, its share of all memory."""
    return descriptors(pid), threads(pid), memory(pid, "Anonymous"), memory(pid)


def live(host, guests, agent, say):
    """Let all happen for a time; return the costs seen once in a while, and what clients have to tell."""
    socket = f"{host.root}/run/dbus/system_bus_socket"
    program = Path(__file__).with_name("random_client.py")
    clients = [subprocess.Popen([sys.executable, program, socket, str(SEED + number), str(SECONDS)],
                                stdout=subprocess.PIPE, text=True) for number in range(CLIENTS)]
    chance, seen, commands = random.Random(SEED), [], 0
    began = time.monotonic()
    try:
        while time.monotonic() - began < SECONDS:
            chosen = chance.choices(VIRSH, VIRSH_WEIGHTS, k=chance.randint(1, 8))
            virsh(host, *(f"{verb} --domain {chance.choice(guests).name}" for verb in chosen))
            commands += len(chosen)
            if time.monotonic() - began > (len(seen) + 1) * SECONDS / 10:
                seen.append(costs(agent))
                say(f"after {time.monotonic() - began:.0f} s: {seen[-1]}")
            time.sleep(chance.uniform(0.02, 0.3))
        said = [client.communicate(timeout=240)[0] for client in clients]
    finally:
        for client in clients:
            client.kill()
            client.wait()
    say(f"virsh: {commands} commands")
    return seen, [json.loads(text) for text in said]


def wait_quiet(bus):
    """Wait until no job is under way."""
    bus.wait(lambda: not bus.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS), 240, "the end of all jobs")


def test_a_random_life_ends_in_the_truth(bus, host, guests, say):
    """And costs no descriptor, no memory, and no flood of messages."""
    say(f"HATAGO_LIFE_SEED={SEED}")
    agent = wait_for(host, AGENT)
    began = time.monotonic()
    virsh(host, *(f"start {guest.name}" for guest in guests))
    bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    bus.wait(lambda: not differences(bus, host), 60, "all guests run")
    say(f"{GUESTS} guests started in {time.monotonic() - began:.0f} s: {costs(agent)}")

    seen, clients = live(host, guests, agent, say)
    for client in clients:
        say(client)
    wait_quiet(bus)
    quiet = time.monotonic()
    wrong = differences(bus, host)
    while wrong and time.monotonic() - quiet < 30:
        bus.iterate(1)
        wrong = differences(bus, host)
    say(f"equal {time.monotonic() - quiet:.1f} s after the last job; {costs(agent)}")
    assert not wrong, "\n".join(wrong)
    assert not [client["wrong"] for client in clients if client["wrong"]]
    assert sum(sum(client["said"].values()) for client in clients) > SECONDS, "next to nothing happened"

    assert find(host, AGENT) == agent, "the agent was started anew"
    middle, last = seen[len(seen) // 2], costs(agent)
    assert last[0] <= max(each[0] for each in seen[:5]), "descriptors"
    assert last[1] <= max(each[1] for each in seen[:5]), "threads"
    assert last[2] - middle[2] < GROWTH_MAX, "memory"
    warnings = host.run(["journalctl", "-q", "-u", "hatagod", "-p", "warning", "-o", "cat"]).stdout
    say(f"{len(warnings.splitlines())} warnings in the journal")
    assert len(warnings.splitlines()) <= WARNINGS_MAX, warnings[-4000:]
