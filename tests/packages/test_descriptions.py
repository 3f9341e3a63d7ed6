# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the packages say to D-Bus and polkit: interfaces, actions and rules."""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import TOP

INTERFACES = sorted(path.name for path in (TOP / "dbus-interfaces").glob("*.xml"))
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
OWNER = "org.freedesktop.policykit.owner"
MANAGE = "org.libvirt.unix.manage"
UNITS = "org.freedesktop.systemd1.manage-units"
VIEW, CONTROL, CONSOLE, DEFINE, DELETE, SECRETS = (
    f"org.hatago.Host1.machine-{word}" for word in ("view", "control", "console", "define", "delete",
                                                  "secrets"))

# polkit as far as a rules file sees it. Each question is asked of all rules in turn, as polkit does.
POLKIT = """
var rules = [];
var polkit = {Result: {YES: "yes", NO: "no", AUTH_ADMIN_KEEP: "auth"}, addRule: function (f) { rules.push(f); }};
function decide(id, user, groups, details) {
    var subject = {user: user, isInGroup: function (group) { return groups.indexOf(group) >= 0; }};
    var action = {id: id, lookup: function (key) { return details[key]; }};
    for (var i = 0; i < rules.length; i++) {
        var result = rules[i](action, subject);
        if (result)
            return result;
    }
    return "default";
}
"""


def read(path):
    """Return the root of an XML file; comments are kept."""
    builder = ElementTree.TreeBuilder(insert_comments=True)
    return ElementTree.parse(path, ElementTree.XMLParser(target=builder)).getroot()


def is_comment(element):
    """Tell a comment from an element."""
    return element.tag is ElementTree.Comment


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_is_described_whole(name):
    """Well-formed; named as its file; every method and signal has a comment that says something."""
    path = TOP / "dbus-interfaces" / name
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    found = [element for element in read(path).iter("interface")]
    assert [interface.get("name") for interface in found] == [name.removesuffix(".xml")]
    members = list(found[0])
    for before, member in zip([None, *members], members):
        if member.tag in ("method", "signal"):
            assert before is not None and is_comment(before), f"{member.get('name')} has no comment"
            assert len(before.text.split()) >= 3, f"{member.get('name')}: {before.text}"


@pytest.mark.parametrize("name", INTERFACES)
def test_every_method_takes_options_last(name):
    """So that a method can learn more without a new name."""
    for method in read(TOP / "dbus-interfaces" / name).iter("method"):
        taken = [argument for argument in method.iter("arg") if argument.get("direction") == "in"]
        assert taken, method.get("name")
        assert (taken[-1].get("name"), taken[-1].get("type")) == ("options", "a{sv}"), \
            method.get("name")


def test_interfaces_name_actions_that_exist(unpacked):
    """What a comment calls "polkit: machine-…" or "polkit: host-…" is an action of the policy."""
    known = {action.get("id").rpartition(".")[2] for action in policy(unpacked)}
    comments = [element.text for name in INTERFACES
                for element in read(TOP / "dbus-interfaces" / name).iter(ElementTree.Comment)]
    named = {word for text in comments
             for word in re.findall(r"\b(?:machine|host)-[a-z]+\b", text.partition("polkit: ")[2])}
    assert named == known


def policy(unpacked):
    """Return the actions of the shipped policy."""
    path = unpacked / "usr/share/polkit-1/actions/org.hatago.Host1.policy"
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    return list(read(path).iter("action"))


def test_the_policy_has_the_actions_of_the_code_and_no_others(unpacked):
    """agent/common/names.h is the list."""
    text = (TOP / "agent/common/names.h").read_text()
    named = re.findall(r'^#define ACTION_\w+ BUS_NAME "(\.[a-z-]+)"$', text, re.M)
    assert len(named) == len(re.findall(r"^#define ACTION_", text, re.M)) > 0
    assert sorted(action.get("id") for action in policy(unpacked)) == sorted(
        f"org.hatago.Host1{word}" for word in named)


def test_every_action_may_be_asked_by_the_agent_and_is_given_to_nobody(unpacked):
    """The owner is the agent's user; without a rule an administrator's password is asked."""
    for action in policy(unpacked):
        notes = {note.get("key"): note.text for note in action.iter("annotate")}
        assert notes == {OWNER: "unix-user:hatago"}, action.get("id")
        defaults = {element.tag: element.text for element in action.find("defaults")}
        assert defaults == dict.fromkeys(("allow_any", "allow_inactive", "allow_active"),
                                         "auth_admin_keep"), action.get("id")


