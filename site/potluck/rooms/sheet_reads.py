"""Sheets with everything that a card shows of them, to be read: one question, however many.

What comes of it is as the ORM would have it, but lines and people are of no session: nothing
written to them is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, text
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from potluck.accounts.models import User
from potluck.database import db
from potluck.rooms import round_reads
from potluck.rooms.models import Round
from potluck.rooms.sheet_models import Sheet, SheetPerson

DETAILS = text(f"""
    json_build_object('lines', ({round_reads.LINES.format(round_id="sheets.round_id")}), 'people', (
        SELECT json_agg(json_build_object(
            'user_id', p.user_id, 'hue', p.hue, 'vote', p.vote, 'nameless_since', p.nameless_since,
            'name', u.name, 'deleted_at', u.deleted_at) ORDER BY p.hue, p.user_id)
        FROM sheet_people p JOIN users u ON u.id = p.user_id WHERE p.sheet_id = sheets.id
    ), 'marks', (
        SELECT json_object_agg(left_by.kind, left_by.people) FROM (
            SELECT kind, json_build_array(count(*),
                coalesce(bool_or(user_id = CAST(:viewer_id AS bigint)), false)) AS people
            FROM sheet_reactions WHERE sheet_id = sheets.id GROUP BY kind
        ) left_by
    )) AS details
""")  # noqa: S608 - put together from constants


class SheetRead(NamedTuple):
    """A sheet, and of each kind of mark how many left it and whether the viewer did."""

    sheet: Sheet
    marks: Mapping[str, tuple[int, bool]]


def read(query: Select[Sheet], *, viewer_id: int | None) -> list[SheetRead]:
    """What is asked for, in its order."""
    whole = query.add_columns(DETAILS).options(joinedload(Sheet.round).joinedload(Round.generation))
    rows = db.session.execute(whole, {"viewer_id": viewer_id})
    return [_read(sheet, details) for sheet, details in rows]


def _read(sheet: Sheet, details: dict[str, Any]) -> SheetRead:
    round_reads.with_lines(sheet.round, details["lines"] or [])
    people = [_person(each) for each in details["people"] or []]
    set_committed_value(sheet, "people", people)
    return SheetRead(sheet, details["marks"] or {})


def _person(row: dict[str, Any]) -> SheetPerson:
    person = SheetPerson(
        user_id=row["user_id"],
        hue=row["hue"],
        vote=row["vote"],
        nameless_since=_moment(row["nameless_since"]),
    )
    user = User(id=row["user_id"], name=row["name"], deleted_at=_moment(row["deleted_at"]))
    set_committed_value(person, "user", user)
    return person


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
