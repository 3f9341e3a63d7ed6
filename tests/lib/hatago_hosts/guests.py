# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests in a host, through virsh: what a test needs before the product can be asked."""

import time
import xml.etree.ElementTree as ElementTree

from .errors import HostError
from .guest import PLACE

READY = "hatago-guest: ready"
IMAGES = "/var/lib/libvirt/images"


class Guest:
    """A virtual machine of the guest image in a host that is up."""

    def __init__(self, host, name="guest"):
        """Name a guest, which may not be defined yet."""
        self.host = host
        self.name = name

    def virsh(self, verb, *arguments, check=True, timeout=60):
        """Run a virsh verb on this guest; return its CompletedProcess."""
        return self.host.run(["virsh", "--quiet", "--connect", "qemu:///system", verb,
                              "--domain", self.name, *arguments], check=check, timeout=timeout)

    def xml(self, words="", network=None, disk=None, display=False):
        """Return the template as this guest's definition.

        words go on the kernel command line (deaf, noagent, boot.delay=5, port=80). network names a
        libvirt network, disk a path in the host of a qcow2 image. display gives it a screen and a
        keyboard, by VNC on a socket of libvirt's, with a shell.
        """
        domain = ElementTree.parse(self.host.root / PLACE / "guest.xml").getroot()
        domain.find("name").text = self.name
        domain.find("os/cmdline").text += f" {words}" if words else ""
        domain.find("devices/serial/log").set("file", self._console)
        devices = domain.find("devices")
        if network:
            interface = ElementTree.SubElement(devices, "interface", type="network")
            ElementTree.SubElement(interface, "source", network=network)
            ElementTree.SubElement(interface, "model", type="virtio")
        if disk:
            element = ElementTree.SubElement(devices, "disk", type="file", device="disk")
            ElementTree.SubElement(element, "driver", name="qemu", type="qcow2")
            ElementTree.SubElement(element, "source", file=disk)
            ElementTree.SubElement(element, "target", dev="vda", bus="virtio")
        if display:
            graphics = ElementTree.SubElement(devices, "graphics", type="vnc")
            ElementTree.SubElement(graphics, "listen", type="socket")
            ElementTree.SubElement(ElementTree.SubElement(devices, "video"), "model", type="vga")
        return ElementTree.tostring(domain, encoding="unicode")

    def define(self, words="", network=None, disk=False, display=False):
        """Define the guest in libvirt; with disk, give it a fresh 64 MiB qcow2 image."""
        path = f"{IMAGES}/{self.name}.qcow2" if disk else None
        if path:
            self.host.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"])
        self.host.run(["virsh", "--quiet", "--connect", "qemu:///system", "define", "/dev/stdin"],
                      input=self.xml(words, network, path, display))
        return self

    @property
    def _console(self):
        """The path in the host where libvirt logs what the guest's serial console says."""
        return f"/var/log/libvirt/qemu/{self.name}-console.log"

    def console(self):
        """Return what the serial console has said since the last start."""
        path = self.host.root / self._console.lstrip("/")
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self):
        """Start the guest; see wait_ready() for its boot."""
        self.virsh("start")
        return self

    def wait_ready(self, times=1, timeout=90):
        """Wait until the guest says ready on its console, for the times-th time since its start."""
        self._wait(lambda: self.console().count(READY) >= times, "ready", timeout)

    def wait_agent(self, timeout=60):
        """Wait until the guest agent answers."""
        self._wait(lambda: self.virsh("qemu-agent-command", '{"execute":"guest-ping"}',
                                      check=False).returncode == 0, "agent", timeout)

    def state(self):
        """Return libvirt's word for the guest's state, such as "running" or "shut off"."""
        return self.virsh("domstate").stdout.strip()

    def wait_state(self, state, timeout=60):
        """Wait until libvirt says that the guest is in this state."""
        self._wait(lambda: self.state() == state, state, timeout)

    def wait_taken_over(self, timeout=20):
        """Wait until libvirtd, begun anew, has the guest's process again.

        Until then libvirt says that it runs, but a libvirtd that ends can take it along, and a destroy ends it and says
        that it is not running. This call waits for its turn after that.
        """
        self._wait(lambda: self.virsh("dommemstat", check=False).returncode == 0, "taken over by libvirt", timeout)

    def _wait(self, condition, what, timeout):
        """Wait for a condition; raise with the console's end, which tells most."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise HostError(f"guest {self.name} is not {what} after {timeout} s; "
                                f"its console ends with: {self.console()[-500:]!r}")
            time.sleep(0.1)
