# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the boot of a real host starts, who says so, and in which order."""

import pytest
from hatago_bus import MACHINE, MACHINES, NO_OPTIONS, ROOT, SERVICE
from hatago_hosts import Guest

FOLDER = "etc/hatago/machines.d"


class Inn:
    """The machines of these tests, on a host: by the tool, as its users have it."""

    def __init__(self, host, bus):
        """Nothing is defined yet."""
        self.host, self.bus, self.guests = host, bus, []

    def add(self, *names, **keywords):
        """Define guests, as others do it."""
        for name in names:
            self.guests.append(Guest(self.host, name).define(**keywords))
            self.bus.wait(lambda name=name: any(row[1] == name for row in self.rows()), 10, name)
        return self.guests[-1]

    def rows(self):
        """Return what ListMachines has."""
        return self.bus.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)

    def facts(self, name):
        """Return the properties of .Service."""
        return self.bus.get_all(self.bus.machine(name), SERVICE)

    def wait_by(self, name, *words):
        """Wait until these start it at boot."""
        self.bus.wait(lambda: self.facts(name)["AutostartBy"] == list(words), 10, f"{name} by {words}")

    def file(self, name):
        """Return the file of its settings."""
        return self.host.root / FOLDER / f"{self.uuid(name)}.conf"

    def uuid(self, name):
        """Return its UUID."""
        return self.bus.get(self.bus.machine(name), MACHINE, "UUID")

    def hatago(self, *words, status=0):
        """Run the tool; return what it printed, or what it complained of."""
        done = self.host.run(["hatago", *words], check=False)
        assert done.returncode == status, (done.stdout, done.stderr)
        return done.stdout if status == 0 else done.stderr

    def has_flag(self, name):
        """Whether libvirt itself would start it."""
        info = self.host.run(["virsh", "dominfo", name]).stdout
        return "Autostart:      enable" in info


@pytest.fixture(scope="module")
def module_inn(host, bus):
    """An inn that all tests share."""
    return Inn(host, bus)


@pytest.fixture
def inn(module_inn):
    """An inn whose machines go with the test."""
    yield module_inn
    for guest in module_inn.guests:
        guest.virsh("destroy", check=False)
        guest.virsh("undefine", check=False)
    module_inn.guests.clear()
    module_inn.bus.wait(lambda: not list((module_inn.host.root / FOLDER).iterdir()), 10,
                        "no machine, no settings")


def test_the_folder_is_the_agents_and_nobody_elses(inn, host):
    inn.add("web")
    inn.hatago("autostart", "web", "--stop-timeout=20")
    listed = host.run(["stat", "-c", "%U %a %n", f"/{FOLDER}", f"/{FOLDER}/{inn.uuid('web')}.conf"]).stdout
    assert listed.split()[:2] == ["hatago", "755"] and listed.split()[3:5] == ["hatago", "644"]
    assert host.run(["touch", f"/{FOLDER}/x"], user="alice", check=False).returncode != 0
    pid = host.run(["systemctl", "show", "-P", "MainPID", "hatagod"]).stdout.strip()
    for path, writable in ((FOLDER, True), ("etc/hatago", False), ("etc", False)):
        done = host.run(["nsenter", "-t", pid, "-m", "setpriv", "--reuid=hatago", "--regid=hatago",
                         "--clear-groups", "test", "-w", f"/{path}"], check=False)
        assert (done.returncode == 0) == writable, path
    refused = host.run(["hatago", "--no-ask-password", "autostart", "web", "yes"], user="alice", check=False)
    assert refused.returncode == 1 and "org.hatago.Host1.machine-configure" in refused.stderr


def test_settings_become_what_systemd_does(inn, host):
    inn.add("db", "my-web")
    inn.hatago("autostart", "db", "--ready=agent")
    inn.hatago("autostart", "my-web", "yes", "--after=db", "--stop-timeout=77")
    unit = r"hatago-vm@my\x2dweb.service"
    show = host.run(["systemctl", "show", "-P", "After", "-P", "TimeoutStopUSec", "-P", "WantedBy", unit]).stdout
    assert "hatago-vm-ready@db.service" in show
    assert "multi-user.target" in show
    inn.hatago("autostart", "my-web", "no", "--after=")
    show = host.run(["systemctl", "show", "-P", "After", "-P", "WantedBy", unit]).stdout
    assert "hatago-vm-ready@db.service" not in show and "multi-user.target" not in show


def test_systemctl_enable_counts_and_has_to_be_taken_back_there(inn, host):
    inn.add("my-web")
    unit = r"hatago-vm@my\x2dweb.service"
    host.run(["systemctl", "enable", unit])
    inn.wait_by("my-web", "systemd")
    inn.hatago("autostart", "my-web", "yes")
    assert inn.facts("my-web")["AutostartBy"] == ["hatago", "systemd"]
    refused = inn.hatago("autostart", "my-web", "no", status=1)
    assert f"sudo systemctl disable '{unit}'" in refused
    assert inn.facts("my-web")["AutostartBy"] == ["hatago", "systemd"], "nothing is half done"
    host.run(["systemctl", "disable", unit])
    inn.wait_by("my-web", "hatago")
    inn.hatago("autostart", "my-web", "no")
    assert inn.facts("my-web")["AutostartBy"] == []