def test_every_action_speaks_english_and_japanese(unpacked):
    """Description and message, with the same variables in both."""
    for action in policy(unpacked):
        for tag in ("description", "message"):
            texts = {element.get(LANG): element.text for element in action.findall(tag)}
            assert set(texts) == {None, "ja"}, action.get("id")
            assert len({frozenset(re.findall(r"\$\(\w+\)", text)) for text in texts.values()}) == 1


def decisions(unpacked, tmp_path, questions):
    """Run the shipped rules in polkit's own JavaScript engine; return what they say."""
    script = tmp_path / "questions.js"
    rules = (unpacked / "usr/share/polkit-1/rules.d/hatago.rules").read_text()
    script.write_text(f"{POLKIT}\n{rules}\n"
                      f"print(JSON.stringify({json.dumps(questions)}.map(function (q) "
                      "{ return decide(q[0], q[1], q[2], q[3] || {}); })));\n")
    done = subprocess.run(["duk", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_rules_give_the_agent_libvirt_and_libvirts_group_the_machines(unpacked, tmp_path):
    """And nobody else anything: other users, other actions, the agent's user on its own actions."""
    ours = [VIEW, CONTROL, CONSOLE, DEFINE, DELETE, SECRETS]
    table = [
        ([MANAGE], "hatago", ["hatago"], "yes"),
        ([MANAGE], "alice", ["alice"], "default"),
        ([MANAGE], "admin", ["sudo"], "default"),
        ([MANAGE], "virt", ["libvirt"], "default"),
        (ours, "virt", ["virt", "libvirt"], "yes"),
        (ours, "alice", ["alice"], "default"),
        (ours, "admin", ["sudo"], "default"),
        (ours, "hatago", ["hatago"], "default"),
        (["org.hatago.Host1.machine-", "org.hatago.Host1.machine-view.x", "org.hatago.Host1.x"],
         "virt", ["libvirt"], "default"),
        (["org.libvirt.unix.monitor", "org.freedesktop.systemd1.manage-units",
          "org.freedesktop.systemd1.manage-unit-files", "org.freedesktop.policykit.exec"],
         "hatago", ["hatago", "libvirt"], "default"),
    ]
    questions = [(action, user, groups) for actions, user, groups, _ in table for action in actions]
    expected = [answer for actions, _, _, answer in table for _ in actions]
    assert list(zip(questions, decisions(unpacked, tmp_path, questions))) == list(
        zip(questions, expected))


def test_the_rules_give_the_agent_the_units_on_the_host_and_no_others(unpacked, tmp_path):
    """By name and verb; not what only looks like them, and not where systemd names no unit."""
    starts = ["start", "stop", "restart", "reset-failed"]
    units = ["hatago-probe.service", "hatago-fix@ksm.service", "hatago-fix@undo:bridge-nf.service"]
    others = ["hatago-probe-kernel.service", "hatago-probe.socket", "hatago-probe.service.d", "hatago-fix@.service",
              "hatago-fix@a/b.service", "xhatago-fix@ksm.service", "hatago-fix@ksm.service\nx", "hatago-fix@ksm.target",
              "hatago-probexservice", "hatagod.service", "libvirtd.socket", ""]
    allowed = [["hatago", {"unit": unit, "verb": verb}] for unit in units for verb in starts]
    refused = [["hatago", {"unit": unit, "verb": "start"}] for unit in others]
    refused += [["hatago", {"unit": units[0], "verb": verb}] for verb in ("kill", "set-property", "reload", "")]
    refused += [["hatago", {}], ["hatago", {"unit": units[0]}], ["hatago", {"verb": "start"}]]
    refused += [["alice", {"unit": units[0], "verb": "start"}]]
    questions = [[UNITS, user, [user, "libvirt"], details] for user, details in allowed + refused]
    assert decisions(unpacked, tmp_path, questions) == ["yes"] * len(allowed) + ["default"] * len(refused)
    questions = [["org.freedesktop.systemd1.manage-unit-files", *question[1:]] for question in questions]
    assert set(decisions(unpacked, tmp_path, questions)) == {"default"}


def test_nobody_else_may_own_the_name(unpacked):
    """The bus lets the agent's user and root own it, and everybody send to it."""
    path = unpacked / "usr/share/dbus-1/system.d/org.hatago.Host1.conf"
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    policies = {(key, value): [dict(rule.attrib) for rule in element.iter("allow")]
                for element in read(path).iter("policy") for key, value in element.attrib.items()}
    own = [{"own": "org.hatago.Host1"}]
    assert policies == {("user", "hatago"): own, ("user", "root"): own,
                        ("context", "default"): [{"send_destination": "org.hatago.Host1"}],
                        ("context", "mandatory"): []}
    # Of those that carry descriptors, it lets nobody send any.
    assert [dict(rule.attrib) for rule in read(path).iter("deny")] == [
        {"send_destination": "org.hatago.Host1", "min_fds": "1"}]
