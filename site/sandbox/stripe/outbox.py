"""The deliveries of events: claimed one by one, tried again ever more slowly, given up in the end.

https://docs.stripe.com/webhooks#retries
"""

import time
from dataclasses import dataclass

from .store import Store

CLAIM_SECONDS = 60
RETRY_SECONDS_FIRST = 1
RETRY_SECONDS_MAX = 6 * 60 * 60
RETRIES_SECONDS_MAX = 3 * 24 * 60 * 60


@dataclass(frozen=True)
class Delivery:
    event_id: str
    created_at: float
    attempts: int


def release_claims(store: Store) -> None:
    """At the start nobody is delivering, so what a dead process had claimed is due at once."""
    store.connection.execute(
        "UPDATE deliveries SET due_at = ? WHERE due_at IS NOT NULL", (time.time(),)
    )


def claim(store: Store) -> Delivery | None:
    """The delivery that is due longest, kept from others while it is being tried."""
    now = time.time()
    row = store.connection.execute(
        "UPDATE deliveries SET attempts = attempts + 1, due_at = ? WHERE event_id = "
        "(SELECT event_id FROM deliveries WHERE due_at <= ? ORDER BY due_at LIMIT 1) "
        "RETURNING event_id, created_at, attempts",
        (now + CLAIM_SECONDS, now),
    ).fetchone()
    return Delivery(**row) if row else None


def next_due_at(store: Store) -> float | None:
    row = store.connection.execute("SELECT min(due_at) AS due_at FROM deliveries").fetchone()
    due_at: float | None = row["due_at"]
    return due_at


def succeed(store: Store, delivery: Delivery) -> None:
    _set_due(store, delivery, None)
    event = store.load("event", delivery.event_id)
    event["pending_webhooks"] -= 1
    store.save(event)


def retry_later(store: Store, delivery: Delivery) -> None:
    """After 1, 2, 4, … seconds; for good after three days."""
    # A bound on the exponent: the power is only needed up to the longest pause.
    pause = min(RETRY_SECONDS_FIRST * 2 ** min(delivery.attempts - 1, 20), RETRY_SECONDS_MAX)
    due_at = time.time() + pause
    given_up = due_at > delivery.created_at + RETRIES_SECONDS_MAX
    _set_due(store, delivery, None if given_up else due_at)


def _set_due(store: Store, delivery: Delivery, due_at: float | None) -> None:
    store.connection.execute(
        "UPDATE deliveries SET due_at = ? WHERE event_id = ?", (due_at, delivery.event_id)
    )
