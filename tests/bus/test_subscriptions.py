# SPDX-License-Identifier: LGPL-2.1-or-later
"""Subscribe and Unsubscribe: who has subscribed, and what the plugins hear of it."""

import pytest

from agent import BUILD
from conftest import needs_root
from hatago_bus import MANAGER, NO_OPTIONS, ROOT, BusError
from polkit_mock import NO

LIMIT = 64
SUBSCRIBED = "told: subscribed, asked: subscribed"
ENDED = "told: not subscribed, asked: not subscribed"


@pytest.fixture
def agent(house):
    """An agent with a plugin that logs what it is told."""
    house.polkit.answer = NO
    return house.ready_agent("--connect", "test:///default", plugins=BUILD / "tests/bus")


def told(agent, caller):
    """Return all that the plugin was told until now."""
    caller.call(ROOT, "org.freedesktop.DBus.Peer", "Ping")
    return [line for line in agent.log().splitlines() if line.startswith("told:")]


def wait_told(agent, caller, expected):
    """Wait until the plugin has been told this, and nothing else."""
    caller.wait(lambda: len(told(agent, caller)) >= len(expected), 20, "what the plugin is told")
    assert told(agent, caller) == expected


def subscribe(caller):
    """Subscribe."""
    assert caller.call(ROOT, MANAGER, "Subscribe", NO_OPTIONS) is None


def unsubscribe(caller):
    """Take it back."""
    assert caller.call(ROOT, MANAGER, "Unsubscribe", NO_OPTIONS) is None


def test_nobody_has_subscribed_at_first(agent, house):
    agent.wait_log("^start: not subscribed")
    assert told(agent, house.stranger()) == []


def test_the_first_comes_and_the_last_goes(agent, house):
    first, second = house.stranger(), house.caller()
    subscribe(first)
    assert told(agent, first) == [SUBSCRIBED]
    subscribe(second)
    unsubscribe(first)
    assert told(agent, first) == [SUBSCRIBED]
    unsubscribe(second)
    assert told(agent, first) == [SUBSCRIBED, ENDED]
    subscribe(first)
    assert told(agent, first) == [SUBSCRIBED, ENDED, SUBSCRIBED]


def test_a_connection_subscribes_once_however_often(agent, house):
    caller = house.stranger()
    for _ in range(3):
        subscribe(caller)
    unsubscribe(caller)
    assert told(agent, caller) == [SUBSCRIBED, ENDED]
    unsubscribe(caller)
    assert told(agent, caller) == [SUBSCRIBED, ENDED]


def test_who_has_not_subscribed_ends_nothing(agent, house):
    first, second = house.stranger(), house.stranger()
    subscribe(first)
    unsubscribe(second)
    assert told(agent, first) == [SUBSCRIBED]


def test_the_end_of_the_connection_ends_it(agent, house):
    first, second, watcher = house.stranger(), house.stranger(), house.stranger()
    subscribe(first)
    subscribe(second)
    first.close()
    assert told(agent, watcher) == [SUBSCRIBED]
    second.close()
    wait_told(agent, watcher, [SUBSCRIBED, ENDED])


def test_who_leaves_at_once_has_not_subscribed(agent, house):
    """However far the call has come when its connection ends, nothing of it stays."""
    watcher = house.stranger()
    for _ in range(100):
        hasty = house.stranger()
        hasty.start(ROOT, MANAGER, "Subscribe", NO_OPTIONS)
        hasty.connection.flush_sync(None)
        hasty.close()
    watcher.wait(lambda: len(told(agent, watcher)) % 2 == 0, 20, "the end of all")
    subscribe(watcher)
    unsubscribe(watcher)
    assert told(agent, watcher)[-2:] == [SUBSCRIBED, ENDED]


def test_calls_in_a_row_take_effect_in_their_order(agent, house):
    caller = house.stranger()
    calls = [caller.start(ROOT, MANAGER, method, NO_OPTIONS)
             for _ in range(10) for method in ("Subscribe", "Unsubscribe")]
    for call in calls:
        call.result()
    assert told(agent, caller) == [SUBSCRIBED, ENDED] * 10


def test_connections_of_one_user_are_limited(agent, house):
    crowd = [house.stranger() for _ in range(LIMIT + 1)]
    for member in crowd[:LIMIT]:
        subscribe(member)
    with pytest.raises(BusError) as refused:
        subscribe(crowd[LIMIT])
    assert refused.value.short == "LimitsExceeded"
    subscribe(crowd[0])
    crowd[0].close()
    crowd[1].wait(lambda: crowd[1].owner(crowd[0].unique_name) is None, 20, "the end of one")
    subscribe(crowd[LIMIT])
    assert told(agent, crowd[1]) == [SUBSCRIBED]


@needs_root
def test_the_limit_of_one_user_is_not_that_of_another(agent, house):
    for _ in range(LIMIT):
        subscribe(house.stranger())
    subscribe(house.caller())


def test_features_have_the_words_of_all(agent, house):
    assert house.stranger().get(ROOT, MANAGER, "Features") == ["can", "subscribe", "test-a", "test-b"]