def test_an_order_outlives_names_and_machines(inn, host):
    """A cycle is refused, a rename keeps the order, and a machine that goes takes its file with it."""
    inn.add("db", "web")
    inn.hatago("autostart", "web", "yes", "--after=db")
    assert "'db' would start after 'web'" in inn.hatago("autostart", "db", "--after=web", status=1)

    host.run(["virsh", "domrename", "db", "data base"])
    inn.guests[0].name = "data base"
    inn.bus.wait(lambda: "Name=data base" in inn.file("data base").read_text(), 10, "the new name")
    after = r"hatago-vm@data\\x20base.service"  # as systemctl prints it
    inn.bus.wait(lambda: after in host.run(["systemctl", "show", "-P", "After", "hatago-vm@web.service"]).stdout,
                 10, "the order of units")
    assert "data base" in inn.hatago("autostart", "web")

    file, uuid = inn.file("data base"), inn.uuid("data base")
    host.run(["virsh", "undefine", "data base"])
    inn.bus.wait(lambda: not file.exists(), 10, "its file is gone")
    assert f"{uuid} (gone)" in inn.hatago("autostart", "web")
    inn.hatago("autostart", "web", "--delay=1")
    web = inn.file("web")
    inn.hatago("undefine", "web")
    inn.bus.wait(lambda: not web.exists(), 10, "its file is gone")


def test_a_transient_run_keeps_its_settings_until_it_ends(inn, host):
    inn.add("web").start()
    inn.hatago("autostart", "web", "--stop-timeout=20")
    file = inn.file("web")
    host.run(["virsh", "undefine", "web"])
    inn.bus.wait(lambda: not inn.bus.get(inn.bus.machine("web"), MACHINE, "Persistent"), 10, "it is transient")
    assert inn.facts("web")["StopTimeout"] == 20_000_000 and file.exists()
    assert "no stored definition" in inn.hatago("autostart", "web", "--stop-timeout=30", status=1)
    host.run(["virsh", "destroy", "web"])
    inn.bus.wait(lambda: not file.exists(), 10, "its file is gone")


def test_status_shows_what_qemu_said_last(inn, host):
    drop_in = host.root / "run/systemd/system/hatago-vm@web.service.d/no-restart.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nRestart=no\n")
    host.run(["systemctl", "daemon-reload"])
    inn.add("web")
    host.run(["systemctl", "start", "hatago-vm@web.service"])
    assert "shutting down, reason=crashed" not in inn.hatago("status", "web")
    host.run(["sh", "-c", "kill -9 $(cat /run/libvirt/qemu/web.pid)"])
    inn.bus.wait(lambda: inn.bus.get(inn.bus.machine("web"), MACHINE, "UnitState") == "failed", 20, "it failed")
    shown = inn.hatago("status", "web", "--lines=20")
    assert "Unit: hatago-vm@web.service (failed: exit-code)" in shown
    assert "The last lines of /var/log/libvirt/qemu/web.log:" in shown
    assert "shutting down, reason=crashed" in shown and "-name guest=web" not in shown
    assert "has crashed" in shown, "the unit's own words, from the journal"
    assert "which you may not read" in host.run(["hatago", "status", "web"], user="alice").stdout


def test_a_real_boot_starts_them_and_libvirt_none(inn, host, bus):
    """What libvirt started is taken over by setup, and comes up by its unit, in order."""
    inn.add("legacy", "db", "web", "plain")
    for name in ("legacy", "db"):
        host.run(["virsh", "autostart", name])
        inn.wait_by(name, "libvirt")
    inn.hatago("autostart", "web", "yes", "--after=db")
    inn.hatago("autostart", "db", "--ready=agent", "--ready-timeout=60")
    said = host.run(["hatago", "setup", "--yes"], check=False).stdout
    assert "2 machines are started by their units from now on." in said
    for name in ("legacy", "db", "web"):
        assert inn.facts(name)["AutostartBy"] == ["hatago"]
        assert not inn.has_flag(name)

    host.reboot()

    wait = f"until systemctl is-active --quiet hatago-vm@{{{'legacy,db,web'}}}.service; do sleep 0.2; done"
    host.run(["bash", "-c", wait], timeout=60)
    states = host.run(["virsh", "list", "--name"]).stdout.split()
    assert sorted(states) == ["db", "legacy", "web"]
    ready, began = (int(host.run(["systemctl", "show", "-P", f"{what}TimestampMonotonic", unit]).stdout)
                    for what, unit in (("ActiveEnter", "hatago-vm-ready@db.service"),
                                       ("InactiveExit", "hatago-vm@web.service")))
    assert 0 < ready <= began, "web waited until db's guest agent answered"
    assert not any(inn.has_flag(name) for name in ("legacy", "db", "web", "plain"))
