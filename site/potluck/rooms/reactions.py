"""Marks that people leave on a sheet: five kinds, one of each from everybody who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms.sheet_models import Reaction, Sheet
from potluck.texts import gettext as _

# In the order of the page. Each has an icon of its name.
KINDS = ("warm", "spicy", "funny", "moving", "seconds")


class BadReaction(Refusal):
    """A mark that nobody offered."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_reaction"


@dataclass(frozen=True, slots=True)
class Mark:
    """One kind under a sheet: what it is called, how many left it, whether the viewer did."""

    kind: str
    label: str
    count: int
    is_mine: bool


def react(sheet: Sheet, *, user_id: int, kind: str, is_wanted: bool) -> None:
    """Leaves a mark or takes it away; done twice it is done once. The caller commits."""
    if kind not in KINDS:
        message = _("There is no such mark. Choose one of those on the page.")
        raise BadReaction(message)
    values = {"sheet_id": sheet.id, "user_id": user_id, "kind": kind}
    if is_wanted:
        db.session.execute(insert(Reaction).values(values).on_conflict_do_nothing())
    else:
        db.session.execute(delete(Reaction).filter_by(**values))


def as_marks(found: Mapping[str, tuple[int, bool]]) -> list[Mark]:
    """All five, of what was found of each kind: how many left it, and whether the viewer did."""
    said = labels()
    return [Mark(kind, said[kind], *found.get(kind, (0, False))) for kind in KINDS]


def labels() -> dict[str, str]:
    """What each kind is called in the reader's language."""
    return {
        "warm": _("Warm"),
        "spicy": _("Spicy"),
        "funny": _("Funny"),
        "moving": _("Moving"),
        "seconds": _("Seconds, please"),
    }
