# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method, by every kind of caller: who may, and that who may not leaves no trace."""

import dataclasses

import pytest

from conftest import needs_root
from hatago_bus import (CONSOLE, HOST, HOST_CHECK, JOB, MACHINE, MACHINES, MANAGER, NAME, NO_OPTIONS, PROPERTIES,
                        ROOT, SERVICE, VALIDATION, BusError, options)
from gi.repository import GLib
from machines import domain_xml, fresh_name
from polkit_mock import BROKEN, NEVER, NO, PASSWORD, YES

WITH_CHECKS = True
DENIED = "org.freedesktop.DBus.Error.AccessDenied"
PASSWORD_WANTED = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
RENAMED = "renamed-by-the-matrix"
CHANGED, CHANGED_UUID = "changed-by-the-matrix", "66666666-7777-8888-9999-000000000000"
DEFINED, DEFINED_UUID = "defined-by-the-matrix", "11111111-2222-3333-4444-555555555555"


@dataclasses.dataclass
class Row:
    """One method: how it is called, and what it asks of polkit. action None: open to everybody."""

    interface: str
    method: str
    action: str = None
    verb: str = None
    state: str = "running"  # that the machine must be in, for the method to succeed
    arguments: tuple = (NO_OPTIONS,)
    path: str = "machine"  # or "root", "job", or "check"
    asks: bool = False  # open, and asks polkit nevertheless
    error: str = ""  # that whoever may gets: this agent has no units

    @property
    def member(self):
        """Its full name."""
        return f"{self.interface}.{self.method}"


def machine_row(method, verb, action="machine-control", **keywords):
    """Return the row of a verb of .Machine."""
    return Row(MACHINE, method, f"{NAME}.{action}", verb, **keywords)


def console_row(method, verb, *arguments):
    """Return the row of a method of .Machine.Console."""
    return Row(CONSOLE, method, f"{NAME}.machine-console", verb, arguments=(*arguments, NO_OPTIONS))


# A method that is in an interface's XML and has no row here fails a test below.
MATRIX = [
    Row(MANAGER, "ListJobs", path="root"),
    Row(MANAGER, "Can", path="root", arguments=(
        GLib.Variant("o", ROOT), GLib.Variant("as", ["define"]), NO_OPTIONS), asks=True),
    Row(MANAGER, "Subscribe", path="root"),
    Row(MANAGER, "Unsubscribe", path="root"),
    Row(MACHINES, "ListMachines", path="root"),
    Row(MACHINES, "Query", path="root", arguments=(GLib.Variant("as", ["Disks"]), NO_OPTIONS)),
    Row(MACHINES, "GetMachine", path="root", arguments=(GLib.Variant("s", "test"), NO_OPTIONS)),
    Row(MACHINES, "GetStatistics", path="root"),
    Row(MACHINES, "ListEvents", path="root"),
    Row(MACHINES, "DefineMachine", f"{NAME}.machine-define", "define", path="root",
        arguments=(GLib.Variant("s", domain_xml(DEFINED, DEFINED_UUID)), NO_OPTIONS)),
    machine_row("Start", "start", state="off"),
    machine_row("Shutdown", "shutdown"),
    machine_row("PowerOff", "poweroff"),
    machine_row("Reboot", "reboot"),
    machine_row("Reset", "reset"),
    machine_row("Suspend", "suspend"),
    machine_row("Resume", "resume", state="paused"),
    machine_row("Save", "save"),
    machine_row("DiscardSave", "discard-save", state="saved"),
    machine_row("Rename", "rename", "machine-configure", state="off",
                arguments=(GLib.Variant("s", RENAMED), NO_OPTIONS)),
    machine_row("SetAutostart", "set-autostart", "machine-configure",
                arguments=(GLib.Variant("b", True), NO_OPTIONS)),
    Row(SERVICE, "Configure", f"{NAME}.machine-configure", "configure", error="NotSupported"),
    machine_row("SetXML", "set-xml", "machine-configure", state="off",
                arguments=(GLib.Variant("s", domain_xml(CHANGED, CHANGED_UUID)), NO_OPTIONS)),
    machine_row("Undefine", "undefine", "machine-delete", state="off"),
    Row(MACHINE, "GetHistory"),
    machine_row("GetXML", "get-xml", "machine-view"),
    console_row("OpenSerial", "open-serial"),
    console_row("OpenDisplay", "open-display", GLib.Variant("u", 0)),
    console_row("Screenshot", "screenshot"),
    console_row("SendKeys", "send-keys", GLib.Variant("aau", [[30]])),
    Row(VALIDATION, "Query", path="root", arguments=(GLib.Variant("as", ["Result"]), NO_OPTIONS)),
    Row(VALIDATION, "Run", path="root"),
    Row(HOST, "GetUsage", path="root"),
    Row(HOST_CHECK, "Fix", f"{NAME}.host-fix", "fix", path="check"),
    Row(JOB, "Cancel", f"{NAME}.machine-control", "cancel", path="job"),
]
GUARDED = [row for row in MATRIX if row.action]
OPEN = [row for row in MATRIX if not row.action]


