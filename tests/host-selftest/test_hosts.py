# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the disposable hosts promise. Each test boots real ones; needs root."""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "lib"))

from hatago_hosts import Guest, Host, HostError  # noqa: E402 (the path comes first)
from hatago_hosts import layers, process, registry, sources  # noqa: E402
from hatago_hosts.paths import hosts_folder, layers_folder  # noqa: E402

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a test host needs root")


def tool(*arguments, **options):
    """Run tests/host and return its CompletedProcess."""
    return subprocess.run([str(TESTS / "host"), *arguments], capture_output=True, text=True,
                          timeout=300, **options)


def eventually(condition, timeout=10):
    """Tell whether a condition comes true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def mounts_below(prefix):
    """Return the pids of all processes on the machine that see a mount whose path begins so."""
    needle, found = f" {prefix}", []
    for path in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            if needle in path.read_text():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def groups_of(name):
    """Return the control groups of a host that exist."""
    return [path for path, _, _ in os.walk("/sys/fs/cgroup")
            if re.search(rf"/hatago-host-{name}-[0-9a-f]+$", path)]


def assert_nothing_left(name):
    """Assert that nothing of a host remains but its logs."""
    assert mounts_below(f"{registry.folder(name)}/") == []
    assert groups_of(name) == []
    assert not registry.folder(name).exists()
    assert not (hosts_folder() / "run" / f"{name}.lock").exists()


@pytest.fixture(scope="module")
def pair():
    """Two hosts side by side, brought up at the same time."""
    hosts = [Host("self-one"), Host("self-two")]
    with ThreadPoolExecutor() as pool:
        ups = [pool.submit(host.up) for host in hosts]
    try:
        for up in ups:
            up.result()
        yield hosts
    finally:
        for host in hosts:
            host.__exit__()


def test_two_hosts_are_apart(pair):
    one, two = pair
    assert one.run(["hostname"]).stdout == "self-one\n"
    assert two.run(["hostname"]).stdout == "self-two\n"
    ids = {host.run(["cat", "/etc/machine-id"]).stdout for host in pair}
    assert len(ids) == 2
    one.run(["ip", "link", "add", "only-here", "type", "bridge"])
    assert two.run(["ip", "link", "show", "only-here"], check=False).returncode == 1
    (one.root / "srv/mark").write_text("from outside")
    assert one.run(["cat", "/srv/mark"]).stdout == "from outside"
    assert not (two.root / "srv/mark").exists()


def test_hosts_are_running_without_failed_units(pair):
    for host in pair:
        assert host.run(["systemctl", "is-system-running"]).stdout == "running\n"


def test_run_passes_status_streams_and_user(pair):
    one = pair[0]
    done = one.run(["sh", "-c", "cat; echo wrong >&2; exit 7"], input="in", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "in", "wrong\n")
    with pytest.raises(subprocess.CalledProcessError, match="wrong"):
        one.run(["sh", "-c", "echo wrong >&2; exit 7"])
    assert one.run(["id", "-un"]).stdout == "root\n"
    assert one.run(["id", "-Gn"], user="alice").stdout == "alice\n"
    assert "sudo" in one.run(["id", "-Gn"], user="admin").stdout.split()
    assert "libvirt" in one.run(["id", "-Gn"], user="virt").stdout.split()
    with pytest.raises(HostError, match="no user nobody-here"):
        one.run(["true"], user="nobody-here")


def test_run_has_a_clean_environment(pair):
    os.environ["LEAK"] = "yes"
    try:
        text = pair[0].run(["env"], user="alice").stdout
    finally:
        del os.environ["LEAK"]
    names = {line.split("=")[0] for line in text.splitlines()}
    assert names == {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TERM"}
    assert "HOME=/home/alice\n" in text


def test_what_run_starts_belongs_to_the_host(pair):
    text = pair[0].run(["cat", "/proc/self/cgroup"]).stdout
    assert ":/init.scope\n" in text and "/.." not in text


def test_a_command_ends_with_its_timeout(pair):
    one = pair[0]
    with pytest.raises(subprocess.TimeoutExpired):
        one.run(["sleep", "4711"], timeout=1)
    assert eventually(lambda: one.run(["pgrep", "-f", "sleep 4711"], check=False).returncode == 1)


def test_cli_passes_status_and_standard_input(pair):
    done = tool("run", "self-one", "--user", "alice", "--", "sh", "-c", "id -un; cat; exit 9",
                input="typed")
    assert (done.returncode, done.stdout) == (9, "alice\ntyped")
    done = tool("run", "self-two", "ls", "-d", "/etc")
    assert (done.returncode, done.stdout) == (0, "/etc\n")
    assert tool("root", "self-one").stdout.strip() == str(pair[0].root)


def test_shell_has_a_terminal_of_the_host(pair):
    done = subprocess.run(["script", "-qec", f"{TESTS / 'host'} shell self-one", "/dev/null"],
                          input="tty; exit 5\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 5
    assert re.search(r"^/dev/pts/\d+", done.stdout, re.MULTILINE)


def test_cli_errors_are_one_line_and_usage_is_2(pair):
    for arguments, text in ((["up", "self-one"], "is up already"),
                            (["run", "nobody", "true"], "no host nobody is up"),
                            (["down", "nobody"], "no host nobody is up"),
                            (["up", "Bad/Name"], "no name for a host"),
                            (["up", "self-three", "--packages", "/nowhere"], "no .deb in /nowhere")):
        done = tool(*arguments)
        assert done.returncode == 1
        assert re.fullmatch(r"tests/host: .*\n", done.stderr) and text in done.stderr
    for arguments in ([], ["run", "self-one"], ["down"], ["up", "x", "--nonsense"]):
        assert tool(*arguments).returncode == 2
    assert_nothing_left("self-three")


def test_the_same_name_twice_is_refused_and_harmless(pair):
    with pytest.raises(HostError, match="is up already"):
        Host("self-one").up()
    assert pair[0].run(["true"]).returncode == 0


def test_guest_boots_takes_a_lease_and_ends_by_acpi_and_by_agent(pair):
    one = pair[0]
    virsh = ["virsh", "--quiet", "--connect", "qemu:///system"]
    one.run([*virsh, "net-start", "default"])
    guest = Guest(one).define(network="default").start()
    guest.wait_ready()
    assert "qemu" in one.run(["machinectl", "list", "--no-legend"]).stdout
    assert eventually(lambda: "ipv4" in one.run([*virsh, "net-dhcp-leases", "default"]).stdout, 20)
    guest.virsh("shutdown", "--mode", "acpi")
    guest.wait_state("shut off", 30)
    guest.start().wait_ready()
    guest.wait_agent()
    guest.virsh("shutdown", "--mode", "agent")
    guest.wait_state("shut off", 30)


def test_a_guest_has_a_shell_on_its_screen(pair):
    """What is typed there is done."""
    guest = Guest(pair[0], "screen").define(display=True).start()
    guest.wait_ready()
    for key in (*"POWEROFF", "ENTER"):
        guest.virsh("send-key", "--codeset", "linux", f"KEY_{key}")
    guest.wait_state("shut off")


def test_a_deaf_guest_stays(pair):
    guest = Guest(pair[1], "deaf").define(words="deaf").start()
    guest.wait_ready()
    guest.virsh("shutdown", "--mode", "acpi")
    time.sleep(5)
    assert guest.state() == "running"
    guest.virsh("destroy")


def test_reboot_is_real_and_keeps_files():
    with Host("self-reboot").up() as host:
        before = host.run(["cat", "/proc/sys/kernel/random/boot_id", "/etc/machine-id"]).stdout
        host.run(["sh", "-c", "echo stays >/srv/disk; echo goes >/run/memory"])
        first = host.init
        host.reboot()
        assert host.init != first
        assert host.run(["cat", "/srv/disk"]).stdout == "stays\n"
        assert host.run(["test", "-e", "/run/memory"], check=False).returncode == 1
        assert host.run(["cat", "/etc/machine-id"]).stdout in before
        assert host.run(["journalctl", "--list-boots", "--no-pager"]).stdout.count("\n") >= 2


ECHO = {"echo.socket": "[Socket]\nListenStream=127.0.0.1:777\nAccept=yes\n[Install]\nWantedBy=sockets.target\n",
        "echo@.service": "[Service]\nExecStart=cat /etc/hostname -\nStandardInput=socket\nStandardOutput=socket\n"}


def said_at(port, text=b""):
    """Connect to a port of the machine, send a text and its end, and return the answer; None if nobody is there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection, ThreadPoolExecutor() as pool:
            sending = pool.submit(connection.sendall, text)
            sending.add_done_callback(lambda _: connection.shutdown(socket.SHUT_WR))
            return b"".join(iter(lambda: connection.recv(65536), b""))
    except ConnectionError:
        return None


