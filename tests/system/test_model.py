# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a real machine's XML says, how it runs, and what of it waits, as libvirt and QEMU have it."""

import json

import pytest
from hatago_bus import MACHINE, NO_OPTIONS, ROOT, GLib

MIB = 1024 * 1024
MACHINES = "org.hatago.Host1.Machines"
DEVICES = """
<interface type='network'><mac address='52:54:00:00:00:17'/><source network='default'/>
<model type='virtio'/></interface>
<graphics type='vnc' autoport='yes' passwd='secret'/><video><model type='vga'/></video>
<graphics type='spice' autoport='yes'><listen type='none'/></graphics>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<input type='tablet' bus='virtio'/><watchdog model='i6300esb' action='reset'/>
</devices>"""

# For what is attached while it runs.
PORTS = ("<controller type='pci' index='0' model='pcie-root'/>"
         + "<controller type='pci' model='pcie-root-port'/>" * 6 + "</devices>")


def changed(xml, *replacements):
    """Return the XML with each (old, new) in place; all must be there."""
    for old, new in replacements:
        assert old in xml
        xml = xml.replace(old, new)
    return xml


def define(machine, xml):
    """Define it by virsh, and wait for it on the bus."""
    machine.guest.host.run(["virsh", "--quiet", "define", "/dev/stdin"], input=xml)
    machine.bus.wait(lambda: machine.guest.name in [row[1] for row in machine.bus.call(
        ROOT, MACHINES, "ListMachines", NO_OPTIONS)], 20, "machine")
    machine.path = machine.bus.machine(machine.guest.name)


def start(machine):
    """Start it, and have what follows from that settled."""
    assert machine.verb("Start")[0] == "done", machine.bus.signals[-1]
    machine.bus.iterate(0.3)


@pytest.fixture
def network(host):
    """The default network, active."""
    host.run(["virsh", "--quiet", "net-start", "default"], check=False)
    yield "default"
    host.run(["virsh", "--quiet", "net-destroy", "default"], check=False)


def test_a_run_of_a_machine_with_many_devices_has_nothing_that_waits(machine, network):
    """libvirt fills much in when it starts, and none of that is a pending change."""
    xml = changed(machine.guest.xml(disk=None), ("<controller type=\"usb\" model=\"none\" />", ""),
                  ("</devices>", DEVICES), ("<vcpu>1</vcpu>", "<vcpu>1</vcpu><cpu mode='maximum'/>"),
                  ("<memory unit=\"MiB\">96", "<memory unit=\"KiB\">100000"))
    define(machine, xml)
    assert machine.get("PendingChanges") == []
    start(machine)
    live = machine.guest.virsh("dumpxml").stdout
    assert "/dev/pts/" in live and "vnet" in live
    machine.bus.wait(lambda: "Target" in machine.get("Interfaces")[0], 20, "what the run has")
    assert machine.get("PendingChanges") == [], live

    interface, = machine.get("Interfaces")
    assert interface == {"Key": "52:54:00:00:00:17", "Type": "network", "Source": "default",
                         "Model": "virtio", "Target": interface["Target"], "LinkUp": True}
    assert interface["Target"].startswith("vnet")
    vnc, spice = machine.get("Displays")
    assert (vnc["Key"], spice["Key"]) == ("vnc0", "spice1")
    assert vnc["Port"] >= 5900 and "Port" not in spice
    assert "secret" not in f"{vnc}{spice}"
    assert [disk["Key"] for disk in machine.get("Disks")] == ["sda"]
    assert machine.get("Firmware") == "bios"
    assert machine.get("Architecture") == "x86_64"
    assert machine.get("MachineType").startswith("pc-q35-")

    machine.verb("PowerOff")
    machine.bus.wait(lambda: machine.get("DomainId") == 0, 20, "off")
    machine.bus.wait(lambda: "Port" not in machine.get("Displays")[0], 20, "no port")


def test_changes_by_virsh_wait_for_the_next_start(machine, network):
    """What virsh changes in the stored configuration of a running machine is told by its word."""
    define(machine, changed(machine.guest.xml(), ("</devices>", PORTS)))
    start(machine)
    virsh, bus = machine.guest.virsh, machine.bus
    bus.call(ROOT, "org.hatago.Host1.Manager", "Subscribe", NO_OPTIONS)  # not all has an event
    virsh("setmaxmem", "--size", "128M", "--config")
    bus.wait_property(machine.path, "PendingChanges", ["memory"])
    virsh("attach-interface", "--type", "network", "--source", network,
          "--model", "virtio", "--config")
    bus.wait_property(machine.path, "PendingChanges", ["memory", "interfaces"])
    virsh("desc", "--config", "--title", "--new-desc", "Web")
    bus.wait(lambda: machine.get("PendingChanges") == ["title", "memory", "interfaces"], 10, "title")
    assert machine.get("MemoryMaximum") == 96 * MIB
    assert machine.get("Interfaces") == []
    virsh("attach-interface", "--type", "network", "--source", network,
          "--model", "virtio", "--live")
    bus.wait(lambda: len(machine.get("Interfaces")) == 1, 10, "interface")
    machine.verb("PowerOff")
    bus.wait_property(machine.path, "PendingChanges", [])
    assert machine.get("MemoryMaximum") == 128 * MIB
    assert machine.get("Title") == "Web"
    start(machine)
    assert machine.get("PendingChanges") == []
    bus.call(ROOT, "org.hatago.Host1.Manager", "Unsubscribe", NO_OPTIONS)


