# SPDX-License-Identifier: LGPL-2.1-or-later
"""hatago fix, setup and host, with an agent: what they say, what they do, and what their status is."""

import json
import os
import pty
import re
import subprocess

import pytest

from conftest import House
from hatago_bus import ROOT, VALIDATION
from polkit_mock import NO
from systemd_mock import DONE, FAILED, KSM, PROBE, TUN, VHOST_NET, SystemdMock, Verdict
from test_cli import HATAGO, Monitor, process, run
from test_cli_consoles import SSH
from test_cli_validate import read_all

MODULE = Verdict("kvm-module", "acceleration", "fail", "missing", arguments={"module": "kvm_intel"}, fixable=True)
NETWORK = Verdict("default-network", "network", "fail", "missing", fixable=True)
HARDWARE = Verdict("hardware-virtualization", "acceleration", "fail", "absent", arguments={"processor": "i486"})
GUEST = Verdict("kvm-guest", "acceleration", "fail", "busy")
FIXED = {
    "kvm-module": Verdict("kvm-module", "acceleration", value="kvm_intel", undoable=True),
    "vhost-net": Verdict("vhost-net", value="vhost_net", undoable=True),
    "default-network": Verdict("default-network", "network", value="virbr0", undoable=True),
    "undo:vhost-net": Verdict("vhost-net", result="warn", reason="missing", arguments={"module": "vhost_net"},
                              fixable=True),
    "undo:ksm": Verdict("ksm", "memory", reason="off", fixable=True),
}


class Host:
    """A house whose host has these checks, and remedies that turn them."""

    def __init__(self):
        """Start its agent."""
        self.house = House()
        self.house.agent_with_checks(verdicts=[])
        self.systemd = self.house.systemd
        self.caller = self.house.caller()

    def has(self, *verdicts):
        """Have it be so; remedies work."""
        self.systemd.verdicts = list(verdicts)
        self.systemd.started.clear()
        for name in FIXED:
            self.systemd.units[f"hatago-fix@{name}.service"] = lambda name=name: self.turn(name)
        self.systemd.probe()
        self.caller.wait(lambda: self.caller.get(ROOT, VALIDATION, "CheckedAt") == self.systemd.when, 20, "the report")

    def turn(self, name):
        """Do as the remedy does."""
        after = FIXED[name]
        self.systemd.verdicts = [after if verdict.id == after.id else verdict for verdict in self.systemd.verdicts]
        return DONE

    def breaks(self, name):
        """Have this remedy fail."""
        self.systemd.units[f"hatago-fix@{name}.service"] = lambda: FAILED
        self.systemd.status[f"hatago-fix@{name}.service"] = "Cannot load it: no"

    def fixed(self):
        """Return the remedies that were started."""
        return [unit.removeprefix("hatago-fix@").removesuffix(".service") for unit in self.systemd.started
                if unit.startswith("hatago-fix@")]

    def run(self, *arguments, **environment):
        """Run the tool; return its CompletedProcess."""
        return run(self.house, *arguments, **environment)

    def typed(self, answers, *arguments):
        """Run the tool on a terminal at which this is typed; return its status and what it printed."""
        primary, secondary = pty.openpty()
        environment = {**process(self.house)["env"], "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80"}
        os.write(primary, answers.encode())
        with subprocess.Popen([HATAGO, "--no-ask-password", *arguments], stdin=secondary, stdout=secondary,
                              stderr=secondary, env=environment) as child:
            os.close(secondary)
            text = read_all(primary)
            status = child.wait(30)
        os.close(primary)
        return status, text


@pytest.fixture(scope="module")
def shared_host():
    """A host that the tests share."""
    host = Host()
    yield host
    host.house.end()


@pytest.fixture
def host(shared_host):
    """The same, with something wrong of each kind."""
    shared_host.house.polkit.reset()
    shared_host.has(HARDWARE, MODULE, VHOST_NET, KSM, NETWORK, TUN)
    return shared_host


def test_fix_alone_shows_and_changes_nothing(host):
    text = host.run("fix").stdout
    assert [line for line in text.splitlines() if line and line[0] != " "] == [
        "What is wrong, and can be fixed:", "kvm-module", "vhost-net", "default-network",
        "What was done before, and can be taken back (--undo):", "ksm",
        "To do one of them: hatago fix ID; all that is wrong: hatago fix --all", "1 more to be mended by hand: hatago validate"]
    assert "Fix: Loads the module kvm_intel now, and writes /etc/modules-load.d/hatago-kvm-module.conf" in text
    assert host.fixed() == []


