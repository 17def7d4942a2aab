"""Sheets: made where a round ends, and found by those who may see them.

Nothing here commits.
"""

from __future__ import annotations

import secrets
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from potluck.credits import payers
from potluck.credits.payers import Payer
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import sheet_reads
from potluck.rooms.models import Contribution, Member, Room, Round
from potluck.rooms.rooms import CODE_CHARACTERS
from potluck.rooms.sheet_models import Sheet, SheetPerson
from potluck.rooms.sheet_reads import SheetRead
from potluck.texts import gettext as _

SLUG_LENGTH = 12
HUES = range(1, 9)
LATEST_MAX = 5
MINE_PER_PAGE = 20
ITS_GENERATION = "(SELECT id FROM generations WHERE round_id = sheets.round_id)"
PAID = payers.PAYERS.format(generation_id=ITS_GENERATION)

Found = TypeVar("Found", Sheet, SheetRead)


class SheetPage(NamedTuple):
    """A sheet, whether the viewer is inside, and if so who paid for it."""

    read: SheetRead
    is_inside: bool
    payers: list[Payer]


@cache
def whole() -> tuple[ORMOption, ...]:
    """What every page and card of a sheet shows.

    To name a relationship has the ORM look at all of them, which a command may do without.
    """
    return (
        joinedload(Sheet.round).joinedload(Round.room),
        joinedload(Sheet.round).joinedload(Round.generation),
        joinedload(Sheet.round).selectinload(Round.contributions),
        selectinload(Sheet.people),
    )


def new_slug() -> str:
    """What nobody guesses."""
    return "".join(secrets.choice(CODE_CHARACTERS) for _each in range(SLUG_LENGTH))


def hues(round_: Round) -> dict[int, int]:
    """Each author's hue: the one of their seat, unless somebody had it before them."""
    query = select(Member.user_id, Member.seat).where(Member.room_id == round_.room_id)
    seats: dict[int, int] = dict(db.session.execute(query).all())
    found: dict[int, int] = {}
    for contribution in _in_order(round_):
        free = [hue for hue in HUES if hue not in found.values()] or list(HUES)
        seat = seats.get(contribution.user_id, 0)
        found[contribution.user_id] = seat if seat in free else free[0]
    return found


def find(slug: str, *, viewer_id: int | None, is_operator: bool = False) -> Sheet:
    """The sheet, if this person may see it; for others it doesn't exist."""
    allowed = visible(viewer_id, is_operator=is_operator)
    query = select(Sheet).where(Sheet.slug == slug.lower(), allowed).options(*whole())
    return _found(db.session.scalar(query))


def read(slug: str, *, viewer_id: int | None, is_operator: bool = False) -> SheetRead:
    """The same with all that a card shows, to be read."""
    return _read(slug, viewer_id=viewer_id, is_operator=is_operator)


def page(slug: str, *, viewer_id: int | None, is_operator: bool = False) -> SheetPage:
    """The same with all that its page shows, in one question."""
    # Who paid is nobody else's business, so it isn't even brought.
    is_inside = literal(value=False) if viewer_id is None else inside(viewer_id)
    paid = case((is_inside, literal_column(f"({PAID})")))
    found = _read(slug, is_inside, paid, viewer_id=viewer_id, is_operator=is_operator)
    was_there, paying = found.more
    return SheetPage(found, is_inside=was_there, payers=payers.as_payers(paying))


def of_round(room: Room, number: int) -> Sheet:
    """The sheet of one of a room's rounds."""
    query = (
        select(Sheet)
        .join(Round, Round.id == Sheet.round_id)
        .where(Round.room_id == room.id, Round.number == number)
    )
    return _found(db.session.scalar(query))


def of_person(
    user_id: int, *, limit: int = LATEST_MAX, before: str | None = None
) -> list[SheetRead]:
    """The newest that somebody's line is in, or those that are older than that one."""
    mine = select(SheetPerson.sheet_id).where(SheetPerson.user_id == user_id)
    query = select(Sheet).where(Sheet.id.in_(mine)).order_by(Sheet.id.desc()).limit(limit)
    if before:
        query = query.where(Sheet.id < select(Sheet.id).filter_by(slug=before).scalar_subquery())
    return sheet_reads.read(query, viewer_id=user_id)


def words(sheet: Sheet) -> str:
    """What it says; a picture is called by the lines that it was made from."""
    generation = sheet.round.generation
    assert generation, "no sheet is made without one"
    return generation.text or "\n\n".join(line.text for line in sheet.round.contributions)


def visible(viewer_id: int | None, *, is_operator: bool) -> ColumnElement[bool]:
    """Those that this person may see.

    An operator sees what has been public, hidden or not, and nothing that is private.
    """
    allowed = [public()]
    if viewer_id is not None:
        allowed.append(inside(viewer_id))
    if is_operator:
        allowed.append(Sheet.published_at.is_not(None))
    return or_(*allowed)


def public() -> ColumnElement[bool]:
    """Those that anybody may see."""
    return and_(Sheet.published_at.is_not(None), Sheet.hidden_at.is_(None))


def inside(user_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Those that this person sees before anybody else does.

    They were there when it was made, or sit in its room, where it shows anyway.
    """
    has_a_line = exists().where(SheetPerson.sheet_id == Sheet.id, SheetPerson.user_id == user_id)
    sat_there = exists().where(
        Round.id == Sheet.round_id,
        Member.room_id == Round.room_id,
        Member.user_id == user_id,
        or_(
            Member.left_at.is_(None),
            and_(Member.left_at >= Round.created_at, Member.joined_at <= Round.ended_at),
        ),
    )
    return or_(has_a_line, sat_there)


def _read(
    slug: str, *more: ColumnElement[Any], viewer_id: int | None, is_operator: bool
) -> SheetRead:
    query = select(Sheet).where(
        Sheet.slug == slug.lower(), visible(viewer_id, is_operator=is_operator)
    )
    return _found(next(iter(sheet_reads.read(query, *more, viewer_id=viewer_id)), None))


def _found(found: Found | None) -> Found:
    if found is None:
        message = _("There is no such sheet, or it isn't yours to see.")
        raise Refusal(message, code="no_such_sheet", status=HTTPStatus.NOT_FOUND)
    return found


def _in_order(round_: Round) -> list[Contribution]:
    return sorted(round_.contributions, key=lambda line: (line.created_at, line.user_id))
