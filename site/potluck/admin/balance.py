"""The figures of the overview: whose credits, whose money, and what is going on now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text

from potluck.billing.money import money
from potluck.database import db

EVENTS_MEASURED = 100

# The sum of both sides is zero in it, or the books are wrong.
SHEET = """
    SELECT m.*, h.*, m.with_members + h.house = 0 AS is_balanced
    FROM (
        SELECT count(*) AS members, coalesce(sum(posted), 0) AS with_members,
            coalesce(sum(held), 0) AS held, coalesce(sum(owed), 0) AS owed,
            count(*) FILTER (WHERE freezes > 0) AS frozen
        FROM accounts WHERE kind = 'member'
    ) m, (
        SELECT coalesce(sum(amount), 0) AS house,
            coalesce(-sum(amount) FILTER (WHERE kind = 'purchases'), 0) AS sold,
            coalesce(-sum(amount) FILTER (WHERE kind = 'promotions'), 0) AS given,
            coalesce(sum(amount) FILTER (WHERE kind = 'revenue'), 0) AS earned,
            coalesce(sum(amount) FILTER (WHERE kind = 'refunds'), 0) AS refunded,
            coalesce(sum(amount) FILTER (WHERE kind = 'disputes'), 0) AS disputed
        FROM entries JOIN accounts ON accounts.id = account_id WHERE kind <> 'member'
    ) h
"""
MONEY = """
    SELECT p.currency, sum(p.paid_minor) AS taken, coalesce(sum(back.minor), 0) AS given_back
    FROM purchases p CROSS JOIN LATERAL (
        SELECT sum(amount_minor) AS minor FROM (
            SELECT amount_minor FROM refunds
            WHERE purchase_id = p.id AND state IN ('pending', 'succeeded')
            UNION ALL
            SELECT amount_minor FROM disputes
            WHERE purchase_id = p.id AND state IN ('open', 'lost')
        ) gone
    ) back
    WHERE p.state = 'paid' GROUP BY p.currency ORDER BY p.currency
"""
# Stripe says in whole seconds when an event was made; ours that have no such time count from
# when they came.
NOW = """
    WITH handled AS (
        SELECT greatest(extract(epoch FROM handled_at) - coalesce(
            CAST(payload ->> 'created' AS bigint), extract(epoch FROM received_at)), 0) AS lag
        FROM stripe_events WHERE handled_at IS NOT NULL
        ORDER BY received_at DESC LIMIT :events
    )
    SELECT
        (SELECT count(*) FROM generations WHERE state IN ('reserved', 'dispatched')) AS streams,
        (SELECT count(*) FROM holds WHERE state IN ('reserved', 'dispatched')) AS holds,
        (SELECT count(*) FROM stripe_events WHERE handled_at IS NULL AND attempts > 0) AS failed,
        (SELECT extract(epoch FROM now() - min(received_at)) FROM stripe_events
            WHERE handled_at IS NULL) AS waiting_seconds,
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY lag) FROM handled) AS lag_seconds,
        (SELECT max(lag) FROM handled) AS lag_seconds_max
"""
# One statement, so one moment's truth.
TILES = text(f"""
    SELECT sheet.*, now.*, (SELECT json_agg(money) FROM ({MONEY}) money) AS money
    FROM ({SHEET}) sheet, ({NOW}) now
""")  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class Sum:
    """Money of one currency, as people write it."""

    taken: str
    given_back: str


@dataclass(frozen=True, slots=True)
class Tiles:
    """The overview at one moment."""

    sheet: Row[Any]
    money: Sequence[Sum]
    now: Row[Any]
    taken_at: datetime


def tiles() -> Tiles:
    """Everything that the overview counts."""
    row = db.session.execute(TILES, {"events": EVENTS_MEASURED}).one()
    sums = [
        Sum(money(each["taken"], each["currency"]), money(each["given_back"], each["currency"]))
        for each in row.money or ()
    ]
    return Tiles(sheet=row, money=sums, now=row, taken_at=datetime.now(UTC))
