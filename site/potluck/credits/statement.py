"""What happened to a member's credits, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from potluck.database import db

ROWS_MAX = 50

LATEST = text("""
    SELECT t.created_at, t.kind, t.reference, e.amount, r.number AS round_number, rooms.code
    FROM accounts a
    JOIN entries e ON e.account_id = a.id
    JOIN transfers t ON t.id = e.transfer_id
    LEFT JOIN generations g ON g.id = CASE
        WHEN t.kind = 'capture' THEN CAST(split_part(t.reference, ':', 2) AS bigint) END
    LEFT JOIN rounds r ON r.id = g.round_id
    LEFT JOIN rooms ON rooms.id = r.room_id
    WHERE a.user_id = :user_id
    ORDER BY t.id DESC LIMIT :rows_max
""")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what for, and how many credits came (+) or went (-)."""

    created_at: datetime
    kind: str
    reference: str
    amount: int
    round_number: int | None
    room_code: str | None


def latest(user_id: int) -> list[Row]:
    """The newest rows of a member's statement."""
    rows = db.session.execute(LATEST, {"user_id": user_id, "rows_max": ROWS_MAX})
    return [Row(*row) for row in rows]