def test_fix_as_json_has_what_can_be_done(host):
    checks = json.loads(host.run("fix", "--json=short").stdout)
    assert [check["Id"] for check in checks] == ["kvm-module", "vhost-net", "ksm", "default-network"]
    assert "modules-load.d" in checks[0]["Fix"] and "Removes" in checks[0]["Undo"]


def test_fix_asks_before_it_acts(host):
    status, text = host.typed("\n", "fix", "kvm-module")
    assert status == 1 and "Do this? [y/N]" in text and "Nothing was changed." in text
    assert host.fixed() == []
    status, text = host.typed("y\n", "fix", "kvm-module")
    assert status == 0 and "  PASS  kernel module for KVM        kvm_intel" in text
    assert host.fixed() == ["kvm-module"]


@pytest.mark.parametrize("arguments", [["kvm-module"], ["--all"], ["--undo", "ksm"]])
def test_fix_does_nothing_where_nobody_can_be_asked(host, arguments):
    done = host.run("fix", *arguments)
    assert done.returncode == 2 and "--yes" in done.stderr
    assert host.fixed() == []


def test_fix_of_all_goes_on_after_a_failure(host):
    host.breaks("kvm-module")
    done = host.run("fix", "--all", "-y")
    assert done.returncode == 1
    assert host.fixed() == ["kvm-module", "vhost-net", "default-network"]
    assert "cannot fix 'kvm-module': Cannot load it: no." in done.stderr and "1 of 3 failed" in done.stderr
    assert "  PASS  default network              virbr0\n" in done.stdout
    assert host.run("fix", "--all", "--yes").returncode == 1
    host.has(TUN)
    done = host.run("fix", "--all", "--yes")
    assert done.returncode == 0 and "Nothing is wrong that could be fixed here." in done.stdout


def test_fix_takes_back(host):
    done = host.run("fix", "--undo", "ksm", "--yes")
    assert done.returncode == 0 and host.fixed() == ["undo:ksm"]
    assert "/etc/tmpfiles.d/hatago-ksm.conf" in done.stdout and "Off: equal memory" in done.stdout
    done = host.run("fix", "--undo", "kvm-module", "--yes")
    assert done.returncode == 1 and "nothing was done about it" in done.stderr
    assert "Nothing was done that could be taken back." in host.run("fix", "--undo").stdout


def test_all_is_taken_back_in_the_reverse_order(host):
    """What was made last may need what was made first."""
    assert host.run("fix", "vhost-net", "--yes").returncode == 0
    done = host.run("fix", "--undo", "--all", "--yes")
    assert done.returncode == 0 and host.fixed() == ["vhost-net", "undo:ksm", "undo:vhost-net"]
    assert done.stdout.count("Taken back:") == 2


def test_errors_stand_where_they_belong_in_a_file_too(host, tmp_path):
    host.breaks("kvm-module")
    with open(tmp_path / "log", "w+", encoding="utf-8") as log:
        subprocess.run(**{**process(host.house, "fix", "--all", "--yes"), "stdout": log, "stderr": log}, check=False)
        log.seek(0)
        text = log.read()
    assert text.index("Loads the module") < text.index("cannot fix 'kvm-module'") < text.rindex("PASS  default network")


@pytest.mark.parametrize("check, status, said", [
    ("kvm-modul", 1, "Did you mean 'kvm-module'?"), ("nonsense", 1, "there is no check of this name"),
    ("hardware-virtualization", 1, "it can only be mended by hand"), ("tun", 0, "There is nothing to fix.")])
def test_fix_says_what_it_cannot_do(host, check, status, said):
    done = host.run("fix", check, "--yes")
    assert done.returncode == status and said in done.stdout + done.stderr
    assert host.fixed() == []


def test_fix_does_what_it_can_of_those_that_are_named(host):
    done = host.run("fix", "nonsense", "vhost-net", "--yes")
    assert done.returncode == 1 and host.fixed() == ["vhost-net"]


def test_fix_without_the_right_says_which_it_needs(host):
    host.house.polkit.answer = NO
    done = host.run("fix", "vhost-net", "--yes")
    assert done.returncode == (0 if os.geteuid() == 0 else 1), "root needs none"
    assert done.returncode == 0 or "org.hatago.Host1.host-fix" in done.stderr