def ids(rows):
    """Return names for parametrized tests."""
    return [row.method for row in rows]


@pytest.fixture
def target(request, shared_house, caller, define, polkit, agent):
    """A function that makes what a row is about: returns its path, name and UUID."""
    def target(row):
        if row.path == "root":
            return (ROOT, DEFINED, DEFINED_UUID) if row.action else (ROOT, "", "")
        if row.path == "check":
            return caller.check("vhost-net"), "vhost-net", ""
        if row.method == "SetXML":  # the XML in the row has its name
            name = CHANGED
            path = define(name, uuid=CHANGED_UUID)
        else:
            name = fresh_name("deaf" if row.path == "job" else "matrix")
            path = define(name)
        uuid = caller.get(path, MACHINE, "UUID")
        if row.state != "off":
            caller.verb(path, "Start")
        if row.state == "paused":
            caller.verb(path, "Suspend")
        if row.state == "saved":
            caller.verb(path, "Save")
        if row.path == "job":
            # Whoever started a job may cancel it: here it is somebody else's, if there is such.
            other = request.getfixturevalue("root")
            path, name, uuid = other.call(path, MACHINE, "Shutdown", NO_OPTIONS), "", ""
            other.wait_cancelable(path)
        polkit.reset()
        if row.path == "job" or row.state not in ("off", "running"):
            caller.iterate(0.2)  # what reconciles the model after a verb may come after its job
        caller.settle()
        return path, name, uuid

    yield target
    polkit.reset()
    if DEFINED in [row[1] for row in caller.call(ROOT, MACHINES, "ListMachines", NO_OPTIONS)]:
        caller.verb(caller.machine(DEFINED), "Undefine")


def call(caller, row, path, **keywords):
    """Call the method of a row; wait for its answer, and for its job."""
    try:
        answer = caller.start(path, row.interface, row.method, *row.arguments, **keywords).result()
    except BusError as error:
        if error.short != row.error:
            raise
        return None
    if isinstance(answer, str) and "/jobs/" in answer:
        assert caller.job(answer)[0] == "done"
    return answer


def is_look(signal):
    """Whether it tells that the host was looked at: the agent does that by itself, too."""
    _, _, member, arguments = signal
    return member == f"{PROPERTIES}.PropertiesChanged" and arguments[0] == VALIDATION


def traces(caller):
    """Return all that a denied call must leave as it was."""
    return caller.everything(), caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS)


def test_every_method_has_a_row(interfaces):
    methods = {f"{name}.{method}" for name, interface in interfaces.items()
               for method in interface.methods}
    assert methods == {row.member for row in MATRIX}


@pytest.mark.parametrize("row", MATRIX, ids=ids(MATRIX))
def test_who_is_allowed_may(caller, polkit, target, row):
    path, _, _ = target(row)
    call(caller, row, path)
    assert bool(polkit.questions) == bool(row.action or row.asks)


@pytest.mark.parametrize("row", OPEN, ids=ids(OPEN))
def test_reading_is_open_even_if_polkit_says_no(caller, polkit, target, row):
    path, _, _ = target(row)
    polkit.answer = NO
    call(caller, row, path)
    assert bool(polkit.questions) == row.asks


@pytest.mark.parametrize("answer, interactive, error", [
    (NO, False, DENIED),
    (NO, True, DENIED),
    (PASSWORD, False, PASSWORD_WANTED),
    (PASSWORD, True, DENIED),  # polkit asked, and the password was wrong
    (BROKEN, False, DENIED),
], ids=["no", "no-interactive", "password", "wrong-password", "polkit-broken"])
@pytest.mark.parametrize("row", GUARDED, ids=ids(GUARDED))
def test_who_is_denied_leaves_no_trace(caller, polkit, target, agent, row, answer, interactive,
                                       error):
    path, _, _ = target(row)
    before, log = traces(caller), agent.log()
    polkit.answer = answer

    with pytest.raises(BusError) as denied:
        call(caller, row, path, interactive=interactive)

    assert denied.value.name == error
    assert traces(caller) == before
    assert not [signal for signal in caller.signals if not is_look(signal)]
    agent.wait_log(f"^{row.verb} .*by user {caller.uid}: denied", after=log)


def of_job(caller, path):
    """Return name and UUID of the machine that a job works on."""
    machine, = caller.get(path, JOB, "Objects")
    return caller.get(machine, MACHINE, "Name"), caller.get(machine, MACHINE, "UUID")


