"""What one round cost one member: how it was counted, and how it was split."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from potluck.database import db

FIND = text("""
    SELECT h.id, h.amount AS held, h.captured, h.created_at AS held_at, h.ended_at,
        g.state, g.error_code, g.input_tokens, g.output_tokens, g.usage_estimated,
        g.cost_credits, g.provider_request_id,
        p.id AS price_id, p.model, p.input_credits_per_million, p.output_credits_per_million,
        p.created_at AS price_since, rounds.number AS round_number, rooms.code AS room_code
    FROM holds h
    JOIN accounts a ON a.id = h.account_id
    JOIN generations g ON g.id = h.generation_id
    JOIN model_prices p ON p.id = g.price_id
    JOIN rounds ON rounds.id = g.round_id
    JOIN rooms ON rooms.id = rounds.room_id
    WHERE h.id = :hold_id AND a.user_id = :user_id
""")
PAYERS = text("""
    SELECT u.name, h.captured AS credits, h.id = own.id AS is_own, ARRAY(
        SELECT guest.name FROM contributions c JOIN users guest ON guest.id = c.user_id
        WHERE c.round_id = g.round_id AND c.paid_by = u.id ORDER BY c.created_at
    ) AS guests
    FROM holds own
    JOIN holds h ON h.generation_id = own.generation_id
    JOIN generations g ON g.id = h.generation_id
    JOIN accounts a ON a.id = h.account_id
    JOIN users u ON u.id = a.user_id
    WHERE own.id = :hold_id ORDER BY a.id
""")


@dataclass(frozen=True, slots=True)
class Payer:
    """Somebody who shared the bill, what they paid, and whose parts they paid with it."""

    name: str
    credits: int
    is_own: bool
    guests: list[str]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A member's part of a round: `held` at first, `captured` in the end; credits throughout."""

    id: int
    held: int
    captured: int
    held_at: datetime
    ended_at: datetime | None
    state: str
    error_code: str | None
    input_tokens: int | None
    output_tokens: int | None
    usage_estimated: bool
    cost_credits: int | None
    provider_request_id: str | None
    price_id: int
    model: str
    input_credits_per_million: int
    output_credits_per_million: int
    price_since: datetime
    round_number: int
    room_code: str
    payers: list[Payer]


def find(*, hold_id: int, user_id: int) -> Receipt | None:
    """The receipt of a hold of the member's own; None for anybody else's."""
    values = {"hold_id": hold_id, "user_id": user_id}
    row = db.session.execute(FIND, values).mappings().one_or_none()
    if row is None:
        return None
    payers = [Payer(*payer) for payer in db.session.execute(PAYERS, {"hold_id": hold_id})]
    return Receipt(**row, payers=payers)
