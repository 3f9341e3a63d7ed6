# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong around the units of machines does no more harm than it must, and is over when it is over."""

import signal
import time

import pytest
from vm_units import LIBVIRT, Vm, vm, wait

__all__ = ["vm"]
PROGRAM = "/usr/libexec/hatago/hatago-vm"


@pytest.fixture
def disk(host):
    """The path of a disk, which is there."""
    path = "/var/lib/libvirt/images/failures.qcow2"
    host.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"])
    yield host.root / path.lstrip("/")
    host.run(["rm", "-f", path, f"{path}.away"])


def show(host, unit, name):
    """Return a property of a unit."""
    return host.run(["systemctl", "show", "--value", "-p", name, unit]).stdout.strip()


@pytest.mark.parametrize("unit", ["hatago-vm-status.service", "hatago-vm-leases.service"])
def test_libvirt_away_is_no_failure_of_a_look(host, vm, unit):
    """The host is not degraded by it, and the next look succeeds."""
    vm.define().start()
    host.run(["mkdir", "-p", "/var/lib/libvirt/dnsmasq"])
    host.run(["systemctl", "stop", *LIBVIRT])
    try:
        host.run(["systemctl", "start", unit])
        assert show(host, unit, "ActiveState") == "inactive"
    finally:
        host.run(["systemctl", "start", *LIBVIRT[1:]])
    host.run(["systemctl", "start", unit])
    assert not host.run(["systemctl", "--failed", "--plain", "--no-legend", "list-units", "hatago-*"]).stdout


def crash(vm, disk):
    """Have it crash when it cannot be started again: its disk is away."""
    vm.define(disk=f"/{disk.relative_to(vm.host.root)}").start()
    away = disk.rename(f"{disk}.away")
    vm.kill(signal.SIGKILL)
    return away


def test_a_restart_after_a_crash_that_fails_is_tried_again(vm, disk):
    """As often as crashes are: what was in the way may be gone by then."""
    away = crash(vm, disk)
    wait(lambda: int(vm.show("NRestarts")) >= 2, 20, "another try")
    away.rename(disk)
    wait(lambda: vm.is_("active"), 10, "it runs again")
    vm.check_main()


def test_such_tries_end(vm, disk):
    """And a start by hand is one again."""
    crash(vm, disk)
    vm.wait_unit("failed", seconds=30)
    assert 2 <= int(vm.show("NRestarts")) <= 5
    assert "Cannot access storage file" in vm.show("StatusText")
    vm.systemctl("reset-failed")
    vm.systemctl("start", check=False)
    time.sleep(2)
    assert vm.is_("failed", "exit-code")
    assert (vm.show("ExecMainStatus"), vm.show("NRestarts")) == ("70", "0")


def test_members_of_libvirt_need_no_password(host, vm):
    """For units of machines, whose machines libvirt lets them start and stop anyway; for no others."""
    vm.define()
    for verb, state in (("start", "active"), ("restart", "active"), ("stop", "inactive")):
        host.run(["systemctl", "--no-ask-password", verb, vm.unit], user="virt")
        assert vm.is_(state)
    ready = vm.unit.replace("hatago-vm@", "hatago-vm-ready@")
    host.run(["systemctl", "--no-ask-password", "start", ready], user="virt")
    host.run(["systemctl", "--no-ask-password", "reset-failed", vm.unit], user="virt")
    for user, words in (("virt", ["start", "hatago-vm-status"]), ("virt", ["stop", "libvirtd"]),
                        ("virt", ["enable", vm.unit]), ("virt", ["kill", vm.unit]), ("alice", ["stop", vm.unit])):
        done = host.run(["systemctl", "--no-ask-password", *words], user=user, check=False)
        assert done.returncode != 0 and "authentication required" in done.stderr, words
    assert vm.is_("active")


def test_an_ordinary_user_is_told_so(host):
    """Instead of errors of files that are root's."""
    done = host.run([PROGRAM, "start", "web"], user="alice", check=False)
    assert done.returncode == 77 and "only root runs this" in done.stderr
    assert host.run([PROGRAM, "--version"], user="alice").returncode == 0


