# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a clean clone in a bare Debian, the two commands of the README work: ./try and ./check fast.

The tests are the steps of one newcomer and run in this order. build/from-nothing.log has all that was
said, and how long each command took.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bare import BareDebian
from conftest import TOP
from hatago_hosts import process, registry, sandbox
from hatago_hosts.paths import build_folder

CLONE = "/root/hatago"
USER, USER_CLONE = "newcomer", "/home/newcomer/hatago"
CONSOLE = "/var/log/libvirt/qemu/guest-console.log"
# Changed by apt and by what its packages run, after the last line of dpkg's own log too.
APT_OWN = ("/var/log", "/var/lib/apt", "/var/lib/dpkg", "/var/cache")

LOGIN = """
import base64, sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1] + "cockpit/login")
request.add_header("Authorization", "Basic " + base64.b64encode(f"admin:{sys.argv[2]}".encode()).decode())
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""

HOLDER = """
import sys, time
from bare import BareDebian
with BareDebian(sys.argv[1], sys.argv[2]) as debian:
    print("in", flush=True)
    debian.run(["sleep", "1000"])
"""


def clone(debian, path, owner=None):
    """Clone this checkout's last commit into the root; the checkout may be another user's."""
    settings = registry.folder(debian.name) / "gitconfig"
    settings.write_text("[safe]\n\tdirectory = *\n")
    target = debian.root / path.lstrip("/")
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", TOP, target], check=True,
                   env={**os.environ, "GIT_CONFIG_GLOBAL": str(settings)})
    if owner:
        debian.run(["chown", "-R", f"{owner}:", path])


@pytest.fixture(scope="module")
def debian():
    """A bare Debian with a clone of root's and one of a user who has no rights."""
    with BareDebian("bare", build_folder() / "from-nothing.log") as debian:
        debian.run(["useradd", "--create-home", USER])
        clone(debian, CLONE)
        clone(debian, USER_CLONE, USER)
        yield debian


def ours(debian, *command, **options):
    """Run a command in root's clone."""
    return debian.run(list(command), folder=CLONE, **options)


def by_user(debian, *command, **options):
    """Run a command in the clone of the user without rights."""
    return debian.run(list(command), user=USER, folder=USER_CLONE, **options)


def test_the_root_is_bare(debian):
    """Nothing is there that the two commands are to bring."""
    for program in ("git", "python3", "cc", "systemctl", "dbus-daemon", "virsh"):
        assert debian.run(["sh", "-c", f"command -v {program}"], check=False).returncode != 0
    assert debian.programs() == {}


@pytest.mark.parametrize("command, said", [
    ("./try", "try: must be run as root: sudo ./try"),
    ("./check", "check: must be run as root: sudo ./check all"),
    ("./check fast", "install-deps: must be run as root to install: gcc ")])
