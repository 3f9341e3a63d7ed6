# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bad input gets: a named error with a text, and nothing else."""

import random

import pytest

from gi.repository import GLib
from hatago_bus import (CONSOLE, HOST_CHECK, JOB, MACHINE, MACHINES, MANAGER, NAME, NO_OPTIONS, ROOT, SERVICE,
                        BusError, options)
from interface_xml import published
from machines import OFF, domain_xml, driver_file, fresh_name, fresh_uuid
from polkit_mock import NEVER

WITH_CHECKS = True
DBUS_ERROR = "org.freedesktop.DBus.Error."
INVALID_ARGS = f"{DBUS_ERROR}InvalidArgs"
# libvirt and shells and units could trip over these; they are names like others.
ODD_NAMES = ["-h", "--help", "a;b", "%n", "-oProxyCommand=x", "it's", '"quoted"', "$(reboot)",
             "a b", " web ", "旅籠", "🐈", "&amp;", "<name>", "a\\x2db", "*", "x" * 200]


def refused(caller, path, interface, method, *arguments):
    """Call what must fail; return the error, having looked that nothing changed."""
    before = caller.everything()
    with pytest.raises(BusError) as error:
        caller.call(path, interface, method, *arguments)
    assert caller.everything() == before
    assert error.value.message
    return error.value


def define_refused(caller, xml):
    """Define what must fail, without a job that shows it; return the error."""
    machines = caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)
    with pytest.raises(BusError) as error:
        caller.define(xml)
    assert caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS) == machines
    return error.value


# Names

@pytest.mark.parametrize("name", ["", "no-such", "TEST", "test ", "a" * 10000, "../test", "%s%n",
                                  "00000000-0000-0000-0000-000000000000", "\x1b[2J\n"])
def test_an_unknown_machine_is_named(caller, name):
    error = refused(caller, ROOT, MACHINES, "GetMachine", GLib.Variant("s", name), NO_OPTIONS)
    assert error.short == "NoSuchMachine"
    assert name[:20] in error.message or "\\x1b" in error.message
    assert error.message.isprintable() and len(error.message) < 300


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_is_a_name(caller, define, agent, name):
    before = agent.log()
    path = define(name)
    assert caller.get(path, MACHINE, "Name") == name
    assert caller.machine(name) == path
    assert caller.verb(path, "Start")[0] == "done"
    assert caller.verb(path, "PowerOff")[0] == "done"
    caller.call(path, MACHINE, "Undefine", NO_OPTIONS)
    caller.settle()
    verbs = [line.split()[0] for line in agent.log_after(before)]
    assert verbs == ["define", "start", "poweroff", "undefine"], "one line each"


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "\x7f", "a\x9b31mb", "a\x85b"])
def test_a_control_character_in_a_name_is_refused(caller, name):
    xml = domain_xml("NAME").replace("NAME", "".join(f"&#{ord(c)};" for c in name))
    error = define_refused(caller, xml)
    assert error.short == "InvalidXML"
    assert error.message.isprintable()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "../../x"])
def test_a_name_that_cannot_be_a_file_is_refused(caller, name):
    assert define_refused(caller, domain_xml(name)).short == "InvalidXML"


def test_a_name_that_is_the_uuid_of_another_is_ambiguous(house):
    first, second = fresh_uuid(), fresh_uuid()
    house.ready_agent("--connect", driver_file(house.folder, ("web", first, OFF),
                                               (first, second, OFF)))
    caller = house.stranger()
    error = refused(caller, ROOT, MACHINES, "GetMachine", GLib.Variant("s", first), NO_OPTIONS)
    assert error.short == "AmbiguousName"
    assert second in error.message and "web" in error.message
    assert caller.get(caller.machine("web"), MACHINE, "UUID") == first
    assert caller.get(caller.machine(second), MACHINE, "Name") == first


def test_a_machine_is_found_by_uuid_in_any_case(caller, machine):
    uuid = caller.get(machine, MACHINE, "UUID")
    assert caller.machine(uuid) == caller.machine(uuid.upper()) == machine


# XML

