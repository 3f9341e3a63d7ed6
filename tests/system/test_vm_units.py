# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual machines as services, by systemctl and virsh alone: no agent runs here, unless a test says so."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from vm_units import LIBVIRT, Vm, drop_in, escape, frozen, held, units_alone, vm, wait

__all__ = ["units_alone", "vm"]
TOP = Path(__file__).resolve().parents[2]
NAMES = ["web", "web 1", "web-1", "旅籠", "宿" * 40, "%n", "-h", "$(reboot)", "'\"", "...", "a\\x2db"]
NOWHERE = "/var/lib/libvirt/images/nowhere.qcow2"


def programs(host):
    """Whether a process of ours runs."""
    return host.run(["pgrep", "-x", "hatago-vm"], check=False).stdout.split()


def test_it_is_a_service_like_any_other(vm):
    """Started and restarted by systemctl, gracefully; QEMU is the main process, and nobody else stays."""
    vm.define().start()
    wait(lambda: not programs(vm.host), 2, "no process of ours")
    status = vm.systemctl("status", "--no-pager").stdout
    assert re.search(r"Main PID: \d+ \(qemu-system", status)
    assert 'Status: "1 vCPU, 96 MiB, emulated (TCG)"' in status
    assert f"Virtual machine {vm.title}" in status
    vm.wait_ready()
    first = vm.pid()
    vm.systemctl("restart")
    assert vm.pid() != first
    vm.check_main()
    assert "powering it off" not in vm.journal()
    # A guest that powers itself off has done well.
    vm.wait_agent()
    vm.virsh("qemu-agent-command", '{"execute":"guest-shutdown"}', check=False)
    vm.check_off("inactive", "success")
    assert vm.reason() == "shutdown"


def test_a_crash_starts_it_again(vm):
    """kill -9 of QEMU; its last words are in the journal, and that it was so."""
    vm.define().start()
    first = vm.pid()
    with open(vm.host.root / f"var/log/libvirt/qemu/{vm.title}.log", "a") as log:
        log.write("qemu-system-x86_64: out of ideas\n")
    vm.kill(signal.SIGKILL)
    wait(lambda: vm.is_("active") and vm.pid() not in (None, first), 10, "it runs again")
    vm.check_main()
    assert vm.show("NRestarts") == "1"
    said = vm.journal()
    assert "QEMU: qemu-system-x86_64: out of ideas\n" in said
    assert "has crashed: QEMU was killed by SIGKILL" in said


def test_a_crash_after_another_of_systemds_lives_is_one(vm):
    """daemon-reload and daemon-reexec leave it as it is, and QEMU's end is still heard of."""
    vm.define().start()
    pid, run = vm.pid(), vm.show("InvocationID")
    for verb in ("daemon-reload", "daemon-reexec"):
        vm.host.run(["systemctl", verb])
        assert vm.is_("active")
        assert vm.pid() == pid
        vm.check_main()
    assert vm.show("InvocationID") == run
    vm.kill(signal.SIGKILL)
    wait(lambda: vm.is_("active") and vm.pid() not in (None, pid), 10, "it runs again")


def test_a_hung_qemu_is_no_crash(host, vm):
    """libvirt ends it with SIGKILL after 10 s: destroyed, and stopped after its timeout."""
    other = Vm(host, "hung too")
    try:
        for each in (vm, other):
            each.define().start()
            each.kill(signal.SIGSTOP)
        other.settings("StopTimeoutSec=1")
        start = time.monotonic()
        other.systemctl("stop", "--no-block")
        vm.virsh("destroy")
        for each in (vm, other):
            each.check_off("inactive", "success")
        assert time.monotonic() - start < 20
        time.sleep(2)
        vm.check_off("inactive", "success")
    finally:
        other.remove()


def test_systemctl_kill(vm):
    """SIGTERM ends QEMU as it ends a service; SIGKILL is a crash. reset-failed forgets what failed."""
    vm.define().start()
    vm.systemctl("kill")
    vm.check_off("inactive", "success")
    vm.start()
    first = vm.pid()
    vm.systemctl("kill", "-s", "KILL")
    wait(lambda: vm.is_("active") and vm.pid() not in (None, first), 10, "it runs again")
    with drop_in(vm, "Restart=no"):
        vm.systemctl("kill", "-s", "KILL")
        vm.wait_unit("failed", "exit-code")
        assert "Crashed: QEMU was killed by SIGKILL" in vm.show("StatusText")
        vm.systemctl("reset-failed")
        assert vm.is_("inactive")


