"""How many are connected: this process counts its own, and reads what the others have counted."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text

from potluck.database import db
from potluck.live import broadcasts, processes

# When nobody says that something changed, in case that was not heard.
READ_AGAIN_SECONDS = 5
# Telling everybody takes no more of the processor than this, and is put off no longer for it.
TELLING_PART_MAX = 0.02
PUT_OFF_SECONDS_MAX = 5

# Whoever is connected here, too, is counted here. Each person is looked at once: with a crowd this
# is the dearest question that a process asks, and it asks it again and again.
OTHERS = text("""
    SELECT CAST(coalesce(sum(connections), 0) AS bigint) AS connections,
        count(*) FILTER (WHERE NOT is_here) AS people
    FROM (
        SELECT bool_or(process_id = :id) AS is_here,
            sum(connections) FILTER (WHERE process_id <> :id) AS connections
        FROM live_people GROUP BY person
    ) AS person
""")


@dataclass(frozen=True, slots=True)
class Count:
    """Connections, and the distinct people behind them."""

    connections: int
    people: int


@dataclass(frozen=True, slots=True)
class Telling:
    """A time when everybody was told: so many, and for so much of the processor."""

    at: float
    listeners: int
    cpu_seconds: float

    def is_recent(self, listeners: int) -> bool:
        """Whether it is too soon to tell so many again."""
        rest_seconds = min(self.cpu_seconds / TELLING_PART_MAX, PUT_OFF_SECONDS_MAX)
        # Once a crowd has left, to tell those who stay is cheap.
        rest_seconds *= min(1, listeners / max(self.listeners, 1))
        return time.monotonic() < self.at + rest_seconds


# Whose each socket is, and how many each person has. A person with none is not in it.
_people: dict[str, str] = {}
_connections: Counter[str] = Counter()
# Whose row is not what it should be.
_changed: set[str] = set()
_others = Count(connections=0, people=0)
_are_others_known = False
_read_at = 0.0
# What every client knows; None when somebody was told something else meanwhile.
_known: Count | None = None
_last_telling = Telling(at=0.0, listeners=0, cpu_seconds=0.0)


def arrive(sid: str, *, person: str) -> None:
    """Counts a socket of the public namespace."""
    _people[sid] = person
    _connections[person] += 1
    _changed.add(person)


def depart(sid: str) -> None:
    """Stops counting it."""
    person = _people.pop(sid, None)
    if person is None:
        return
    _connections[person] -= 1
    if _connections[person] == 0:
        del _connections[person]
    _changed.add(person)


def count() -> Count:
    """Everybody who is known to be connected, now."""
    return Count(
        connections=len(_people) + _others.connections, people=len(_connections) + _others.people
    )


def answer_count() -> Count:
    """The same, said to one client between two beats."""
    global _known  # noqa: PLW0603 - one state a process
    now = count()
    if now != _known:
        # Even if the count is back by the next beat, this one must hear of it.
        _known = None
    return now


def push_count() -> None:
    """Tells everybody, if there is something new to tell.

    Called on a beat, so that a crowd coming in costs two broadcasts a second and not one for
    each of them; where it is so large that even these are dear, fewer.
    """
    global _known, _last_telling  # noqa: PLW0603 - one state a process
    now = count()
    if now == _known or _last_telling.is_recent(len(_people)):
        return
    _known = now
    listeners, began = len(_people), time.thread_time()
    broadcasts.connection_count(connections=now.connections, people=now.people)
    cpu_seconds = time.thread_time() - began
    _last_telling = Telling(at=time.monotonic(), listeners=listeners, cpu_seconds=cpu_seconds)


def others_changed() -> None:
    """A process has written who is connected to it."""
    global _are_others_known  # noqa: PLW0603 - one state a process
    _are_others_known = False


def read_others() -> None:
    """Counts who is connected elsewhere, if that may have changed."""
    global _others, _are_others_known, _read_at  # noqa: PLW0603 - one state a process
    if _are_others_known and time.monotonic() - _read_at < READ_AGAIN_SECONDS:
        return
    # Before the look, so that what changes during it is looked at again.
    _are_others_known, _read_at = True, time.monotonic()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(OTHERS, {"id": processes.current_id()}).one()
    _others = Count(connections=row.connections, people=row.people)


def take_changes() -> dict[str, int]:
    """Whose rows are to be written, each with how many sockets they have; none means no row."""
    global _changed
    changed, _changed = _changed, set()
    return {person: _connections[person] for person in changed}


def write_again(people: set[str] | None = None) -> None:
    """These rows, or all, were not written or are gone."""
    _changed.update(_connections if people is None else people)
