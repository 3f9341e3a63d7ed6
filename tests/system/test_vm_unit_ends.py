# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ends of machines that are services, which take their time or come at a bad one."""

import re
import time

import pytest
from test_vm_units import Vm, drop_in, frozen, held, units_alone, wait

__all__ = ["units_alone"]


@pytest.fixture
def vm(host, request):
    """A machine named after the test; gone afterwards."""
    vm = Vm(host, request.node.name[5:45])
    yield vm
    vm.remove()


def test_stopped_while_it_is_looked_for_it_is_off(vm):
    """What others started, before the unit has taken it over."""
    vm.define()
    vm.virsh("start")
    vm.wait_ready()
    with frozen(vm.host, "libvirtd"):
        vm.systemctl("start", "--no-block")
        time.sleep(0.5)
        assert vm.is_("activating")
        vm.systemctl("stop", "--no-block")
        time.sleep(0.5)
    vm.check_off("inactive", "success")
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
