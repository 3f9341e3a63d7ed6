# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starts that fail on a real host: each reason is recognised, and the tool says what to do."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import lost_and_back
from hatago_bus import JOB, MACHINE, NO_OPTIONS
from hatago_hosts import Guest

IMAGES = "/var/lib/libvirt/images"
NONE = ("", "", {})


def device(text):
    """A change of the definition: one more device."""
    return lambda domain: domain.find("devices").append(ElementTree.fromstring(text))


def disk(path, kind="qcow2"):
    """A change: one more disk."""
    return device(f"<disk type='file' device='disk'><driver name='qemu' type='{kind}'/>"
                  f"<source file=\"{path}\"/><target dev='vda' bus='virtio'/></disk>")


def loader(path):
    """A change: another firmware, without the kernel beside it."""
    def change(domain):
        os = domain.find("os")
        for name in ("kernel", "initrd", "cmdline"):
            os.remove(os.find(name))
        os.append(ElementTree.fromstring(f"<loader readonly='yes' type='pflash'>{path}</loader>"))
    return change


def set_text(path, text, **attributes):
    """A change: another text and other attributes of an element ("." is the root)."""
    def change(domain):
        element = domain.find(path)
        if text:
            element.text = text
        for name, value in attributes.items():
            element.set(name, value)
    return change


def add(text):
    """A change: one more element of the domain."""
    return lambda domain: domain.append(ElementTree.fromstring(text))


def run(host, script):
    """Run a script of the shell in the host; return what it prints."""
    return host.run(["sh", "-c", script]).stdout


@pytest.fixture
def start(machine, host, bus):
    """A function that defines the machine with a change, and starts it: returns how that failed.

    libvirt's own answer is virsh's: that what is recognised is what it said.
    """
    def start(change):
        domain = ElementTree.fromstring(machine.guest.xml())
        change(domain)
        machine.path = bus.define(ElementTree.tostring(domain, encoding="unicode"))
        return again()

    def again():
        path = bus.call(machine.path, MACHINE, "Start", NO_OPTIONS)
        result, error, message = bus.wait_job(path, timeout=60)
        assert result == "failed", "it started"
        assert bus.get(machine.path, MACHINE, "StartFailure") == \
            (error, message, bus.get(path, JOB, "ErrorArguments"))
        assert machine.get("State") == "shutoff"
        return error.rpartition(".")[2], bus.get(path, JOB, "ErrorArguments")

    start.again = again
    return start


@pytest.fixture
def says(machine, host):
    """A function that looks that hatago says this, when it starts the machine and in its status."""
    def says(reason, hint):
        name = machine.guest.name
        done = host.run(["hatago", "start", name], check=False)
        assert done.returncode == 1
        assert re.search(f"cannot start '{re.escape(name)}': .*{re.escape(reason)}\\.\n", done.stderr)
        assert hint in done.stderr
        status = " ".join(host.run(["hatago", "status", name], check=False).stdout.split())
        assert reason in status and hint in status
    return says


# Images

def test_a_missing_image(start, says):
    path = f"{IMAGES}/it's gone.qcow2"
    assert start(disk(path)) == ("ImageMissing", {"path": path})
    says(f"the disk image '{path}' does not exist", "hatago edit test_a_missing_image")


def test_a_missing_backing_image(start, host):
    run(host, f"cd {IMAGES} && qemu-img create -q -f qcow2 base.qcow2 1M && "
              "qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 over.qcow2 && rm base.qcow2")
    assert start(disk(f"{IMAGES}/over.qcow2")) == ("ImageMissing", {"path": f"{IMAGES}/base.qcow2"})


def test_an_image_that_qemu_may_not_open(start, says, host):
    run(host, "mkdir -p -m 700 /srv/private && qemu-img create -q -f qcow2 /srv/private/a.qcow2 1M")
    path = "/srv/private/a.qcow2"
    assert start(disk(path)) == ("ImageDenied", {"path": path})
    says(f"the hypervisor may not open the disk image '{path}'", f"namei -l {path}")


def test_an_image_that_another_machine_has(start, says, host):
    path = f"{IMAGES}/locked.qcow2"
    holder = Guest(host, "holder")
    run(host, f"qemu-img create -q -f qcow2 {path} 1M")
    host.run(["virsh", "--quiet", "define", "/dev/stdin"], input=holder.xml(disk=path))
    holder.start()
    try:
        assert start(disk(path)) == ("ImageInUse", {"path": path})
        says(f"the disk image '{path}' is in use by another machine or program", f"fuser -v {path}")
    finally:
        holder.virsh("destroy")
        holder.virsh("undefine")


