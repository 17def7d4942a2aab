"""A connection may ask for so much a second; then it is asked to pause, and in the end to go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from potluck.live.budgets import BURST_COST_MAX, DEBT_MAX, Budget
from potluck.live.protocol import EVENTS
from tests.live.raw import RawSocket, raw_socket
from tests.visitors import Visitor

VisitorFactory = Callable[[], Visitor]
COUNT = '["get_connection_count"]'
ANSWERED_WITHIN_SECONDS = 10.0


@pytest.mark.fault("S6")
def test_who_asks_too_much_is_told_to_pause_and_answered_after_it(visitor: VisitorFactory) -> None:
    with raw_socket(visitor(), "/") as hasty:
        hasty.join()
        answers = _ask_at_once(hasty, COUNT, times=int(BURST_COST_MAX) + 20)
        refused = [answer["error"] for answer in answers if not answer["ok"]]
        assert answers[0]["ok"]
        assert len(refused) >= 10
        assert {error["code"] for error in refused} == {"too_many_requests"}
        pauses = [error["pause_seconds"] for error in refused]
        assert 0 < pauses[0] <= pauses[-1] < 3
        time.sleep(pauses[-1])
        assert hasty.ask("get_connection_count")["ok"]


@pytest.mark.fault("S6")
def test_who_goes_on_regardless_is_closed_and_nobody_else(visitor: VisitorFactory) -> None:
    other = visitor().connect("/")
    with raw_socket(visitor(), "/") as flood:
        flood.join()
        _send_many(flood, f"42{COUNT}")
        flood.receive_to_the_end()
    assert other.ask("get_connection_count", namespace="/")["ok"]


@pytest.mark.fault("S6")
@pytest.mark.parametrize("message", ["40/members,", "41/members,"])
def test_whatever_a_flood_is_made_of(visitor: VisitorFactory, message: str) -> None:
    with raw_socket(visitor(), "/") as flood:
        flood.join()
        _send_many(flood, message)
        flood.receive_to_the_end()


def test_to_connect_too_often_is_refused_with_a_code(visitor: VisitorFactory) -> None:
    with raw_socket(visitor()) as stranger:
        replies = [stranger.join() for _ in range(20)]
    assert '"signed_out"' in replies[0]
    assert '"too_many_requests"' in replies[-1]


@pytest.mark.parametrize("askers", [1, 2, 3, 4])
def test_a_few_who_ask_again_when_they_were_told_to_are_all_answered(
    monkeypatch: pytest.MonkeyPatch, askers: int
) -> None:
    """Of one connection, at the same time, each as its own loop does."""
    now = 0.0
    monkeypatch.setattr("potluck.live.budgets.time.monotonic", lambda: now)
    budget, cost = Budget(), EVENTS["/members"]["enter_room"].cost
    budget.take(BURST_COST_MAX)
    asks_at = dict.fromkeys(range(askers), 0.0)
    while asks_at and now < ANSWERED_WITHIN_SECONDS:
        asker = min(asks_at, key=lambda each: asks_at[each])
        now = asks_at.pop(asker)
        assert budget.take_message()
        if pause_seconds := budget.take(cost):
            asks_at[asker] = now + pause_seconds
    assert asks_at == {}


def test_dear_events_use_the_budget_up_sooner(visitor: VisitorFactory) -> None:
    def answered(event: str) -> int:
        with raw_socket(visitor().sign_in("ada")) as raw:
            raw.join()
            answers = _ask_at_once(raw, event, times=60)
            return sum(
                answer.get("error", {}).get("code") != "too_many_requests" for answer in answers
            )

    cost = EVENTS["/members"]["enter_room"].cost
    cheap, dear = answered('["get_pool_count"]'), answered('["enter_room", {"code": "x"}]')
    assert dear < cheap / (cost - 1)


def _ask_at_once(raw: RawSocket, event: str, *, times: int) -> list[Any]:
    numbers = [raw.ask_without_waiting(event) for _ in range(times)]
    return [raw.answer(number) for number in numbers]


def _send_many(raw: RawSocket, message: str) -> None:
    """More than any budget has, however long it takes, or until the connection is closed."""
    for _ in range(int(BURST_COST_MAX + DEBT_MAX) * 3):
        if not raw.send_if_open(message):
            return
