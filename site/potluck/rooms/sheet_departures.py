"""What somebody said of sheets, when they leave, and in the file with everything of theirs."""

from __future__ import annotations

from sqlalchemy import delete, text

from potluck.accounts import export
from potluck.accounts.departures import user_leaving
from potluck.accounts.models import User
from potluck.database import db
from potluck.rooms import agreements
from potluck.rooms.sheet_models import Reaction, Report

PARTS = {
    "sheet_votes": text("""
        SELECT s.slug AS sheet, p.vote, p.voted_at, p.nameless_since, p.hue,
            s.proposed_by = :user_id AS was_proposed_by_them, s.published_at, s.hidden_at
        FROM sheet_people p JOIN sheets s ON s.id = p.sheet_id
        WHERE p.user_id = :user_id ORDER BY s.id
    """),
    "sheet_reactions": text("""
        SELECT s.slug AS sheet, r.kind, r.created_at
        FROM sheet_reactions r JOIN sheets s ON s.id = r.sheet_id
        WHERE r.user_id = :user_id ORDER BY r.created_at, s.id, r.kind
    """),
    "sheet_reports": text("""
        SELECT s.slug AS sheet, r.reason, r.words, r.created_at, r.settled_at
        FROM sheet_reports r JOIN sheets s ON s.id = r.sheet_id
        WHERE r.user_id = :user_id ORDER BY r.created_at, s.id
    """),
    "sheet_decisions": text("""
        SELECT s.slug AS sheet, d.decision, d.words, d.created_at
        FROM sheet_decisions d JOIN sheets s ON s.id = d.sheet_id
        WHERE d.decided_by = :user_id ORDER BY d.id
    """),
}


def init_app() -> None:
    """Hears of those who leave."""
    export.add(PARTS)
    user_leaving.connect(_part)


def _part(user: User) -> None:
    for table in (Reaction, Report):
        db.session.execute(delete(table).where(table.user_id == user.id))
    agreements.part(user.id)
