# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private bus, a mock polkit, the real agent, and callers of both kinds.

The build folder is $HATAGO_BUILD_DIR (build/dev). Run as root, callers are root and nobody;
otherwise there is one caller, without rights, and tests that need root are skipped.
"""

import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from agent import BUILD, Agent  # noqa: E402 (the path comes first)
from hatago_bus import MACHINE, MACHINES, MANAGER, NO_OPTIONS, ROOT, VALIDATION  # noqa: E402
from interface_xml import published  # noqa: E402
from machines import domain_xml, fresh_name  # noqa: E402
from polkit_mock import PolkitMock  # noqa: E402
from private_bus import NOBODY, Caller, PrivateBus, is_root  # noqa: E402
from systemd_mock import CHECKS, DONE, SystemdMock  # noqa: E402

needs_root = pytest.mark.skipif(not is_root(), reason="root is one of the callers")


class House:
    """One bus with its polkit, agents and callers; all ends with it."""

    def __init__(self):
        """Start the bus and polkit."""
        assert (BUILD / "agent/hatagod").exists(), f"{BUILD} is not built: set HATAGO_BUILD_DIR"
        self.temporary = tempfile.TemporaryDirectory(prefix="hatago-bus-")
        self.folder = Path(self.temporary.name)
        self.folder.chmod(0o755)
        self.bus = PrivateBus(self.folder)
        self.polkit = PolkitMock(self.bus.address)
        self.systemd = None
        self.agents, self.callers = [], []

    def caller(self, uid=None):
        """Return a new connection, of this user or of another one."""
        self.callers.append(Caller(self.bus.address, uid))
        return self.callers[-1]

    def stranger(self):
        """Return a new connection of somebody who is not root."""
        return self.caller(NOBODY if is_root() else None)

    def agent(self, *arguments, **keywords):
        """Start an agent; on the test driver, unless something else is said."""
        arguments = arguments or ("--connect", "test:///default")
        self.agents.append(Agent(self.bus, self.folder, *arguments, **keywords))
        return self.agents[-1]

    def ready_agent(self, *arguments, **keywords):
        """Start an agent and wait until it has read all machines."""
        agent = self.agent(*arguments, **keywords)
        watcher = self.caller()
        watcher.wait(lambda: watcher.owner() or not agent.alive(), 30, "the name on the bus")
        assert agent.alive(), agent.log()
        watcher.wait(lambda: watcher.get(ROOT, MANAGER, "Ready"), 30, "Ready")
        watcher.close()
        return agent

    def agent_with_checks(self, *arguments, verdicts=(), **keywords):
        """Start an agent with all plugins and a systemd, and wait until it shows these verdicts.

        It has looked at the host for its own start and for libvirt's, and will not do so by itself.
        """
        self.systemd = self.systemd or SystemdMock(self.bus.address, self.folder / "reports")
        self.systemd.verdicts = list(verdicts)
        agent = self.ready_agent(*arguments, plugins=self.all_plugins(),
                                 environment={"HATAGO_REPORT_FOLDER": str(self.systemd.folder),
                                              "HATAGO_PROBE_INTERVAL": "50ms"}, **keywords)
        watcher = self.caller()
        # A look that began before libvirt was there is followed by another one.
        looks = 2 if self.systemd.runs() else 1
        watcher.wait(lambda: watcher.get(ROOT, VALIDATION, "CheckedAt") >= looks, 30, "a look at the host")
        watcher.close()
        return agent

    def all_plugins(self):
        """Return a folder with all plugins in it, as they are installed."""
        folder = self.folder / "plugins"
        folder.mkdir(exist_ok=True)
        for name in ("host", "machines"):
            link = folder / f"{name}.so"
            if not link.exists():
                link.symlink_to(BUILD / f"plugins/{name}/{name}.so")
        return folder

    def end(self):
        """End all; the agents that still run must end well."""
        problems = []
        for agent in self.agents:
            if agent.alive():
                try:
                    status = agent.terminate()
                except AssertionError as error:
                    problems.append(str(error))
                else:
                    if status != 0:
                        problems.append(f"the agent ended with {status}:\n{agent.log()}")
            agent.kill()
        for caller in self.callers:
            caller.close()
        self.polkit.stop()
        if self.systemd:
            self.systemd.stop()
        self.bus.stop()
        self.temporary.cleanup()
        assert not problems, "\n".join(problems)


@pytest.fixture
def house():
    """A house of one's own, without an agent: for tests about its life."""
    house = House()
    yield house
    house.end()


@pytest.fixture(scope="session", autouse=True)
def mute_house():
    """A house whose agent has a libvirt that never answers; begun early: noticing takes 8 s."""
    house = House()
    path = house.folder / "mute"
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen(16)
        begin = time.time()
        yield house, house.agent("--connect", f"qemu+unix:///system?socket={path}"), begin
        house.end()


@pytest.fixture(scope="module")
def shared_house(request):
    """The house that the tests of a module share, with an agent on the test driver.

    In a module that says WITH_CHECKS = True, the agent has all plugins, and shows CHECKS: each has a remedy that
    works.
    """
    house = House()
    if getattr(request.module, "WITH_CHECKS", False):
        house.agent_with_checks(verdicts=CHECKS)
        for instance in (each for check in CHECKS for each in (check.id, f"undo:{check.id}")):
            house.systemd.units[f"hatago-fix@{instance}.service"] = lambda: DONE
    else:
        house.ready_agent()
    yield house
    house.end()


@pytest.fixture
def agent(shared_house, request):
    """The shared agent. It must live on; what it said meanwhile is shown if the test fails."""
    agent = shared_house.agents[0]
    before = agent.log()
    yield agent
    print("\n".join(["agent:", *agent.log_after(before)]))
    assert agent.alive(), agent.log()


@pytest.fixture
def polkit(shared_house):
    """The polkit of the shared house: says yes, until told otherwise."""
    shared_house.polkit.reset()
    yield shared_house.polkit
    shared_house.polkit.reset()


@pytest.fixture(scope="module")
def module_caller(shared_house):
    """The connection behind the fixture caller."""
    return shared_house.stranger()


@pytest.fixture
def caller(agent, polkit, module_caller):
    """Somebody who is not root; polkit says yes until told otherwise."""
    module_caller.settle()
    return module_caller


@pytest.fixture
def root(shared_house, agent):
    """A caller who is root."""
    if os.geteuid() != 0:
        pytest.skip("root is one of the callers")
    caller = shared_house.caller()
    yield caller
    caller.close()


@pytest.fixture
def define(caller, polkit):
    """A function that defines a machine, and returns its path; all are gone after the test."""
    paths = []

    def define(name=None, **keywords):
        paths.append(caller.define(domain_xml(name or fresh_name(), **keywords)))
        caller.settle()
        return paths[-1]

    yield define
    polkit.reset()
    for path in paths:
        if path not in machine_paths(caller):
            continue
        facts = caller.get_all(path, MACHINE)
        if facts["DomainId"]:
            caller.verb(path, "PowerOff")
        if facts["Persistent"]:
            caller.verb(path, "Undefine", managed_save=True)
        assert path not in machine_paths(caller)
    polkit.reset()


def machine_paths(caller):
    """Return the paths of all machines."""
    return [row[0] for row in caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)]


@pytest.fixture
def machine(define):
    """A machine that is off."""
    return define()


@pytest.fixture
def running(machine, caller):
    """A machine that runs."""
    caller.verb(machine, "Start")
    caller.settle()
    return machine


@pytest.fixture(scope="session")
def interfaces():
    """The published contract: {name: Interface}."""
    return published()
