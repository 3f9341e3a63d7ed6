# SPDX-License-Identifier: LGPL-2.1-or-later
"""The root units that look at the host: what they write, when they look, and who may start them."""

import re
import struct
import time
from pathlib import Path

import pytest
from gi.repository import GLib

SYSTEMD = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
# On the machine outside; its kernel tells all hosts on it.
KVM_UEVENT = Path("/sys/class/misc/kvm/uevent")
REPORT = "run/hatago-probe/report"
REPORT_TYPE = "(utsa(sssssa{ss}asbb))"  # plugins/host/checks/report.h
KERNEL_UNIT = "hatago-probe-kernel.service"


def read_at(host):
    """When the report was made, in µs since the epoch; 0: there is none."""
    try:
        return struct.unpack_from("=Q", (host.root / REPORT).read_bytes(), 8)[0]
    except FileNotFoundError:
        return 0


def verdicts(host, path):
    """Return the verdicts of a report by their ids: group, result, reason, value, arguments, sources, …"""
    report = GLib.Variant.new_from_bytes(GLib.VariantType(REPORT_TYPE),
                                         GLib.Bytes((host.root / path).read_bytes()), False).unpack()
    found = {check[0]: check[1:] for check in report[3]}
    # How much is free, in words, is another number each time.
    found["disk-space"] = (*found["disk-space"][:3], *found["disk-space"][5:])
    return found


def manager(host, method, *arguments, user="hatago"):
    """Ask systemd for something as a user; return whether it did, and what it said."""
    done = host.run(["runuser", "-u", user, "--", "busctl", "call", *SYSTEMD, method, *arguments], check=False)
    return done.returncode == 0, done.stderr


def show(host, unit, name):
    """Return a property of a unit."""
    return host.run(["systemctl", "show", "--value", "-p", name, unit]).stdout.strip()


def quiet(host):
    """Wait until nothing that the kernel told is being looked at any more."""
    for _ in range(50):
        time.sleep(0.2)
        if {show(host, unit, "ActiveState") for unit in (KERNEL_UNIT, "hatago-probe")} == {"inactive"}:
            return
    raise AssertionError("the kernel does not become quiet")


@pytest.fixture
def kernel_alone(host):
    """Without the agent, which has reasons of its own to have the host looked at."""
    host.run(["systemctl", "stop", "hatagod"])
    quiet(host)
    yield
    host.run(["systemctl", "start", "hatagod"])


def changes_within(host, before, seconds):
    """Whether there is another report in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if read_at(host) > before:
            return True
        time.sleep(0.05)
    return False


def test_the_folder_is_there_for_the_agent_to_watch(host):
    """Before anything has looked: tmpfiles makes it."""
    done = host.run(["systemd-tmpfiles", "--cat-config"]).stdout
    assert re.search(r"^d /run/hatago-probe 0755 root root", done, re.M)
    assert host.run(["stat", "-c", "%U %a", "/run/hatago-probe"]).stdout == "root 755\n"


def test_the_unit_writes_its_report(host):
    """For everybody to read, whole, and root's; by a process that was root."""
    host.run(["systemctl", "start", "hatago-probe"])
    assert abs(read_at(host) / 1e6 - time.time()) < 10
    assert host.run(["stat", "-c", "%U %a", f"/{REPORT}"]).stdout == "root 644\n"
    assert host.run(["ls", "/run/hatago-probe"]).stdout == "report\n"
    report = host.run(["grep", "-ao", "[[:print:]]*", f"/{REPORT}"], user="alice").stdout
    assert "uid 0" in report and "kvm-guest" in report
    assert show(host, "hatago-probe", "Result") == "success"


def test_it_sees_what_a_process_outside_its_sandbox_sees(host):
    """The sandbox hides nothing that is judged: root without one has the same verdicts."""
    host.run(["systemctl", "start", "hatago-probe"])
    inside = verdicts(host, REPORT)
    host.run(["env", "RUNTIME_DIRECTORY=/run/test-probe", "sh", "-c",
              "mkdir -p $RUNTIME_DIRECTORY; exec /usr/libexec/hatago/hatago-probe"])
    assert len(inside) > 40
    assert inside == verdicts(host, "run/test-probe/report")
    assert {verdict[2] for verdict in inside.values()}.isdisjoint({"denied", "unreadable"})


@pytest.mark.skipif(not KVM_UEVENT.exists(), reason="the kernel here has no /dev/kvm to tell of")
def test_the_kernel_has_it_look_again(host, kernel_alone):
    """A device that was told of as changed: a new report within 3 s."""
    before = read_at(host)
    KVM_UEVENT.write_text("change")
    assert changes_within(host, before, 3)
    assert show(host, KERNEL_UNIT, "Result") == "success"


