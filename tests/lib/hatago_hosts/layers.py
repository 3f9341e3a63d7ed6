# SPDX-License-Identifier: LGPL-2.1-or-later
"""Overlay layers between a base and a host: what our packages need, then our packages.

Two layers, because dependencies come from the network and change seldom, while our packages
change with every build and must install without a network: a dependency that the control
file forgets then shows as an error.
"""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import sandbox, sources
from .errors import HostError
from .files import digest, digest_file, read_json, remove_tree, say, whole_folder, write_json
from .paths import bases_folder, hosts_folder, layers_folder

KEEP = 5
# A host without packages of ours is still good for trying the tool and for comparing.
DEFAULT = ("libvirt-daemon-system, qemu-system-x86, qemu-utils, dnsmasq-base, "
           "libvirt-daemon-config-network, polkitd, network-manager")
REFUSE_DAEMONS = "#!/bin/sh\nexit 101\n"
APT = ("apt-get", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0",
       "-o", "APT::Sandbox::User=root")


@dataclass(frozen=True)
class Package:
    """What a layer has to know of one .deb."""
    path: Path
    name: str
    depends: str


def read_packages(folder):
    """Return the .debs of a folder, ordered by name, one for each package."""
    found = sorted(Path(folder).glob("*.deb"))
    if not found:
        raise HostError(f"no .deb in {folder}")
    packages = {}
    for path in found:
        package = _read_package(path)
        if package.name in packages:
            raise HostError(f"two versions of {package.name} in {folder}: "
                            f"{packages[package.name].path.name} and {path.name}")
        packages[package.name] = package
    return [packages[name] for name in sorted(packages)]


def _read_package(path):
    """Read one .deb's control fields."""
    def field(name):
        done = subprocess.run(["dpkg-deb", "--field", str(path), name],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise HostError(f"{path} is no Debian package: {done.stderr.strip()}")
        return done.stdout.strip()
    depends = ", ".join(filter(None, (field("Pre-Depends"), field("Depends"))))
    return Package(path, field("Package"), depends)


def foreign_depends(packages):
    """Return what packages need beyond each other, as one sorted Depends line.

    An alternative that one of them provides itself needs nothing from outside.
    """
    own = {package.name for package in packages}
    needed = set()
    for package in packages:
        for group in filter(None, (part.strip() for part in package.depends.split(","))):
            names = {choice.split("(")[0].split(":")[0].strip() for choice in group.split("|")}
            if not names & own:
                needed.add(group)
    return ", ".join(sorted(needed))


def ensure(base, folder=None, more=()):
    """Return the lower directories of a host, uppermost first, building what is missing.

    They are relative to the hosts folder. more names packages of Debian. Needs the build lock.
    """
    lower = [f"base/{base}/root"]
    packages = read_packages(folder) if folder else []
    depends = ", ".join([foreign_depends(packages) if packages else DEFAULT, *more])
    lower.insert(0, _ensure_depends(base, depends, lower))
    if packages:
        lower.insert(0, _ensure_packages(packages, lower))
    return lower


def _ensure_depends(base, depends, lower):
    """Make the layer of dependencies, with the machine's network."""
    name = f"deps-{digest(base, depends, '2')}"
    commands = [
        [*APT, "update"],
        [*APT, "satisfy", depends],
        [*APT, "clean"],
        ["find", "/var/lib/apt/lists", "-type", "f", "-delete"],
        ["groupadd", "--force", "--system", "libvirt"],
        ["useradd", "-m", "-s", "/bin/bash", "-G", "libvirt", "virt"],
    ]
    if not depends:
        del commands[1]
    return _ensure(name, lower, commands, "the dependencies", network=True)


def _ensure_packages(packages, lower):
    """Make the layer of our packages, without any network."""
    name = f"packages-{digest(*lower, *(digest_file(p.path) for p in packages))}"
    commands = [[*APT, "install",
                 *(f"/mnt/{package.path.name}" for package in packages)]]
    return _ensure(name, lower, commands, "our packages", network=False,
                   bind=packages[0].path.parent)


def _ensure(name, lower, commands, what, network, bind=None):
    """Return a layer's directory, made by running commands in a chroot if it is new."""
    folder = layers_folder() / name
    relative = f"layers/{name}/root"
    if folder.exists():
        (folder / "info.json").touch()
        return relative
    say(f"installing {what}")
    started = time.monotonic()
    with whole_folder(folder) as fresh:
        _run(fresh, lower, commands, network, bind, what)
        write_json(fresh / "info.json", {"lower": lower, "commands": commands,
                                         "seconds": round(time.monotonic() - started)})
    say(f"{what} installed in {time.monotonic() - started:.0f} s")
    return relative


def _run(fresh, lower, commands, network, bind, what):
    """Run commands in a chroot over an overlay, with no daemon started by a package."""
    for part in ("root", "work", "merged", "empty"):
        (fresh / part).mkdir()
    passing = _place_passing_files(fresh / "root", network)
    relative = fresh.relative_to(hosts_folder())
    job = {"folder": str(hosts_folder()), "lower": lower, "upper": f"{relative}/root",
           "work": f"{relative}/work", "root": f"{relative}/merged",
           "bind": str((bind or fresh / "empty").resolve()), "commands": commands}
    write_json(fresh / "job.json", job)
    log = hosts_folder() / "layer.log"
    log.unlink(missing_ok=True)
    if sandbox.run_bound(sandbox.module("workshop", fresh / "job.json"), log, network) != 0:
        raise HostError(f"installing {what} failed ({log}):\n{sandbox.last_lines(log)}")
    for path in passing:
        path.unlink()
    for part in ("work", "merged", "empty"):
        remove_tree(fresh / part)
    (fresh / "job.json").unlink()


def _place_passing_files(upper, network):
    """Put files there that the chroot needs and the host must not have; return them."""
    policy = upper / "usr/sbin/policy-rc.d"
    policy.parent.mkdir(parents=True)
    policy.write_text(REFUSE_DAEMONS)
    policy.chmod(0o755)
    if not network:
        return [policy]
    resolver, proxies = upper / "etc/resolv.conf", upper / "etc/apt/apt.conf.d/00test-host"
    proxies.parent.mkdir(parents=True)
    resolver.write_text(Path("/etc/resolv.conf").read_text())
    proxies.write_text("".join(f'{name} "{value}";\n' for name, _, value in
                               (option.partition("=") for option in sources.apt_options())))
    return [policy, resolver, proxies]


def remove_old(used):
    """Remove bases and layers beyond the newest few of each kind. Needs the build lock.

    What running hosts use stays, and what a layer that stays lies on.
    """
    needed = set(used)
    for kind in ("packages", "deps"):
        needed |= _remove_kind(layers_folder(), "layers", kind, needed)
    _remove_kind(bases_folder(), "base", "", needed)


def _remove_kind(parent, prefix, kind, needed):
    """Remove the old ones of one kind; return what the remaining ones lie on."""
    found = sorted((folder for folder in parent.glob(f"{kind}*-*") if folder.name[0] != "."),
                   reverse=True, key=lambda folder: (folder / "info.json").stat().st_mtime)
    below = set()
    for place, folder in enumerate(found):
        lower = read_json(folder / "info.json").get("lower", [])
        whole = all((hosts_folder() / part).exists() for part in lower)
        if f"{prefix}/{folder.name}/root" in needed or (whole and place < KEEP):
            below.update(lower)
        else:
            remove_tree(folder)
    return below
