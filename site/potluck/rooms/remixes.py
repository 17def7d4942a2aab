"""A remix: another round with the recipe of a sheet, and the sheet as the first ingredient.

Nothing here commits.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import aliased

from potluck.database import db
from potluck.rooms import choices, quotes, rooms, rounds, sheet_reads, sheet_text, sheets
from potluck.rooms.models import Contribution, Generation, Room, Round
from potluck.rooms.sheet_models import Remix, Sheet
from potluck.rooms.sheet_reads import SheetRead
from potluck.texts import gettext as _


def begin(sheet: Sheet, *, user_id: int) -> Room:
    """Opens the round, in the room that the person sits in or in one of their own.

    A round there that nobody has put anything into becomes the remix. Raises `WrongPhase` where
    another is under way, and `NoPrice` where no model can be used.
    """
    quotes.price_in_force()
    chosen = sheet.round.kept_recipe
    choices.check_recipe(chosen)
    room = rooms.current_room(user_id) or rooms.create_room([user_id])
    round_ = rounds.locked_round(room) if rounds.current_round(room) else None
    if round_ and round_.phase == "collecting" and not round_.contributions:
        rounds.change_recipe(room, chosen)
    else:
        round_ = rounds.open_round(room, chosen)
    values = {"sheet_id": sheet.id, "begun_by": user_id}
    statement = insert(Remix).values(round_id=round_.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["round_id"], set_=values))
    return room


def origin(round_: Round, *, viewer_id: int | None) -> SheetRead | None:
    """The sheet that a round was begun from, as far as this person may see it."""
    query = select(Sheet).join(Remix, Remix.sheet_id == Sheet.id).where(Remix.round_id == round_.id)
    found = sheet_reads.read(query.where(_is_shown_to(viewer_id)), viewer_id=viewer_id)
    return found[0] if found else None


def words_begun_with(viewer_id: ColumnElement[int]) -> ScalarSelect[str]:
    """What the sheet says that this person began the newest round with, as far as they may see it.

    Of the room that `Room` is where this is asked. As `sheets.words` has it.
    """
    # Another name, since whoever may see a sheet is found by its own round.
    newest = aliased(Round)
    number = select(func.max(Round.number)).where(Round.room_id == Room.id).correlate(Room)
    lines = (
        select(
            func.string_agg(
                Contribution.text, aggregate_order_by(literal("\n\n"), Contribution.created_at)
            )
        )
        .where(Contribution.round_id == Sheet.round_id)
        .correlate(Sheet)
    )
    return (
        select(func.coalesce(func.nullif(Generation.text, ""), lines.scalar_subquery()))
        .select_from(newest)
        .join(Remix, Remix.round_id == newest.id)
        .join(Sheet, Sheet.id == Remix.sheet_id)
        .join(Generation, Generation.round_id == Sheet.round_id)
        .where(
            newest.room_id == Room.id,
            newest.number == number.scalar_subquery(),
            Remix.begun_by == viewer_id,
            _is_shown_to(viewer_id),
        )
        .correlate(Room)
        .scalar_subquery()
    )


def ingredient(round_: Round, text: str) -> str:
    """What the composer of whoever began it begins with: how that sheet does, to be changed."""
    line = _(
        "After “%(title)s”: %(opening)s",
        title=sheet_text.title(text),
        opening=sheet_text.opening(text),
    )
    return sheet_text.cut(line, round_.kept_recipe.line_characters_max)


def _is_shown_to(viewer_id: int | ColumnElement[int] | None) -> ColumnElement[bool]:
    is_shown = sheets.public()
    return is_shown if viewer_id is None else is_shown | sheets.inside(viewer_id)
