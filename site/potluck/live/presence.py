"""How many are connected to this process, who looks at which room, who waits in the pool."""

from __future__ import annotations

from potluck.live import broadcasts, pool

# Each public socket's person: a member is one whatever they opened, a stranger one a socket.
_people: dict[str, str] = {}
_rooms: dict[str, tuple[int, int]] = {}
_pool: dict[str, int] = {}
_waiting_known = 0
# What every client knows; None when somebody was told something else meanwhile.
_known: tuple[int, int] | None = None


def arrive(sid: str, *, user_id: int | None) -> None:
    """Counts a socket of the public namespace."""
    _people[sid] = f"user:{user_id}" if user_id is not None else f"socket:{sid}"


def depart(sid: str) -> None:
    """Stops counting it."""
    _people.pop(sid, None)


def connection_count() -> tuple[int, int]:
    """Connections and distinct people, now."""
    return len(_people), len(set(_people.values()))


def answer_connection_count() -> tuple[int, int]:
    """The same, said to one client between two beats."""
    global _known  # noqa: PLW0603 - one state a process
    count = connection_count()
    if count != _known:
        # Even if the count is back by the next beat, this one must hear of it.
        _known = None
    return count


def push_connection_count() -> None:
    """Tells everybody, if there is something new to tell.

    Called on a beat, so that a crowd coming in costs two broadcasts a second and not one for
    each of them.
    """
    global _known  # noqa: PLW0603 - one state a process
    count = connection_count()
    if count != _known:
        _known = count
        connections, people = count
        broadcasts.connection_count(connections=connections, people=people)


def enter_room(sid: str, *, room_id: int, user_id: int) -> int | None:
    """Notes that a socket looks at a room; returns the room it looked at before."""
    before = _rooms.get(sid)
    _rooms[sid] = (room_id, user_id)
    return before[0] if before else None


def leave_room(sid: str) -> int | None:
    """Forgets it; returns the room it looked at."""
    before = _rooms.pop(sid, None)
    return before[0] if before else None


def here(room_id: int) -> list[int]:
    """The users who look at a room, each once."""
    return sorted({user for room, user in _rooms.values() if room == room_id})


def wait_in_pool(sid: str, *, user_id: int) -> None:
    """Notes that this socket keeps a place in the pool."""
    _pool[sid] = user_id


def stop_waiting(sid: str) -> int | None:
    """Forgets it; returns the user whose last such socket it was."""
    user_id = _pool.pop(sid, None)
    return user_id if user_id not in _pool.values() else None


def waiting_user_ids() -> set[int]:
    """Everybody whose place in the pool a socket of this process keeps."""
    return set(_pool.values())


def push_pool_count() -> None:
    """Tells how many wait: somebody came, left or was matched."""
    global _waiting_known  # noqa: PLW0603 - one state a process
    _waiting_known = pool.count()
    broadcasts.pool_count(waiting=_waiting_known)


def correct_pool_count() -> None:
    """Tells it again when a place has lapsed, which nobody announces."""
    if pool.count() != _waiting_known:
        push_pool_count()
