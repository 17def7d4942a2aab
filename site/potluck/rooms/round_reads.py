"""The rounds of a room with their lines, to be read: one question, however many there are.

What comes of it is as the ORM would have it, but lines are of no session: nothing written to them
is kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from potluck.accounts.models import User
from potluck.database import db
from potluck.rooms.models import Contribution, Room, Round

# In JSON, of the round that `round_id` names where this is asked.
LINES = """
    SELECT json_agg(json_build_object(
        'user_id', c.user_id, 'text', c.text, 'short_since', c.short_since,
        'paid_by', c.paid_by, 'name', author.name, 'payer', payer.name) ORDER BY c.created_at)
    FROM contributions c JOIN users author ON author.id = c.user_id
        LEFT JOIN users payer ON payer.id = c.paid_by
    WHERE c.round_id = {round_id}
"""
THEIR_LINES = text(f"({LINES.format(round_id='rounds.id')}) AS lines")


def newest(room: Room, *, rounds_max: int) -> list[Round]:
    """The newest first."""
    query = (
        select(Round, THEIR_LINES)
        .where(Round.room_id == room.id)
        .order_by(Round.number.desc())
        .limit(rounds_max)
        .options(joinedload(Round.generation))
        .execution_options(populate_existing=True)
    )
    return [with_lines(round_, lines or []) for round_, lines in db.session.execute(query)]


def with_lines(round_: Round, lines: list[dict[str, Any]]) -> Round:
    """The round, with what `LINES` brought."""
    contributions = [_contribution(round_, line) for line in lines]
    set_committed_value(round_, "contributions", contributions)
    return round_


def _contribution(round_: Round, line: dict[str, Any]) -> Contribution:
    since = line["short_since"]
    contribution = Contribution(
        round_id=round_.id,
        user_id=line["user_id"],
        text=line["text"],
        short_since=datetime.fromisoformat(since) if since else None,
        paid_by=line["paid_by"],
    )
    author, payer_id = User(id=line["user_id"], name=line["name"]), line["paid_by"]
    set_committed_value(contribution, "user", author)
    payer = User(id=payer_id, name=line["payer"]) if payer_id else None
    set_committed_value(contribution, "treated_by", payer)
    set_committed_value(contribution, "round", round_)
    return contribution
