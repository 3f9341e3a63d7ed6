# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvirt has no event for is shown too, while somebody has subscribed."""

import pytest
from hatago_bus import MANAGER, NO_OPTIONS, ROOT

# A reconciliation comes each 5 s: what was read within BY_ITSELF was not read by that; after SURELY it was.
BY_ITSELF, SURELY = 4, 20


@pytest.fixture
def subscribed(bus):
    """Subscribe for the time of the test."""
    bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    yield bus
    bus.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)


def test_marks_and_stored_configuration_that_others_change(machine, subscribed):
    """Autostart, a managed save removed, and a stored number of CPUs, by virsh."""
    virsh = machine.define().guest.virsh
    virsh("autostart")
    machine.bus.wait_property(machine.path, "Autostart", True, timeout=SURELY)
    virsh("autostart", "--disable")
    machine.bus.wait_property(machine.path, "Autostart", False, timeout=SURELY)
    virsh("setvcpus", "2", "--config", "--maximum")
    virsh("setvcpus", "2", "--config")
    machine.bus.wait_property(machine.path, "VCPUs", 2, timeout=SURELY)

    virsh("start")
    virsh("managedsave")
    machine.bus.wait_property(machine.path, "ManagedSave", True, timeout=BY_ITSELF)
    virsh("managedsave-remove")
    machine.bus.wait_property(machine.path, "ManagedSave", False, timeout=SURELY)


def test_a_subscription_brings_the_truth_at_once(machine):
    """What changed while nobody had subscribed is read when somebody does."""
    virsh = machine.define().guest.virsh
    virsh("start")
    virsh("managedsave")
    machine.bus.wait_property(machine.path, "ManagedSave", True, timeout=BY_ITSELF)
    virsh("managedsave-remove")
    machine.bus.iterate(8)
    assert machine.get("ManagedSave") is True, "nobody had subscribed: who asked?"
    machine.bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    machine.bus.wait_property(machine.path, "ManagedSave", False, timeout=BY_ITSELF)
    machine.bus.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)


def test_a_restored_machine_has_no_save(machine):
    """A start from the managed save takes it: told with the start."""
    virsh = machine.define().guest.virsh
    virsh("start")
    virsh("managedsave")
    machine.bus.wait_property(machine.path, "ManagedSave", True)
    assert machine.get("StateReason") == "saved"
    assert machine.verb("Start")[0] == "done"
    assert machine.get("State") == "running"
    assert machine.get("StateReason") == "restored"
    assert machine.get("ManagedSave") is False
