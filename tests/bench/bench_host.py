# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disposable host with many machines, the programs of the bench in it, and the services beside the agent."""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lib"))

from hatago_bus import MACHINES, MANAGER, NO_OPTIONS, ROOT, Bus  # noqa: E402 (the path comes first)
from hatago_hosts import Host  # noqa: E402

PROGRAMS = ("bench-client", "bench-libvirt", "bench-null", "bench-process", "bench-raw")
FOLDER = "/srv/bench"
IMAGES = "/var/lib/libvirt/images/bench"

NAMES = ("org.hatago.Bench", "org.hatago.BenchPlain", "org.hatago.BenchRaw", "org.hatago.BenchBridge")
POLICY = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy context="default">
""" + "".join(f'<allow own="{name}"/><allow send_destination="{name}"/>\n' for name in NAMES) + """\
</policy></busconfig>
"""

# What a virtual machine has on an ordinary host: two disks, two NICs, graphics, serial, guest agent.
MACHINE = """\
<domain type='qemu'>
  <name>bench-{number:05}</name>
  <uuid>be9c0000-0000-4000-8000-{number:012x}</uuid>
  <title>Machine {number} of the bench</title>
  <description>One of many, to see what they cost</description>
  <metadata><libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
    <libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo></metadata>
  <memory unit='MiB'>2048</memory><currentMemory unit='MiB'>1024</currentMemory>
  <vcpu current='2'>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <features><acpi/><apic/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/>
      <source file='{images}/{number:05}-a.img'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/>
      <source file='{images}/{number:05}-b.img'/><target dev='vdb' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:{high:02x}:{low:02x}:0a'/>
      <source network='default'/><model type='virtio'/></interface>
    <interface type='network'><mac address='52:54:00:{high:02x}:{low:02x}:0b'/>
      <source network='default'/><model type='virtio'/></interface>
    <serial type='pty'><target port='0'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>
    <video><model type='virtio'/></video>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""

# What can run in great number: nothing to boot, so that it sleeps in its firmware.
TINY = """\
<domain type='qemu'>
  <name>{name}</name><uuid>be9cffff-0000-4000-8000-{number:012x}</uuid>
  <memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><memballoon model='none'/></devices>
</domain>
"""