def test_a_managed_save_is_an_end_and_a_beginning(vm):
    """It is not started again; the next start goes on from it, and stopped in the middle of that, it is kept."""
    vm.define().start().wait_ready()
    vm.virsh("managedsave")
    vm.check_off("inactive", "success")
    for operation in ("restore", "started"):
        with held(vm, operation):
            vm.systemctl("stop", "--no-block")
            time.sleep(0.5)
            assert vm.is_("deactivating")
        vm.check_off("inactive", "success")
        assert "yes" in re.search(r"Managed save: .*", vm.virsh("dominfo").stdout)[0]
    vm.start()
    assert "no" in re.search(r"Managed save: .*", vm.virsh("dominfo").stdout)[0]
    # It hears its power button, though it has not booted anew: its log is that of this run. Who is suspended
    # hears nothing, and goes on for its shutdown.
    vm.virsh("suspend")
    vm.systemctl("stop")
    vm.check_off("inactive", "success")
    assert vm.reason() == "shutdown"
    assert "hatago-guest: ready" not in vm.console()


@pytest.mark.parametrize("operation", ["prepare", "start", "started"])
def test_stopped_while_it_starts_it_is_off(vm, operation):
    """Wherever libvirt is in it."""
    vm.define()
    with held(vm, operation):
        assert vm.is_("activating")
        vm.systemctl("stop", "--no-block")
        time.sleep(0.3)
        assert vm.is_("deactivating")
    vm.check_off("inactive", "success")
    assert not programs(vm.host)


def test_killed_while_it_starts_it_is_off(vm):
    """Even if nothing is left of who started it: ExecStopPost= cleans up."""
    vm.define()
    with drop_in(vm, "Restart=no"):
        with held(vm, "start"):
            vm.systemctl("kill", "-s", "KILL")
            wait(lambda: vm.show("SubState") == "stop-post", 5, "clean up")
        vm.wait_unit("failed", "protocol")
    assert vm.state() == "shut off"
    assert not programs(vm.host)


def test_stopped_at_any_time_it_is_off(vm):
    """From the first moment of its start to some time after it."""
    vm.define()
    seen, pauses = set(), [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1]
    for pause in pauses:
        vm.settings("StopTimeoutSec=1")
        vm.systemctl("start", "--no-block")
        time.sleep(pause)
        seen.add(vm.show("ActiveState"))
        vm.systemctl("stop")
        vm.check_off("inactive", "success")
        if pause == pauses[-1] < 16 and "active" not in seen:  # a busy host
            pauses.append(2 * pause)
    assert seen >= {"activating", "active"}, "the test is wrong: it has not met both"


def test_stopped_while_libvirt_does_not_answer_it_is_off(vm):
    """Soon; nor does it come up when libvirt goes on."""
    vm.define()
    with frozen(vm.host, "libvirtd"):
        vm.systemctl("start", "--no-block")
        time.sleep(1)
        assert vm.is_("activating")
        start = time.monotonic()
        vm.systemctl("stop")
        assert time.monotonic() - start < 7
    time.sleep(1)
    vm.check_off("inactive", "success")


def test_who_came_too_late_starts_nothing(vm):
    """virsh start, at once destroy: the agent asks for an adoption of a run that is gone."""
    vm.define()
    vm.virsh("start")
    run = vm.virsh("domid").stdout.strip()
    vm.virsh("destroy")
    request = vm.request(f"adopt={run}")
    vm.systemctl("start")
    vm.check_off("inactive", "success")
    assert not request.exists()
    # Nor another one than that which was meant.
    vm.virsh("start")
    vm.request(f"adopt={int(run) + 7}")
    vm.systemctl("start")
    vm.wait_unit("inactive", "success")
    assert vm.state() == "running"


def test_what_others_started_is_taken_over(vm):
    """By the agent's request, and by a start of the unit; its end is the unit's."""
    vm.define()
    vm.virsh("start")
    pid = vm.pid()
    vm.request(f"adopt={vm.virsh('domid').stdout.strip()}")
    vm.start()
    assert vm.pid() == pid
    vm.virsh("destroy")
    vm.check_off("inactive", "success")
    vm.virsh("start")
    vm.start()
    # What runs no longer has a definition.
    vm.virsh("undefine")
    vm.virsh("destroy")
    vm.wait_unit("inactive", "success")


