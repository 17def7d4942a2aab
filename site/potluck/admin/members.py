"""What the operator's pages show of members. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from potluck import json_rows
from potluck.accounts.models import Identity, User
from potluck.admin.pages import Page, as_pattern, page
from potluck.billing.models import Purchase
from potluck.credits import statement
from potluck.credits.ledger import Balance
from potluck.database import db
from potluck.rooms.own_room import OwnRoom

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
# Everything of one but the statement, which is long enough.
ONE = text("""
    SELECT to_json(u) AS member, a.posted, a.held, a.seq, a.owed, a.freezes,
        (SELECT json_agg(i ORDER BY i.id) FROM identities i WHERE i.user_id = u.id) AS identities,
        here.open, here.last_seen_at,
        (SELECT json_agg(p) FROM (
            SELECT * FROM purchases WHERE user_id = u.id
            ORDER BY created_at DESC LIMIT :purchases
        ) p) AS purchases,
        (SELECT rooms.code FROM room_members seated JOIN rooms ON rooms.id = seated.room_id
            WHERE seated.user_id = u.id AND seated.left_at IS NULL) AS room_code,
        (SELECT json_agg(done) FROM (
            SELECT email, what, subject, details, reason, created_at FROM operator_acts
            WHERE member_id = u.id ORDER BY id DESC LIMIT :acts
        ) done) AS acts
    FROM users u JOIN accounts a ON a.user_id = u.id CROSS JOIN LATERAL (
        SELECT count(*) AS open, max(last_seen_at) AS last_seen_at FROM sessions
        WHERE user_id = u.id AND expires_at > now()
    ) here
    WHERE u.id = :user_id
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
    room: OwnRoom | None
    acts: Sequence[Mapping[str, Any]]


def found(term: str, number: int) -> Page:
    """Those whose name, address or number is like that, or everybody; newest first."""
    return page(FOUND, number, {"term": term, "pattern": as_pattern(term)})


def member(user_id: int) -> Member | None:
    """One of them, in two questions; None where there is nobody of that number."""
    values = {"user_id": user_id, "purchases": PURCHASES, "acts": ACTS}
    row = db.session.execute(ONE, values).one_or_none()
    if row is None:
        return None
    return Member(
        user=json_rows.entity(User, row.member),
        balance=Balance(row.posted, row.held, row.seq, row.owed, row.freezes),
        identities=[json_rows.entity(Identity, each) for each in row.identities or ()],
        sessions=row,
        purchases=[json_rows.entity(Purchase, each) for each in row.purchases or ()],
        statement=statement.page(user_id, rows_max=LEDGER_ROWS),
        room=OwnRoom(row.room_code) if row.room_code else None,
        acts=[_act(each) for each in row.acts or ()],
    )


def _act(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**row, "created_at": json_rows.moment(row["created_at"])}
