"""Lists that can grow: fifty rows, and whether there are more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause

from potluck.database import db

ROWS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; the pages are numbered from 1."""

    rows: Sequence[Row[Any]]
    number: int
    has_more: bool


def page(query: TextClause, number: int, values: Mapping[str, object] | None = None) -> Page:
    """One page of what `query` finds, which ends with `LIMIT :limit OFFSET :offset`."""
    # One more than is shown says whether there are more.
    window = {"limit": ROWS_PER_PAGE + 1, "offset": (number - 1) * ROWS_PER_PAGE}
    rows = db.session.execute(query, {**(values or {}), **window}).all()
    return Page(rows=rows[:ROWS_PER_PAGE], number=number, has_more=len(rows) > ROWS_PER_PAGE)


def as_pattern(term: str) -> str:
    """A term as `ILIKE` takes it to the letter."""
    return term.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