def test_an_image_of_another_format(start, says, host):
    run(host, f"truncate -s 1M {IMAGES}/zeros.img")
    assert start(disk(f"{IMAGES}/zeros.img")) == ("ImageInvalid", {"format": "qcow2"})
    says("a disk image is not in qcow2 format, as the definition says", "qemu-img info")


# Networks and ports

def test_a_network_that_is_not_active(start, says, host):
    run(host, "virsh net-destroy default >/dev/null 2>&1 || true")
    network = "<interface type='network'><source network='default'/></interface>"
    assert start(device(network)) == ("NetworkInactive", {"network": "default"})
    says("the network 'default' is not active", "Start it: virsh net-start default")


def test_a_missing_network_whose_name_has_quotes(start, says):
    assert start(device("<interface type='network'><source network=\"it's gone\"/></interface>")) == \
        ("NetworkMissing", {"network": "it's gone"})
    says("there is no network 'it's gone'", "virsh net-list --all")


def test_a_missing_bridge(start, says):
    assert start(device("<interface type='bridge'><source bridge='br9'/></interface>")) == \
        ("BridgeMissing", {"bridge": "br9"})
    says("the host has no bridge 'br9'", "ip link show type bridge")


def test_a_missing_network_device(start):
    assert start(device("<interface type='direct'><source dev='eth9' mode='bridge'/></interface>")) == \
        ("DeviceMissing", {"device": "eth9"})


@pytest.fixture
def taken_port(host):
    """A port on which somebody listens, whom libvirt does not know."""
    listen = ("socket(S, PF_INET, SOCK_STREAM, 0); "
              "bind(S, sockaddr_in(5999, INADDR_LOOPBACK)); listen(S, 1); sleep 60")
    pid = run(host, f"timeout 60 perl -MSocket -e '{listen}' >/dev/null 2>&1 & echo $!").strip()
    run(host, "until ss -ltn | grep -q :5999; do sleep 0.1; done")
    yield "5999"
    run(host, f"kill {pid}")


@pytest.mark.parametrize("kind", ["vnc", "spice"])
def test_a_port_that_is_taken(start, says, taken_port, kind):
    assert start(device(f"<graphics type='{kind}' port='{taken_port}'/>")) == \
        ("PortInUse", {"address": "127.0.0.1", "port": taken_port})
    says(f"port {taken_port} of 127.0.0.1 is in use already", f"ss -ltnp sport = :{taken_port}")


def test_an_address_that_the_host_has_not(start, says):
    assert start(device("<graphics type='vnc' port='5998' listen='192.0.2.1'/>")) == \
        ("AddressMissing", {"address": "192.0.2.1", "port": "5998"})
    says("the host has no address 192.0.2.1", "ip address")


# Storage pools

def test_storage_pools_and_volumes(start, says, host):
    volume = "<disk type='volume' device='disk'><driver name='qemu' type='raw'/>" \
        "<source pool='%s' volume='a'/><target dev='vda' bus='virtio'/></disk>"
    run(host, "mkdir -p /srv/pool && virsh -q pool-define-as dormant dir --target /srv/pool")
    assert start(device(volume % "dormant")) == ("PoolInactive", {"pool": "dormant", "volume": "a"})
    says("the storage pool 'dormant' is not active", "Start it: virsh pool-start dormant")
    run(host, "virsh -q pool-start dormant")
    assert start.again() == ("VolumeMissing", {"volume": "a"})
    run(host, "virsh -q pool-destroy dormant && virsh -q pool-undefine dormant")
    assert start.again() == ("PoolMissing", {"pool": "dormant"})


# Firmware and files

def test_a_missing_firmware(start, says):
    path = "/usr/share/OVMF/GONE.fd"
    assert start(loader(path)) == ("FirmwareMissing", {"path": path})
    says(f"the firmware '{path}' is missing, or what belongs to it", "ovmf")


def test_a_missing_kernel(start, says):
    assert start(set_text("os/kernel", "/boot/gone")) == ("FileMissing", {"path": "/boot/gone"})
    says("'/boot/gone' does not exist", "hatago edit")


