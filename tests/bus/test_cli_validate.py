# SPDX-License-Identifier: LGPL-2.1-or-later
"""hatago validate, which needs no agent: what it says, and what its status is. And help, and the completion."""

import json
import os
import pty
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from gi.repository import GLib

from agent import TOP
from test_cli import HATAGO

KVM = ("kvm-module", "acceleration", "fail", "missing", "", {"module": "kvm_intel"},
       ["/proc/cpuinfo", "/sys/module/kvm_intel"], True, False)
QEMU = ("qemu", "programs", "pass", "", "/usr/bin/qemu-system-x86_64", {}, ["/usr/bin/qemu-system-x86_64"],
        False, False)
THP = ("thp", "memory", "warn", "off", "never", {}, ["/sys/kernel/mm/transparent_hugepage/enabled"], False,
       False)
DENIED = ("firewall", "network", "skip", "denied", "", {"what": "nft", "error": "Operation not permitted"}, [],
          False, False)
KSM_OFF = ("ksm", "memory", "pass", "off", "0", {}, [], True, False)
ALL = [KVM, THP, KSM_OFF, QEMU, DENIED]


class Probe:
    """A program in the place of hatago-probe; it says what it is told to, and keeps its arguments."""

    def __init__(self, folder):
        """Say nothing yet."""
        self.script, self.report, self.called = folder / "probe", folder / "report", folder / "called"
        self.script.write_text(f'#!/bin/sh\necho "$@" > {self.called}\ncat {self.report}\n')
        self.script.chmod(0o755)

    def says(self, *checks, version=1):
        """Have it report these checks."""
        report = GLib.Variant("(utsa(sssssa{ss}asbb))",
                              (version, 1_700_000_000_000_000, "hatago-probe[412] uid 0", list(checks)))
        self.report.write_bytes(report.get_data_as_bytes().get_data())

    def environment(self, **more):
        """Return the environment that has the tool run it; there is no bus."""
        kept = {name: value for name, value in os.environ.items()
                if name not in ("LANGUAGE", "LANG", "COLUMNS") and not name.startswith("LC_")}
        return {**kept, "LC_ALL": "C.UTF-8", "HATAGO_PROBE": str(self.script),
                "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent", **more}

    def validate(self, *arguments, **environment):
        """Run "hatago validate"; return its CompletedProcess."""
        return subprocess.run([HATAGO, "validate", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=self.environment(**environment), timeout=30)


@pytest.fixture
def probe(tmp_path):
    """A probe that reports one check of each kind."""
    probe = Probe(tmp_path)
    probe.says(*ALL)
    return probe


@pytest.mark.parametrize("checks, status", [([QEMU, DENIED], 0), ([QEMU, THP], 1), ([THP, KVM, QEMU], 2), ([], 0)],
                         ids=["pass", "warn", "fail", "none"])
@pytest.mark.parametrize("form", [[], ["--json=short"], ["--junit"], ["--tap"]])
def test_the_status_is_the_verdict(probe, checks, status, form):
    probe.says(*checks)
    done = probe.validate(*form)
    assert done.returncode == status, done.stderr
    assert not done.stderr


def test_what_is_wrong_is_explained(probe):
    text = probe.validate().stdout
    assert text.startswith("Acceleration\n  FAIL  kernel module for KVM\n")
    assert "The kernel's module kvm_intel is not loaded" in text
    assert "Why it matters: Without it guests are emulated" in text
    assert "Remedy: hatago fix kvm-module\n" in text
    assert "/etc/modules-load.d/hatago-kvm-module.conf" in text
    assert "  PASS  QEMU                         /usr/bin/qemu-system-x86_64\n" in text
    assert "  SKIP  firewall                     nft may not be read.\n" in text
    assert "5 checks: 2 pass, 1 warn, 1 fail, 1 skip." in text
    assert "To have 1 of them mended: hatago fix" in text
    assert "ready" not in text and "/proc/cpuinfo" not in text and "sudo modprobe" not in text
    assert ("sudo hatago validate" in text) == (os.geteuid() != 0)


def test_a_host_that_is_ready_hears_it(probe):
    probe.says(QEMU, THP)
    assert "This host is ready for virtual machines." in probe.validate().stdout
    assert "ready" not in probe.validate("programs").stdout
    assert probe.validate("--no-legend").stdout.endswith("hugepage/enabled\n")


def test_values_that_say_nothing_are_left_to_those_who_ask(probe):
    probe.says(("hardware-virtualization", "acceleration", "fail", "hidden", "KVMKVMKVM", {}, [], False, False),
               ("cgroup-cpu", "cgroup", "pass", "", "v1", {}, [], False, False), QEMU,
               ("too-new", "system", "pass", "", "7", {}, [], False, False))
    text = probe.validate().stdout
    assert "KVMKVMKVM" not in text and "v1" not in text
    assert "  PASS  cgroup controller cpu\n" in text and "/usr/bin/qemu-system-x86_64\n" in text
    assert re.search("  PASS  too-new +7\n", text)
    assert "Value: KVMKVMKVM\n" in probe.validate("-v").stdout
    assert [check["Value"] for check in json.loads(probe.validate("--json=short").stdout)][:2] == ["KVMKVMKVM", "v1"]


@pytest.mark.parametrize("option", ["--verbose", "-v"])
def test_verbose_names_the_sources_and_the_way_by_hand(probe, option):
    text = probe.validate(option).stdout
    assert "Read: /proc/cpuinfo, /sys/module/kvm_intel\n" in text
    assert "By: hatago-probe[412] uid 0\n" in text
    assert "Name: kvm-module\n" in text
    assert "  sudo modprobe kvm_intel\n" in text


def test_the_probe_reads_only_the_group(probe):
    probe.validate("memory")
    assert probe.called.read_text() == "--stdout --group memory\n"
    probe.validate()
    assert probe.called.read_text() == "--stdout\n"


def test_one_check_can_be_asked_for(probe):
    assert probe.validate("qemu").returncode == 0
    done = probe.validate("thp", "--json=short")
    assert done.returncode == 1
    assert [check["Id"] for check in json.loads(done.stdout)] == ["thp"]


def test_json_has_the_words_of_the_bus_and_those_for_people(probe):
    checks = json.loads(probe.validate("--json=pretty").stdout)
    assert [check["Id"] for check in checks] == ["kvm-module", "thp", "ksm", "qemu", "firewall"]
    kvm = checks[0]
    assert set(kvm) == {"Id", "Group", "Result", "Reason", "Value", "Arguments", "Sources", "ReadBy", "CheckedAt",
                        "Fixable", "Undoable", "GroupTitle", "Title", "Meaning", "Why", "Remedy", "Fix",
                        "UndoFix"}
    assert kvm["Arguments"] == {"module": "kvm_intel"} and kvm["Fixable"] is True
    assert kvm["GroupTitle"] == "Acceleration" and kvm["Fix"].startswith("Loads the module kvm_intel now")
    assert kvm["Title"] == "kernel module for KVM" and "sudo modprobe kvm_intel" in kvm["Remedy"]


def test_junit_can_be_read(probe):
    suites = ElementTree.fromstring(probe.validate("--junit").stdout)
    assert [suite.get("name") for suite in suites] == ["hatago.acceleration", "hatago.memory", "hatago.programs",
                                                       "hatago.network"]
    assert [suite.get("failures") for suite in suites] == ["1", "0", "0", "0"]
    assert "not loaded" in suites.find(".//failure").get("message")
    assert suites.find(".//skipped") is not None


def test_tap_can_be_read(probe):
    lines = [line for line in probe.validate("--tap").stdout.splitlines() if not line.startswith("#")]
    assert lines == ["TAP version 13", "1..5", "not ok 1 - kvm-module", "ok 2 - thp", "ok 3 - ksm", "ok 4 - qemu",
                     "ok 5 - firewall # SKIP nft may not be read."]


@pytest.mark.parametrize("arguments", [["nosuch"], ["--nosuch"], ["memory", "network"], ["--junit", "--tap"],
                                       ["--json=short", "--tap"], ["--junit", "--json=pretty"], ["--yes"]])
def test_a_wrong_command_line_is_no_verdict(probe, arguments):
    done = probe.validate(*arguments)
    assert done.returncode == 3 and "hatago validate --help" in done.stderr
    assert not done.stdout and not probe.called.exists()


def break_probe(probe, how):
    """Have it be of no use."""
    if how == "missing":
        probe.script.unlink()
    elif how == "failed":
        probe.script.write_text("#!/bin/sh\nexit 1\n")
    elif how == "garbage":
        probe.report.write_text("no report")
    elif how == "endless":
        probe.script.write_text("#!/bin/sh\nexec yes\n")
    else:
        probe.says(*ALL, version=2)


@pytest.mark.parametrize("how, said", [("missing", "hatago-host"), ("failed", "it failed"), ("garbage", "version"),
                                       ("endless", "version"), ("newer", "version")])
def test_a_host_that_cannot_be_read_has_no_verdict(probe, how, said):
    break_probe(probe, how)
    done = probe.validate("--json=short")
    assert done.returncode == 3 and not done.stdout
    assert said in done.stderr


def test_a_verdict_that_cannot_be_written_is_none(probe):
    probe.says(QEMU)
    with open("/dev/full", "w") as full:
        done = subprocess.run([HATAGO, "validate"], stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              env=probe.environment(), timeout=30)
    assert done.returncode == 3 and b"cannot write" in done.stderr


def test_what_a_report_holds_cannot_reach_the_terminal(probe):
    probe.says(("kvm-guest", "\033[1m", "fail", "busy", "\033[2J", {"step": "\033]0;x\007", "error": "{step}"}, ["\033"],
                False, False), ("\033[5m", "memory", "odd", "\033", "", {}, [], True, True))
    for form in ([], ["--verbose"], ["--junit"], ["--tap"], ["--json=short"]):
        done = probe.validate(*form)
        assert "\033" not in done.stdout and "\007" not in done.stdout, form
    assert "({step})" not in probe.validate().stdout


def width(text):
    """Return the columns it takes."""
    return GLib.utf8_strlen(text, -1) + sum(GLib.unichar_iswide(c) for c in text)


def read_all(terminal):
    """Return what is written to the other end of a terminal, until that is closed."""
    text = b""
    while True:
        try:
            some = os.read(terminal, 65536)
        except OSError:
            return text.decode().replace("\r\n", "\n")
        text += some


def on_terminal(probe, columns, *arguments, **environment):
    """Run "hatago validate" on a terminal; return its lines."""
    primary, secondary = pty.openpty()
    with subprocess.Popen([HATAGO, "--no-pager", "validate", *arguments], stdin=subprocess.DEVNULL, stdout=secondary,
                          stderr=secondary,
                          env=probe.environment(COLUMNS=str(columns), TERM="xterm", **environment)) as child:
        os.close(secondary)
        text = read_all(primary)
        child.wait(30)
    os.close(primary)
    return text.split("\n")


@pytest.mark.parametrize("verb", [[], ["list"], ["fix"], ["validate"], ["send-keys"], ["setup"]],
                         ids=lambda verb: " ".join(verb))
@pytest.mark.parametrize("language", ["en", "ja"])
def test_help_fits_the_terminal(verb, language):
    primary, secondary = pty.openpty()
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": language, "COLUMNS": "70", "TERM": "xterm"}
    with subprocess.Popen([HATAGO, *verb, "--help"], stdout=secondary, env=environment) as child:
        os.close(secondary)
        lines = read_all(primary).split("\n")
        assert child.wait(30) == 0
    os.close(primary)
    assert [line for line in lines if width(line) > 70 or line.endswith(" ")] == []
    assert len(lines) > 10


def test_all_is_explained_by_the_verb():
    def said(verb):
        text = subprocess.run([HATAGO, verb, "--help"], capture_output=True, text=True, check=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}).stdout
        return [line.split(maxsplit=1)[1] for line in text.splitlines() if line.startswith("  --all ")]
    assert said("fix") == ["all that is wrong and can be fixed"]
    assert said("list") == ["all machines (also without it)"]
    assert said("setup") == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_lines_fit_the_terminal(probe, language):
    lines = on_terminal(probe, 70, NO_COLOR="1", LANGUAGE=language)
    # The commands of remedies are whole, to be copied.
    assert [line for line in lines if width(line) > 70 and "/sys/" not in line] == []
    assert len(lines) > 20


