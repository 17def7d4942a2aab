"""A room as its page shows it, in two questions.

The first brings the room, who sits there, and what is the viewer's own in it; the second its
rounds, and what came of the newest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, bindparam, exists, or_, select, text
from sqlalchemy.orm import joinedload

from potluck.credits import holds
from potluck.database import db
from potluck.rooms import capabilities, doors, drafts, newest_round, provider, remixes
from potluck.rooms.memory import Known
from potluck.rooms.models import Member, Room, Round
from potluck.rooms.newest_round import Newest
from potluck.rooms.rounds import EARLIER_ROUNDS_MAX
from potluck.settings import current_settings

OWN_VALUE = f"""
    json_build_object(
        'stakes', ({holds.STAKES}),
        'draft', ({drafts.DRAFT}),
        'last_line', ({drafts.LAST_LINE}),
        'models', ({capabilities.ALL_FOUND}),
        'has_private_line', ({doors.HAS_PRIVATE_LINE})
    )
"""
OWN = text(f"CAST({OWN_VALUE} AS text) AS own")


class Found(NamedTuple):
    """A room, and what in it is the viewer's own, for `page`."""

    room: Room
    own: dict[str, Any]
    # What the sheet says that the viewer began the newest round with.
    remixed: str | None
    is_seated: bool


@dataclass(frozen=True, slots=True)
class RoomPage:
    """`stakes` is what is in the pot, by member; the rest is of the one who looks."""

    room: Room
    newest: Newest
    earlier: list[Round]
    known: Known
    stakes: dict[int, int]
    draft: str
    remixed: str | None
    has_private_line: bool


def found(code: str, *, viewer_id: int) -> Found | None:
    """An open room, or a closed one in which the viewer once had a seat."""
    values = {
        "code": code.lower(),
        "viewer_id": viewer_id,
        "server": provider.text_server(current_settings()).url,
    }
    row = db.session.execute(_query(), values).unique().one_or_none()
    if row is None:
        return None
    room, own, remixed = row
    is_seated = viewer_id in {member.user_id for member in room.members}
    return Found(room, json.loads(own), remixed, is_seated)


def page(found: Found) -> RoomPage:
    """With the rounds."""
    room, own = found.room, found.own
    read = newest_round.read_with_earlier(room, earlier_max=EARLIER_ROUNDS_MAX)
    assert read, "whoever sits down opens the first"
    newest, earlier = read
    return RoomPage(
        room=room,
        newest=newest,
        earlier=earlier,
        known=Known([newest.round, *earlier], capabilities.as_known(own["models"])),
        stakes={int(user_id): amount for user_id, amount in (own["stakes"] or {}).items()},
        draft=drafts.to_go_on_with(own["draft"], own["last_line"]),
        remixed=found.remixed,
        has_private_line=own["has_private_line"],
    )


@cache
def _query() -> Select[Room, Any, str]:
    """Of `code`, `viewer_id` and `server`. To put it together takes longer than to ask it."""
    viewer_id = bindparam("viewer_id", type_=BigInteger)
    was_member = exists().where(Member.room_id == Room.id, Member.user_id == viewer_id)
    return (
        select(Room, OWN, remixes.words_begun_with(viewer_id))
        .where(Room.code == bindparam("code"), or_(Room.closed_at.is_(None), was_member))
        .options(joinedload(Room.members))
        .execution_options(populate_existing=True)
    )