def test_a_missing_device_file(start):
    serial = "<serial type='dev'><source path='/dev/ttyGONE'/><target port='1'/></serial>"
    assert start(device(serial)) == ("FileMissing", {"path": "/dev/ttyGONE"})


# Processor and memory

def test_more_memory_than_there_is(start, says):
    assert start(set_text("memory", "900000000")) == ("NoMemory", {})
    says("the host has not enough memory for it", "free -h")


def test_huge_pages_that_are_not_there(start, says):
    assert start(add("<memoryBacking><hugepages/></memoryBacking>")) == ("HugepagesShort", {})
    says("the host has not enough huge pages for it", "/proc/meminfo")


def test_processors_that_the_host_does_not_offer(start):
    assert start(add("<cpu mode='host-passthrough'/>")) == \
        ("CPUUnsupported", {"mode": "host-passthrough"})


def test_features_that_the_processor_lacks(start, says):
    cpu = "<cpu match='exact' check='full'><model>qemu64</model>" \
        "<feature policy='require' name='amx-tile'/></cpu>"
    assert start(add(cpu)) == ("CPUUnsupported", {"features": "amx-tile"})
    says("the host cannot give it a processor with amx-tile", "virsh domcapabilities")


def test_kvm_that_may_not_be_used_and_kvm_that_is_not_there(start, says, host, machine,
                                                            bus):
    """The device is made here: that QEMU cannot go on with it is all that matters."""
    def restart_libvirt():
        lost_and_back(bus, lambda: run(host, "systemctl restart libvirtd"), 30)

    run(host, "umount /dev/kvm 2>/dev/null; rm -f /dev/kvm; mknod -m 666 /dev/kvm c 10 232")
    restart_libvirt()
    if "<domain>kvm</domain>" not in run(host, "virsh domcapabilities --virttype kvm 2>&1 || true"):
        pytest.skip("libvirt does not offer KVM here")
    domain = ElementTree.fromstring(machine.guest.xml())
    domain.set("type", "kvm")
    machine.path = bus.define(ElementTree.tostring(domain, encoding="unicode"))
    run(host, "chmod 600 /dev/kvm; chown root:root /dev/kvm")
    assert start.again() == ("KVMDenied", {})
    says("the hypervisor may not use /dev/kvm", "ls -l /dev/kvm")
    run(host, "rm /dev/kvm")
    restart_libvirt()
    assert start.again() == ("KVMUnavailable", {})
    says("it needs hardware acceleration, and the host offers none (KVM)", "virt-host-validate")


# Saves, space, and the end of it

def test_a_broken_save(start, says, host, machine):
    machine.define()
    assert machine.verb("Start")[0] == "done"
    machine.guest.virsh("managedsave")
    saved = f"/var/lib/libvirt/qemu/save/{machine.guest.name}.save"
    run(host, f"dd if=/dev/zero of={saved} bs=1k seek=40 count=900 conv=notrunc status=none")
    assert start.again() == ("SaveImageInvalid", {})
    says("its saved state cannot be restored", "hatago save --discard")


def test_no_space(start, says, host):
    run(host, "mkdir -p /srv/full && mount -t tmpfs -o size=4k,nr_inodes=2 none "
              "/var/lib/libvirt/qemu/channel/target")
    try:
        assert start(device("<channel type='unix'><target type='virtio' name='x'/></channel>")) == \
            ("NoSpace", {})
        says("No space left on device", "df -h")
    finally:
        run(host, "umount /var/lib/libvirt/qemu/channel/target")


def test_a_start_by_others_ends_the_failure(start, host, machine, bus):
    """Once the reason is gone, whoever starts it."""
    path = f"{IMAGES}/later.qcow2"
    assert start(disk(path))[0] == "ImageMissing"
    run(host, f"qemu-img create -q -f qcow2 {path} 1M")
    machine.guest.start()
    bus.wait(lambda: machine.get("State") == "running", 10, "running")
    assert machine.get("StartFailure") == NONE


def test_a_failed_start_by_others_has_no_reason(machine, bus):
    domain = ElementTree.fromstring(machine.guest.xml())
    disk(f"{IMAGES}/never.qcow2")(domain)
    machine.path = bus.define(ElementTree.tostring(domain, encoding="unicode"))
    assert machine.guest.virsh("start", check=False).returncode != 0
    assert machine.get("State") == "shutoff"
    assert machine.get("StartFailure") == NONE
