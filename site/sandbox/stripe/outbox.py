"""The deliveries of events: claimed one by one, tried again ever more slowly, given up in the end.

https://docs.stripe.com/webhooks#retries
"""

import time
from dataclasses import dataclass

from . import faults, held
from .faults import Fault
from .store import Body, Store

CLAIM_SECONDS = 60
RETRY_SECONDS_FIRST = 1
RETRY_SECONDS_MAX = 6 * 60 * 60
RETRIES_SECONDS_MAX = 3 * 24 * 60 * 60


@dataclass(frozen=True)
class Delivery:
    event_id: str
    created_at: float
    attempts: int
    is_copy: bool


def enqueue(store: Store, event: Body) -> None:
    """Due at once, if nothing else was ordered. One fault of each kind can meet in an event."""
    taken = _take_faults(store, event["type"])
    dropped, reorder = taken.get("drop"), taken.get("reorder")
    delay, duplicate = taken.get("delay"), taken.get("duplicate")
    now = time.time()
    due_at = now + (delay.seconds or 0) if delay else now
    store.connection.execute(
        "INSERT INTO deliveries (event_id, created_at, due_at) VALUES (?, ?, ?)",
        (event["id"], now, None if dropped or reorder else due_at),
    )
    if duplicate:
        query = "INSERT INTO delivery_copies (event_id, unsent) VALUES (?, ?)"
        store.connection.execute(query, (event["id"], duplicate.number))
    if reorder and not dropped:
        held.hold(store, event["id"], reorder)


def release(store: Store) -> int:
    """Deliver now what faults hold back or delay; how many events that are."""
    now = time.time()
    delayed = store.connection.execute(
        "UPDATE deliveries SET due_at = ? WHERE due_at > ? AND attempts = 0", (now, now)
    )
    return delayed.rowcount + held.release(store)


def send_again(store: Store, event_id: str) -> None:
    """Whatever became of it before, as the Dashboard's "Resend" does."""
    store.load("event", event_id)
    held.forget(store, event_id)
    store.connection.execute(
        "UPDATE deliveries SET due_at = ? WHERE event_id = ?", (time.time(), event_id)
    )


def release_claims(store: Store) -> None:
    """At the start nobody is delivering, so what a dead process had claimed is due at once."""
    store.connection.execute(
        "UPDATE deliveries SET due_at = ? WHERE due_at IS NOT NULL AND attempts > 0",
        (time.time(),),
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
    return Delivery(**row, is_copy=_is_copy(store, row["event_id"])) if row else None


def next_due_at(store: Store) -> float | None:
    row = store.connection.execute("SELECT min(due_at) AS due_at FROM deliveries").fetchone()
    due_at: float | None = row["due_at"]
    return due_at


def succeed(store: Store, delivery: Delivery) -> None:
    _finish(store, delivery, None)
    event = store.load("event", delivery.event_id)
    # Not one less: it may have been accepted before, when it is a copy or was sent again.
    event["pending_webhooks"] = 0
    store.save(event)


def retry_later(store: Store, delivery: Delivery) -> None:
    """After 1, 2, 4, … seconds; for good after three days."""
    # A bound on the exponent: the power is only needed up to the longest pause.
    pause = min(RETRY_SECONDS_FIRST * 2 ** min(delivery.attempts - 1, 20), RETRY_SECONDS_MAX)
    due_at = time.time() + pause
    given_up = due_at > delivery.created_at + RETRIES_SECONDS_MAX
    _finish(store, delivery, None if given_up else due_at)


def _take_faults(store: Store, event_type: str) -> dict[str, Fault]:
    """Of each kind the oldest that matches."""
    wanted: dict[str, Fault] = {}
    for fault in faults.matching(store, "event", event_type):
        wanted.setdefault(fault.kind, fault)
    return {kind: faults.take(store, fault) for kind, fault in wanted.items()}


def _is_copy(store: Store, event_id: str) -> bool:
    """Whether what was claimed is one of the copies, which leave the event to other couriers."""
    copied = store.connection.execute(
        "UPDATE delivery_copies SET unsent = unsent - 1, sent = sent + 1 "
        "WHERE event_id = ? AND unsent > 0",
        (event_id,),
    ).rowcount
    if copied:
        # A copy is no attempt, or the pause after a real one that failed would be far too long.
        store.connection.execute(
            "UPDATE deliveries SET due_at = ?, attempts = attempts - 1 WHERE event_id = ?",
            (time.time(), event_id),
        )
    return copied > 0


def _finish(store: Store, delivery: Delivery, due_at: float | None) -> None:
    # A copy may end before the event itself is claimed, and must not put an end to that.
    if not delivery.is_copy:
        store.connection.execute(
            "UPDATE deliveries SET due_at = ? WHERE event_id = ?", (due_at, delivery.event_id)
        )
    held.release_next(store, delivery.event_id)
