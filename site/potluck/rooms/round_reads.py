"""The rounds of a room with their lines, to be read: one question, however many there are.

What comes of it is as the ORM would have it, but lines are of no session: nothing written to them
is kept.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, TextClause, bindparam, select, text
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from potluck import json_rows
from potluck.accounts.models import User
from potluck.database import db
from potluck.rooms.models import Contribution, Generation, Picture, Room, Round

# In JSON, of the round that `round_id` names where this is asked.
LINES = """
    SELECT json_agg(json_build_object(
        'user_id', c.user_id, 'text', c.text, 'short_since', c.short_since,
        'paid_by', c.paid_by, 'name', author.name, 'payer', payer.name) ORDER BY c.created_at)
    FROM contributions c JOIN users author ON author.id = c.user_id
        LEFT JOIN users payer ON payer.id = c.paid_by
    WHERE c.round_id = {round_id}
"""
# Of one that ends in a picture: what was drawn, the newest first.
PICTURES = """
    SELECT json_agg(to_json(drawn) ORDER BY drawn.id DESC)
    FROM generations g JOIN pictures drawn ON drawn.generation_id = g.id
    WHERE g.round_id = {round_id} AND g.kind = 'picture'
"""
DETAILS = """
    json_build_object('lines', ({lines}), 'pictures', ({pictures}))
"""
THEIR_DETAILS = text(
    DETAILS.format(
        lines=LINES.format(round_id="rounds.id"), pictures=PICTURES.format(round_id="rounds.id")
    )
)


def newest(room: Room, *more: TextClause, rounds_max: int) -> list[tuple[Any, ...]]:
    """The newest first, each with what `more` says of it in SQL, where it is `rounds`."""
    return _read(_newest(*more, rounds_max=rounds_max), {"room_id": room.id})


def read(query: Select[Round], *more: TextClause) -> list[tuple[Any, ...]]:
    """What is asked for, in its order; likewise."""
    return _read(_whole(query, *more), {})


def _read(query: Select[Any], values: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = db.session.execute(query, values)
    return [(with_details(round_, details), *rest) for round_, details, *rest in rows]


@cache
def _newest(*more: TextClause, rounds_max: int) -> Select[Any]:
    """Of `room_id`, put together once: that takes longer than to ask it."""
    in_order = select(Round).where(Round.room_id == bindparam("room_id"))
    return _whole(in_order.order_by(Round.number.desc()).limit(rounds_max), *more)


def _whole(query: Select[Round], *more: TextClause) -> Select[Any]:
    return (
        query.add_columns(THEIR_DETAILS, *more)
        .options(joinedload(Round.generation), joinedload(Round.treater))
        .execution_options(populate_existing=True)
    )


def with_details(round_: Round, details: dict[str, Any]) -> Round:
    """The round, with its lines and pictures."""
    contributions = [_contribution(round_, line) for line in details["lines"] or []]
    set_committed_value(round_, "contributions", contributions)
    if round_.generation:
        _draw(round_.generation, details["pictures"] or [])
    return round_


def _draw(generation: Generation, pictures: list[dict[str, Any]]) -> None:
    drawn = [json_rows.entity(Picture, picture) for picture in pictures]
    set_committed_value(generation, "pictures", drawn)


def _contribution(round_: Round, line: dict[str, Any]) -> Contribution:
    contribution = Contribution(
        round_id=round_.id,
        user_id=line["user_id"],
        text=line["text"],
        short_since=json_rows.moment(line["short_since"]),
        paid_by=line["paid_by"],
    )
    author, payer_id = User(id=line["user_id"], name=line["name"]), line["paid_by"]
    set_committed_value(contribution, "user", author)
    payer = User(id=payer_id, name=line["payer"]) if payer_id else None
    set_committed_value(contribution, "treated_by", payer)
    set_committed_value(contribution, "round", round_)
    return contribution
