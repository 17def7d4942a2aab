"""Who runs which generation. A lease has an epoch: whoever lost it can change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from potluck.credits import holds
from potluck.database import db

LEASE_SECONDS = 15
# An order that no process took up for so long is given up, and its holds released.
ORDER_SECONDS_MAX = 60

CLAIM = text("""
    UPDATE generations SET lease_epoch = lease_epoch + 1,
        lease_expires_at = now() + make_interval(secs => :seconds)
    WHERE id = (
        SELECT id FROM generations
        WHERE state = 'reserved' AND lease_epoch = 0
            AND created_at > now() - make_interval(secs => :order_seconds_max)
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id, lease_epoch
""")
TAKE_OVER = text("""
    UPDATE generations SET lease_epoch = lease_epoch + 1,
        lease_expires_at = now() + make_interval(secs => :seconds)
    WHERE id = (
        SELECT id FROM generations
        WHERE state IN ('reserved', 'dispatched') AND (lease_expires_at < now() OR
            (lease_epoch = 0 AND created_at < now() - make_interval(secs => :order_seconds_max)))
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id, lease_epoch
""")
# Whoever has the lease has sent it before where it is sent: to say so twice is to say it once.
DISPATCH = f"""
    WITH sent AS (
        UPDATE generations SET state = 'dispatched'
        WHERE id = %(id)s AND lease_epoch = %(epoch)s AND state IN ('reserved', 'dispatched')
        RETURNING id
    ), held AS ({holds.DISPATCH_SENT})
    SELECT id FROM sent
"""  # noqa: S608 - ours
NOTE_REQUEST = text("""
    UPDATE generations SET provider_request_id = :request_id
    WHERE id = :id AND lease_epoch = :epoch
""")
# All that a process writes in one statement: a commit for each would be most of what the database
# does for a text. Nobody holds two of these rows at once but who is here.
SAVE = text("""
    UPDATE generations SET text = written.text, seq = written.seq,
        lease_expires_at = now() + make_interval(secs => :seconds)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:epochs AS bigint[]), CAST(:texts AS text[]),
        CAST(:seqs AS bigint[])) AS written (id, epoch, text, seq)
    WHERE generations.id = written.id AND generations.lease_epoch = written.epoch
        AND generations.state = 'dispatched'
    RETURNING generations.id, generations.lease_epoch, generations.stop_requested_at
""")


class LeaseLost(Exception):
    """Somebody else has taken the generation over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one generation, for as long as it is renewed."""

    generation_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Written:
    """A text so far, after so many deltas."""

    text: str
    seq: int


def claim() -> Lease | None:
    """Takes the oldest order that nobody has taken. Commits."""
    return _take(CLAIM)


def take_over() -> Lease | None:
    """Takes a generation whose process is gone. Commits."""
    return _take(TAKE_OVER)


def dispatch(lease: Lease) -> None:
    """Marks the order as sent, and its holds: the provider may be paid from now on. Commits."""
    row = db.alone(DISPATCH, {"id": lease.generation_id, "epoch": lease.epoch})
    if row is None:
        raise LeaseLost


def note_request(lease: Lease, request_id: str | None) -> None:
    """Keeps the provider's own id of the request. Commits."""
    db.session.execute(
        NOTE_REQUEST, {"id": lease.generation_id, "epoch": lease.epoch, "request_id": request_id}
    )
    db.session.commit()


def save(texts: Mapping[Lease, Written]) -> dict[Lease, bool]:
    """Writes texts so far and renews their leases; says of each whether a stop was asked for.

    Whichever the answer lacks was lost. Commits.
    """
    rows = db.session.execute(
        SAVE,
        {
            "ids": [lease.generation_id for lease in texts],
            "epochs": [lease.epoch for lease in texts],
            "texts": [written.text for written in texts.values()],
            "seqs": [written.seq for written in texts.values()],
            "seconds": LEASE_SECONDS,
        },
    ).all()
    db.session.commit()
    return {Lease(row.id, row.lease_epoch): row.stop_requested_at is not None for row in rows}


def _take(statement: TextClause) -> Lease | None:
    row = db.session.execute(
        statement, {"seconds": LEASE_SECONDS, "order_seconds_max": ORDER_SECONDS_MAX}
    ).first()
    db.session.commit()
    return Lease(generation_id=row.id, epoch=row.lease_epoch) if row else None