def test_the_same_interface_attached_to_both_is_no_difference(machine, network):
    """--live --config gives two addresses, and one interface."""
    define(machine, changed(machine.guest.xml(), ("</devices>", PORTS)))
    start(machine)
    machine.guest.virsh("attach-interface", "--type", "network", "--source", network,
                        "--model", "virtio", "--mac", "52:54:00:00:00:18", "--live", "--config")
    machine.bus.wait(lambda: machine.get("Interfaces"), 10, "interface")
    machine.bus.iterate(1.5)  # what libvirt stores after it has told of the device is read, too
    assert machine.get("PendingChanges") == []


def test_efi_is_told_and_what_it_fills_in_does_not_wait(machine, host):
    """libvirt makes the variables from their template; that this firmware is empty QEMU does not mind."""
    folder = "/var/lib/libvirt/images"
    for name in ("code", "vars"):
        host.run(["truncate", "-s", "256K", f"{folder}/{name}.fd"])
    xml = changed(machine.guest.xml(), (
        "</os>", f"<loader readonly='yes' type='pflash'>{folder}/code.fd</loader>"
        f"<nvram template='{folder}/vars.fd'/></os>"))
    define(machine, xml)
    assert machine.get("Firmware") == "efi"
    start(machine)
    assert "_VARS.fd" in machine.guest.virsh("dumpxml").stdout
    assert machine.get("PendingChanges") == []


def test_an_emulated_machine_is_told_by_what_its_host_could_do(machine):
    """The guests of these tests are emulated; whether they need be is the host's processor's affair."""
    machine.define()
    assert machine.get("Accelerator") == "tcg"
    capabilities = machine.guest.host.run(["virsh", "capabilities"]).stdout
    cpu, = machine.bus.wait(lambda: machine.get("Warnings"), 20, "a warning")
    if "<domain type='kvm'" not in capabilities:
        assert cpu == "emulated"
    elif "name='vmx'" in capabilities or "name='svm'" in capabilities:
        assert cpu == "emulated-fallback"


def test_another_architecture_is_shown_as_it_is(machine):
    """The one other that QEMU for PCs emulates; unit tests have ARM."""
    define(machine, changed(machine.guest.xml(), ("arch=\"x86_64\"", "arch=\"i686\"")))
    assert machine.get("Architecture") == "i686"
    assert machine.get("MachineType").startswith("pc-q35")
    assert machine.get("Firmware") == "bios"
    assert set(machine.get("Warnings")) <= {"emulated", "emulated-fallback"}
    start(machine)
    assert machine.get("State") == "running"


def test_a_crash_is_told_until_a_run_ends_well(machine):
    """kill -9 of QEMU, and then a run that ends as it should."""
    machine.define()
    start(machine)
    machine.bus.wait(lambda: machine.get("PID"), 20, "PID")
    machine.guest.host.run(["kill", "-9", str(machine.get("PID"))])
    machine.bus.wait(lambda: "crashed-before" in machine.get("Warnings"), 20, "warning")
    start(machine)
    assert "crashed-before" in machine.get("Warnings")
    machine.verb("PowerOff")
    machine.bus.wait(lambda: "crashed-before" not in machine.get("Warnings"), 20, "no warning")


def test_rename_and_transient_are_told_whole(machine):
    """A renamed machine keeps its path and what is known of it; a transient one has nothing waiting."""
    define(machine, changed(machine.guest.xml(), ("<memory ", "<title>Web</title><memory ")))
    machine.guest.virsh("domrename", "other")
    machine.guest.name = "other"
    machine.bus.wait_property(machine.path, "Name", "other")
    assert machine.get("Title") == "Web"
    start(machine)
    machine.guest.virsh("undefine")
    machine.bus.wait_property(machine.path, "Persistent", False)
    machine.bus.iterate(0.2)
    assert machine.get("PendingChanges") == []
    assert machine.get("Title") == "Web"
    machine.guest.virsh("destroy")
    machine.bus.wait(lambda: machine.path not in machine.bus.objects(), 20, "object gone")


def test_show_prints_what_is_read_by_name(machine, host):
    """Lists are properties like others to the command line."""
    xml = changed(machine.guest.xml(), ("</devices>", "<disk type='file' device='cdrom'>"
                                        "<target dev='sda' bus='sata'/></disk></devices>"))
    define(machine, xml)
    shown = host.run(["hatago", "show", machine.guest.name, "--property=Disks,Name",
                      "--json=short"]).stdout
    answer, = json.loads(shown)
    assert answer["Disks"][0]["Key"] == "sda"
    assert '"Key":"sda"' in host.run(["hatago", "show", machine.guest.name]).stdout
    query = machine.bus.call(ROOT, MACHINES, "Query", GLib.Variant("as", ["Disks"]), NO_OPTIONS)
    assert query[machine.path]["Disks"] == answer["Disks"]


def test_the_agent_of_a_guest_connects(machine):
    """The channel is there and somebody answers: no warning, also after its two minutes."""
    machine.run()
    machine.guest.wait_agent()
    assert "state='connected'" in machine.guest.virsh("dumpxml").stdout
    assert "no-guest-agent" not in machine.get("Warnings")
    assert machine.bus.get(machine.path, MACHINE, "PendingChanges") == []
