"""Sheets with all that a card or a page shows of them, to be read: one question, however many.

What comes of it is as the ORM would have it, but lines and people are of no session: nothing
written to them is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, TextClause, text
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from potluck import json_rows
from potluck.accounts.models import User
from potluck.database import db
from potluck.rooms import round_reads
from potluck.rooms.models import Round
from potluck.rooms.sheet_models import Sheet, SheetPerson

# In JSON, of the sheet that `sheets` is where this is asked.
PEOPLE = """
    SELECT json_agg(json_build_object(
        'user_id', p.user_id, 'hue', p.hue, 'vote', p.vote, 'nameless_since', p.nameless_since,
        'name', u.name, 'deleted_at', u.deleted_at) ORDER BY p.hue, p.user_id)
    FROM sheet_people p JOIN users u ON u.id = p.user_id WHERE p.sheet_id = sheets.id
"""
DETAILS = text(f"""
    json_build_object('lines', ({round_reads.LINES.format(round_id="sheets.round_id")}),
        'pictures', ({round_reads.PICTURES.format(round_id="sheets.round_id")}),
        'people', ({PEOPLE}), 'marks', (
        SELECT json_object_agg(left_by.kind, left_by.people) FROM (
            SELECT kind, json_build_array(count(*),
                coalesce(bool_or(user_id = CAST(:viewer_id AS bigint)), false)) AS people
            FROM sheet_reactions WHERE sheet_id = sheets.id GROUP BY kind
        ) left_by
    )) AS details
""")  # noqa: S608 - put together from constants


class SheetRead(NamedTuple):
    """A sheet, and of each kind of mark how many left it and whether the viewer did.

    `more` is what else was asked of it.
    """

    sheet: Sheet
    marks: Mapping[str, tuple[int, bool]]
    more: tuple[Any, ...] = ()


def read(
    query: Select[Sheet], *more: ColumnElement[Any] | TextClause, viewer_id: int | None
) -> list[SheetRead]:
    """What is asked for, in its order; each with what `more` says of it, where it is `sheets`."""
    whole = query.add_columns(DETAILS, *more)
    whole = whole.options(joinedload(Sheet.round).joinedload(Round.generation))
    rows = db.session.execute(whole, {"viewer_id": viewer_id})
    return [_read(sheet, details, tuple(rest)) for sheet, details, *rest in rows]


def with_people(sheet: Sheet, people: list[dict[str, Any]]) -> Sheet:
    """The sheet, with what `PEOPLE` brought."""
    set_committed_value(sheet, "people", [_person(each) for each in people])
    return sheet


def _read(sheet: Sheet, details: dict[str, Any], more: tuple[Any, ...]) -> SheetRead:
    round_reads.with_details(sheet.round, details)
    with_people(sheet, details["people"] or [])
    return SheetRead(sheet, details["marks"] or {}, more)


def _person(row: dict[str, Any]) -> SheetPerson:
    person = SheetPerson(
        user_id=row["user_id"],
        hue=row["hue"],
        vote=row["vote"],
        nameless_since=json_rows.moment(row["nameless_since"]),
    )
    deleted_at = json_rows.moment(row["deleted_at"])
    user = User(id=row["user_id"], name=row["name"], deleted_at=deleted_at)
    set_committed_value(person, "user", user)
    return person
