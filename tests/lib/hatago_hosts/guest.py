# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest image: a Debian kernel and an initramfs of busybox and QEMU's guest agent.

It is small because it runs without hardware virtualization. Packages are downloaded and
unpacked, never installed; the archive is Debian's as sources.py finds it.
"""

import shutil
import subprocess
import time
from pathlib import Path

from . import sources
from .errors import HostError
from .files import digest, digest_file, lock, remove_tree, say, whole_folder
from .paths import GUEST_SOURCES, guest_folder

SUITE = "bookworm"
KERNEL = "linux-image-cloud-amd64"
AGENT = "qemu-guest-agent"
PLACE = "var/lib/libvirt/images/hatago-guest"
# In this order, because insmod resolves nothing.
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci",
           "failover", "net_failover", "virtio_net", "virtio_blk", "virtio_console",
           "virtio_balloon", "evdev", "button")
# Where each of our files goes in the initramfs.
FILES = {"init": "init", "rc": "etc/rc", "inittab": "etc/inittab",
         "power-button": "etc/acpi/PWRF/00000080", "shutdown": "sbin/shutdown",
         "udhcpc.script": "etc/udhcpc/default.script"}
FOLDERS = ("bin", "sbin", "dev", "proc", "sys", "run", "tmp", "root", "lib/modules", "lib64",
           "var/log", "var/run", "usr/sbin")


def key():
    """Return the hash of all that makes the image, but for the packages' versions."""
    parts = [SUITE, *MODULES, digest_file(__file__)]
    parts += [digest_file(GUEST_SOURCES / name) for name in sorted([*FILES, "guest.xml"])]
    return digest(*parts)


def ensure():
    """Return the folder with vmlinuz, initrd.img and guest.xml, building it if it is new."""
    folder = guest_folder() / key()
    with lock(guest_folder() / "lock"):
        if not folder.exists():
            say("building the guest image")
            started = time.monotonic()
            for old in guest_folder().glob("[0-9a-f]*"):
                remove_tree(old) if old.is_dir() else None
            with whole_folder(folder) as fresh:
                _build(fresh)
            say(f"guest image built in {time.monotonic() - started:.0f} s")
    return folder


def install(image, root):
    """Copy the image to where libvirt may read it, below a host's root."""
    shutil.copytree(image, root / PLACE, dirs_exist_ok=True)


def _build(fresh):
    """Download, unpack, and put kernel and initramfs together."""
    work = fresh / "work"
    tree = work / "tree"
    for name in FOLDERS:
        (tree / name).mkdir(parents=True, exist_ok=True)
    unpacked = _unpack(work)
    kernel = next((unpacked / "boot").glob("vmlinuz-*"))
    shutil.copyfile(kernel, fresh / "vmlinuz")
    _add_modules(tree, unpacked / "lib/modules" / kernel.name.removeprefix("vmlinuz-"))
    _add_busybox(tree, unpacked)
    _add_program(tree, unpacked, "usr/sbin/qemu-ga")
    for name, target in FILES.items():
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(GUEST_SOURCES / name, tree / target)
    _pack(tree, fresh / "initrd.img")
    shutil.copyfile(GUEST_SOURCES / "guest.xml", fresh / "guest.xml")
    remove_tree(work)


def _run(command, **options):
    """Run a command that must succeed; return its output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise HostError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _apt(work):
    """Return apt-get's and apt-cache's options for lists and a status of their own."""
    apt = work / "apt"
    for name in ("lists/partial", "archives/partial", "etc"):
        (apt / name).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(sources.sources_list(SUITE))
    settings = {"Dir::State::Lists": apt / "lists", "Dir::State::status": apt / "status",
                "Dir::Cache": apt, "Dir::Etc::sourcelist": apt / "sources.list",
                "Dir::Etc::sourceparts": "-", "Dir::Etc::preferencesparts": "-",
                "APT::Sandbox::User": "root", "APT::Architecture": "amd64",
                "Acquire::Languages": "none"}
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _unpack(work):
    """Download the packages with all the agent depends on; return where they are unpacked."""
    options, archives, unpacked = _apt(work), work / "debs", work / "unpacked"
    archives.mkdir()
    _run(["apt-get", *options, "-q", "update"])
    depends = _run(["apt-cache", *options, "depends", "--important", KERNEL])
    real = next(line.split()[1] for line in depends.splitlines() if "Depends: linux-image" in line)
    listed = _run(["apt-cache", *options, "depends", "--recurse", "--no-recommends",
                   "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces",
                   "--no-enhances", AGENT])
    libraries = {line for line in listed.splitlines()
                 if line.startswith("lib") and ":" not in line}
    _run(["apt-get", *options, "-q", "download", real, "busybox-static", AGENT, *sorted(libraries)],
         cwd=archives)
    for package in sorted(archives.glob("*.deb")):
        _run(["dpkg-deb", "-x", package, unpacked])
    return unpacked


def _add_modules(tree, modules):
    """Copy the modules the guest needs and list them; what the kernel has built in is left out."""
    builtin = {Path(line).stem for line in (modules / "modules.builtin").read_text().split()}
    found = {path.stem.replace("-", "_"): path for path in modules.rglob("*.ko")}
    names = []
    for name in MODULES:
        if name in found:
            shutil.copyfile(found[name], tree / "lib/modules" / f"{name}.ko")
            names.append(f"{name}.ko")
        elif name not in builtin:
            raise HostError(f"the kernel has no module {name}")
    (tree / "etc").mkdir(exist_ok=True)
    (tree / "etc/modules").write_text("".join(f"{name}\n" for name in names))


def _add_busybox(tree, unpacked):
    """Copy busybox, and make the links for its applets here rather than slowly in the guest."""
    busybox = unpacked / "bin/busybox"
    shutil.copy(busybox, tree / "bin/busybox")
    for path in _run([busybox, "--list-full"]).split():
        link = tree / path
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to("/bin/busybox")


def _add_program(tree, unpacked, name):
    """Copy a program with the libraries its own loader names."""
    loader = unpacked / "lib64/ld-linux-x86-64.so.2"
    folders = [unpacked / part / "x86_64-linux-gnu" for part in ("lib", "usr/lib")]
    listed = _run([loader.resolve(), "--library-path", ":".join(map(str, folders)), "--list",
                   unpacked / name])
    shutil.copy(unpacked / name, tree / name)
    shutil.copy(loader, tree / "lib64/ld-linux-x86-64.so.2")
    for line in listed.splitlines():
        soname, arrow, rest = line.strip().partition(" => ")
        if not arrow or soname.startswith("/"):
            continue
        source = Path(rest.split(" (")[0])
        if not source.is_relative_to(unpacked):
            raise HostError(f"{name} needs {soname}, which no downloaded package has")
        shutil.copy(source, tree / "lib" / soname)


def _pack(tree, target):
    """Write the initramfs, uncompressed: unpacking costs an emulated processor seconds."""
    names = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    with open(target, "wb") as output:
        subprocess.run([str(tree / "bin/busybox"), "cpio", "-o", "-H", "newc", "-R", "0:0"],
                       input="\n".join(names).encode(), stdout=output, cwd=tree,
                       stderr=subprocess.DEVNULL, check=True)