BAD_XML = pytest.mark.parametrize("xml, part", [
    ("", "not well-formed"),
    ("web", "not well-formed"),
    ("<domain type='test'><name>x</name>", "not well-formed"),
    ("<network><name>x</name></network>", "<network>"),
    ("<domain type='test'/>", "<name>"),
    ("<domain type='test'><name>x</name><uuid>x</uuid></domain>", "UUID"),
    ("<!DOCTYPE domain><domain type='test'><name>x</name></domain>", "DOCTYPE"),
    ("<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><domain type='test'><name>&x;</name>"
     "</domain>", "DOCTYPE"),
    ("<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><domain><name>&b;</name></domain>",
     "DOCTYPE"),
    ("<domain type='no-such'><name>x</name></domain>", ""),
    ("<domain type='test'><name>x</name><memory>much</memory><os><type>hvm</type></os></domain>",
     ""),
], ids=["empty", "text", "open", "network", "no-name", "bad-uuid", "doctype", "entity", "laughs",
        "bad-type", "bad-memory"])


@BAD_XML
def test_bad_xml_is_refused(caller, xml, part):
    error = define_refused(caller, xml)
    assert error.name.startswith(f"{NAME}.Error.")
    if part:
        assert error.short == "InvalidXML"
    assert part in error.message


@BAD_XML
def test_bad_xml_is_refused_by_set_xml(caller, machine, xml, part):
    before = caller.get_all(machine, MACHINE)
    own = f"<name>{before['Name']}</name><uuid>{before['UUID']}</uuid>"
    with pytest.raises(BusError) as error:
        caller.call(machine, MACHINE, "SetXML",
                    GLib.Variant("s", xml.replace("<name>x</name>", own, 1)), NO_OPTIONS)
    assert error.value.name.startswith(f"{NAME}.Error.")
    if part and part != "UUID":
        assert error.value.short == "InvalidXML"
        assert part in error.value.message
    assert caller.get_all(machine, MACHINE) == before


def test_xml_of_another_machine_is_refused_by_set_xml(caller, polkit, define):
    path, other = define("mine"), define("not-mine")
    uuid, other_uuid = (caller.get(of, MACHINE, "UUID") for of in (path, other))
    polkit.reset()
    for name, xml_uuid, words in (
            ("mine", other_uuid, [uuid, other_uuid]), ("mine", None, ["no UUID", uuid]),
            ("not-mine", uuid, ["not-mine", "mine"]), ("not-mine", other_uuid, [uuid, other_uuid]),
            ("new-name", uuid, ["new-name", "Rename"])):
        error = refused(caller, path, MACHINE, "SetXML",
                        GLib.Variant("s", domain_xml(name, xml_uuid)), NO_OPTIONS)
        assert error.short == "OtherMachine"
        assert all(word in error.message for word in words)
    assert not polkit.questions


def test_set_xml_counts_as_a_definition(shared_house, caller, polkit, define):
    path = define("big")
    polkit.reset()
    polkit.answer = NEVER
    crowd = shared_house.stranger()
    xml = domain_xml("big", caller.get(path, MACHINE, "UUID"), extra=f"<!--{'x' * 1000 * 1000}-->")
    calls = [crowd.start(path, MACHINE, "SetXML", GLib.Variant("s", xml), NO_OPTIONS)
             for _ in range(12)]
    crowd.wait(lambda: sum(call.answered for call in calls) >= 4, 20, "refusals")
    assert [call.error.short for call in calls if call.answered] == ["LimitsExceeded"] * 4
    caller.wait(lambda: len(polkit.questions) == 8, 20, "8 questions")
    crowd.close()
    caller.wait(lambda: len(polkit.canceled) == 8, 20, "8 cancellations")


def test_xml_over_one_mib_is_refused(caller):
    comment = f"<!--{'x' * 1024 * 1024}-->"
    error = define_refused(caller, domain_xml(fresh_name(), extra=comment))
    assert error.short == "InvalidXML"
    assert "1048576" in error.message


def test_large_xml_is_taken(caller, define):
    assert define(extra=f"<!--{'x' * 1024 * 1000}-->")


def test_xml_of_too_many_elements_is_refused(caller):
    error = define_refused(caller, domain_xml(fresh_name(), extra="<a/>" * 20001))
    assert error.short == "InvalidXML"
    assert "20000" in error.message
    attributes = " ".join(f"a{n}='1'" for n in range(20001))
    error = define_refused(caller, domain_xml(fresh_name(), extra=f"<a {attributes}/>"))
    assert "20000" in error.message


