"""What happened to a member's credits, newest first, and what they had after each of it.

A row is a transfer, a hold, or what a hold gave back. Held credits stay in the balance until they
are charged, so a charge lowers both, and what is given back only what is held. The figures after
each row are counted back from the balance as it is now: a page costs what is on it, not what was
before it. Rows never move: an account's lock makes the order of times that of changes, and
what happens at one moment has an order of its own, in which nothing falls below zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Self

from sqlalchemy import RowMapping

from potluck.credits.statement_query import ROWS
from potluck.database import db
from potluck.refusals import Refusal
from potluck.texts import gettext as _

ROWS_PER_PAGE = 50
ROWS_PER_FETCH = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Sixteen digits of microseconds end in 2286; the id fits a bigint.
PLACE = re.compile(r"(\d{1,16})-([0-3])-(\d{1,18})", re.ASCII)


class BadPlace(Refusal):
    """A link to older rows that nobody was given."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_place"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands among all the others, for ever: `step` orders what happened at once."""

    at: datetime
    step: int = 0
    id: int = 0

    @classmethod
    def read(cls, written: str) -> Self:
        """The place that `str()` wrote; raises `BadPlace`."""
        found = PLACE.fullmatch(written)
        if found is None:
            message = _(
                "This link to older rows is broken. Open your credits and start from there."
            )
            raise BadPlace(message)
        microseconds, step, id_ = map(int, found.groups())
        return cls(EPOCH + timedelta(microseconds=microseconds), step, id_)

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.step}-{self.id}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what came (+) or went (-), and what there was after it.

    `repaid` is what the house got of a debt with it, negative where a debt was made. `charge_id`
    is the hold where a receipt tells more, `captured` what was taken of that hold in the end.
    """

    at: datetime
    step: int
    id: int
    kind: str
    reference: str
    posted: int
    held: int
    balance: int
    available: int
    repaid: int
    charge_id: int | None
    captured: int | None
    round_number: int | None
    room_code: str | None
    purchase_id: str | None
    receipt_url: str | None

    @property
    def whole(self) -> int:
        """All that came or went, whether to the balance or to a debt."""
        return self.posted + self.repaid

    @property
    def said(self) -> str:
        """The reference as its member reads it: the house's own words in their language."""
        return _(self.reference) if self.kind == "grant" and self.reference else self.reference

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.at, self.step, self.id)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the place before which there are more, if there are."""

    rows: list[Row]
    older: Place | None


def page(user_id: int, *, before: Place | None = None, rows_max: int = ROWS_PER_PAGE) -> Page:
    """The newest rows, or those `before` a place."""
    # One more than is shown says whether there are more.
    values = _values(user_id, before=before, since=None, rows_max=rows_max + 1)
    rows = [_row(row) for row in db.session.execute(ROWS, values).mappings()]
    shown = rows[:rows_max]
    return Page(rows=shown, older=shown[-1].place if len(rows) > rows_max else None)


@contextmanager
def everything(
    user_id: int, *, since: datetime | None, before: Place | None, rows_max: int
) -> Iterator[Iterator[Row]]:
    """As many rows as there are: one query, so one moment's truth, fetched bit by bit."""
    values = _values(user_id, before=before, since=since, rows_max=rows_max)
    with (
        db.engine.connect().execution_options(yield_per=ROWS_PER_FETCH) as connection,
        connection.execute(ROWS, values) as result,
    ):
        yield (_row(row) for row in result.mappings())


def _values(
    user_id: int, *, before: Place | None, since: datetime | None, rows_max: int
) -> dict[str, object]:
    return {
        "user_id": user_id,
        "at": before.at if before else "infinity",
        "step": before.step if before else 0,
        "id": before.id if before else 0,
        "since": since or "-infinity",
        "rows_max": rows_max,
    }


def _row(row: RowMapping) -> Row:
    return Row(**{field.name: row[field.name] for field in fields(Row)})
