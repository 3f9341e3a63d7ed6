# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of tests/host."""

import argparse
import os
import signal
import subprocess
import sys
import time

from . import base, cockpit, guest, layers, registry, sandbox
from .errors import HostError
from .files import lock, say
from .host import Host
from .paths import hosts_folder

EXAMPLES = """\
examples:
  tests/host up one                         a host with libvirt, QEMU and NetworkManager
  tests/host up two --packages build/debs   a host with these packages, and what they depend on
  tests/host run one -- virsh list --all    run a command in it; its exit status is passed on
  tests/host run one --user virt -- id      the users are root, alice, admin (sudo), virt (libvirt)
  tests/host up three --cockpit; tests/host web three       a host to be looked at in a browser
  tests/host shell one                      look around
  tests/host journal one -u libvirtd        its journal, also after it is down
  tests/host down one                       power it off and remove it

All state is below build/hosts, or $HATAGO_BUILD/hosts. docs/test-host.md tells more.
"""


def _add_suite(command):
    """Add the option that names the Debian release."""
    command.add_argument("--suite", default="bookworm", metavar="SUITE",
                         help="Debian release (default: %(default)s)")


def parser():
    """Return the argument parser; each verb is one function of this module."""
    top = argparse.ArgumentParser(
        prog="tests/host", description="Disposable test hosts: a complete Debian, booted in "
        "seconds, thrown away at the end. Needs root.", epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = top.add_subparsers(metavar="COMMAND", required=True)

    def verb(function, text, name=True):
        command = verbs.add_parser(function.__name__.removeprefix("host_"), help=text,
                                   description=text[0].upper() + text[1:] + ".")
        command.set_defaults(function=function)
        if name:
            command.add_argument("name", metavar="NAME")
        return command

    command = verb(host_base, "build the cached Debian root and the guest image only", name=False)
    _add_suite(command)
    command.add_argument("--refresh", action="store_true",
                         help="build it anew, with today's Debian packages")
    command = verb(host_up, "make a host and boot it")
    command.add_argument("--packages", metavar="DIR",
                         help="install the .debs of this folder, with their dependencies")
    _add_suite(command)
    command.add_argument("--cockpit", action="store_true",
                         help="install Cockpit too, and give the users a password")
    command.add_argument("--foreground", action="store_true",
                         help="stay here; the host ends with this command")
    command.add_argument("--allow-degraded", action="store_true",
                         help="accept failed units, to look into them")
    command = verb(host_run, "run a command in a host")
    command.add_argument("--user", metavar="USER", help="run as this user (default: root)")
    command.usage = "tests/host run NAME [--user USER] [--] COMMAND [ARGUMENT…]"
    command = verb(host_shell, "open a shell in a host")
    command.add_argument("--user", metavar="USER", help="as this user (default: root)")
    command = verb(host_web, "make a host's Cockpit reachable here; print address, users and password")
    command.add_argument("--port", type=int, default=9099, metavar="PORT",
                         help="port of 127.0.0.1, if it is free (default: %(default)s)")
    command = verb(host_journal, "show a host's journal, also after it is down")
    command.add_argument("argv", nargs=argparse.REMAINDER, metavar="[JOURNALCTL-ARGUMENT…]")
    command = verb(host_down, "power a host off and remove it", name=False)
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("name", metavar="NAME", nargs="?")
    which.add_argument("--all", action="store_true", help="all hosts")
    command.add_argument("--timeout", type=float, default=60, metavar="SECONDS",
                         help="kill it after this time (default: %(default)s)")
    verb(host_list, "list the hosts", name=False)
    verb(host_root, "print the path by which a host's files are reached from outside")
    return top


def host_base(options):
    """Build base, default dependencies and guest image, so that the first up is quick."""
    sandbox.check_machine()
    registry.sweep()
    with lock(hosts_folder() / "build.lock"):
        if options.refresh:
            if any(lower.startswith("base/") for lower in registry.used_layers()):
                raise HostError("hosts are up on the base: take them down first")
            base.forget(options.suite)
        print(hosts_folder() / "base" / base.ensure(options.suite) / "root")
        layers.remove_old(registry.used_layers())
        guest.ensure()


def host_up(options):
    """Bring a host up and leave it running, or stay with it."""
    started = time.monotonic()
    host = Host(options.name)
    host.up(options.packages, more=cockpit.PACKAGES if options.cockpit else (),
            suite=options.suite, bound=options.foreground, allow_degraded=options.allow_degraded)
    if options.cockpit:
        cockpit.open_to_users(host)
    say(f"{options.name} is running after {time.monotonic() - started:.1f} s")
    if options.foreground:
        _stay(host)


def _stay(host):
    """Wait until the host ends by itself or somebody asks this command to end."""
    def ask_to_end(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, ask_to_end)
    try:
        while host.is_up():
            time.sleep(0.2)
        registry.sweep()
    except KeyboardInterrupt:
        host.down()


def host_run(options):
    """Become the command, so that its status, its signals and its terminal are ours."""
    command = Host(options.name).command(options.command, options.user)
    os.execvp(command[0], command)


def host_shell(options):
    """Become a shell; script gives it a terminal of the host, where ours does not exist."""
    shell = ["/bin/bash", "-l"]
    if sys.stdin.isatty():
        shell = ["script", "--quiet", "--return", "--command", " ".join(shell), "/dev/null"]
    command = Host(options.name).command(shell, options.user)
    os.execvp(command[0], command)


def host_web(options):
    """Print how to log in, three words: address, users parted by commas, password."""
    host = Host(options.name)
    password = cockpit.password_of(host)
    if password is None:
        raise HostError(f"host {host.name} was made without --cockpit")
    print(f"http://127.0.0.1:{host.forward(cockpit.PORT, options.port)}/", ",".join(cockpit.USERS),
          password)


def host_journal(options):
    """Become journalctl, which follows its own options."""
    folder = registry.journal_folder(options.name)
    os.execvp("journalctl", ["journalctl", "--directory", str(folder), *options.argv])


def host_down(options):
    """Take one host or all of them down."""
    registry.sweep()
    names = registry.names() if options.all else [options.name]
    for name in names:
        Host(name).down(options.timeout)


def host_list(_):
    """Print name, state, init's pid, release and layers of each host."""
    registry.sweep()
    rows = [("NAME", "STATE", "PID", "SUITE", "LAYERS")]
    for name in registry.names():
        state, pid = registry.state(name)
        record = registry.read(name) or {}
        parts = [lower.split("/")[1] for lower in record.get("lower", ())]
        rows.append((name, state, str(pid or "-"), record.get("suite", "-"), " ".join(parts)))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def host_root(options):
    """Print the path of a host's root."""
    print(Host(options.name).root)


def split_command(arguments):
    """Split what is ours from the command that run gets, with or without "--" between.

    argparse cannot: either it takes the command's options for its own, or ours for the
    command's.
    """
    if arguments[:1] != ["run"]:
        return arguments, []
    place, positionals = 1, 0
    while place < len(arguments):
        word = arguments[place]
        if word == "--":
            return arguments[:place], arguments[place + 1:]
        positionals += not word.startswith("-")
        if positionals == 2:
            return arguments[:place], arguments[place:]
        place += 2 if word == "--user" else 1
    return arguments, []


def main():
    """Parse, act, and turn an error into one clear line and status 1."""
    ours, command = split_command(sys.argv[1:])
    top = parser()
    options = top.parse_args(ours, argparse.Namespace(command=command))
    if options.function is host_run and not command:
        top.error("run needs a command")
    try:
        options.function(options)
    except HostError as error:
        print(f"tests/host: {error}", file=sys.stderr)
        return 1
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"tests/host: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