def test_a_name_too_long_for_a_unit_is_told(host):
    """Its unit has its UUID; its status says which it is, and goes on to."""
    long = Vm(host, "web" + 70 * "-")  # four bytes each, in a unit
    try:
        long.define().start()
        running = long.show("StatusText")
        assert running == long.title + ": 1 vCPU, 96 MiB, emulated (TCG)"
        long.virsh("suspend")
        host.run(["systemctl", "start", "hatago-vm-status"])
        assert long.show("StatusText") == running.replace(": ", ": Paused: ")
    finally:
        long.remove()


def ready_unit(vm):
    """Return the name of the unit that waits for it."""
    return vm.unit.replace("hatago-vm@", "hatago-vm-ready@")


def wait_for(vm, *settings, words="noagent"):
    """Define it and start both units; without waiting for the second one."""
    vm.settings(*settings)
    vm.define(words).start()
    vm.host.run(["systemctl", "start", "--no-block", ready_unit(vm)])
    wait(lambda: show(vm.host, ready_unit(vm), "ActiveState") == "activating", 5, "it waits")


def test_turned_off_before_it_is_ready_it_is_no_failure(host, vm):
    """By whatever means, and at any time: the very first moment too, when its program has not begun."""
    wait_for(vm, "Ready=agent")
    for end, pause in ((lambda: vm.virsh("destroy"), 0), (lambda: vm.kill(signal.SIGTERM), 0.02),
                       (lambda: vm.virsh("destroy"), 2)):
        vm.systemctl("start")
        host.run(["systemctl", "start", "--no-block", ready_unit(vm)])
        time.sleep(pause)
        end()
        vm.wait_unit("inactive")
        wait(lambda: show(host, ready_unit(vm), "ActiveState") in ("inactive", "failed"), 10, "it ends")
        assert show(host, ready_unit(vm), "ActiveState") == "inactive", pause
    assert "turned off before it was ready" in host.run(["journalctl", "-q", "-u", ready_unit(vm)]).stdout


def test_who_is_ready_late_is_ready(host, vm):
    """The unit has failed, and whoever waited went on; then the truth follows."""
    wait_for(vm, "Ready=agent", "ReadyTimeoutSec=2", words="boot.delay=15")
    wait(lambda: show(host, ready_unit(vm), "ActiveState") == "failed", 10, "the timeout")
    wait(lambda: show(host, ready_unit(vm), "ActiveState") == "active", 90, "it is ready after all")
    late = vm.unit.replace("hatago-vm@", "hatago-vm-late@")
    wait(lambda: show(host, late, "ActiveState") == "inactive", 5, "nobody waits any more")
    vm.systemctl("stop")
    assert show(host, ready_unit(vm), "ActiveState") == "inactive"


def test_who_is_late_and_ends_is_not_started_again(host, vm):
    """What waits for it ends as well."""
    wait_for(vm, "Ready=agent", "ReadyTimeoutSec=1")
    late = vm.unit.replace("hatago-vm@", "hatago-vm-late@")
    wait(lambda: show(host, late, "ActiveState") == "active", 10, "the timeout")
    vm.virsh("destroy")
    wait(lambda: show(host, late, "ActiveState") == "inactive", 20, "the end")
    assert vm.is_("inactive")


def test_waiting_is_quiet(host, vm):
    """An agent that is not there is not asked, and the table of neighbours seldom: libvirt would complain each time."""
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    wait_for(vm, "Ready=agent", "ReadyTimeoutSec=8")
    wait(lambda: show(host, ready_unit(vm), "ActiveState") == "failed", 15, "the timeout")
    vm.settings("Ready=port", "ReadyPort=80", "ReadyTimeoutSec=8")
    host.run(["systemctl", "start", ready_unit(vm)], check=False)
    said = host.run(["journalctl", "-q", "-o", "cat", "-u", "libvirtd", f"--since={since} UTC"]).stdout
    assert "uest agent is not" not in said
    assert said.count("wrong nlmsg len") <= 5