@pytest.mark.parametrize("row", GUARDED, ids=ids(GUARDED))
def test_polkit_is_told_who_does_what_to_which(caller, polkit, target, row):
    path, name, uuid = target(row)
    if row.verb == "cancel":  # of a job: what it works on is what polkit is told
        name, uuid = of_job(caller, path)
    call(caller, row, path)

    question, = polkit.questions
    assert question.subject == ("system-bus-name", {"name": caller.unique_name})
    assert question.action == row.action
    assert question.details == {"verb": row.verb, "name": name, "uuid": uuid}
    assert question.interactive is False


@pytest.mark.parametrize("row", GUARDED, ids=ids(GUARDED))
def test_can_asks_polkit_what_the_verb_would(caller, polkit, target, row):
    """A client that asks beforehand gets the answer of the very rule that the verb meets."""
    path, name, uuid = target(row)
    if row.verb == "cancel":
        name, uuid = of_job(caller, path)
    if row.path == "root":  # nothing is known of it yet
        name, uuid = "", ""
    arguments = (GLib.Variant("o", path), GLib.Variant("as", [row.verb]), NO_OPTIONS)
    assert caller.start(ROOT, MANAGER, "Can", *arguments, interactive=True).result() == \
        {row.verb: row.error or "yes"}

    question, = polkit.questions
    assert question.subject == ("system-bus-name", {"name": caller.unique_name})
    assert question.action == row.action
    assert question.details == {"verb": row.verb, "name": name, "uuid": uuid}
    assert question.interactive is False


def test_polkit_may_ask_for_a_password_only_if_the_call_says_so(caller, polkit, running):
    polkit.reset()
    caller.start(running, MACHINE, "Reset", NO_OPTIONS, interactive=True).result()
    caller.start(running, MACHINE, "Reset", NO_OPTIONS).result()
    assert [question.interactive for question in polkit.questions] == [True, False]


def test_each_action_is_asked_for_alone(caller, polkit, running):
    """A rule that grants control of machines grants nothing else."""
    polkit.answer = NO
    polkit.answers[f"{NAME}.machine-control"] = YES
    assert caller.verb(running, "PowerOff")[0] == "done"
    for method in ("Undefine", "GetXML"):
        with pytest.raises(BusError) as denied:
            caller.call(running, MACHINE, method, NO_OPTIONS)
        assert denied.value.name == DENIED


def test_a_rule_can_grant_one_machine(caller, polkit, define):
    mine, other = define("mine"), define("not-mine")
    polkit.answer = NO
    polkit.answers[f"{NAME}.machine-control", "mine"] = YES
    assert caller.verb(mine, "Start")[0] == "done"
    with pytest.raises(BusError) as denied:
        caller.verb(other, "Start")
    assert denied.value.name == DENIED


def test_xml_with_passwords_has_an_action_of_its_own(caller, polkit, machine):
    polkit.answers[f"{NAME}.machine-secrets"] = NO
    caller.call(machine, MACHINE, "GetXML", NO_OPTIONS)
    with pytest.raises(BusError) as denied:
        caller.call(machine, MACHINE, "GetXML", options(secure=True))
    assert denied.value.name == DENIED
    assert polkit.questions[-1].action == f"{NAME}.machine-secrets"


def test_who_started_a_job_may_cancel_it(caller, polkit, define):
    path = define(fresh_name("deaf"))
    caller.verb(path, "Start")
    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    caller.wait_cancelable(job)
    polkit.reset()
    polkit.answer = NO
    caller.call(job, JOB, "Cancel", NO_OPTIONS)
    assert caller.job(job)[0] == "canceled"
    assert not polkit.questions


# While polkit is asked

@pytest.fixture
def waiting(polkit, caller):
    """A function that calls a method, and returns when polkit has the question."""
    def waiting(who, row, path):
        polkit.answer = NEVER
        asked = len(polkit.questions)
        pending = who.start(path, row.interface, row.method, *row.arguments)
        who.wait(lambda: len(polkit.questions) > asked, 20, "a question to polkit")
        return pending, polkit.questions[-1]
    return waiting


def row_of(method):
    """Return a row by its method."""
    return next(row for row in MATRIX if row.method == method)


@pytest.mark.parametrize("row", GUARDED, ids=ids(GUARDED))
def test_nothing_changes_before_polkit_has_answered(caller, polkit, target, waiting, row):
    path, _, _ = target(row)
    before = traces(caller)
    pending, question = waiting(caller, row, path)
    caller.iterate(0.02)
    assert not pending.answered
    assert traces(caller) == before
    polkit.release(question, NO)
    with pytest.raises(BusError):
        pending.result()