def test_setup_asks_for_each_and_says_what_is_left(host):
    status, text = host.typed("y\nn\n\n", "setup")
    assert status == 1
    assert host.fixed() == ["kvm-module", "default-network"]
    assert text.count("Do this? [Y/n/q]") == 3
    assert "another 'hatago setup':\n  FAIL  hardware virtualization" in text
    assert "  WARN  fast network (vhost-net)" in text
    assert "This host is not ready for virtual machines yet: 1 left to do." in text


def test_setup_ends_where_it_is_told_to(host):
    status, text = host.typed("q\n", "setup")
    assert status == 1 and host.fixed() == [] and "2 left" not in text and "3 left to do" in text


def test_setup_comes_to_what_a_remedy_brings_up(host):
    """A daemon that was started may lack its network."""
    daemon = Verdict("libvirt-daemon", "libvirt", "fail", "stopped", arguments={"unit": "libvirtd.socket"}, fixable=True)
    host.has(daemon, Verdict("default-network", "network", "skip", "no-libvirt"))

    def start():
        host.systemd.verdicts = [Verdict("libvirt-daemon", "libvirt"), NETWORK]
        return DONE
    host.systemd.units["hatago-fix@libvirt-daemon.service"] = start
    done = host.run("setup", "--yes")
    assert done.returncode == 0, done.stderr
    assert host.fixed() == ["libvirt-daemon", "default-network"]
    assert done.stdout.endswith("\nThis host is ready for virtual machines.\n")


def test_setup_can_be_run_again(host):
    host.has(TUN, KSM)
    done = host.run("setup")
    assert done.returncode == 0
    assert done.stdout == ("There is nothing to be done that could be done here.\n"
                           "This host is ready for virtual machines.\n")


def test_setup_does_nothing_where_nobody_can_be_asked(host):
    done = host.run("setup")
    assert done.returncode == 2 and "--yes" in done.stderr and host.fixed() == []


def test_the_host_on_one_screen(host):
    host.has(MODULE, GUEST, VHOST_NET, NETWORK, TUN)
    done = host.run("host")
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0].startswith("● ") and len(lines) < 24
    results = [word for line in lines for word in ("FAIL", "WARN") if f"{word}  " in line]
    assert results == ["FAIL", "FAIL", "FAIL", "WARN"]
    for line in ("Accelerator: none: guests are emulated, and slow", "Machines: 1, 1 running",
                 "Networks: default (virbr0)", "FAIL  kernel module for KVM", "4 in all: hatago validate"):
        assert line in lines or f"Wrong: {line}" in lines
    assert any(re.fullmatch(r"Storage: default-pool  \[-{12}\] 0%, .* of .* free", line) for line in lines)
    assert any(re.fullmatch(r"CPUs: 2[456]% busy, 2 virtual ones given to running machines \(0\.5 used\)", line) for line in lines)
    assert any(re.fullmatch(r"Memory: .*, 2 GiB given to running machines \(64 MiB used\)", line) for line in lines)
    assert any(re.fullmatch(r"Versions: hatago .*, libvirt .*", line) for line in lines)


def test_the_monitor_tells_of_verdicts_and_not_of_looks(host):
    monitor = Monitor(host.house, host.caller)
    host.has(HARDWARE, MODULE, VHOST_NET, KSM, NETWORK, TUN)
    host.has(HARDWARE, Verdict("kvm-module", "acceleration"), VHOST_NET, KSM, NETWORK, TUN)
    lines, _ = monitor.wait("Result: fail → pass")
    assert any(re.search(r"kvm_2dmodule: CheckedAt: \S+ \S+ → 1970-01-01 ", line) for line in lines), lines
    assert not any("agent: CheckedAt" in line or "agent: ReadBy" in line for line in lines), lines


