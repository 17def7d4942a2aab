"""What somebody has typed and not sent: it survives a reload, another device, and the round.

Nothing here commits.
"""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import insert

from potluck.database import db
from potluck.rooms.models import Draft, Room

# As much as a line can have: the page lets nobody type more.
DRAFT_CHARACTERS_MAX = 280

# Of `:viewer_id`, in the room that `rooms` is where this is asked.
DRAFT = "SELECT text FROM drafts WHERE room_id = rooms.id AND user_id = :viewer_id"
# Theirs in the newest round that has one.
LAST_LINE = """
    SELECT line.text FROM contributions line JOIN rounds r ON r.id = line.round_id
    WHERE r.room_id = rooms.id AND line.user_id = :viewer_id ORDER BY r.number DESC LIMIT 1
"""
KEPT = sql(f"""
    SELECT ({DRAFT}) AS draft, ({LAST_LINE}) AS last_line FROM rooms WHERE id = :room_id
""")  # noqa: S608 - ours


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
    """What is to stand in the field again."""
    values = {"room_id": room.id, "viewer_id": user_id}
    return to_go_on_with(*db.session.execute(KEPT, values).one())


def to_go_on_with(draft: str | None, last_line: str | None) -> str:
    """The draft, unless it was sent.

    What was typed last is posted a moment later, and may arrive after it was sent as a line.
    """
    return "" if draft is None or draft.strip() == last_line else draft
