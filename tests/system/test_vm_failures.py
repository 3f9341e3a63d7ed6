# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes wrong around the units of machines does no more harm than it must, and is over when it is over."""

import signal
import time

import pytest
from test_vm_units import LIBVIRT, Vm, wait

PROGRAM = "/usr/libexec/hatago/hatago-vm"


@pytest.fixture
def vm(host, request):
    """A machine named after the test; gone afterwards."""
    vm = Vm(host, request.node.name[5:45])
    yield vm
    vm.remove()


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
