# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manager.Can: what would become of a verb, asked without doing it."""

import pytest

from conftest import needs_root
from gi.repository import GLib
from hatago_bus import JOB, MACHINE, MANAGER, NAME, NO_OPTIONS, ROOT, BusError
from machines import fresh_name
from polkit_mock import BROKEN, NEVER, NO, PASSWORD, YES

QUESTIONS_OF_USER = 16


@pytest.fixture
def machine(machine, polkit):
    """A machine that is off; what polkit was asked until now is forgotten."""
    polkit.reset()
    return machine


def start(caller, path, *verbs, **keywords):
    """Ask, and do not wait."""
    return caller.start(ROOT, MANAGER, "Can", GLib.Variant("o", path), GLib.Variant("as", verbs),
                        NO_OPTIONS, **keywords)


def can(caller, path, *verbs):
    """Ask; return the answers."""
    return start(caller, path, *verbs).result()


def refused(caller, path, *verbs):
    """Ask what cannot be answered; return the error."""
    with pytest.raises(BusError) as error:
        can(caller, path, *verbs)
    return error.value


@pytest.mark.parametrize("answer, word", [(YES, "yes"), (PASSWORD, "auth"), (NO, "no"),
                                          (BROKEN, "no")])
def test_polkit_says_who_may(caller, polkit, machine, answer, word):
    polkit.answer = answer
    assert can(caller, machine, "start", "get-xml") == {"start": word, "get-xml": word}


def test_the_state_gives_the_reason(caller, polkit, machine):
    verbs = ("start", "shutdown", "poweroff", "resume", "undefine", "get-xml")
    assert can(caller, machine, *verbs) == {
        "start": "yes", "shutdown": "MachineNotRunning", "poweroff": "MachineNotRunning",
        "resume": "MachineNotRunning", "undefine": "yes", "get-xml": "yes"}
    caller.verb(machine, "Start")
    assert can(caller, machine, *verbs) == {
        "start": "MachineRunning", "shutdown": "yes", "poweroff": "yes",
        "resume": "MachineNotPaused", "undefine": "MachineRunning", "get-xml": "yes"}
    caller.verb(machine, "Suspend")
    assert can(caller, machine, *verbs) == {
        "start": "MachinePaused", "shutdown": "MachinePaused", "poweroff": "yes",
        "resume": "yes", "undefine": "MachineRunning", "get-xml": "yes"}


@pytest.mark.parametrize("verb, method", [("start", "Start"), ("shutdown", "Shutdown"),
                                          ("reset", "Reset"), ("suspend", "Suspend"),
                                          ("resume", "Resume"), ("undefine", "Undefine")])
@pytest.mark.parametrize("state", ["off", "running"])
def test_the_reason_is_the_error_that_the_verb_gets(caller, machine, verb, method, state):
    if state == "running":
        caller.verb(machine, "Start")
    answer = can(caller, machine, verb)[verb]
    if answer == "yes":
        return
    with pytest.raises(BusError) as error:
        caller.verb(machine, method)
    assert error.value.short == answer


def test_who_may_not_hears_that_and_not_the_state(caller, polkit, machine):
    """It is what the verb itself would say."""
    polkit.answer = NO
    assert can(caller, machine, "poweroff") == {"poweroff": "no"}
    polkit.answer = PASSWORD
    assert can(caller, machine, "poweroff") == {"poweroff": "MachineNotRunning"}


def test_rules_for_one_verb_or_machine_show(caller, polkit, define):
    mine, other = define("mine"), define("not-mine")
    polkit.reset()
    polkit.answer = NO
    polkit.answers[f"{NAME}.machine-control", "mine"] = YES
    polkit.answers[f"{NAME}.machine-view"] = PASSWORD
    assert can(caller, mine, "start", "get-xml", "undefine") == \
        {"start": "yes", "get-xml": "auth", "undefine": "no"}
    assert can(caller, other, "start", "get-xml") == {"start": "no", "get-xml": "auth"}


def test_nothing_is_done(caller, polkit, machine):
    before = caller.everything()
    can(caller, machine, "start", "undefine", "get-xml")
    assert caller.everything() == before
    assert caller.call(ROOT, MANAGER, "ListJobs", NO_OPTIONS) == []
    assert not caller.signals


def test_no_verbs_have_no_answers(caller, polkit, machine):
    assert can(caller, machine) == {}
    assert not polkit.questions


@needs_root
def test_root_may_and_polkit_is_not_asked(root, polkit, machine):
    polkit.answer = NO
    assert can(root, machine, "start", "shutdown") == \
        {"start": "yes", "shutdown": "MachineNotRunning"}
    assert not polkit.questions


# Jobs