@pytest.mark.parametrize("element", ["vcpu", "iothreads"])
def test_xml_that_asks_for_a_billion_is_refused(caller, element):
    """libvirt would be busy with it for minutes."""
    xml = domain_xml(fresh_name()).replace("<vcpu>1</vcpu>", f"<{element}>1000000000</{element}>")
    error = define_refused(caller, xml)
    assert error.short == "InvalidXML"
    assert "16384" in error.message and f"<{element}>" in error.message


def test_definitions_of_one_user_are_limited(shared_house, caller, polkit):
    """What anybody can ask for, before any right is asked for, has a limit."""
    polkit.reset()
    polkit.answer = NEVER
    crowd = shared_house.stranger()
    big = domain_xml(fresh_name(), extra=f"<!--{'x' * 1000 * 1000}-->")
    calls = [crowd.start(ROOT, MACHINES, "DefineMachine", GLib.Variant("s", big), NO_OPTIONS)
             for _ in range(12)]
    crowd.wait(lambda: sum(call.answered for call in calls) >= 4, 20, "refusals")
    assert [call.error.short for call in calls if call.answered] == ["LimitsExceeded"] * 4
    caller.wait(lambda: len(polkit.questions) == 8, 20, "8 questions")
    crowd.close()
    caller.wait(lambda: len(polkit.canceled) == 8, 20, "8 cancellations")


def test_a_name_that_belongs_to_another_uuid_is_refused(caller, define):
    path = define("taken")
    uuid, other = caller.get(path, MACHINE, "UUID"), fresh_uuid()
    error = define_refused(caller, domain_xml("taken", other))
    assert error.short == "MachineExists"
    assert uuid in error.message and other in error.message
    error = define_refused(caller, domain_xml("taken"))
    assert error.short == "MachineExists" and uuid in error.message


def test_a_uuid_that_belongs_to_another_name_is_refused(caller, define):
    path = define("owner")
    uuid = caller.get(path, MACHINE, "UUID")
    error = define_refused(caller, domain_xml("thief", uuid))
    assert error.short == "MachineExists"
    assert "owner" in error.message and "thief" in error.message
    assert caller.get(path, MACHINE, "Name") == "owner"


def test_a_definition_that_fails_is_a_failed_job_and_no_machine(caller):
    with pytest.raises(BusError) as error:
        caller.define("<domain type='no-such'><name>x</name></domain>")
    job = max((faces[JOB] for faces in caller.objects().values() if JOB in faces),
              key=lambda job: job["Id"])
    assert (job["Operation"], job["Result"], job["Objects"]) == ("define", "failed", [])
    assert job["ErrorName"] == error.value.name
    assert job["ErrorMessage"] == error.value.message


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../../x", "a\nb", "\x7f", "a\x9bb",
                                  "x" * 241, "旅" * 81])
def test_a_name_that_a_machine_cannot_have_is_refused_by_rename(caller, polkit, machine, name):
    polkit.reset()
    error = refused(caller, machine, MACHINE, "Rename", GLib.Variant("s", name), NO_OPTIONS)
    assert error.short == "InvalidName"
    assert error.message.isprintable() and len(error.message) < 400
    assert not polkit.questions


def test_a_name_that_is_taken_is_refused_by_rename(caller, define):
    first, second = define("first"), define("second")
    own, other = caller.get(second, MACHINE, "UUID"), caller.get(first, MACHINE, "UUID")
    for name in ("first", "second", own, other):
        with pytest.raises(BusError) as error:
            caller.call(second, MACHINE, "Rename", GLib.Variant("s", name), NO_OPTIONS)
        assert error.value.short == "MachineExists"
        assert name in error.value.message
    assert caller.get(second, MACHINE, "Name") == "second"


def test_a_save_is_restored_paused_or_running_not_both(caller, polkit, running):
    polkit.reset()
    error = refused(caller, running, MACHINE, "Save", options(paused=True, running=True))
    assert error.short == "InvalidArgument"
    assert not polkit.questions


# Options and arguments

def methods():
    """Return (interface, method, arguments) for all methods."""
    return [(name, method, arguments) for name, interface in published().items()
            for method, arguments in interface.methods.items()]


