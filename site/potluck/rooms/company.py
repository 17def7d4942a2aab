"""A room with who sits there and who looks at it, in one question."""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, bindparam, select, text
from sqlalchemy.orm import joinedload

from potluck.database import db
from potluck.live import presence, processes
from potluck.rooms import rooms
from potluck.rooms.models import Room

# What says whether somebody may look: before they do, and often, so without the ORM.
GLANCE = f"""
    SELECT rooms.id, rooms.seats,
        ARRAY(SELECT user_id FROM room_members WHERE room_id = rooms.id AND left_at IS NULL),
        {presence.ELSEWHERE_VALUE.format(process_id="%(process_id)s")}
    FROM rooms WHERE code = %(code)s AND closed_at IS NULL
"""  # noqa: S608 - put together from constants


class Company(NamedTuple):
    """`here` are those who look at it, each once."""

    room: Room
    here: list[int]


class Glance(NamedTuple):
    """The same of an open room, by numbers alone."""

    room_id: int
    free_seats: int
    seated: set[int]
    here: list[int]


def at(room_id: int) -> Company | None:
    """As it is now, whatever was read before."""
    values = {"room_id": room_id, "process_id": processes.current_id()}
    row = db.session.execute(_query(), values).unique().one_or_none()
    if row is None:
        return None
    room, elsewhere = row
    return Company(room, presence.here(room_id, json.loads(elsewhere)))


def glance(code: str) -> Glance:
    """Of the open room that has this code; refuses where none has."""
    values = {"code": code.lower(), "process_id": processes.current_id()}
    row = db.first(GLANCE, values) or rooms.refuse_code()
    room_id, seats, seated, elsewhere = row
    free_seats = max(seats - len(seated), 0)
    return Glance(room_id, free_seats, set(seated), presence.here(room_id, elsewhere))


@cache
def _query() -> Select[Room, str]:
    """Put together once: that takes longer than to ask it."""
    elsewhere = presence.ELSEWHERE_VALUE.format(process_id=":process_id")
    return (
        select(Room, text(f"CAST(to_json({elsewhere}) AS text)"))
        .where(Room.id == bindparam("room_id"))
        .options(joinedload(Room.members))
        .execution_options(populate_existing=True)
    )
