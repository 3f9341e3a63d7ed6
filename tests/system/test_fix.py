# SPDX-License-Identifier: LGPL-2.1-or-later
"""Remedies on a real host: broken, mended, taken back."""

import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.shares("kvm")

RECORDS = "var/lib/hatago-fix"
MODPROBE = "usr/sbin/modprobe"
RECORDER = """#!/bin/sh
echo "$* $(env | grep -c -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD=)" >>/dev/shm/modprobe-called
case $1 in
--) mkdir -p "/sys/module/$2" ;;
esac
"""
POOL = "<pool type='dir'><name>other</name><target><path>/var/lib/libvirt/images</path></target></pool>"


def read(path):
    """Return what a file of the host's kernel says."""
    return path.read_text().strip()


def fix(host, word):
    """Start the unit; return whether it succeeded, and its status."""
    unit = f"hatago-fix@{word}.service"
    done = host.run(["systemctl", "start", unit], check=False)
    status = host.run(["systemctl", "show", "--value", "-p", "StatusText", unit]).stdout.strip()
    host.run(["systemctl", "reset-failed", unit], check=False)
    return done.returncode == 0, status


def mend(host, name):
    """Apply a remedy, twice: what is there already is no error."""
    assert fix(host, name) == (True, "")
    assert (host.root / RECORDS / name).is_file()
    assert fix(host, name) == (True, "")


def take_back(host, name):
    """Take it back; there is no second time."""
    assert fix(host, f"undo:{name}") == (True, "")
    assert not (host.root / RECORDS / name).exists()
    done, why = fix(host, f"undo:{name}")
    assert not done and "nothing to take back" in why


def virsh(host, *words):
    """Return what virsh prints."""
    return host.run(["virsh", "--quiet", *words]).stdout


def states(host, *units):
    """Return what systemd says of each, active and enabled."""
    return [(host.run(["systemctl", "is-active", unit], check=False).stdout.strip(),
             host.run(["systemctl", "is-enabled", unit], check=False).stdout.strip()) for unit in units]


def listed(host, kind):
    """Return the row of "default" in virsh's list, as words."""
    return next((line.split() for line in virsh(host, f"{kind}-list", "--all").splitlines()
                 if line.split()[:1] == ["default"]), [])


@pytest.fixture
def sys_writable(host):
    """The host's /sys is read-only, as a container's is, and has no modules; a real host's is not, and has some."""
    for folder in ("/sys", "/sys/kernel"):
        host.run(["mount", "-o", "remount,rw", folder])
    host.run(["mkdir", "-p", "/sys/module"])
    yield
    for folder in ("/sys", "/sys/kernel"):
        host.run(["mount", "-o", "remount,ro", folder])


def sysctl(host, key):
    """Return a parameter of the host's kernel. Through host.root one would get that of the machine outside."""
    return host.run(["sysctl", "-n", key]).stdout.strip()


@pytest.mark.parametrize("word", ["none", "undo:none", "undo:", "undo:undo:ksm", "..-..-etc-passwd", "ksm\\x20", "-h",
                                  "--help", "%n", "\\x2e\\x2e", "KSM"])
def test_other_names_are_refused(host, word):
    """Whatever follows the @, nothing happens and nothing is written."""
    written = ["find", "/etc", "/var/lib/hatago-fix", "-type", "f", "-newer", "/proc/1"]
    before = host.run(written, check=False).stdout
    done, why = fix(host, word)
    assert not done
    assert "no remedy" in why
    assert host.run(written, check=False).stdout == before


