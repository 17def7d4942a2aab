"""A remix: another round with the recipe of a sheet, and the sheet as the first ingredient.

Nothing here commits.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from potluck.database import db
from potluck.rooms import choices, quotes, rooms, rounds, sheet_text, sheets
from potluck.rooms.models import Room, Round
from potluck.rooms.sheet_models import Remix, Sheet
from potluck.texts import gettext as _

# Whether `:viewer_id` began the newest round of the room that `rooms` is where this is asked.
BEGAN = """
    SELECT EXISTS (SELECT FROM remixes WHERE begun_by = :viewer_id AND round_id = (
        SELECT id FROM rounds r WHERE r.room_id = rooms.id ORDER BY r.number DESC LIMIT 1))
"""


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


def origin(round_: Round, *, viewer_id: int | None) -> Sheet | None:
    """The sheet that a round was begun from, as far as this person may see it."""
    query = select(Sheet).join(Remix, Remix.sheet_id == Sheet.id).where(Remix.round_id == round_.id)
    is_shown = sheets.public()
    if viewer_id is not None:
        is_shown = is_shown | sheets.inside(viewer_id)
    return db.session.scalar(query.where(is_shown).options(*sheets.whole()))


def ingredient(round_: Round, *, viewer_id: int) -> str:
    """What the composer of whoever began it begins with: how that sheet does, to be changed."""
    sheet = origin(round_, viewer_id=viewer_id)
    if sheet is None:
        return ""
    text = sheets.words(sheet)
    line = _(
        "After “%(title)s”: %(opening)s",
        title=sheet_text.title(text),
        opening=sheet_text.opening(text),
    )
    return sheet_text.cut(line, round_.kept_recipe.line_characters_max)
