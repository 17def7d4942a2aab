"""What somebody wrote, when they leave, and in the file in which they get everything."""

from __future__ import annotations

from sqlalchemy import text

from potluck.accounts import export
from potluck.accounts.departures import user_leaving
from potluck.accounts.models import User
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import rooms
from potluck.texts import gettext as _

# Lines that no model has read yet go with their author, and nobody is treated by them any more.
TAKE_LINES = text("""
    DELETE FROM contributions c USING rounds r
    WHERE r.id = c.round_id AND r.phase = 'collecting' AND c.user_id = :user_id
""")
STOP_TREATING = text("""
    UPDATE contributions c SET paid_by = NULL, short_since = now() FROM rounds r
    WHERE r.id = c.round_id AND r.phase = 'collecting' AND c.paid_by = :user_id
""")
DROP_DRAFTS = text("DELETE FROM drafts WHERE user_id = :user_id")
# What the model was told has names in it; the lines themselves stay in their sheet.
FORGET_PROMPTS = text("""
    UPDATE generations g SET messages = '[]' FROM contributions c
    WHERE c.round_id = g.round_id AND c.user_id = :user_id
        AND g.state NOT IN ('reserved', 'dispatched')
""")
PARTS = {
    "rooms": text("""
        SELECT rooms.code, m.seat, m.joined_at, m.left_at
        FROM room_members m JOIN rooms ON rooms.id = m.room_id
        WHERE m.user_id = :user_id ORDER BY m.joined_at, rooms.id
    """),
    "drafts": text("""
        SELECT rooms.code AS room, d.text FROM drafts d JOIN rooms ON rooms.id = d.room_id
        WHERE d.user_id = :user_id ORDER BY d.room_id
    """),
    "contributions": text("""
        SELECT rooms.code AS room, r.number AS round, r.recipe, c.text, c.created_at,
            c.paid_by IS NOT NULL AS was_treated
        FROM contributions c JOIN rounds r ON r.id = c.round_id JOIN rooms ON rooms.id = r.room_id
        WHERE c.user_id = :user_id ORDER BY c.created_at, r.id
    """),
    # Made of their line and others': the text is theirs to keep, the others' lines are not.
    "sheets": text("""
        SELECT rooms.code AS room, r.number AS round, g.id AS generation_id,
            g.text || g.tail AS text, g.state,
            (SELECT p.name FROM pictures p WHERE p.generation_id = g.id
                ORDER BY p.id DESC LIMIT 1) AS picture,
            g.created_at, g.ended_at
        FROM contributions c JOIN rounds r ON r.id = c.round_id JOIN rooms ON rooms.id = r.room_id
        JOIN generations g ON g.round_id = r.id
        WHERE c.user_id = :user_id ORDER BY g.id
    """),
}


class StillSeated(Refusal):
    """Somebody who sits in a room can't leave for good."""

    code = "still_seated"


def init_app() -> None:
    """Hears of those who leave."""
    export.add(PARTS)
    user_leaving.connect(_part)


def _part(user: User) -> None:
    room = rooms.current_room(user.id)
    if room is not None:
        message = _(
            "You sit in room %(code)s. Leave it first, so that the others can go on.",
            code=room.code,
        )
        raise StillSeated(message)
    for statement in (TAKE_LINES, STOP_TREATING, DROP_DRAFTS, FORGET_PROMPTS):
        db.session.execute(statement, {"user_id": user.id})
