"""Who looks at which room. Somebody who reloads is not gone: there is a grace."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

GRACE_SECONDS = 5

# For whoever reads from `rooms`: the users who look at one through another process than this.
ELSEWHERE_VALUE = """
    ARRAY(SELECT user_id FROM live_onlookers
        WHERE room_id = rooms.id AND process_id <> {process_id})
"""


class Onlooker(NamedTuple):
    """Somebody at a room, by however many sockets."""

    room_id: int
    user_id: int


_looks_at: dict[str, Onlooker] = {}
# By room and user, the sockets of this process. Without any they have until `_going` says.
_here: dict[int, dict[int, set[str]]] = {}
_going: dict[Onlooker, float] = {}
# Whose row is not what it should be, and which rooms have not heard what changed.
_changed: set[Onlooker] = set()
_stale_rooms: set[int] = set()


def enter_room(sid: str, *, room_id: int, user_id: int) -> int | None:
    """Notes that a socket looks at a room; returns the room it looked at before."""
    before = _looks_at.get(sid)
    onlooker = Onlooker(room_id, user_id)
    if before != onlooker:
        leave_room(sid)
    _looks_at[sid] = onlooker
    users = _here.setdefault(room_id, {})
    if user_id not in users:
        users[user_id] = set()
        _changed.add(onlooker)
    users[user_id].add(sid)
    _going.pop(onlooker, None)
    return before.room_id if before else None


def leave_room(sid: str) -> int | None:
    """The socket looks elsewhere, and that at once; returns the room it looked at."""
    onlooker = _looks_at.pop(sid, None)
    if onlooker is None:
        return None
    sids = _here[onlooker.room_id][onlooker.user_id]
    sids.discard(sid)
    if not sids:
        _remove(onlooker)
    return onlooker.room_id


def depart(sid: str) -> None:
    """The socket is gone, and perhaps about to come back."""
    onlooker = _looks_at.pop(sid, None)
    if onlooker is None:
        return
    sids = _here[onlooker.room_id][onlooker.user_id]
    sids.discard(sid)
    if not sids:
        _going[onlooker] = time.monotonic() + GRACE_SECONDS


def here(room_id: int, elsewhere: Iterable[int]) -> list[int]:
    """The users who look at a room, through this process and `elsewhere`, each once."""
    return sorted({*_here.get(room_id, ()), *elsewhere})


def room_changed(*, room_id: int) -> None:
    """Somebody came, went, or took or left a seat: those who look at the room must hear."""
    if room_id in _here:
        _stale_rooms.add(room_id)


def take_stale_rooms() -> set[int]:
    """The rooms that are to be told, each once however much changed."""
    stale = set(_stale_rooms)
    _stale_rooms.clear()
    return stale


def doubt_everything() -> None:
    """Perhaps something was said that this process didn't hear."""
    _stale_rooms.update(_here)


def take_changes() -> dict[Onlooker, bool]:
    """Whose rows are to be written or, where it says False, removed."""
    global _changed
    _let_go()
    changed, _changed = _changed, set()
    return {each: each.user_id in _here.get(each.room_id, ()) for each in changed}


def write_again(onlookers: set[Onlooker] | None = None) -> None:
    """These rows, or all, were not written or are gone."""
    if onlookers is None:
        onlookers = {Onlooker(room, user) for room, users in _here.items() for user in users}
    _changed.update(onlookers)


def _let_go() -> None:
    now = time.monotonic()
    for onlooker in [each for each, until in _going.items() if until <= now]:
        _remove(onlooker)


def _remove(onlooker: Onlooker) -> None:
    users = _here[onlooker.room_id]
    del users[onlooker.user_id]
    if not users:
        del _here[onlooker.room_id]
    _going.pop(onlooker, None)
    _changed.add(onlooker)