def test_results_have_colours_on_a_terminal(probe):
    text = "\n".join(on_terminal(probe, 80))
    assert "  \033[31mFAIL\033[0m  kernel" in text
    assert "  \033[33mWARN\033[0m  " in text
    assert "  \033[32mPASS\033[0m  " in text


# Another host

def remote(probe, folder, answer):
    """Put an ssh into the path that runs what it is told to here, or answers by itself; return that path."""
    ssh = folder / "ssh"
    ssh.write_text("#!/bin/sh\n" + (answer or f'echo "$3" > {folder}/host\nPATH={HATAGO.removesuffix("/hatago")}:$PATH\n'
                                    'exec sh -c "$4"\n'))
    ssh.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_another_host_is_judged_by_its_own_probe(probe, tmp_path):
    path = remote(probe, tmp_path, None)
    done = probe.validate("-H", "root@far", PATH=path)
    assert done.returncode == 2, done.stderr
    assert done.stdout == probe.validate().stdout
    assert (tmp_path / "host").read_text() == "root@far\n"
    assert json.loads(probe.validate("-H", "far", "--json=short", "memory", PATH=path).stdout)[0]["Id"]
    assert probe.called.read_text() == "--stdout --group memory\n"


@pytest.mark.parametrize("answer", ["exit 255", "echo nonsense", "echo '[1]'", "echo '{}'", "exec yes"])
def test_another_host_that_does_not_answer_has_no_verdict(probe, tmp_path, answer):
    done = probe.validate("-H", "far", PATH=remote(probe, tmp_path, answer))
    assert done.returncode == 3 and not done.stdout


# The completion

def complete(*words):
    """Return what bash would offer for the last of the words."""
    script = ('source "$1"; shift; compopt() { :; }; hatago() { "$HATAGO" "$@"; }; COMP_WORDS=("$@"); '
              'COMP_CWORD=$(($# - 1)); _hatago; printf "%s\\n" "${COMPREPLY[@]}"')
    return subprocess.run(["bash", "-c", script, "bash", TOP / "cli/completion/hatago", *words], check=True,
                          capture_output=True, text=True, env={**os.environ, "HATAGO": HATAGO}).stdout.split()


def test_the_completion_knows_groups_and_what_can_be_fixed():
    assert complete("hatago", "validate", "sec") == ["secure-guest"]
    assert len(complete("hatago", "validate", "")) == 11
    assert complete("hatago", "fix", "kvm-") == ["kvm-module", "kvm-qemu-access"]
    assert complete("hatago", "fix", "ksm", "ks") == []
    assert complete("hatago", "fix", "--un") == ["--undo"]
    assert complete("hatago", "val") == ["validate"]
