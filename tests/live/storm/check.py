"""Holds what the server says against the log, until it is right or has had its time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tests.live.storm.people import Tab, truth
from tests.live.wire import Wire

ANSWER_SECONDS_MAX = 30
# Each look costs a connection what entering a room does. Of those who are asked more often than
# they may, some are asked to pause each time, and never do all of them answer at once.
REST_SECONDS = 0.5


def complaints(
    wire: Wire, tabs: Sequence[Tab], *, counts_by: float, here_by: float, waiting_by: float
) -> list[str]:
    """What isn't right by these times, read from the clock of `time.monotonic`."""
    member = next(tab for tab in tabs if tab.is_here and tab.sign_in and not tab.is_revoked)
    times = {
        "connections": counts_by,
        "people": counts_by,
        "here": here_by,
        "waiting": waiting_by,
    }
    checked = [_complaint(wire, tabs, member, name=name, by=by) for name, by in times.items()]
    return [complaint for found in checked for complaint in found]


def _complaint(wire: Wire, tabs: Sequence[Tab], member: Tab, *, name: str, by: float) -> list[str]:
    while True:
        asked_at = time.monotonic()
        said = _ask(wire, tabs, member, name)
        # A machine that is slow to answer is as slow with the rest.
        by += time.monotonic() - asked_at
        so = getattr(truth(tabs), name)
        if said == so:
            return []
        if time.monotonic() > by:
            return [f"{name}: {_difference(said, so)}"]
        wire.run(lambda: False, seconds_max=REST_SECONDS)


def _ask(wire: Wire, tabs: Sequence[Tab], member: Tab, name: str) -> Any:
    if name == "here":
        return _ask_rooms(wire, tabs)
    event, namespace = (
        ("get_pool_count", "/members") if name == "waiting" else ("get_connection_count", "/")
    )
    answers: list[dict[str, Any]] = []
    assert member.client
    member.client.ask(event, namespace=namespace, answered=answers.append)
    assert wire.run(lambda: bool(answers), seconds_max=ANSWER_SECONDS_MAX), "no answer"
    return answers[0].get(name)


def _ask_rooms(wire: Wire, tabs: Sequence[Tab]) -> dict[str, Any]:
    """Who is here, by room: one of those who follow it enters once more, which changes nothing."""
    followers = {tab.follows: tab for tab in tabs if tab.is_here and tab.follows}
    said: dict[str, Any] = {}
    for code, tab in followers.items():

        def note(answer: dict[str, Any], code: str = code) -> None:
            # Who is asked to pause is asked again, with the rest of them.
            said[code] = answer["here"] if answer["ok"] else answer["error"]

        assert tab.client
        tab.client.ask("enter_room", {"code": code}, namespace="/members", answered=note)
    done = wire.run(lambda: len(said) == len(followers), seconds_max=ANSWER_SECONDS_MAX)
    assert done, "no answer"
    return said


def _difference(said: Any, so: Any) -> str:
    if not isinstance(so, dict):
        return f"the server says {said}, and it is {so}"
    wrong = {code: (said.get(code), so[code]) for code in so if said.get(code) != so[code]}
    examples = list(wrong.items())[:3]
    return f"{len(wrong)} rooms of {len(so)} are wrong (said, so): {examples}"
