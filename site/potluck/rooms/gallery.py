"""The public sheets, newest first, a page at a time. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from potluck.database import db
from potluck.rooms import sheet_reads, sheets
from potluck.rooms.models import Round
from potluck.rooms.recipes import recipes
from potluck.rooms.sheet_models import Sheet
from potluck.rooms.sheet_reads import SheetRead

SHEETS_PER_PAGE = 12
NEWS_MAX = 99


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the gallery; `before` leads to the next one, `top` is what news is newer than."""

    sheets: list[SheetRead]
    before: str | None
    top: str | None


def page(*, viewer_id: int | None, recipe: str | None = None, before: str | None = None) -> Page:
    """The sheets after the one that a page ended with: nothing twice, whatever is published.

    That one may have been hidden since; its place in the order is still known.
    """
    query = _public(recipe)
    key = _key(before)
    if key is not None:
        query = query.where(tuple_(Sheet.published_at, Sheet.id) < key)
    query = query.order_by(Sheet.published_at.desc(), Sheet.id.desc())
    found = sheet_reads.read(query.limit(SHEETS_PER_PAGE + 1), viewer_id=viewer_id)
    shown = found[:SHEETS_PER_PAGE]
    return Page(
        sheets=shown,
        before=shown[-1].sheet.slug if len(found) > len(shown) else None,
        top=shown[0].sheet.slug if shown else None,
    )


def news(*, recipe: str | None = None, since: str | None = None) -> int:
    """How many are newer than that one, counted up to a limit."""
    query = _public(recipe)
    key = _key(since)
    if key is not None:
        query = query.where(tuple_(Sheet.published_at, Sheet.id) > key)
    newer = query.with_only_columns(Sheet.id).limit(NEWS_MAX).subquery()
    return db.session.scalar(select(func.count()).select_from(newer)) or 0


def newest() -> Sheet | None:
    """The one that strangers are shown at the front door."""
    query = _public(None).order_by(Sheet.published_at.desc(), Sheet.id.desc()).limit(1)
    found = sheet_reads.read(query, viewer_id=None)
    return found[0].sheet if found else None


def chosen_recipe(slug: str | None) -> str | None:
    """The recipe to filter by; all of them where none is named, or one that nobody knows."""
    return slug if slug in recipes() else None


def _public(recipe: str | None) -> Select[Sheet]:
    query = select(Sheet).where(sheets.public())
    if recipe is None:
        return query
    return query.join(Round, Round.id == Sheet.round_id).where(Round.recipe == recipe)


def _key(slug: str | None) -> ColumnElement[tuple[object, ...]] | None:
    """Where a sheet stands in the order."""
    if not slug:
        return None
    query = select(Sheet.published_at, Sheet.id).where(Sheet.slug == slug)
    row = db.session.execute(query.where(Sheet.published_at.is_not(None))).one_or_none()
    return tuple_(row.published_at, row.id) if row else None