@pytest.fixture
def object_of(caller, define):
    """A function that returns an object with an interface."""
    def object_of(interface):
        if interface in (MACHINE, CONSOLE, SERVICE):
            return define()
        if interface == HOST_CHECK:
            return caller.check("vhost-net")
        if interface == JOB:
            define()
            return [path for path in caller.objects() if "/jobs/" in path][0]
        return ROOT
    return object_of


def arguments_of(arguments, last):
    """Return well-typed arguments, the options being last."""
    values = {"s": GLib.Variant("s", "test"), "b": GLib.Variant("b", True),
              "o": GLib.Variant("o", ROOT), "as": GLib.Variant("as", []),
              "u": GLib.Variant("u", 0), "aau": GLib.Variant("aau", [[30]]), "a{sv}": last}
    return [values[type_] for _, type_, direction in arguments if direction == "in"]


ALL_METHODS = pytest.mark.parametrize("interface, method, arguments", methods(),
                                      ids=[row[1] for row in methods()])


@ALL_METHODS
def test_an_unknown_option_is_refused_by_every_method(caller, polkit, object_of, interface, method,
                                                      arguments):
    path = object_of(interface)
    polkit.reset()
    error = refused(caller, path, interface, method,
                    *arguments_of(arguments, options(no_such=True)))
    assert error.short == "UnknownOption"
    assert "no-such" in error.message
    assert not polkit.questions


@ALL_METHODS
def test_other_types_are_refused_by_every_method(caller, polkit, object_of, interface, method,
                                                 arguments):
    path = object_of(interface)
    polkit.reset()
    for wrong in ([], [NO_OPTIONS] * 3, [GLib.Variant("s", "x")] * len(arguments),
                  [GLib.Variant("a{ss}", {})], [GLib.Variant("as", ["x"]), NO_OPTIONS],
                  [GLib.Variant("v", NO_OPTIONS)]):
        taken = [argument[1] for argument in arguments if argument[2] == "in"]
        if [variant.get_type_string() for variant in wrong] == taken:
            continue
        assert refused(caller, path, interface, method, *wrong).name == INVALID_ARGS
    assert not polkit.questions


@pytest.mark.parametrize("method, text", [
    ("Start", "{'paused': <true>, 'paused': <true>}"),
    ("Shutdown", "{'timeout': <uint64 5000000>, 'timeout': <uint64 6000000>}"),
    ("GetXML", "{'secure': <false>, 'secure': <true>}"),
])
def test_an_option_given_twice_is_refused(caller, machine, method, text):
    error = refused(caller, machine, MACHINE, method, GLib.Variant.parse(None, text))
    assert error.short == "InvalidArgument"
    assert "twice" in error.message


@pytest.mark.parametrize("method, text", [
    ("Start", "{'paused': <'yes'>}"),
    ("Start", "{'paused': <1>}"),
    ("Save", "{'bypass-cache': <'no'>}"),
    ("Shutdown", "{'timeout': <5000000>}"),
    ("Shutdown", "{'timeout': <int64 -1>}"),
    ("Shutdown", "{'timeout': <<uint64 5000000>>}"),
    ("Undefine", "{'nvram': <[true]>}"),
    ("GetXML", "{'inactive': <@mb nothing>}"),
])
def test_an_option_of_another_type_is_refused(caller, machine, method, text):
    try:
        variant = GLib.Variant.parse(GLib.VariantType("a{sv}"), text)
    except GLib.Error:
        pytest.fail(f"bad test: {text}")
    if "nothing" in text:
        variant = options(inactive="yes")
    error = refused(caller, machine, MACHINE, method, variant)
    assert error.short == "InvalidArgument"
    assert text.split("'")[1] in error.message


@pytest.mark.parametrize("method, key", [("Shutdown", "paused"), ("Start", "timeout"),
                                         ("PowerOff", "force"), ("GetXML", "Secure")])
def test_an_option_of_another_verb_is_unknown(caller, running, method, key):
    error = refused(caller, running, MACHINE, method, GLib.Variant(
        "a{sv}", {key: GLib.Variant("b", True)}))
    assert error.short == "UnknownOption"


@pytest.mark.parametrize("names, error", [
    (["NoSuch"], "UnknownProperty"), (["Name", "name"], "UnknownProperty"),
    ([""], "UnknownProperty"), (["Disks", "a\x1b[2J"], "UnknownProperty"),
    (["State", "Name", "State"], "InvalidArgument"), (["x"] * 10000, "UnknownProperty"),
])
def test_a_query_for_what_is_no_property_is_refused(caller, names, error):
    answer = refused(caller, ROOT, MACHINES, "Query", GLib.Variant("as", names), NO_OPTIONS)
    assert answer.short == error
    assert answer.message.isprintable()