def test_a_port_of_a_host_is_reached_on_the_loopback_address_until_the_host_is_down():
    """Both ways, whole; after a reboot too; the port wished for, or another one where that is taken."""
    with Host("self-forward") as host, socket.create_server(("127.0.0.1", 0)) as taken:
        host.up()
        for name, text in ECHO.items():
            (host.root / "etc/systemd/system" / name).write_text(text)
        host.run(["systemctl", "enable", "--now", "--quiet", "echo.socket"])
        wish = taken.getsockname()[1]
        port = host.forward(777, wish)
        assert port != wish and host.forward(777, wish) == port
        text = os.urandom(1 << 20)
        assert said_at(port, text) == b"self-forward\n" + text
        host.reboot()
        assert said_at(port) == b"self-forward\n"
        listening = subprocess.run(["ss", "--no-header", "--listening", "--numeric", "--tcp", "sport", "=", str(port)],
                                   capture_output=True, text=True, check=True).stdout.split()
        assert listening[3] == f"127.0.0.1:{port}" and listening.count("LISTEN") == 1
        host.down()
        assert said_at(port) is None
    assert_nothing_left("self-forward")


def test_a_host_with_cockpit_is_told_how_to_log_in():
    """Another password for each host, known to root alone; a host without says so."""
    try:
        assert tool("up", "self-cockpit", "--cockpit").returncode == 0
        address, users, password = tool("web", "self-cockpit", "--port", "0").stdout.split()
        assert users == "admin,alice,virt"
        host = Host("self-cockpit")
        assert host.run(["cat", "/root/cockpit-password"], user="alice", check=False).returncode != 0
        assert (host.root / "root/cockpit-password").stat().st_mode & 0o777 == 0o600
        for user, secret, status in (("admin", password, 200), ("alice", password, 200), ("alice", "x", 401),
                                     ("root", password, 401)):
            request = urllib.request.Request(f"{address}cockpit/login")
            request.add_header("Authorization", f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}")
            try:
                with urllib.request.urlopen(request) as answer:
                    found = answer.status
            except urllib.error.HTTPError as error:
                found = error.code
            assert (user, found) == (user, status)
    finally:
        tool("down", "self-cockpit")
    with Host("self-cockpit") as host:
        host.up()
        assert tool("web", "self-cockpit").stderr == "tests/host: host self-cockpit was made without --cockpit\n"


