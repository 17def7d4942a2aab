"""Reports of public sheets, and what the operator decides about them.

Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from potluck.accounts import acts
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import sheets
from potluck.rooms.sheet_models import Report, Sheet, SheetDecision
from potluck.texts import gettext as _

WORDS_CHARACTERS_MAX = 500
SHEETS_SHOWN_MAX = 50
REASONS = ("hurtful", "private", "unlawful", "spam", "other")
DECISIONS = ("hide", "restore", "keep")


class BadReport(Refusal):
    """A report that says nothing."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_report"


@dataclass(frozen=True, slots=True)
class Case:
    """A sheet that somebody reported or the operator hid, and all that was said of it."""

    sheet: Sheet
    reports: Sequence[Report]
    decisions: Sequence[SheetDecision]


def report(sheet: Sheet, *, user_id: int, reason: str, words: str) -> None:
    """Tells the operator. One report of a sheet from each person; another changes nothing."""
    if not sheet.is_public:
        message = _("Only the people in it see this sheet. Nothing was reported.")
        raise Refusal(message, code="not_public")
    if reason not in REASONS:
        message = _("Choose what is wrong with it. Nothing was reported.")
        raise BadReport(message)
    values = {"reason": reason, "words": _clean(words)}
    statement = insert(Report).values(sheet_id=sheet.id, user_id=user_id, **values)
    db.session.execute(statement.on_conflict_do_nothing())


def reasons() -> dict[str, str]:
    """What can be wrong with a sheet, in the reader's language."""
    return {
        "hurtful": _("It hurts or threatens somebody"),
        "private": _("It says something private"),
        "unlawful": _("It is against the law"),
        "spam": _("It is advertising"),
        "other": _("Something else"),
    }


def decide(slug: str, *, operator_id: int, decision: str, words: str) -> Sheet:
    """Hides a sheet, shows it again, or keeps it; its open reports are settled with that.

    Done twice it is done once, and written down once.
    """
    query = select(Sheet).where(Sheet.slug == slug, Sheet.published_at.is_not(None))
    sheet = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if sheet is None:
        message = _("There is no such sheet.")
        raise Refusal(message, code="no_such_sheet", status=HTTPStatus.NOT_FOUND)
    if decision not in DECISIONS:
        message = _("Hide it, show it again, or keep it: nothing else.")
        raise BadReport(message, code="bad_decision")
    settled = _settle_reports(sheet)
    if _apply(sheet, decision) or (decision == "keep" and settled):
        db.session.add(
            SheetDecision(
                sheet_id=sheet.id, decided_by=operator_id, decision=decision, words=_clean(words)
            )
        )
        acts.note(f"sheet_{decision}", f"sheet {slug}", reason=words)
    return sheet


def cases() -> list[Case]:
    """Those with open reports first, then those that were decided, newest first."""
    is_open = select(Report.sheet_id).where(Report.settled_at.is_(None))
    was_decided = select(SheetDecision.sheet_id)
    query = (
        select(Sheet)
        .where(Sheet.id.in_(is_open) | Sheet.id.in_(was_decided))
        .order_by(Sheet.id.in_(is_open).desc(), Sheet.published_at.desc())
        .limit(SHEETS_SHOWN_MAX)
        .options(*sheets.whole())
    )
    return [Case(sheet, _reports(sheet), _decisions(sheet)) for sheet in db.session.scalars(query)]


def _apply(sheet: Sheet, decision: str) -> bool:
    """Whether it changed what people see."""
    if decision == "keep" or (decision == "hide") == (sheet.hidden_at is not None):
        return False
    sheet.hidden_at = func.now() if decision == "hide" else None
    return True


def _settle_reports(sheet: Sheet) -> bool:
    """Whether there was an open one."""
    statement = update(Report).where(Report.sheet_id == sheet.id, Report.settled_at.is_(None))
    settled = db.session.scalars(statement.values(settled_at=func.now()).returning(Report.user_id))
    return bool(settled.all())


def _reports(sheet: Sheet) -> Sequence[Report]:
    query = select(Report).where(Report.sheet_id == sheet.id, Report.settled_at.is_(None))
    return db.session.scalars(query.order_by(Report.created_at).limit(SHEETS_SHOWN_MAX)).all()


def _decisions(sheet: Sheet) -> Sequence[SheetDecision]:
    query = select(SheetDecision).filter_by(sheet_id=sheet.id).order_by(SheetDecision.id.desc())
    return db.session.scalars(query.limit(SHEETS_SHOWN_MAX)).all()


def _clean(words: str) -> str:
    """What somebody typed, as it can be kept: a NUL is nothing that a database takes."""
    return words.replace("\0", "").strip()[:WORDS_CHARACTERS_MAX]