def test_the_agents_request_is_followed(vm):
    """Paused, and without what was saved."""
    vm.define().start()
    vm.virsh("managedsave")
    vm.wait_unit("inactive")
    vm.request("paused discard-save")
    vm.start()
    assert vm.state() == "paused"
    assert vm.show("StatusText") == "Paused: 1 vCPU, 96 MiB, emulated (TCG)"


@pytest.mark.parametrize("make", [
    lambda path: path.write_text("adopt everything"), lambda path: path.symlink_to("/etc/shadow"),
    lambda path: os.mkfifo(path), lambda path: path.mkdir()], ids=["text", "link", "fifo", "folder"])
def test_what_is_no_request_is_ignored(vm, make):
    """Whoever the agent may have become: it starts as without one, and says so."""
    vm.define()
    path = vm.request("")
    path.unlink()
    make(path)
    vm.start()
    assert "is no request, ignoring" in vm.journal()
    if path.is_dir():
        path.rmdir()


def test_a_deaf_guest_costs_its_own_timeout(vm):
    """And no more; to be powered off then is no failure."""
    vm.define("deaf").start()
    vm.settings("StopTimeoutSec=3")
    start = time.monotonic()
    vm.systemctl("stop")
    assert 3 <= time.monotonic() - start < 6
    vm.check_off("inactive", "success")
    assert vm.reason() == "destroyed"
    assert "It is not off after 3 s; powering it off hard" in vm.journal()


def test_a_frozen_libvirt_hangs_nothing(vm):
    """QEMU is killed in the end; that is no crash."""
    vm.define().start()
    vm.settings("StopTimeoutSec=1")
    pid = vm.pid()
    with frozen(vm.host, "libvirtd"):
        vm.systemctl("stop", "--no-block")
        took = wait(lambda: not (vm.host.root / f"proc/{pid}").exists(), 25, "QEMU's end")
        assert took > 15
    vm.check_off("inactive", "success")
    assert "libvirt does not answer" in vm.journal()


def test_machines_of_all_names(host):
    """Each has one unit, whose name is what systemd-escape makes of it, or of its UUID."""
    vms = [Vm(host, name) for name in NAMES]
    short = [vm for vm in vms if vm.instance != escape(vm.uuid)]
    assert len(short) == len(vms) - 1
    assert host.run(["systemd-escape", "--", *[vm.title for vm in short]]).stdout.split() == [vm.instance for vm in short]
    try:
        for vm in vms:
            # The path of the guest agent's socket would be too long for libvirt with some of them.
            vm.define(change=lambda xml: re.sub(r"<channel.*</channel>", "", xml, flags=re.DOTALL))
            vm.request("paused")
        host.run(["systemctl", "start", "--", *[vm.unit for vm in vms]], timeout=60)
        for vm in vms:
            vm.check_main()
            vm.virsh("destroy")
        for vm in vms:
            vm.check_off("inactive", "success")
    finally:
        for vm in vms:
            vm.remove()


def refused(vm, instance, status="66"):
    """Start a unit that cannot be; return what it says, once it has failed for good."""
    vm.unit = f"hatago-vm@{instance}.service"
    start = time.monotonic()
    assert vm.systemctl("start", check=False).returncode != 0
    assert time.monotonic() - start < 5
    time.sleep(1.3)
    assert vm.is_("failed", "exit-code")
    assert vm.show("NRestarts") == "0"
    assert vm.show("ExecMainStatus") == status
    said = vm.show("StatusText")
    assert said in vm.journal()
    vm.systemctl("reset-failed")
    return said


def test_what_is_not_there_fails_at_once(vm):
    """With a line that says so, and not again and again."""
    assert refused(vm, "no-such") == 'There is no machine "no/such"'
    assert refused(vm, r"\xe6\x97\x85") == 'There is no machine "旅"'


def test_another_name_of_a_machine_is_refused(vm):
    """Two units for one machine must not be; what is right is said."""
    vm.title = "web-2"
    vm.define()
    right = r'the unit of "web-2" is hatago-vm@web\x2d2.service'
    for instance in ("web-2", vm.uuid, escape(vm.uuid)):
        assert right in refused(vm, instance), instance
    for instance in (r"web\x2D2", r"w\x65b\x2d2"):
        assert refused(vm, instance) == f'There is no machine "{instance}"'
    assert vm.state() == "shut off"