def test_down_is_clean_and_leaves_the_journal():
    host = Host("self-down").up()
    host.run(["systemd-cat", "echo", "said before the end"])
    assert host.down() is True
    assert_nothing_left("self-down")
    journal = host.journal("-o", "cat")
    assert "said before the end" in journal and "System Power Off" in journal
    with pytest.raises(HostError, match="no host self-down is up"):
        host.run(["true"])


def test_a_host_that_does_not_end_is_killed():
    host = Host("self-stuck").up()
    host.run(["systemd-run", "--quiet", "--property=TimeoutStopSec=600", "--unit=stuck",
              "sh", "-c", "trap : TERM; while :; do sleep 1; done"])
    assert host.down(timeout=3) is False
    assert_nothing_left("self-stuck")


def killed_leaves_nothing(name, pid):
    """Kill -9 a process and assert that the host's processes and mounts are gone at once."""
    below = {child: process.start_time(child)
             for child in process.descendants(registry.read(name)["keeper"])}
    assert len(below) > 10
    assert mounts_below(f"{registry.folder(name)}/")
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not any(process.is_alive(*one) for one in below.items()))
    assert eventually(lambda: not mounts_below(f"{registry.folder(name)}/"))


@pytest.mark.parametrize("victim", ["supervisor", "first process", "nspawn"])
def test_a_killed_host_leaves_nothing(victim):
    name = "self-killed"
    assert tool("up", name).returncode == 0
    keeper = registry.read(name)["keeper"]
    below = process.descendants(keeper)
    killed_leaves_nothing(name, {"supervisor": keeper, "first process": below[0],
                                 "nspawn": below[1]}[victim])
    assert eventually(lambda: name not in tool("list").stdout)
    assert_nothing_left(name)


def test_a_bound_host_ends_with_its_killed_starter():
    name = "self-bound"
    with subprocess.Popen([str(TESTS / "host"), "up", name, "--foreground"],
                          stderr=subprocess.DEVNULL) as starter:
        assert eventually(lambda: registry.state(name)[0] == "running", 60)
        killed_leaves_nothing(name, starter.pid)
    tool("list")
    assert_nothing_left(name)


def test_foreground_ends_gracefully_when_asked():
    name = "self-asked"
    with subprocess.Popen([str(TESTS / "host"), "up", name, "--foreground"],
                          stderr=subprocess.DEVNULL) as starter:
        assert eventually(lambda: registry.state(name)[0] == "running", 60)
        starter.send_signal(signal.SIGTERM)
        assert starter.wait(60) == 0
    assert_nothing_left(name)
    assert "System Power Off" in Host(name).journal("-o", "cat")


def make_package(folder, name, depends="", postinst="exit 0"):
    """Build a small .deb."""
    tree = folder / f"tree-{name}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Tests <t@example.org>\n"
        f"{f'Depends: {depends}' if depends else 'Section: misc'}\nDescription: made by a test\n")
    script = tree / "DEBIAN/postinst"
    script.write_text(f"#!/bin/sh\nset -e\n{postinst}\n")
    script.chmod(0o755)
    debs = folder / "debs"
    debs.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "--build", "-Zgzip", str(tree), str(debs)], check=True,
                   capture_output=True)
    return debs