@pytest.mark.parametrize("row", GUARDED, ids=ids(GUARDED))
def test_who_leaves_while_polkit_is_asked_is_forgotten(shared_house, caller, polkit, target,
                                                       waiting, row):
    path, _, _ = target(row)
    before = traces(caller)
    leaver = shared_house.stranger()
    _, question = waiting(leaver, row, path)

    leaver.close()

    caller.wait(lambda: polkit.canceled, 20, "CancelCheckAuthorization")
    assert polkit.canceled == [question.cancellation]
    # Even if the answer comes after all.
    polkit.release(question, YES)
    caller.iterate(0.02)
    assert traces(caller) == before


def test_a_second_call_does_not_wait_for_the_first(caller, polkit, define, waiting):
    first, second = define(), define()
    pending, question = waiting(caller, row_of("Start"), first)

    polkit.answer = YES
    assert caller.verb(second, "Start")[0] == "done"
    assert not pending.answered

    polkit.release(question, NO)
    with pytest.raises(BusError):
        pending.result()
    assert caller.get(first, MACHINE, "State") == "shutoff"


def test_answers_of_polkit_go_each_to_its_own_call(caller, polkit, machine, waiting):
    """What is asked for one call cannot pass another one, whatever the order of the answers."""
    starting, may_start = waiting(caller, row_of("Start"), machine)
    removing, may_remove = waiting(caller, row_of("Undefine"), machine)
    assert may_start.cancellation != may_remove.cancellation

    polkit.release(may_remove, NO)
    with pytest.raises(BusError) as denied:
        removing.result()
    assert denied.value.name == DENIED
    assert not starting.answered

    polkit.release(may_start, YES)
    assert caller.job(starting.result()) == ("done", "")


def test_a_machine_that_went_while_polkit_was_asked_is_gone(caller, polkit, machine, waiting):
    pending, question = waiting(caller, row_of("Start"), machine)
    polkit.answer = YES
    caller.verb(machine, "Undefine")
    polkit.release(question, YES)
    with pytest.raises(BusError) as gone:
        pending.result()
    assert gone.value.short == "NoSuchMachine"


def test_a_machine_that_started_while_polkit_was_asked_is_not_removed(caller, polkit, machine,
                                                                      waiting):
    pending, question = waiting(caller, row_of("Undefine"), machine)
    polkit.answer = YES
    caller.verb(machine, "Start")
    polkit.release(question, YES)
    with pytest.raises(BusError) as refused:
        pending.result()
    assert refused.value.short == "MachineRunning"
    assert caller.get(machine, MACHINE, "Persistent") is True


def test_the_calls_that_wait_are_limited_per_user(shared_house, caller, polkit, running):
    """One user's questions have a limit; whoever is not in that crowd gets through."""
    polkit.reset()
    polkit.answer = NEVER
    crowd = shared_house.stranger()
    calls = [crowd.start(running, MACHINE, "Reset", NO_OPTIONS) for _ in range(60)]
    crowd.wait(lambda: sum(call.answered for call in calls) >= 44, 20, "refusals")
    refused = [call.error.short for call in calls if call.answered]
    assert refused == ["LimitsExceeded"] * 44
    caller.wait(lambda: len(polkit.questions) == 16, 20, "16 questions")
    # Reading goes on, and when the crowd leaves there is room again.
    assert caller.get(running, MACHINE, "State") == "running"
    crowd.close()
    caller.wait(lambda: len(polkit.canceled) == 16, 20, "16 cancellations")
    polkit.answer = YES
    caller.verb(running, "Reset")


@needs_root
def test_a_flood_of_one_user_does_not_keep_out_another(shared_house, root, polkit, running):
    """While one user calls without end, each call of another is carried out."""
    polkit.reset()
    polkit.answer = NEVER
    crowd = [shared_house.stranger() for _ in range(3)]
    for round_ in range(20):
        for member in crowd:
            for _ in range(20):
                member.start(running, MACHINE, "Reset", NO_OPTIONS)
        root.verb(running, "Reset")
    for member in crowd:
        member.close()


# Root

@needs_root
@pytest.mark.parametrize("row", MATRIX, ids=ids(MATRIX))
def test_root_passes_and_polkit_is_never_asked(root, polkit, target, row):
    path, _, _ = target(row)
    polkit.answer = NO
    call(root, row, path)
    assert not polkit.questions


def test_without_polkit_others_are_denied(house):
    """At shutdown polkit goes first: no answer is a no, and root passes."""
    house.ready_agent()
    house.polkit.stop()
    stranger = house.stranger()
    path = stranger.machine("test")
    with pytest.raises(BusError) as denied:
        stranger.verb(path, "Suspend")
    assert denied.value.name == DENIED
    assert stranger.get(path, MACHINE, "State") == "running"
    house.polkit.thread.join()