# Paths

def bogus_paths(machine, count):
    """Return object paths that are none of ours, and valid for D-Bus."""
    generator = random.Random(20261101)
    uuid = machine.rpartition("/")[2]
    yield from (
        "/", "/org", "/org/hatago", f"{ROOT}/", f"{ROOT}x", f"{ROOT}/machines", f"{ROOT}/jobs",
        f"{ROOT}/machines/x", f"{ROOT}/machines/{uuid}/snapshots", f"{machine}/{uuid}",
        f"{ROOT}/machines/{uuid.upper()}", f"{ROOT}/machines/{uuid[:-1]}",
        f"{ROOT}/machines/_", f"{ROOT}/machines/__", f"{ROOT}/machines/_0", f"{ROOT}/machines/_zz",
        f"{ROOT}/machines/{uuid}_", f"{ROOT}/machines/{uuid.replace('_2d', '_2D')}",
        f"{ROOT}/machines/{uuid.replace('_2d', '')}", f"{ROOT}/machines/_2e_2e_2f_2e_2e",
        f"{ROOT}/machines/_00", f"{ROOT}/machines/_ff_fe", f"{ROOT}/machines/{'_41' * 5000}",
        f"{ROOT}/jobs/0", f"{ROOT}/jobs/x", f"{ROOT}/jobs/01", f"{ROOT}/jobs/4294967297",
        f"{ROOT}/jobs/99999999999999999999", f"{ROOT}/networks/{uuid}", "/org/hatago/Host2")
    letters = "abcdefABCDEF0123456789__________"
    for _ in range(count):
        words = ["".join(generator.choices(letters, k=generator.randint(1, 40)))
                 for _ in range(generator.randint(1, 3))]
        prefix = generator.choice(["", "/org/hatago", ROOT, f"{ROOT}/machines", f"{ROOT}/jobs",
                                   machine])
        yield "/".join([prefix, *words])


def test_bogus_paths_are_unknown_objects(caller, agent, machine):
    known = {f"{ROOT}/", ROOT, f"{ROOT}/machines", f"{ROOT}/jobs", machine}
    before = caller.everything()
    paths = [path for path in bogus_paths(machine, 300)
             if GLib.Variant.is_object_path(path) and path not in known]
    assert len(paths) > 300
    # The bus itself lets no caller wait for more than 128 answers.
    for first in range(0, len(paths), 40):
        calls = [(path, caller.start(path, interface, method, argument))
                 for path in paths[first:first + 40] for interface, method, argument in (
                     (MACHINE, "Start", NO_OPTIONS), (JOB, "Cancel", NO_OPTIONS),
                     ("org.freedesktop.DBus.Properties", "GetAll", GLib.Variant("s", MACHINE)))]
        for path, call in calls:
            with pytest.raises(BusError) as error:
                call.result()
            assert error.value.name == f"{DBUS_ERROR}UnknownObject", path
    assert agent.alive()
    assert caller.everything() == before


def test_a_method_or_interface_that_is_none_is_an_error(caller, machine):
    assert refused(caller, machine, MACHINE, "Explode", NO_OPTIONS).name == \
        f"{DBUS_ERROR}UnknownMethod"
    for path, interface, method in ((machine, MANAGER, "ListJobs"), (ROOT, MACHINE, "Start"),
                                    (machine, f"{NAME}.NoSuch", "Start")):
        assert refused(caller, path, interface, method, NO_OPTIONS).name in (
            f"{DBUS_ERROR}UnknownInterface", f"{DBUS_ERROR}UnknownMethod")


@pytest.mark.parametrize("name, value", [("State", "running"), ("Name", "x"), ("NoSuch", "x")])
def test_no_property_can_be_written(caller, machine, name, value):
    error = refused(caller, machine, "org.freedesktop.DBus.Properties", "Set",
                    GLib.Variant("s", MACHINE), GLib.Variant("s", name),
                    GLib.Variant("v", GLib.Variant("s", value)))
    assert error.name in (f"{DBUS_ERROR}PropertyReadOnly", f"{DBUS_ERROR}UnknownProperty")