def test_without_rights_one_line_says_what_to_do(debian, command, said):
    """No half-done work, no traceback."""
    done = by_user(debian, *command.split(), check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(said) and len(done.stdout.splitlines()) == 1


def test_without_a_network_the_last_line_says_so(debian):
    """apt's own words, then what it means."""
    done = ours(debian, "unshare", "--net", "./try", check=False, timeout=120)
    assert done.returncode == 1
    assert "cannot reach the Debian mirror" in done.stdout.splitlines()[-1]


def test_try_brings_up_a_guest(debian):
    """One command: packages, build, host, guest; the guest boots to its end."""
    said = ours(debian, "./try").stdout
    assert re.search(r"^guest running ", said, re.M)
    assert re.search(r"State: running \(booted\)", said)
    assert any("qemu-system" in program for program in debian.programs().values())
    deadline = time.monotonic() + 90
    while "hatago-guest: ready" not in ours(debian, "./try", "run", "cat", CONSOLE).stdout:
        assert time.monotonic() < deadline, "the guest did not boot"
        time.sleep(1)


def test_try_tells_where_the_page_is(debian):
    """The address answers, on the loopback address; it is another one's business with a password."""
    said = ours(debian, "./try").stdout
    address, users, password = re.search(r"(http://127\.0\.0\.1:\d+/)hatago +users (\S+) .*password (\S+)", said).groups()
    assert "admin" in users.split(",")
    for secret, status in ((password, 200), (f"{password}x", 401)):
        assert debian.run(["/usr/bin/python3", "-c", LOGIN, address, secret]).stdout.split() == [str(status)]


def test_try_again_builds_nothing_and_says_what_is_there(debian):
    """The second time it only shows."""
    began = time.monotonic()
    said = ours(debian, "./try").stdout
    assert "The host is up already" in said and "It runs already" in said
    assert "installing" not in said and "building" not in said
    assert time.monotonic() - began < 20


def test_try_stop_leaves_nothing_running(debian):
    """No process is left, of the host, of libvirt or of any package that was installed."""
    ours(debian, "./try", "stop")
    assert debian.programs() == {}
    assert "try" not in ours(debian, "tests/host", "list").stdout
    done = ours(debian, "./try", "run", "true", check=False)
    assert done.returncode == 1 and "no host is up" in done.stdout


def test_try_touched_nothing_but_packages_and_its_build_folder(debian):
    """After apt had ended, only files below build/ and web/node_modules were made, changed or removed."""
    history = (debian.root / "var/log/apt/history.log").read_text()
    day, clock = re.findall(r"^End-Date: (\S+) +(\S+)$", history, re.M)[-1]
    prune = [word for path in (*APT_OWN, f"{CLONE}/build", f"{CLONE}/web/node_modules", "/tmp", "/run")
             for word in ("-path", path, "-prune", "-o")]
    found = debian.run(["find", "/", "-xdev", *prune, "-newerct", f"{day} {clock} UTC +1 second",
                        "-print"]).stdout.split("\n")
    # The folders themselves, because others were made in them, and a lock.
    assert set(found) <= {"", CLONE, f"{CLONE}/web", f"{CLONE}/web/.modules.lock"}
    assert debian.run(["find", "/tmp", "-mindepth", "1"]).stdout == ""
    assert ours(debian, "git", "status", "--porcelain").stdout == ""


def test_check_fast_passes_for_a_user_without_rights(debian, say):
    """install-deps by root, then the tests by somebody with no rights at all; and once more, as at an edit."""
    ours(debian, "packaging/install-deps", "build", "web", "test")
    for what in ("first", "again"):
        began = time.monotonic()
        said = by_user(debian, "./check", "fast").stdout.splitlines()
        say(f"./check fast, {what}: {time.monotonic() - began:.0f} s, {said[-1]}")
        # Skipped is what needs root for some of its callers.
        assert re.fullmatch(r"\d+ passed, 0 failed(, \d+ skipped)?", said[-1])
        assert int(said[-1].split()[0]) > 400
    assert debian.programs() == {}
    assert by_user(debian, "git", "status", "--porcelain").stdout == ""


def test_a_killed_one_leaves_nothing(tmp_path):
    """kill -9 of who holds a bare Debian: processes and mounts are gone at once, the rest at the next command."""
    log = tmp_path / "log"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, "bare-killed", log], text=True,
                              stdout=subprocess.PIPE, cwd=Path(__file__).parent,
                              env={**os.environ, **sandbox.environment()})
    assert holder.stdout.readline() == "in\n", log.read_text()
    record = registry.read("bare-killed")
    while len(below := process.descendants(holder.pid)) < 4:
        time.sleep(0.05)
    holder.kill()
    holder.communicate()
    deadline = time.monotonic() + 5
    while any(process.start_time(pid) for pid in below):
        assert time.monotonic() < deadline, below
        time.sleep(0.05)
    registry.sweep()
    assert not registry.folder("bare-killed").exists()
    assert not [group for group in record["groups"] if Path(group).exists()]