def test_libvirts_sockets_are_enabled_and_started(host):
    """As systemd and virsh see it; the daemon goes with them again."""
    units = ["libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]
    host.run(["systemctl", "disable", *units[:2]])
    host.run(["systemctl", "enable", "--runtime", units[0]])
    host.run(["systemctl", "stop", *units, "libvirtd.service"])
    before = states(host, *units, "libvirtd.service")
    assert before == [("inactive", word) for word in ("enabled-runtime", "disabled", "enabled", "enabled")]
    mend(host, "libvirt-daemon")
    assert states(host, *units) == [("active", "enabled")] * 3
    assert virsh(host, "uri") == "qemu:///system\n"
    take_back(host, "libvirt-daemon")
    assert states(host, *units, "libvirtd.service") == before
    host.run(["systemctl", "disable", "--runtime", units[0]])
    host.run(["systemctl", "enable", *units])
    host.run(["systemctl", "start", *units])


def test_masked_sockets_are_an_administrators(host):
    """Nothing is changed, and the reason is told."""
    units = ["libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]
    host.run(["systemctl", "stop", *units, "libvirtd.service"])
    host.run(["systemctl", "mask", "--runtime", "libvirtd.socket"])
    try:
        done, why = fix(host, "libvirt-daemon")
        assert not done and "masked" in why
        assert states(host, "libvirtd.socket")[0][0] == "inactive"
    finally:
        host.run(["systemctl", "unmask", "--runtime", "libvirtd.socket"])
        host.run(["systemctl", "start", *units])


def note(host, name, *changes):
    """Write a record, as an earlier remedy would have left it."""
    rows = [f"[change-{n}]\nKind={kind}\nTarget={target}\nBefore={before}\n"
            for n, (kind, target, before) in enumerate(changes, 1)]
    (host.root / RECORDS).mkdir(parents=True, exist_ok=True)
    (host.root / RECORDS / name).write_text("".join(rows))


def test_units_that_have_gone_are_taken_back(host):
    """A package was removed, or an administrator has put other daemons in its place."""
    masked = host.root / "etc/systemd/system/elsewhere.socket"
    masked.symlink_to("/dev/null")
    host.run(["systemctl", "daemon-reload"])
    try:
        note(host, "libvirt-daemon", *[(kind, unit, before) for unit in ("gone.socket", "elsewhere.socket")
                                       for kind, before in (("unit-enabled", "disabled"), ("unit-active", "inactive"))])
        take_back(host, "libvirt-daemon")
    finally:
        masked.unlink()
        host.run(["systemctl", "daemon-reload"])


def test_without_libvirt_its_parts_are_taken_back(host):
    """It was removed; while it is only stopped they are not."""
    units = ["libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket"]
    hide = ["sh", "-c", "cd /lib/systemd/system; mkdir -p /root/hidden; mv libvirtd* /root/hidden"]
    note(host, "default-network", ("network-active", "default", "no"))
    note(host, "default-pool", ("pool-defined", "default", "no"))
    host.run(["systemctl", "stop", *units, "libvirtd.service"])
    try:
        done, why = fix(host, "undo:default-network")
        assert not done and "Cannot reach libvirt" in why
        host.run(hide)
        host.run(["systemctl", "daemon-reload"])
        take_back(host, "default-network")
        take_back(host, "default-pool")
    finally:
        host.run(["sh", "-c", "mv /root/hidden/* /lib/systemd/system"], check=False)
        host.run(["systemctl", "daemon-reload"])
        host.run(["systemctl", "start", *units])


def test_the_default_network_is_started(host):
    """It is inactive and has no autostart, as Debian leaves it."""
    assert listed(host, "net") == ["default", "inactive", "no", "yes"]
    mend(host, "default-network")
    assert listed(host, "net") == ["default", "active", "yes", "yes"]
    assert (host.root / "sys/class/net/virbr0").exists()
    take_back(host, "default-network")
    assert listed(host, "net") == ["default", "inactive", "no", "yes"]


def test_the_default_network_is_made(host):
    """Somebody has removed it."""
    virsh(host, "net-undefine", "default")
    mend(host, "default-network")
    assert listed(host, "net") == ["default", "active", "yes", "yes"]
    take_back(host, "default-network")
    assert listed(host, "net") == []
    virsh(host, "net-define", "/usr/share/libvirt/networks/default.xml")


def test_a_network_in_use_is_not_taken_away(host, machine):
    """A running guest's; once it is off, it can be."""
    mend(host, "default-network")
    machine.guest.define(network="default", disk=False).start()
    done, why = fix(host, "undo:default-network")
    assert not done and "Running machines" in why
    assert listed(host, "net") == ["default", "active", "yes", "yes"]
    machine.guest.virsh("destroy")
    take_back(host, "default-network")


def test_what_fails_half_way_is_taken_back(host):
    """Another interface has the address that the network needs: nothing remains of the attempt."""
    host.run(["ip", "link", "add", "other0", "type", "dummy"], check=False)
    host.run(["ip", "link", "add", "other0", "type", "bridge"], check=False)
    host.run(["ip", "address", "add", "192.168.122.1/24", "dev", "other0"])
    host.run(["ip", "link", "set", "other0", "up"])
    try:
        virsh(host, "net-undefine", "default")
        done, why = fix(host, "default-network")
        assert not done and "already in use" in why
        assert listed(host, "net") == []
        assert not (host.root / RECORDS / "default-network").exists()
    finally:
        host.run(["ip", "link", "del", "other0"])
        virsh(host, "net-define", "/usr/share/libvirt/networks/default.xml")


def test_the_default_pool_is_made(host):
    """With its folder; no image goes when it is taken back."""
    assert listed(host, "pool") == []
    mend(host, "default-pool")
    assert listed(host, "pool") == ["default", "active", "yes"]
    virsh(host, "vol-create-as", "default", "kept", "1M")
    take_back(host, "default-pool")
    assert listed(host, "pool") == []
    assert (host.root / "var/lib/libvirt/images/kept").is_file()


def test_a_pool_of_another_name_is_left(host):
    """The folder is somebody's already: libvirt's reason is told, and nothing is changed."""
    (host.root / "root/pool.xml").write_text(POOL)
    virsh(host, "pool-define", "/root/pool.xml")
    try:
        done, why = fix(host, "default-pool")
        assert not done and "other" in why
        assert listed(host, "pool") == []
    finally:
        virsh(host, "pool-undefine", "other")


def test_forwarding_is_turned_on(host):
    """Now, and by a file at boot."""
    drop_in = host.root / "etc/sysctl.d/hatago-forwarding.conf"
    host.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    mend(host, "forwarding")
    assert sysctl(host, "net.ipv4.ip_forward") == "1"
    assert drop_in.read_text().startswith("# Written by hatago-fix(8). To take it back: systemctl start ")
    host.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    host.run(["/lib/systemd/systemd-sysctl", "--prefix=/net/ipv4/ip_forward"])
    assert sysctl(host, "net.ipv4.ip_forward") == "1"
    take_back(host, "forwarding")
    assert sysctl(host, "net.ipv4.ip_forward") == "0"
    assert not drop_in.exists()


def test_a_file_of_the_administrators_stays(host):
    """And the value that had been written is as it was."""
    drop_in = host.root / "etc/sysctl.d/hatago-forwarding.conf"
    host.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    drop_in.write_text("# mine\n")
    done, why = fix(host, "forwarding")
    assert not done and "hatago-forwarding.conf" in why
    assert drop_in.read_text() == "# mine\n"
    assert sysctl(host, "net.ipv4.ip_forward") == "0"
    drop_in.unlink()


def test_bridges_are_kept_from_the_firewall(host):
    """Where the kernel has the setting."""
    if not (host.root / "proc/sys/net/bridge").exists():
        pytest.skip("the kernel here has no br_netfilter loaded")
    keys = [f"net.bridge.bridge-nf-call-{word}" for word in ("arptables", "iptables", "ip6tables")]
    for key in keys:
        host.run(["sysctl", "-qw", f"{key}=1"])
    mend(host, "bridge-nf")
    assert [sysctl(host, key) for key in keys] == ["0"] * 3
    take_back(host, "bridge-nf")
    assert [sysctl(host, key) for key in keys] == ["1"] * 3


def test_qemu_gets_at_kvm(host):
    """Its owner, group and mode, as stat has them; then as before."""
    device = "/dev/kvm"
    if not (host.root / "dev/kvm").exists():
        pytest.skip("no /dev/kvm here")

    def owner():
        return host.run(["stat", "-c", "%U:%G %a", device]).stdout.strip()

    first = host.run(["stat", "-c", "%u:%g %a", device]).stdout.split()
    try:
        host.run(["chown", "root:root", device])
        host.run(["chmod", "0600", device])
        mend(host, "kvm-qemu-access")
        assert owner() == "root:kvm 660"
        assert host.run(["runuser", "-u", "libvirt-qemu", "--", "test", "-w", device], check=False).returncode == 0
        take_back(host, "kvm-qemu-access")
        assert owner() == "root:root 600"
    finally:
        host.run(["chown", first[0], device])
        host.run(["chmod", first[1], device])


def test_equal_pages_are_shared(host, sys_writable):
    """KSM is the machine's: what it had is put back, whatever happens."""
    value = Path("/sys/kernel/mm/ksm/run")
    if not value.exists():
        pytest.skip("the kernel here has no KSM")
    first = read(value)
    try:
        value.write_text("0")
        mend(host, "ksm")
        assert read(value) == "1"
        take_back(host, "ksm")
        assert read(value) == "0"
        assert not (host.root / "etc/tmpfiles.d/hatago-ksm.conf").exists()
    finally:
        value.write_text(first)


@pytest.fixture
def recorder(host, sys_writable):
    """The kernel here has no modules: modprobe is replaced, in this host, by a script that writes how it was called."""
    program, called = host.root / MODPROBE, host.root / "dev/shm/modprobe-called"
    # The file of the package is a link to kmod; what replaces it must not be written through it.
    host.run(["mv", f"/{MODPROBE}", f"/{MODPROBE}.real"])
    program.write_text(RECORDER)
    program.chmod(0o755)
    yield called
    host.run(["mv", f"/{MODPROBE}.real", f"/{MODPROBE}"])
    called.unlink(missing_ok=True)


def check_module(host, called, name, module):
    """Mend, and take back; it is loaded once, with nothing in the environment, and stays."""
    try:
        mend(host, name)
        assert called.read_text() == f"-- {module} 0\n"
        drop_in = host.root / f"etc/modules-load.d/hatago-{name}.conf"
        assert [line for line in drop_in.read_text().splitlines() if not line.startswith("#")] == [module]
        take_back(host, name)
        assert called.read_text() == f"-- {module} 0\n"
        assert not drop_in.exists()
    finally:
        host.run(["rmdir", f"/sys/module/{module}"], check=False)


@pytest.mark.parametrize("name, module", [("vhost-net", "vhost_net"), ("tun", "tun")])
def test_a_module_is_loaded_and_at_boot(host, recorder, name, module):
    """Now, and by a file."""
    check_module(host, recorder, name, module)


def test_a_module_that_is_not_there_is_told(host):
    """With modprobe's own words; nothing stays."""
    done, why = fix(host, "vhost-net")
    if done:
        fix(host, "undo:vhost-net")
        pytest.skip("the kernel here has the module")
    assert "modprobe" in why and "not found" in why
    assert not (host.root / "etc/modules-load.d/hatago-vhost-net.conf").exists()
    assert not (host.root / RECORDS / "vhost-net").exists()


def test_it_is_there_after_a_boot(host):
    """What was made for the boot works at the boot, and can be taken back after it."""
    host.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    mend(host, "forwarding")
    mend(host, "default-network")
    host.reboot()
    assert sysctl(host, "net.ipv4.ip_forward") == "1"
    end = time.monotonic() + 20
    while listed(host, "net") != ["default", "active", "yes", "yes"] and time.monotonic() < end:
        time.sleep(0.5)
    assert listed(host, "net") == ["default", "active", "yes", "yes"]
    take_back(host, "default-network")
    take_back(host, "forwarding")
    assert not (host.root / "etc/sysctl.d/hatago-forwarding.conf").exists()