def say(text):
    """Tell the person what is going on; stdout is for the table."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def build():
    """Build the packages and the programs; return the folders of both."""
    packages, programs = TOP / "build/packages", TOP / "build/bench"
    subprocess.run([TOP / "packaging/build-deb", packages], check=True)
    if not (programs / "build.ninja").exists():
        subprocess.run(["meson", "setup", programs, "-Dman=disabled"], cwd=TOP, check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", programs, *(f"tests/bench/{name}" for name in PROGRAMS)],
                   check=True, stdout=subprocess.DEVNULL)
    return packages, programs / "tests/bench"


def more_packages():
    """Return what Debian packages the host needs beside ours."""
    return subprocess.run([TOP / "packaging/install-deps", "--list", "bench"], check=True,
                          capture_output=True, text=True).stdout.split()


class Tiny:
    """A running machine with nothing in it, by all its names."""

    def __init__(self, host, number):
        """Define and start it."""
        self.host, self.name = host, f"tiny-{number:02}"
        uuid = f"be9cffff-0000-4000-8000-{number:012x}"
        path = Path(host.host.root) / f"{FOLDER[1:]}/{self.name}.xml"
        path.write_text(TINY.format(name=self.name, number=number))
        host.virsh(f"define {FOLDER}/{self.name}.xml", f"start {self.name}")
        self.path = host.bus.call(ROOT, MACHINES, "GetMachine", *_name(self.name))
        self.libvirt_dbus_path = f"/org/libvirt/QEMU/domain/_{uuid.replace('-', '_')}"
        self.bridge_path = f"/org/hatago/Bench/{uuid.replace('-', '_')}"
        self.pid = host.read(f"/run/libvirt/qemu/{self.name}.pid").strip()

    def signal(self, name):
        """Send QEMU a signal."""
        self.host.run("kill", f"-{name}", self.pid, check=False)

    def remove(self):
        """Make an end of it."""
        self.signal("CONT")
        self.host.virsh(f"destroy {self.name}", f"undefine {self.name}")


def _name(name):
    from gi.repository import GLib
    return GLib.Variant("s", name), NO_OPTIONS


class BenchHost:
    """The host, while the bench runs."""

    def __init__(self, count, name="bench"):
        """Bring the host up with so many machines, read by the agent."""
        packages, programs = build()
        self.count = count
        self.services = []
        self.host = Host(name)
        self.host.up(packages=packages, more=more_packages())
        try:
            self._install(programs)
            self._define()
            self.connect()
        except BaseException:
            self.host.down(timeout=0)
            raise

    def down(self):
        """Take it down; nothing in it is worth a graceful end."""
        for service in self.services:
            service.kill()
            service.wait()
        self.bus.close()
        self.host.down(timeout=0)

    # Commands

    def run(self, *argv, **options):
        """Run a command in the host; return what it printed."""
        return self.host.run([str(word) for word in argv], **options).stdout

    def bench(self, program, *argv, **options):
        """Run one of our programs; return the times it printed, in seconds."""
        output = self.run(f"{FOLDER}/bench-{program}", *argv, **options)
        return [int(line) / 1e9 for line in output.split()]

    def call(self, *words, count=3, options=("-w",), **keywords):
        """Call a method so many times; return the median of what it took, in seconds."""
        return statistics.median(self.bench("client", *options, "-n", count, "call", *words, **keywords))

    def virsh(self, *commands):
        """Let one virsh run these commands."""
        self.run("virsh", "-q", "-c", "qemu:///system", input="\n".join(commands) + "\n")

    def read(self, path):
        """Return the text of a file in the host."""
        return (Path(self.host.root) / path.lstrip("/")).read_text()

    def write(self, path, text):
        """Write a file in the host."""
        target = Path(self.host.root) / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def start(self, program, *argv):
        """Start one of our services; return it once it has printed its first line."""
        service = self.host.popen([f"{FOLDER}/bench-{program}", *map(str, argv)],
                                  stdout=subprocess.PIPE, text=True)
        self.services.append(service)
        service.first_line = service.stdout.readline()
        assert service.first_line, f"bench-{program} did not start"
        return service

    def stop(self, service):
        """End it; return what it printed beside the first line."""
        self.services.remove(service)
        service.send_signal(signal.SIGTERM)
        output = service.stdout.read()
        service.wait()
        return output

    # Setting up

    def _install(self, programs):
        folder = Path(self.host.root) / FOLDER[1:]
        folder.mkdir(parents=True)
        for name in PROGRAMS:
            (folder / name).write_bytes((programs / name).read_bytes())
            (folder / name).chmod(0o755)
        self.write("/etc/dbus-1/system.d/hatago-bench.conf", POLICY)
        services = "/usr/share/dbus-1/system-services"
        self.write(f"{services}/org.hatago.Bench.service",
                   "[D-BUS Service]\nName=org.hatago.Bench\nExec=/bin/false\nUser=root\n"
                   "SystemdService=bench-null.service\n")
        self.write(f"{services}/org.hatago.BenchPlain.service",
                   "[D-BUS Service]\nName=org.hatago.BenchPlain\n"
                   f"Exec={FOLDER}/bench-null org.hatago.BenchPlain\nUser=hatago\n")
        self.write("/etc/systemd/system/bench-null.service", self._null_unit())
        self.run("systemctl", "daemon-reload")
        self.run("systemctl", "reload", "dbus")

    def _null_unit(self):
        """Return the agent's own unit around the null service, so that both start alike."""
        unit = self.run("systemctl", "cat", "hatagod")
        for pattern, text in ((r"^ExecStart=.*", f"ExecStart={FOLDER}/bench-null"), (r"^Type=.*", "Type=dbus"),
                              (r"^BusName=.*", "BusName=org.hatago.Bench"), (r"^WatchdogSec=.*\n", ""),
                              (r"^Restart=.*\n", "")):
            unit = re.sub(pattern, text, unit, flags=re.M)
        return unit

    def _define(self):
        say(f"defining {self.count} machines")
        self.run("mkdir", "-p", IMAGES)
        images = [f"{IMAGES}/{number:05}-{disk}.img" for number in range(self.count) for disk in "ab"]
        for first in range(0, len(images), 500):
            self.run("truncate", "-s", "1M", *images[first:first + 500])
        for number in range(self.count):
            self.write(f"{FOLDER}/xml/{number}.xml",
                       MACHINE.format(number=number, images=IMAGES, high=number >> 8, low=number & 255))
        self.virsh("net-start default", *(f"define {FOLDER}/xml/{number}.xml" for number in range(self.count)))

    def connect(self):
        """Begin anew with an agent just started that has read all; return once it is so."""
        self.bus = Bus(f"unix:path={self.host.root}/run/dbus/system_bus_socket")
        self.restart_agent()

    def restart_agent(self):
        """Restart the agent and wait until it has read all, XML too."""
        self.run("systemctl", "restart", "hatagod")
        self.wait_ready()

    def wait_ready(self):
        """Wait until the agent is connected, shows all machines, and has nothing to do any more."""
        def read():
            return (self.bus.get(ROOT, MANAGER, "Connected")
                    and len(self.bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)) >= self.count)
        self.bus.wait(read, 120, "the agent has read all machines")
        self.settle()

    def settle(self, seconds=120):
        """Wait until the agent rests: it looks after disks in the background for a while."""
        deadline, before = time.monotonic() + seconds, -1
        while (used := self.cpu_ticks()) - before > 1 and time.monotonic() < deadline:
            before = used
            time.sleep(1)

    def cpu_ticks(self):
        """Return how much processor time the agent has used, in hundredths of a second."""
        fields = self.read(f"/proc/{self.agent_pid()}/stat").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    # Looking

    def agent_pid(self):
        """Return the agent's pid in the host."""
        return self.run("systemctl", "show", "--value", "-p", "MainPID", "hatagod").strip()

    def pss(self, pid):
        """Return the memory of a process in bytes, with its share of what it shares."""
        return int(re.search(r"^Pss:\s+(\d+) kB", self.run("cat", f"/proc/{pid}/smaps_rollup"), re.M)[1]) * 1024

    def wake_ups(self, pid, seconds):
        """Return {thread: how often it went to sleep} of a process in this time."""
        def switches():
            text = self.run("sh", "-c", f"grep -H ^voluntary /proc/{pid}/task/*/status")
            return {match[1]: int(match[2]) for match in re.finditer(r"task/(\d+)/status:\S+\s+(\d+)", text)}
        before = switches()
        time.sleep(seconds)
        return {thread: count - before.get(thread, 0) for thread, count in switches().items()}


def save(path, value):
    """Keep all that was measured."""
    Path(path).write_text(json.dumps(value, indent=1) + "\n")


def machine_is_busy():
    """Tell how many processes want to run beside us: figures of a busy machine are worth less."""
    return os.getloadavg()[0]
