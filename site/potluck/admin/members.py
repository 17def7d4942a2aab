"""What the operator's pages show of members. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text

from potluck.accounts import identities
from potluck.accounts.models import Identity, User
from potluck.admin.pages import Page, as_pattern, page
from potluck.billing.models import Purchase
from potluck.credits import ledger, statement
from potluck.credits.ledger import Balance
from potluck.database import db
from potluck.rooms import rooms
from potluck.rooms.models import Room

LEDGER_ROWS = 10
PURCHASES = 10
ACTS = 10

FOUND = text("""
    SELECT u.id, u.name, u.created_at, u.banned_at, u.deleted_at,
        a.posted - a.held AS available, a.held, a.owed, a.freezes > 0 AS is_frozen,
        (SELECT string_agg(DISTINCT i.email, ', ') FROM identities i WHERE i.user_id = u.id)
            AS emails
    FROM users u JOIN accounts a ON a.user_id = u.id
    WHERE CAST(:term AS text) = ''
        OR u.name ILIKE '%' || :pattern || '%'
        OR u.id::text = :term
        OR EXISTS (SELECT FROM identities i
            WHERE i.user_id = u.id AND i.email LIKE lower(:pattern) || '%')
    ORDER BY u.id DESC LIMIT :limit OFFSET :offset
""")
SESSIONS = text("""
    SELECT count(*) AS open, max(last_seen_at) AS last_seen_at FROM sessions
    WHERE user_id = :user_id AND expires_at > now()
""")
DONE = text("""
    SELECT email, what, subject, details, reason, created_at FROM operator_acts
    WHERE member_id = :user_id ORDER BY id DESC LIMIT :acts
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody as the operator sees them."""

    user: User
    balance: Balance
    identities: Sequence[Identity]
    sessions: Row[Any]
    purchases: Sequence[Purchase]
    statement: statement.Page
    room: Room | None
    acts: Sequence[Row[Any]]


def found(term: str, number: int) -> Page:
    """Those whose name, address or number is like that, or everybody; newest first."""
    return page(FOUND, number, {"term": term, "pattern": as_pattern(term)})


def member(user: User) -> Member:
    """One of them."""
    bought = select(Purchase).filter_by(user_id=user.id).order_by(Purchase.created_at.desc())
    return Member(
        user=user,
        balance=ledger.balance(user.id),
        identities=identities.of_user(user.id),
        sessions=db.session.execute(SESSIONS, {"user_id": user.id}).one(),
        purchases=db.session.scalars(bought.limit(PURCHASES)).all(),
        statement=statement.page(user.id, rows_max=LEDGER_ROWS),
        room=rooms.current_room(user.id),
        acts=db.session.execute(DONE, {"user_id": user.id, "acts": ACTS}).all(),
    )
