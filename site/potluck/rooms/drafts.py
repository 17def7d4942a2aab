"""What somebody has typed and not sent: it survives a reload, another device, and the round.

Nothing here commits.
"""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from potluck.database import db
from potluck.rooms.models import Contribution, Draft, Room, Round

# As much as a line can have: the page lets nobody type more.
DRAFT_CHARACTERS_MAX = 280


def keep(room: Room, *, user_id: int, text: str) -> None:
    """Keeps the newest; an empty one is none."""
    kept = text.replace("\x00", "")[:DRAFT_CHARACTERS_MAX]
    if not kept.strip():
        drop(room, user_id=user_id)
        return
    statement = insert(Draft).values(room_id=room.id, user_id=user_id, text=kept)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["room_id", "user_id"], set_={"text": statement.excluded.text}
        )
    )


def drop(room: Room, *, user_id: int) -> None:
    """It was sent, or emptied."""
    db.session.execute(delete(Draft).filter_by(room_id=room.id, user_id=user_id))


def kept(room: Room, *, user_id: int) -> str:
    """What is to stand in the field again.

    What was typed last is posted a moment later, and may arrive after it was sent as a line.
    """
    query = select(Draft.text).filter_by(room_id=room.id, user_id=user_id)
    text = db.session.scalar(query) or ""
    return "" if text.strip() == _last_line(room, user_id=user_id) else text


def _last_line(room: Room, *, user_id: int) -> str | None:
    """Theirs in the newest round that has one."""
    query = (
        select(Contribution.text)
        .join(Round, Round.id == Contribution.round_id)
        .where(Round.room_id == room.id, Contribution.user_id == user_id)
        .order_by(Round.number.desc())
        .limit(1)
    )
    return db.session.scalar(query)
