# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what with the real polkit, and what the agent itself may not."""

import json
import re

import pytest

DESTINATION = ("org.hatago.Host1",)
RULE = """
polkit.addRule(function (action, subject) {
    if (action.id == "org.hatago.Host1.machine-control" && subject.user == "alice" &&
        action.lookup("name") == "%s" && action.lookup("verb") == "start")
        return polkit.Result.YES;
});
"""


def verb(machine, user, name):
    """Call a verb as a user, with busctl; return status and error text."""
    done = machine.guest.host.run(["busctl", "--system", "call", *DESTINATION, machine.path,
                                   "org.hatago.Host1.Machine", name, "a{sv}", "0"],
                                  user=user, check=False)
    return done.returncode, done.stderr


def test_everybody_reads_names_and_states(machine):
    """A plain user sees the list."""
    machine.define()
    done = machine.guest.host.run(["hatago", "list"], user="alice")
    assert machine.guest.name in done.stdout


@pytest.mark.parametrize("user", ["alice", "admin"])
@pytest.mark.parametrize("name", ["Start", "GetXML", "Undefine"])
def test_without_a_right_nothing_happens(machine, user, name):
    """A plain user, and an administrator without a password, are refused; nothing changed."""
    machine.define()
    status, error = verb(machine, user, name)
    assert status != 0
    assert "uthoriz" in error or "denied" in error.lower()
    assert machine.get("State") == "shutoff"


def test_the_group_libvirt_may_do_what_libvirt_lets_it(machine):
    """A member of the group libvirt needs no password."""
    machine.define()
    assert verb(machine, "virt", "Start")[0] == 0
    machine.bus.wait(lambda: machine.get("State") == "running", 10, "running")
    assert verb(machine, "virt", "PowerOff")[0] == 0
    machine.bus.wait(lambda: machine.get("State") == "shutoff", 10, "off")


def test_a_rule_can_grant_one_verb_on_one_machine(machine):
    """An administrator's polkit rule sees the verb and the name."""
    host = machine.guest.host
    machine.define()
    rules = host.root / "etc/polkit-1/rules.d/10-test.rules"
    rules.write_text(RULE % machine.guest.name)
    host.run(["systemctl", "restart", "polkit"])
    try:
        assert verb(machine, "alice", "Start")[0] == 0
        machine.bus.wait(lambda: machine.get("State") == "running", 10, "running")
        assert verb(machine, "alice", "PowerOff")[0] != 0
    finally:
        rules.unlink()
        host.run(["systemctl", "restart", "polkit"])
    assert machine.get("State") == "running"


def test_changes_are_in_the_journal(machine):
    """Each change: who, what, on what, with which result, as fields."""
    host = machine.guest.host
    machine.define()
    assert verb(machine, "virt", "Start")[0] == 0
    machine.bus.wait(lambda: machine.get("State") == "running", 10, "running")
    assert verb(machine, "alice", "PowerOff")[0] != 0
    machine.bus.iterate(0.5)

    def entry(*matches):
        out = host.run(["journalctl", "--output=json", "--unit=hatagod", "--lines=1", *matches,
                        f"HATAGO_OBJECT_NAME={machine.guest.name}"]).stdout
        return json.loads(out)

    started = entry("HATAGO_VERB=start")
    assert started["HATAGO_RESULT"] == "done"
    assert started["HATAGO_CALLER_UID"] == host.run(["id", "-u", "virt"]).stdout.strip()
    assert started["HATAGO_OBJECT"] == machine.path
    assert started["HATAGO_CALLER_UNIT"].endswith((".scope", ".service", ".slice"))
    denied = entry("HATAGO_VERB=poweroff")
    assert denied["HATAGO_RESULT"] == "denied"
    assert denied["HATAGO_CALLER_UID"] == host.run(["id", "-u", "alice"]).stdout.strip()


def test_the_agent_is_an_unprivileged_user_in_a_sandbox(host, bus):
    """User hatago, no capabilities, and systemd's exposure at most 0.5."""
    pid = host.run(["systemctl", "show", "--value", "-p", "MainPID", "hatagod"]).stdout.strip()
    status = (host.root / f"proc/{pid}/status").read_text()
    assert re.search(r"^Uid:\s+(\d+)", status, re.M)[1] == host.run(["id", "-u", "hatago"]).stdout.strip()
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert re.search(rf"^{kind}:\s+0+$", status, re.M), kind
    out = host.run(["systemd-analyze", "security", "--no-pager", "hatagod"]).stdout
    exposure = float(re.search(r"Overall exposure level for hatagod.service: ([\d.]+)", out)[1])
    assert exposure <= 0.5


def test_nobody_else_can_own_the_name(host, bus):
    """The bus refuses the name to any other user."""
    done = host.run(["busctl", "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                     "org.freedesktop.DBus", "RequestName", "su", "org.hatago.Host1", "0"],
                    user="alice", check=False)
    assert done.returncode != 0
    assert "Access denied" in done.stderr


def test_the_agent_is_started_by_a_call(host, bus):
    """D-Bus activation: a call starts a stopped agent."""
    host.run(["systemctl", "stop", "hatagod"])
    assert host.run(["hatago", "list"], user="alice", timeout=20).returncode == 0
    assert host.run(["systemctl", "is-active", "hatagod"]).stdout.strip() == "active"


def test_busctl_reads_well(host, bus):
    """tree, introspect and call, as a person types them."""
    tree = host.run(["busctl", "--system", "tree", "org.hatago.Host1"]).stdout
    assert "/org/hatago/Host1" in tree
    text = host.run(["busctl", "--system", "introspect", "org.hatago.Host1", "/org/hatago/Host1"]).stdout
    for word in (".ListMachines", ".DefineMachine", ".Connected", ".JobRemoved"):
        assert word in text
