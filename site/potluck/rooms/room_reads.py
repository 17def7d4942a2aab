"""A room as the page of somebody who sits there shows it, in two questions.

The first brings the room, who sits there, and what is the viewer's own in it; the second its
rounds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from potluck.credits import holds
from potluck.database import db
from potluck.rooms import doors, drafts, remixes, round_reads
from potluck.rooms.models import Room, Round
from potluck.rooms.rounds import EARLIER_ROUNDS_MAX

OWN_VALUES = f"""
    json_build_object(
        'stakes', ({holds.STAKES}),
        'draft', ({drafts.DRAFT}),
        'last_line', ({drafts.LAST_LINE}),
        'began_remix', ({remixes.BEGAN}),
        'has_private_line', ({doors.HAS_PRIVATE_LINE})
    )
"""
OWN = text(f"CAST({OWN_VALUES} AS text) AS own")


@dataclass(frozen=True, slots=True)
class RoomPage:
    """`stakes` is what is in the pot, by member; the rest is of the one who looks."""

    room: Room
    current: Round
    earlier: list[Round]
    stakes: dict[int, int]
    draft: str
    began_remix: bool
    has_private_line: bool


def found(code: str, *, viewer_id: int) -> tuple[Room, dict[str, Any]] | None:
    """An open room, and what in it is the viewer's own, for `page`."""
    query = (
        select(Room, OWN)
        .where(Room.code == code.lower(), Room.closed_at.is_(None))
        .options(joinedload(Room.members))
        .execution_options(populate_existing=True)
    )
    row = db.session.execute(query, {"viewer_id": viewer_id}).unique().one_or_none()
    return (row[0], json.loads(row[1])) if row else None


def page(room: Room, own: dict[str, Any]) -> RoomPage:
    """With the rounds."""
    current, *earlier = round_reads.newest(room, rounds_max=1 + EARLIER_ROUNDS_MAX)
    return RoomPage(
        room=room,
        current=current,
        earlier=earlier,
        stakes={int(user_id): amount for user_id, amount in (own["stakes"] or {}).items()},
        draft=drafts.to_go_on_with(own["draft"], own["last_line"]),
        began_remix=own["began_remix"],
        has_private_line=own["has_private_line"],
    )