def test_a_start_that_fails_says_why_once(vm):
    """libvirt's words, and QEMU's; it is not tried again."""
    vm.define(disk=NOWHERE)
    said = refused(vm, vm.instance, "70")
    assert said.startswith(f"Cannot access storage file '{NOWHERE}'") and said.endswith("No such file or directory")
    vm.virsh("undefine")

    vm.define(change=lambda xml: xml.replace(
        "<domain ", "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0' ").replace(
        "</domain>", "<q:commandline><q:arg value='-nothing'/></q:commandline></domain>"))
    said = refused(vm, vm.instance, "70")
    assert "-nothing: invalid option" in said
    assert re.search(r"QEMU: .*-nothing: invalid option", vm.journal())


def test_without_libvirt_it_says_so(vm):
    """And is not tried again."""
    vm.define()
    vm.host.run(["systemctl", "stop", *LIBVIRT])
    try:
        assert "Cannot reach libvirt: " in refused(vm, vm.instance, "69")
    finally:
        vm.host.run(["systemctl", "start", *LIBVIRT[1:]])


def test_libvirts_life_is_not_its_own(vm):
    """Restarted, stopped, killed: the unit stays as it is, and so does QEMU."""
    vm.define().start()
    pid, run = vm.pid(), vm.show("InvocationID")
    for words in (["restart", "libvirtd"], ["kill", "-s", "KILL", "libvirtd"], ["stop", *LIBVIRT]):
        vm.host.run(["systemctl", *words])
        if words[0] == "stop":
            time.sleep(0.3)
        else:
            vm.wait_taken_over()
        assert vm.is_("active")
        assert int(vm.show("MainPID")) == pid
    # What ends while nobody looks is known afterwards.
    vm.host.run(["systemctl", "start", *LIBVIRT[1:]])
    vm.wait_taken_over()
    assert vm.state() == "running"
    assert vm.show("InvocationID") == run
    vm.virsh("destroy")
    vm.check_off("inactive", "success")


def test_powered_off_while_libvirt_takes_it_over_it_is_off(vm):
    """libvirt says an error of that, though it did it; to systemctl it is none."""
    vm.define().start()
    vm.settings("StopTimeoutSec=1")
    vm.kill(signal.SIGSTOP)
    vm.host.run(["systemctl", "restart", "libvirtd"])
    assert vm.state() == "running"
    vm.systemctl("stop")
    vm.check_off("inactive", "success")


def test_the_agent_makes_no_difference(vm):
    """Stopped in all other tests here; hung in this one."""
    vm.define()
    vm.host.run(["systemctl", "unmask", "--runtime", "hatagod"])
    vm.host.run(["systemctl", "start", "hatagod"])
    try:
        with frozen(vm.host, "hatagod"):
            vm.start()
            vm.settings("StopTimeoutSec=1")
            vm.systemctl("stop")
            vm.check_off("inactive", "success")
    finally:
        vm.host.run(["systemctl", "mask", "--now", "--runtime", "hatagod"])


def test_the_unit_is_well_formed_and_tight(host):
    """As systemd judges it; its manual page is another test's."""
    done = host.run(["systemd-analyze", "verify", "--man=no", "hatago-vm@x.service"], check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    said = host.run(["systemd-analyze", "security", "--no-pager", "hatago-vm@x.service"]).stdout
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", said)[1]) <= 3


def test_the_unit_says_what_its_program_does(host):
    """Numbers that stand in both."""
    shown = host.run(["systemctl", "show", "-p", "TimeoutStopUSec", "-p", "RestartPreventExitStatus",
                      "hatago-vm@x.service"]).stdout
    service = TOP / "plugins/machines/service"
    margin = re.search(r"define STOP_MARGIN \((\d+) \* G_TIME_SPAN_SECOND", (service / "settings.h").read_text())[1]
    assert f"TimeoutStopUSec=3min {margin}s\n" in shown
    statuses = re.findall(r"EXIT_\w+ = (6\d|7\d)", (service / "exit-status.h").read_text())
    assert f"RestartPreventExitStatus={' '.join(statuses)}\n" in shown
