"""Whether a sheet becomes public: everybody in it says so, and each keeps or takes off their name.

Nothing here commits. The sheet's row is locked before a word is counted, so two who speak at
once speak one after the other, and the last of them publishes it, once.
"""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy import func, select

from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms.sheet_models import Sheet, SheetPerson
from potluck.texts import gettext as _

AGREED = "agreed"
VETOED = "vetoed"
# What the page's buttons send.
WORDS = {"agree": AGREED, "veto": VETOED, "withdraw": None}


class NotInIt(Refusal):
    """Only those whose lines are in a sheet decide about it."""

    status = HTTPStatus.FORBIDDEN
    code = "not_in_it"


class BadWord(Refusal):
    """Something else than yes, no, or not yet."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_vote"


def vote(sheet: Sheet, *, user_id: int, word: str) -> bool:
    """Counts somebody's word; True where that made the sheet public.

    The first who agrees proposes it. Said again it does nothing, also once it is public.
    """
    if word not in WORDS:
        message = _("Say yes, say no, or take your word back: nothing else.")
        raise BadWord(message)
    locked = _locked(sheet)
    person = _person(locked, user_id)
    chosen = WORDS[word]
    if person.vote == chosen:
        return False
    if locked.published_at is not None:
        message = _("It is public already. You can still take your name off it.")
        raise Refusal(message, code="already_public")
    person.vote, person.voted_at = chosen, func.now() if chosen else None
    _propose(locked, user_id=user_id)
    return _publish_if_agreed(locked)


def name(sheet: Sheet, *, user_id: int, is_shown: bool) -> None:
    """Takes somebody's name off the sheet, or puts it back."""
    person = _person(_locked(sheet), user_id)
    if person.is_named != is_shown:
        person.nameless_since = None if is_shown else func.now()


def part(user_id: int) -> None:
    """Somebody leaves for good: their name goes, and their silence counts as a yes.

    A no that they said stands.
    """
    silent = (
        select(Sheet)
        .join(SheetPerson, SheetPerson.sheet_id == Sheet.id)
        .where(SheetPerson.user_id == user_id, SheetPerson.vote.is_(None))
        .where(Sheet.published_at.is_(None))
        # In one order, so that two who leave at once don't wait for each other.
        .order_by(Sheet.id)
    )
    for sheet in db.session.scalars(silent).all():
        locked = _locked(sheet)
        person = _person(locked, user_id)
        person.vote, person.voted_at = AGREED, func.now()
        _publish_if_agreed(locked)


def _locked(sheet: Sheet) -> Sheet:
    query = select(Sheet).filter_by(id=sheet.id).with_for_update(of=Sheet)
    locked = db.session.scalars(query.execution_options(populate_existing=True)).one()
    db.session.expire(locked, ["people"])
    return locked


def _person(sheet: Sheet, user_id: int) -> SheetPerson:
    for person in sheet.people:
        if person.user_id == user_id:
            return person
    message = _("Your line isn't in this sheet, so it is for the others to decide.")
    raise NotInIt(message)


def _propose(sheet: Sheet, *, user_id: int) -> None:
    """A proposal stands as long as somebody agrees."""
    agreed = any(person.vote == AGREED for person in sheet.people)
    if not agreed:
        sheet.proposed_at, sheet.proposed_by = None, None
    elif sheet.proposed_at is None:
        sheet.proposed_at, sheet.proposed_by = func.now(), user_id


def _publish_if_agreed(sheet: Sheet) -> bool:
    """Of a proposal that nobody is left to answer, too."""
    for person in sheet.people:
        if person.vote is None and person.user.deleted_at is not None:
            person.vote, person.voted_at = AGREED, func.now()
    if sheet.proposed_at is None or any(person.vote != AGREED for person in sheet.people):
        return False
    # Those who agreed are written down first: the database looks at them.
    db.session.flush()
    sheet.published_at = func.clock_timestamp()
    db.session.flush()
    return True