def test_the_host_as_json(host):
    host.has(MODULE, GUEST, TUN)
    facts = json.loads(host.run("host", "--json=short").stdout)
    assert facts["Machines"] == facts["MachinesRunning"] == 1 and facts["VCPUsRunning"] == 2
    assert facts["MemoryRunning"] == 2 * 1024 ** 3
    assert facts["CPUsUsedByMachines"] == pytest.approx(0.5, abs=0.1)
    assert facts["MemoryUsedByMachines"] == 64 * 1024 ** 2
    assert facts["CPUUsage"] == pytest.approx(0.25, abs=0.01)
    assert facts["Accelerator"] == "none" and facts["Kernel"] == os.uname().release
    assert [pool["Name"] for pool in facts["Pools"]] == ["default-pool"]
    assert [check["Id"] for check in facts["Problems"]] == ["kvm-module", "kvm-guest"]
    assert facts["Problems"][0]["Title"] == "kernel module for KVM"
    host.has(Verdict("kvm-guest", "acceleration"))
    facts = json.loads(host.run("host", "--json=short").stdout)
    assert facts["Accelerator"] == "kvm" and facts["Problems"] == []
    assert facts["CheckedAt"] == host.systemd.when and "ChecksError" not in facts
    assert "Checks: nothing is wrong\n" in host.run("host").stdout


@pytest.mark.parametrize("arguments, said", [(["fix"], "Loads the module vhost_net"),
                                             (["fix", "vhost-net", "--yes"], "PASS  fast network"),
                                             (["host"], "WARN  fast network")])
def test_what_broke_silently_is_seen(host, arguments, said):
    """No event tells the agent of it, and nobody has asked for a look."""
    host.has(TUN)
    host.systemd.verdicts = [TUN, VHOST_NET]
    done = host.run(*arguments)
    assert done.returncode == 0 and said in done.stdout


def test_what_was_mended_silently_is_not_mended_again(host):
    host.systemd.verdicts = [TUN]
    done = host.run("fix", "--all", "--yes")
    assert "Nothing is wrong that could be fixed here." in done.stdout and host.fixed() == []


@pytest.mark.parametrize("verb", ["fix", "setup", "host"])
def test_a_look_that_fails_is_told(host, verb):
    works = host.systemd.units[PROBE]
    host.systemd.units[PROBE] = lambda: FAILED
    try:
        done = host.run(verb)
    finally:
        host.systemd.units[PROBE] = works
    if verb == "host":
        assert done.returncode == 0 and re.search(r"Checks: as of 1970-.*: ", done.stdout)
        assert "FAIL  kernel module for KVM" in done.stdout, "what was known stands"
    else:
        assert done.returncode == 1 and "cannot judge the host: " in done.stderr


def test_before_the_first_report_the_host_is_looked_at():
    house = House()
    try:
        systemd = house.systemd = SystemdMock(house.bus.address, house.folder / "reports")
        works = systemd.units[PROBE]
        systemd.units[PROBE] = lambda: FAILED
        house.ready_agent(plugins=house.all_plugins(), environment={"HATAGO_REPORT_FOLDER": str(systemd.folder)})
        assert "Checks: not judged yet: " in run(house, "host").stdout
        systemd.units[PROBE], systemd.verdicts = works, [VHOST_NET]
        done = run(house, "fix")
        assert done.returncode == 0 and "Loads the module vhost_net" in done.stdout, done.stderr
    finally:
        house.end()


@pytest.mark.parametrize("arguments, status, said", [
    (["fix"], 0, "Loads the module kvm_intel"), (["fix", "kvm-module", "--yes"], 0, "PASS  kernel module for KVM"),
    (["setup", "--yes"], 1, "1 left to do"), (["host"], 0, "4 in all: hatago validate"), (["fix", "nonsense", "-y"], 1, "")])
def test_the_host_far_away(host, tmp_path, arguments, status, said):
    (tmp_path / "ssh").write_text(SSH)
    (tmp_path / "ssh").chmod(0o755)
    done = host.run("-H", "root@far", *arguments, PATH=f"{tmp_path}:{os.environ['PATH']}",
                    HATAGO_TEST_SSH=str(tmp_path / "hosts"))
    assert done.returncode == status and said in done.stdout, done.stderr
    assert host.fixed() == (["kvm-module"] if "kvm-module" in arguments
                            else ["kvm-module", "vhost-net", "default-network"] if "setup" in arguments else [])


def test_an_agent_without_checks_says_what_is_missing(shared_house):
    for verb in (["fix"], ["setup", "--yes"]):
        done = run(shared_house, *verb)
        assert done.returncode == 1 and "hatago-host" in done.stderr, verb
    done = run(shared_house, "host")
    assert done.returncode == 0 and "Machines: 1, 1 running" in done.stdout
    assert "Checks: not judged yet: the agent has no part that judges the host\n" in done.stdout
