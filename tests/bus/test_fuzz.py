# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method and property, on every object and on none, with any arguments, as three callers.

$HATAGO_FUZZ_CALLS is how many calls those make who may do all; $HATAGO_FUZZ_SEED repeats those of a seed that a
failure has printed.
"""

import collections
import os
import random
import re
import time

import pytest

from agent import SANITIZERS
from fuzzer import Fuzzer, Offer, known_errors, texts_of
from hatago_bus import JOB, MACHINE, MACHINES, NO_OPTIONS, ROOT, BusError, options
from machines import domain_xml
from polkit_mock import NO, YES
from private_bus import is_root

WITH_CHECKS = True
CALLS = int(os.environ.get("HATAGO_FUZZ_CALLS", "1500"))
SEED = int(os.environ.get("HATAGO_FUZZ_SEED") or random.SystemRandom().getrandbits(32))
# The bus lets nobody wait for more than 128 answers.
WAITING, LOOK_AGAIN = 32, 400
NAMES = ["fuzz", "-h", "a;b", "%n", "旅籠", "a b", "$(reboot)", "x" * 100]


class Attack:
    """One caller's calls, and what became of them."""

    def __init__(self, agent, caller, seed):
        """Nothing was called yet."""
        self.agent, self.caller = agent, caller
        self.fuzzer = Fuzzer(seed, NAMES)
        self.known = known_errors()
        self.recent = collections.deque(maxlen=200)
        self.answers = collections.Counter()

    def run(self, count):
        """Make so many calls; each must be answered, with a value or with an error of the contract."""
        waiting = collections.deque()
        for number in range(count):
            if number % LOOK_AGAIN == 0:
                offer = Offer(self.caller)
            call = self.fuzzer.call(offer)
            self.recent.append(call)
            waiting.append((call, self.caller.start(*call[:3], *call[3], timeout=60)))
            if len(waiting) >= WAITING:
                self._take(*waiting.popleft())
        while waiting:
            self._take(*waiting.popleft())
        return self

    def _take(self, call, pending):
        """Look at an answer."""
        try:
            pending.result(60)
        except BusError as error:
            assert error.name in self.known, f"{error}\n{texts_of(call)}"
            self.answers[error.short] += 1
        else:
            self.answers["done"] += 1
        assert self.agent.alive(), self.agent.log()

    def history(self):
        """Return the last calls as text."""
        return "\n".join(texts_of(call) for call in self.recent)


def machines_of(caller):
    """Return the paths of all machines."""
    return [row[0] for row in caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)]


def driver_state(trusted):
    """Return what libvirt's driver has, read through the agent by somebody who may: its XML of each."""
    return {path: (trusted.call(path, MACHINE, "GetXML", NO_OPTIONS),
                   trusted.call(path, MACHINE, "GetXML", options(secure=True)))
            for path in machines_of(trusted)}


def guarded_objects(caller):
    """Return all objects but jobs that look at the host: to ask for those there is no right."""
    return {path: faces for path, faces in caller.objects().items()
            if faces.get(JOB, {}).get("Operation") != "validate"}


def wait_quiet(caller):
    """Wait until no job runs: those that wait for a guest are canceled."""
    def running():
        caller.settle()
        return [path for path, faces in caller.objects().items()
                if faces.get(JOB, {}).get("State") == "running"]
    for path in running():
        try:
            caller.call(path, JOB, "Cancel", NO_OPTIONS)
        except BusError:
            pass  # too late for that, it ends by itself
    caller.wait(lambda: not running(), 30, "the end of all jobs")


def assert_model_is_true(trusted):
    """The model says of each machine what libvirt's XML says."""
    for path, (xml, _) in driver_state(trusted).items():
        facts = trusted.get_all(path, MACHINE)
        running = re.search(r"<domain [^>]*\bid='(\d+)'", xml)
        assert facts["DomainId"] == (int(running[1]) if running else 0), xml
        assert f"<uuid>{facts['UUID']}</uuid>" in xml


@pytest.fixture
def house_under_attack(shared_house, agent, polkit):
    """The shared house with machines in several states; polkit says no, but to the authorized one."""
    authorized = shared_house.stranger()
    polkit.answer = NO
    polkit.answers[authorized.unique_name] = YES
    for name in NAMES[:4]:
        path = authorized.define(domain_xml(name))
        if name != NAMES[0]:
            authorized.verb(path, "Start")
    authorized.settle()
    yield shared_house, authorized
    wait_quiet(authorized)
    for path in machines_of(authorized):
        facts = authorized.get_all(path, MACHINE)
        if facts["Name"] == "test":
            continue
        if facts["DomainId"]:
            authorized.verb(path, "PowerOff")
        if path in machines_of(authorized):
            authorized.call(path, MACHINE, "Undefine", options(managed_save=True))


def attack(agent, caller, seed, count):
    """Run an attack, and look what it cost the agent."""
    descriptors = f"/proc/{agent.process.pid}/fd"
    attack = Attack(agent, caller, seed)
    attack.run(50)
    before, began = len(os.listdir(descriptors)), time.monotonic()
    try:
        attack.run(count)
        caller.settle()
        # Consoles end a moment after whoever opened them has left them.
        caller.wait(lambda: len(os.listdir(descriptors)) <= before, 5, f"{before} descriptors again")
        assert not SANITIZERS.search(agent.log()), agent.log()
    except BaseException:
        print(attack.history())
        raise
    print(f"user {caller.uid}: {count} calls in {time.monotonic() - began:.1f} s: "
          f"{dict(attack.answers.most_common())}")
    return attack


def test_no_call_breaks_the_agent_or_passes_without_a_right(house_under_attack, agent):
    house, authorized = house_under_attack
    print(f"HATAGO_FUZZ_SEED={SEED}")
    count = CALLS // 2 if is_root() else CALLS

    nobody = house.stranger()
    model, driver, before = guarded_objects(authorized), driver_state(authorized), agent.log()
    denied = attack(agent, nobody, SEED, count)
    assert denied.answers["org.freedesktop.DBus.Error.AccessDenied"]
    assert (guarded_objects(authorized), driver_state(authorized)) == (model, driver), "side effects"
    written = [line for line in agent.log_after(before) if f"by user {nobody.uid}:" in line]
    assert all(f"by user {nobody.uid}: denied" in line or line.startswith("validate ") for line in written)
    nobody.close()

    assert attack(agent, authorized, SEED + 1, count).answers["done"]
    if is_root():
        root = house.caller()
        assert attack(agent, root, SEED + 2, count).answers["done"]
        root.close()
    wait_quiet(authorized)
    assert_model_is_true(authorized)