@pytest.fixture
def job(caller, define, polkit):
    """A job of caller that waits, and may be canceled."""
    path = define(fresh_name("deaf"))
    caller.verb(path, "Start")
    job = caller.call(path, MACHINE, "Shutdown", NO_OPTIONS)
    caller.wait_cancelable(job)
    polkit.reset()
    polkit.answer = NO
    return job


def test_who_began_a_job_may_cancel_it(caller, polkit, job):
    assert can(caller, job, "cancel") == {"cancel": "yes"}
    assert not polkit.questions
    caller.call(job, JOB, "Cancel", NO_OPTIONS)
    assert can(caller, job, "cancel") == {"cancel": "JobNotCancelable"}


# Many at once

def test_verbs_are_worked_through_in_turn(caller, polkit, machine):
    polkit.answer = NEVER
    call = start(caller, machine, "start", "reset", "undefine")
    for n, answer in ((1, YES), (2, NO), (3, PASSWORD)):
        caller.wait(lambda n=n: len(polkit.questions) == n, 20, "a question")
        caller.iterate(0.05)
        assert len(polkit.questions) == n
        assert not call.answered
        polkit.release(polkit.questions[-1], answer)
    assert call.result() == {"start": "yes", "reset": "no", "undefine": "auth"}


def test_questions_of_one_user_are_limited(shared_house, caller, polkit, machine):
    polkit.answer = NEVER
    crowd = shared_house.stranger()
    calls = [start(crowd, machine, "start", "reset") for _ in range(QUESTIONS_OF_USER)]
    caller.wait(lambda: len(polkit.questions) == QUESTIONS_OF_USER, 20, "questions")
    assert refused(caller, machine, "start").short == "LimitsExceeded"

    # The second question of each takes the place of its first.
    polkit.answer = YES
    for question in polkit.questions[:]:
        polkit.release(question, YES)
    assert [call.result() for call in calls] == \
        [{"start": "yes", "reset": "MachineNotRunning"}] * QUESTIONS_OF_USER
    assert can(caller, machine, "start") == {"start": "yes"}


def test_who_leaves_meanwhile_holds_up_nobody(shared_house, caller, polkit, agent, machine):
    polkit.answer = NEVER
    leaver = shared_house.stranger()
    start(leaver, machine, "start", "reset")
    caller.wait(lambda: polkit.questions, 20, "a question")
    leaver.close()
    polkit.answer = YES
    polkit.release(polkit.questions[0], YES)
    assert can(caller, machine, "start") == {"start": "yes"}
    assert agent.alive()


def test_a_machine_that_goes_meanwhile_is_gone(caller, polkit, machine):
    polkit.answer = NEVER
    call = start(caller, machine, "start", "reset")
    caller.wait(lambda: polkit.questions, 20, "a question")
    polkit.answer = YES
    caller.verb(machine, "Undefine")
    polkit.release(polkit.questions[0], YES)
    with pytest.raises(BusError) as error:
        call.result()
    assert error.value.short == "NoSuchMachine"


def test_the_agent_ends_well_while_polkit_is_asked(house):
    agent = house.ready_agent()
    house.polkit.answer = NEVER
    caller = house.stranger()
    start(caller, caller.machine("test"), "start", "reset")
    caller.wait(lambda: house.polkit.questions, 20, "a question")
    assert agent.terminate() == 0


# Bad input

@pytest.mark.parametrize("path, verbs, error, part", [
    (None, ["explode"], "InvalidArgument", "explode"),
    (None, ["Start"], "InvalidArgument", "Start"),
    (None, [""], "InvalidArgument", '""'),
    (None, ["\x1b[2J"], "InvalidArgument", "\\x1b"),
    (None, ["define"], "InvalidArgument", "define"),
    (None, ["cancel"], "InvalidArgument", "cancel"),
    (None, ["start", "reset", "start"], "InvalidArgument", "twice"),
    (None, ["start"] * 65, "InvalidArgument", "64"),
    (ROOT, ["start"], "InvalidArgument", "start"),
    ("/", ["start"], "InvalidArgument", "start"),
    (f"{ROOT}/machines", ["start"], "InvalidArgument", "start"),
    (f"{ROOT}/machines/x", ["start"], "NoSuchMachine", "machines/x"),
    (f"{ROOT}/machines/_30", ["start"], "NoSuchMachine", "machines/_30"),
    (f"{ROOT}/jobs/0", ["cancel"], "NoSuchJob", "jobs/0"),
])
def test_what_cannot_be_asked_is_a_named_error(caller, polkit, machine, path, verbs, error, part):
    polkit.reset()
    answer = refused(caller, path or machine, *verbs)
    assert answer.short == error
    assert part in answer.message
    assert answer.message.isprintable()
    assert not polkit.questions


def test_a_job_has_no_verb_but_cancel(caller, job):
    assert refused(caller, job, "start").short == "InvalidArgument"
