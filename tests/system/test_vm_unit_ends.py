# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ends of machines that are services, which take their time or come at a bad one."""

import re
import time

import pytest
from vm_units import drop_in, frozen, held, units_alone, vm, wait

__all__ = ["units_alone", "vm"]


def test_stopped_while_it_is_looked_for_it_is_off(vm):
    """What others started, before the unit has taken it over."""
    vm.define()
    vm.virsh("start")
    vm.wait_ready()
    with frozen(vm.host, "libvirtd"):
        request = vm.request("paused")
        vm.systemctl("start", "--no-block")
        wait(lambda: not request.exists(), 20, "it looks")
        assert vm.is_("activating")
        vm.systemctl("stop", "--no-block")
        wait(lambda: vm.is_("deactivating"), 20, "it is stopped")
    vm.check_off("inactive", "success")
    assert vm.reason() == "shutdown"


def test_stopped_while_it_is_looked_for_it_is_off_without_its_process(vm):
    """libvirt says that it runs, and the file with its process is gone: libvirt still ends it."""
    vm.define()
    vm.virsh("start")
    vm.wait_ready()
    (vm.host.root / f"run/libvirt/qemu/{vm.title}.pid").unlink()
    with frozen(vm.host, "libvirtd"):
        request = vm.request("paused")
        vm.systemctl("start", "--no-block")
        wait(lambda: not request.exists(), 20, "it looks")
        vm.systemctl("stop", "--no-block")
        wait(lambda: vm.is_("deactivating"), 20, "it is stopped")
    vm.wait_unit("inactive", "success", seconds=60)
    assert vm.state() == "shut off"
    assert vm.reason() == "shutdown"


def test_a_stop_waits_for_a_slow_restore(vm):
    """For longer than its own time, as long as that goes on; nothing of what was saved is lost."""
    vm.define().start().wait_ready()
    vm.virsh("managedsave")
    vm.wait_unit("inactive")
    with drop_in(vm, "TimeoutStopSec=2s"):
        with held(vm, "started"):
            vm.systemctl("stop", "--no-block")
            time.sleep(4)
            assert vm.is_("deactivating")
        vm.check_off("inactive", "success")
    assert "yes" in re.search(r"Managed save: .*", vm.virsh("dominfo").stdout)[0]


def test_a_guest_that_sleeps_is_woken_for_its_end(vm):
    """It would hear neither its agent nor its power button."""
    sleeps = "<pm><suspend-to-mem enabled='yes'/></pm>"
    vm.define(change=lambda xml: xml.replace("</domain>", f"{sleeps}</domain>")).start()
    vm.wait_agent()
    vm.virsh("dompmsuspend", "mem")
    wait(lambda: vm.state() == "pmsuspended", 20, "it sleeps")
    vm.systemctl("stop", "--no-block")
    # What QEMU makes of a power off after such a sleep is its own affair.
    wait(lambda: "The system is going down" in vm.console(), 20, "the guest hears")
    vm.virsh("destroy")
    vm.check_off("inactive", "success")


def test_who_came_too_late_for_what_is_gone_fails_nothing(vm):
    """virsh create, at once destroy: of a transient machine nothing is left to adopt."""
    vm.request("adopt=7")
    vm.systemctl("start")
    vm.wait_unit("inactive", "success")
    assert vm.show("NRestarts") == "0"


def test_a_machine_that_ends_while_it_is_taken_over_fails_nothing(vm):
    """Its process is gone before libvirt says that it does not run any more."""
    vm.define()
    path = vm.host.root / f"run/libvirt/qemu/{vm.title}.pid"
    for end in (lambda pid: path.write_text(pid), lambda _: vm.virsh("destroy")):
        vm.virsh("start")
        pid = path.read_text()
        path.unlink()
        request = vm.request(f"adopt={vm.virsh('domid').stdout.strip()}")
        vm.systemctl("start", "--no-block")
        wait(lambda: not request.exists(), 20, "it looks")
        assert vm.is_("activating")
        end(pid)
        wait(lambda: not vm.is_("activating"), 5, "its start has ended")
        if vm.is_("active"):
            vm.check_main()
            vm.virsh("destroy")
        vm.check_off("inactive", "success")
    assert vm.journal().count("It is off again") == 1