def test_packages_bring_their_dependencies_and_nothing_more(tmp_path):
    make_package(tmp_path, "inn-core", "inn-extra (= 1), tini | no-such-package")
    debs = make_package(tmp_path, "inn-extra", "inn-core | no-such-package",
                        "echo installed >/srv/extra; cat /proc/net/route >/srv/routes")
    with Host("self-debs").up(debs) as host:
        assert host.run(["cat", "/srv/extra"]).stdout == "installed\n"
        assert host.run(["cat", "/srv/routes"]).stdout == "", "installed with a network"
        assert host.run(["dpkg-query", "-W", "-f", "${Status}", "tini"]).stdout.endswith("installed")
        assert host.run(["sh", "-c", "command -v libvirtd"], check=False).returncode != 0
        for passing in ("usr/sbin/policy-rc.d", "etc/resolv.conf"):
            assert not (host.root / passing).exists()
        lower = registry.read("self-debs")["lower"]
        assert [re.split("[/-]", part)[1] for part in lower] == ["packages", "deps", "bookworm"]


def test_a_package_that_cannot_be_installed_is_an_error_that_leaves_nothing(tmp_path):
    debs = make_package(tmp_path, "inn-broken", "tini | no-such-package",
                        postinst="echo told you so >&2; exit 3")
    before = sorted(layers_folder().iterdir())
    with pytest.raises(HostError, match="told you so"):
        Host("self-broken").up(debs)
    made = set(layers_folder().iterdir()) - set(before)
    assert not [path for path in made if path.name.startswith(("packages-", "."))]
    assert_nothing_left("self-broken")


FAILING = "[Service]\\nType=oneshot\\nExecStart=/bin/sh -c \"echo too bad; exit 3\"\\n"


@pytest.mark.parametrize("postinst, said", [
    (f"printf '{FAILING}' >/etc/systemd/system/inn.service\n"
     "mkdir -p /etc/systemd/system/multi-user.target.wants\n"
     "ln -s ../inn.service /etc/systemd/system/multi-user.target.wants/", "too bad"),
    ("ln -sf /bin/false /usr/lib/systemd/systemd", "died while booting"),
], ids=["failed unit", "no init"])
def test_a_host_that_does_not_come_up_says_why_and_leaves_nothing(tmp_path, postinst, said):
    debs = make_package(tmp_path, "inn-sick", "tini | no-such-package", postinst=postinst)
    with pytest.raises(HostError, match=said):
        Host("self-sick").up(debs, timeout=30)
    assert_nothing_left("self-sick")


def test_a_killed_build_leaves_nothing_half(tmp_path):
    debs = make_package(tmp_path, "inn-slow", "tini | no-such-package",
                        postinst="touch /srv/reached; sleep 600")
    with subprocess.Popen([str(TESTS / "host"), "up", "self-cut", "--packages", str(debs)],
                          stderr=subprocess.DEVNULL) as builder:
        assert eventually(lambda: [*layers_folder().glob(".new-packages-*/root/srv/reached")], 60)
        assert mounts_below(f"{layers_folder()}/.new-")
        builder.kill()
    assert eventually(lambda: not mounts_below(f"{layers_folder()}/.new-"))
    tool("list")
    assert_nothing_left("self-cut")
    debs = make_package(tmp_path / "good", "inn-slow", "tini | no-such-package")
    with Host("self-cut").up(debs) as host:
        assert host.run(["dpkg-query", "-W", "inn-slow"]).returncode == 0
    assert not [*layers_folder().glob(".new-*")]


def test_foreign_depends_leave_own_packages_out():
    package = layers.Package
    packages = [package(Path("a"), "a", "b (= 1), libc6 (>= 2.3), x | b, y | z"),
                package(Path("b"), "b", "libc6 (>= 2.3), c:any")]
    assert layers.foreign_depends(packages) == "c:any, libc6 (>= 2.3), y | z"


def test_only_debians_archives_are_taken(monkeypatch):
    targets = [["Debian", "http://deb.debian.org/debian/", "bookworm", "main"],
               ["Debian", "http://deb.debian.org/debian-security/", "bookworm-security", "main"],
               ["Docker", "https://download.docker.com/linux/debian/", "bookworm", "stable"],
               ["apt.example.org", "https://apt.example.org/debian/", "bookworm", "main"],
               ["$(ORIGIN)", "https://mirror.example.org/debian/", "bookworm", "main"]]
    monkeypatch.setattr(sources, "_targets", lambda: targets)
    assert "example" not in sources.sources_list("bookworm")
    assert "deb.debian.org/debian-security bookworm-security main" in sources.sources_list("bookworm")
    monkeypatch.setattr(sources, "_targets", lambda: targets[2:])
    with pytest.raises(HostError, match="no Debian archive"):
        sources.sources_list("bookworm")
