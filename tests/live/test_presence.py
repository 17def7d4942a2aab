"""Who looks at a room, whichever process they look through."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.beside import Beside
from tests.stopped import stopped
from tests.visitors import Socket, Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]

GRACE_SECONDS = 5
# How long a reload takes over a slow network.
RELOAD_SECONDS = 3
GONE_WITHIN_SECONDS = 10

pytestmark = pytest.mark.usefixtures("nobody_waits")


def test_people_on_two_processes_see_each_other(visitor: VisitorFactory, beside: Beside) -> None:
    room = _Room(visitor)
    at_ada, _ = room.enter(room.ada)
    at_ben, state = room.enter(beside.visit(room.ben))
    for socket in (at_ada, at_ben):
        _hear_here(socket, _everybody(state))


def test_a_reload_is_not_an_absence(visitor: VisitorFactory) -> None:
    room = _Room(visitor)
    at_ada, _ = room.enter(room.ada)
    at_ben, state = room.enter(room.ben)
    _hear_here(at_ada, state["here"])
    for _ in range(3):
        at_ben.close()
        time.sleep(RELOAD_SECONDS)
        at_ben, _ = room.enter(room.ben)
    # What is said twice may come late, as long as it says the same.
    told = [payload["here"] for event, payload in at_ada.heard if event == "presence"]
    assert all(here == state["here"] for here in told)
    assert at_ben.ask("leave_room")["ok"]
    while len(at_ada.hear("presence")["here"]) != 1:
        pass


def test_a_reload_that_ends_on_another_process_is_none_either(
    visitor: VisitorFactory, beside: Beside
) -> None:
    room = _Room(visitor)
    at_ada, _ = room.enter(room.ada)
    at_ben, state = room.enter(room.ben)
    _hear_here(at_ada, state["here"])
    at_ben.close()
    time.sleep(RELOAD_SECONDS)
    room.enter(beside.visit(room.ben))
    began = time.monotonic()
    while time.monotonic() - began < GRACE_SECONDS + 2:
        assert at_ada.ask("enter_room", {"code": room.code})["here"] == state["here"]
        time.sleep(0.2)
    assert all(len(heard["here"]) == 2 for event, heard in at_ada.heard if event == "presence")


def test_who_stays_away_is_gone_after_the_grace(visitor: VisitorFactory) -> None:
    room = _Room(visitor)
    at_ada, alone = room.enter(room.ada)
    at_ben, state = room.enter(room.ben)
    _hear_here(at_ada, state["here"])
    at_ben.close()
    closed = time.monotonic()
    _hear_here(at_ada, alone["here"])
    assert GRACE_SECONDS - 1 < time.monotonic() - closed < GRACE_SECONDS + 3


def test_a_second_tab_tells_nobody_anything(visitor: VisitorFactory) -> None:
    room = _Room(visitor)
    at_ada, _ = room.enter(room.ada)
    at_ben, state = room.enter(room.ben)
    _hear_here(at_ada, state["here"])
    second, _ = room.enter(room.ben)
    second.ask("leave_room")
    at_ben.ask("leave_room")
    assert len(at_ada.hear("presence")["here"]) == 1


@pytest.mark.fault("S8")
def test_a_process_that_is_killed_leaves_no_ghost_in_a_room(
    visitor: VisitorFactory, beside: Beside
) -> None:
    room = _Room(visitor)
    at_ada, alone = room.enter(room.ada)
    _, state = room.enter(beside.visit(room.ben))
    _hear_here(at_ada, _everybody(state))
    beside.kill()
    killed = time.monotonic()
    _hear_here(at_ada, alone["here"])
    assert time.monotonic() - killed < GONE_WITHIN_SECONDS
    assert at_ada.ask("enter_room", {"code": room.code})["here"] == alone["here"]


def test_who_was_on_a_process_that_slept_is_here_again_when_it_goes_on(
    visitor: VisitorFactory, beside: Beside
) -> None:
    room = _Room(visitor)
    at_ada, alone = room.enter(room.ada)
    _, state = room.enter(beside.visit(room.ben))
    _hear_here(at_ada, _everybody(state))
    with stopped(beside.process):
        _hear_here(at_ada, alone["here"])
    _hear_here(at_ada, _everybody(state))


class _Room:
    """Ada and Ben, with a seat each."""

    def __init__(self, visitor: VisitorFactory) -> None:
        self.ada = visitor().sign_in("ada").funded()
        self.ben = visitor().sign_in("ben")
        self.code = self.ada.submit("/rooms", page="/pool").url.rpartition("/")[2]
        path = f"/rooms/{self.code}"
        assert self.ben.submit(f"{path}/join", page=path).status_code == 200

    def enter(self, person: Visitor) -> tuple[Socket, dict[str, Any]]:
        """Opens a tab at the room; the socket, and the room as it was then."""
        socket = person.connect("/members")
        state: dict[str, Any] = socket.ask("enter_room", {"code": self.code})
        assert state["ok"], state
        return socket, state


def _hear_here(socket: Socket, expected: list[int]) -> None:
    """Listens until exactly these are here."""
    while socket.hear("presence")["here"] != expected:
        pass


def _everybody(state: dict[str, Any]) -> list[int]:
    """All who have a seat. Who came to another process a moment ago isn't seen at once."""
    return sorted(member["id"] for member in state["room"]["members"])
