"""Doors: whether strangers may come into a room and see what is made there.

A line is only ever shown to strangers where its author could know that when they added it. So a
round is public from before its first line or never, and a room in which a line was given in
private keeps its doors closed. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, func, select, text

from potluck.database import db
from potluck.live import pool
from potluck.refusals import Refusal
from potluck.rooms import recipes, rounds
from potluck.rooms.models import Contribution, Room, Round
from potluck.texts import gettext as _

LISTED_MAX = 12

# Nobody is sent to a room that everybody has walked away from. Its page is noted once a minute.
OPEN_ROOMS_SQL = """
    SELECT rooms.code, users.name AS host, rooms.seats, seated.people AS taken,
        newest.recipe, newest.recipe_terms, newest.phase
    FROM rooms
    JOIN users ON users.id = rooms.host_id
    JOIN LATERAL (
        SELECT count(*) AS people FROM room_members
        WHERE room_id = rooms.id AND left_at IS NULL
    ) seated ON true
    JOIN LATERAL (
        SELECT recipe, recipe_terms, phase FROM rounds WHERE room_id = rooms.id
        ORDER BY number DESC LIMIT 1
    ) newest ON true
    WHERE rooms.doors_opened_at IS NOT NULL AND rooms.active_at > now() - interval '5 minutes'
        AND seated.people BETWEEN 1 AND rooms.seats - 1
        AND NOT EXISTS (
            SELECT FROM room_members
            WHERE room_id = rooms.id AND user_id = :user_id AND left_at IS NULL
        )
    ORDER BY rooms.doors_opened_at DESC, rooms.id DESC LIMIT :listed_max
"""
OPEN_ROOMS = text(f"SELECT json_agg(listed) FROM ({OPEN_ROOMS_SQL}) listed")  # noqa: S608 - ours
# One way to the database for what is going on: who waits in the pool, and where one may go.
GOING_ON = text(f"""
    SELECT ({pool.COUNT}) AS waiting, (SELECT json_agg(listed) FROM ({OPEN_ROOMS_SQL}) listed)
""")  # noqa: S608 - ours

# Of the room that `rooms` is where this is asked.
HAS_PRIVATE_LINE = """
    SELECT EXISTS (SELECT FROM rounds r JOIN contributions line ON line.round_id = r.id
        WHERE r.room_id = rooms.id AND NOT r.is_public)
"""


class DoorsStayClosed(Refusal):
    """Lines are in that were given in private."""

    code = "doors_stay_closed"


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """A room with a free seat that anybody may take."""

    code: str
    host: str
    seats: int
    taken: int
    makes: str
    phase: str


def open_doors(room: Room) -> None:
    """Lets strangers in, and lets them see the rounds from here on. The room is locked already."""
    if room.doors_opened_at:
        return
    round_ = rounds.locked_round(room) if rounds.current_round(room) else None
    if not may_open(room):
        message = _(
            "Lines were added here for nobody but you. Open another room, and its doors right away."
        )
        raise DoorsStayClosed(message)
    if round_ and round_.phase == "collecting":
        round_.is_public = True
        db.session.flush()
    room.doors_opened_at = func.now()
    db.session.flush()


def close_doors(room: Room) -> None:
    """Strangers neither come in nor see any more. What is collected now stays in the room.

    A text that is being written has had all its lines, so it is no more private than it was.
    """
    room.doors_opened_at = None
    if rounds.current_round(room):
        round_ = rounds.locked_round(room)
        round_.is_public = round_.is_public and round_.phase != "collecting"
    db.session.flush()


def may_open(room: Room) -> bool:
    """Whether no line was given in it that strangers were not to read."""
    private = exists().where(
        Round.room_id == room.id, ~Round.is_public, Contribution.round_id == Round.id
    )
    return not db.session.scalar(select(private))


def open_rooms(user_id: int) -> Sequence[OpenRoom]:
    """Those with a free seat for this person, the ones that opened last first."""
    return _listed(db.session.scalar(OPEN_ROOMS, _values(user_id)))


def going_on(user_id: int) -> tuple[int, Sequence[OpenRoom]]:
    """How many wait in the pool, and the open rooms."""
    waiting, rows = db.session.execute(GOING_ON, _values(user_id)).one()
    return waiting, _listed(rows)


def _values(user_id: int) -> dict[str, int]:
    return {"user_id": user_id, "listed_max": LISTED_MAX}


def _listed(rows: list[dict[str, Any]] | None) -> list[OpenRoom]:
    return [
        OpenRoom(
            code=row["code"],
            host=row["host"],
            seats=row["seats"],
            taken=row["taken"],
            makes=recipes.kept(row["recipe"], row["recipe_terms"]).title,
            phase=row["phase"],
        )
        for row in rows or []
    ]
