# SPDX-License-Identifier: LGPL-2.1-or-later
"""Warnings about what the host lacks for a machine: they come, and go, by themselves."""

import pytest
from hatago_bus import MANAGER, NO_OPTIONS, ROOT
from hatago_hosts.guests import IMAGES


@pytest.fixture(scope="module")
def virsh(host):
    """Return a function that runs virsh in the host; there is a storage pool."""
    def run(*words):
        return host.run(["virsh", "--quiet", "--connect", "qemu:///system", *words])

    run("pool-define-as", "default", "dir", "--target", IMAGES)
    run("pool-start", "default")
    return run


def wait_warning(machine, word, there=True, timeout=20):
    """Wait until a machine has, or has not, a warning."""
    machine.bus.wait(lambda: (word in machine.get("Warnings")) == there, timeout,
                     f"{'no ' * (not there)}{word} in {machine.get('Warnings')}")


def define(machine, **keywords):
    """Define the machine with a network or a disk."""
    machine.path = machine.bus.define(machine.guest.xml(**keywords))
    return machine


def test_a_network_that_is_not_active(machine, virsh):
    """Told by libvirt's events, for a machine that is off as for one that runs."""
    virsh("net-start", "default")
    define(machine, network="default")
    wait_warning(machine, "network-inactive", there=False)
    virsh("net-destroy", "default")
    wait_warning(machine, "network-inactive")
    virsh("net-start", "default")
    wait_warning(machine, "network-inactive", there=False)
    assert machine.verb("Start")[0] == "done"
    virsh("net-destroy", "default")
    wait_warning(machine, "network-inactive")


def test_a_network_that_is_not_there(machine):
    """It is not active either."""
    define(machine, network="nowhere")
    wait_warning(machine, "network-inactive")


@pytest.mark.parametrize("folder", [IMAGES, "/srv"], ids=["pool", "elsewhere"])
def test_a_disk_that_is_missing(machine, virsh, folder):
    """In a pool and out of one; looked at again in turn while somebody has subscribed."""
    path = f"{folder}/{machine.guest.name}.qcow2"
    define(machine, disk=path)
    wait_warning(machine, "disk-missing")

    machine.bus.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
    machine.guest.host.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"])
    virsh("pool-refresh", "default")
    wait_warning(machine, "disk-missing", there=False, timeout=30)
    machine.guest.host.run(["rm", path])
    wait_warning(machine, "disk-missing", timeout=30)
    machine.bus.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS)


def test_a_disk_that_vanished_is_noticed_by_a_start(machine, virsh):
    """Nobody has subscribed, so nobody has looked."""
    path = f"{IMAGES}/{machine.guest.name}.qcow2"
    machine.guest.host.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"])
    virsh("pool-refresh", "default")
    define(machine, disk=path)
    machine.bus.iterate(2)
    assert "disk-missing" not in machine.get("Warnings")

    machine.guest.host.run(["rm", path])
    assert machine.verb("Start")[0] == "failed"
    wait_warning(machine, "disk-missing")


def test_an_image_that_can_outgrow_its_pool(machine, virsh):
    """A sparse one of a size that no disk here has."""
    path = f"{IMAGES}/{machine.guest.name}.qcow2"
    machine.guest.host.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "500T"])
    virsh("pool-refresh", "default")
    define(machine, disk=path)
    wait_warning(machine, "image-outgrows-filesystem")
    assert "disk-missing" not in machine.get("Warnings")


def test_a_machine_in_order_has_none_of_them(machine, virsh):
    """So that the others mean something."""
    path = f"{IMAGES}/{machine.guest.name}.qcow2"
    machine.guest.host.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"])
    virsh("pool-refresh", "default")
    virsh("net-start", "default")
    define(machine, disk=path, network="default")
    machine.bus.iterate(2)
    assert not {"disk-missing", "network-inactive", "image-outgrows-filesystem"} & set(
        machine.get("Warnings"))