def test_a_guests_tap_is_passed_over(host, kernel_alone):
    """It is heard of, and not worth a look; nor does the socket give up after many."""
    before, run = read_at(host), show(host, KERNEL_UNIT, "InvocationID")
    for number in range(30):
        host.run(["ip", "tuntap", "add", f"vnet{number}", "mode", "tap"])
    quiet(host)
    assert show(host, KERNEL_UNIT, "InvocationID") != run, "the test is wrong: nothing was heard"
    assert read_at(host) == before
    for number in range(30):
        host.run(["ip", "tuntap", "del", f"vnet{number}", "mode", "tap"])
    quiet(host)
    assert read_at(host) == before
    assert show(host, "hatago-probe-kernel.socket", "ActiveState") == "active"


def test_a_nic_is_not(host, kernel_alone):
    """What is no guest's is looked at."""
    before = read_at(host)
    host.run(["ip", "link", "add", "br9", "type", "bridge"])
    assert changes_within(host, before, 3)
    host.run(["ip", "link", "del", "br9"])


def test_only_the_socket_runs_after_a_boot(host):
    """Nothing that is root stays in between, and the socket is there."""
    assert host.run(["systemctl", "is-enabled", "hatago-probe-kernel.socket"]).stdout == "enabled\n"
    quiet(host)
    assert show(host, "hatago-probe", "ActiveState") == "inactive"
    assert show(host, "hatago-probe", "MainPID") == "0"


@pytest.mark.parametrize("unit, method", [
    ("hatago-probe.service", "StartUnit"), ("hatago-probe.service", "RestartUnit"),
    ("hatago-probe.service", "StopUnit"), ("hatago-fix@kvm-qemu-access.service", "StartUnit"),
    ("hatago-fix@undo:kvm-qemu-access.service", "StopUnit")])
def test_the_agents_user_may_start_these(host, unit, method):
    """By the rule for its name."""
    assert manager(host, method, "ss", unit, "replace") == (True, "")
    assert manager(host, method, "ss", unit, "replace", user="alice")[0] is False


def test_the_agents_user_may_reset_them(host):
    """A remedy that failed does not stay failed for ever."""
    manager(host, "StartUnit", "ss", "hatago-fix@none.service", "replace")
    for _ in range(50):
        if show(host, "hatago-fix@none.service", "ActiveState") == "failed":
            break
        time.sleep(0.1)
    assert "no remedy 'none'" in show(host, "hatago-fix@none.service", "StatusText")
    assert manager(host, "ResetFailedUnit", "s", "hatago-fix@none.service") == (True, "")
    assert show(host, "hatago-fix@none.service", "ActiveState") == "inactive"


@pytest.mark.parametrize("method, arguments", [
    ("StartUnit", ("ss", "polkit.service", "replace")),
    ("StopUnit", ("ss", "hatago-probe-kernel.socket", "replace")),
    ("StartUnit", ("ss", "hatago-probe-kernel.service", "replace")),
    ("StopUnit", ("ss", "libvirtd.socket", "replace")),
    ("RestartUnit", ("ss", "hatagod.service", "replace")),
    ("KillUnit", ("ssi", "hatago-probe-kernel.service", "all", "9")),
    ("SetUnitProperties", ("sba(sv)", "hatago-probe.service", "true", "1", "Description", "s", "x")),
    ("EnableUnitFiles", ("asbb", "1", "hatago-fix@tun.service", "false", "false")),
    ("MaskUnitFiles", ("asbb", "1", "hatago-probe.service", "true", "true")),
    ("Reload", ())])
def test_and_nothing_else(host, method, arguments):
    """No other unit, and nothing else with these."""
    done, said = manager(host, method, *arguments)
    assert not done
    assert "uthentication required" in said or "denied" in said


@pytest.mark.parametrize("name", ["hatago-probe.service", "hatago-fix@x.service", "hatago-probe2.service"])
def test_nor_units_of_its_own(host, name):
    """A transient unit would run what the caller likes, as root, under a name that the rule allows."""
    marker = host.root / "run/test-marker"
    done, _ = manager(host, "StartTransientUnit", "ssa(sv)a(sa(sv))", name, "replace", "1", "ExecStart",
                      "a(sasb)", "1", "/usr/bin/touch", "2", "touch", "/run/test-marker", "false", "0")
    assert not done
    time.sleep(0.5)
    assert not marker.exists()
