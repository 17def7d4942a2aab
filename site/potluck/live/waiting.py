"""The sockets of this process that keep a place in the pool, and how many wait there."""

from __future__ import annotations

from potluck.database import db
from potluck.live import broadcasts, pool

_sockets: dict[str, int] = {}
# What every client that asked knows; None when somebody was told something else meanwhile.
_known: int | None = None


def wait(sid: str, *, user_id: int) -> None:
    """Notes that this socket keeps its member's place."""
    _sockets[sid] = user_id


def stop_waiting(sid: str) -> None:
    """Forgets it. Unless another socket keeps the place, it lapses after the grace."""
    _sockets.pop(sid, None)


def keep_places() -> None:
    """Renews the places that sockets of this process keep."""
    if _sockets:
        pool.keep(set(_sockets.values()))
        db.session.commit()


def answer_count(waiting: int | None = None) -> int:
    """How many wait, said to one client between two beats; as it was found, where it was."""
    global _known  # noqa: PLW0603 - one state a process
    if waiting is None:
        waiting = pool.count()
    if waiting != _known:
        _known = None
    return waiting


def push_count() -> None:
    """Tells those who asked, if somebody came, left, was matched, or lost the place."""
    global _known  # noqa: PLW0603 - one state a process
    waiting = pool.count()
    if waiting != _known:
        _known = waiting
        broadcasts.pool_count(waiting=waiting)
