"""Who runs which generation. A lease has an epoch: whoever lost it can change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from potluck.credits import holds
from potluck.database import db
from potluck.gathering import Gathering
from potluck.plain_statements import array

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
        FROM unnest({array("ids", "bigint")}, {array("epochs", "bigint")}) AS lease (id, epoch)
        WHERE generations.id = lease.id AND generations.lease_epoch = lease.epoch
            AND generations.state IN ('reserved', 'dispatched')
        RETURNING generations.id
    ), held AS ({holds.DISPATCH_SENT})
    SELECT id FROM sent
"""  # noqa: S608 - ours
NOTE_REQUEST = text("""
    UPDATE generations SET provider_request_id = :request_id
    WHERE id = :id AND lease_epoch = :epoch
""")
# All that a process writes in one statement: a commit for each would be most of what the database
# does for a text. In the order in which whatever ends several locks them, too. Texts go as they
# are (`b`): to have them quoted as an array takes longer than all the rest.
SAVE = f"""
    UPDATE generations SET text = coalesce(nullif(saved.body, ''), generations.text),
        tail = saved.tail, seq = saved.seq,
        lease_expires_at = now() + make_interval(secs => %(seconds)s)
    FROM (
        SELECT written.* FROM generations JOIN unnest({array("ids", "bigint")},
            {array("epochs", "bigint")}, CAST(%(bodies)b AS text[]), CAST(%(tails)b AS text[]),
            {array("seqs", "bigint")}) AS written (id, epoch, body, tail, seq)
            ON written.id = generations.id AND written.epoch = generations.lease_epoch
        WHERE generations.state = 'dispatched'
        ORDER BY generations.id FOR NO KEY UPDATE OF generations
    ) saved
    WHERE generations.id = saved.id
    RETURNING generations.id, generations.lease_epoch, generations.stop_requested_at IS NOT NULL
"""  # noqa: S608 - ours


class LeaseLost(Exception):
    """Somebody else has taken the generation over."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one generation, for as long as it is renewed."""

    generation_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Written:
    """A text so far, after so many deltas: `tail` comes after `body`, or what the row has of it."""

    body: str
    tail: str
    seq: int


def claim() -> Lease | None:
    """Takes the oldest order that nobody has taken. Commits."""
    return _take(CLAIM)


def take_over() -> Lease | None:
    """Takes a generation whose process is gone. Commits."""
    return _take(TAKE_OVER)


def dispatch(lease: Lease) -> None:
    """Marks the order as sent, and its holds: the provider may be paid from now on. Commits.

    With others of this process that are sent at the same time.
    """
    if not _dispatching.ask(lease):
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
    values = {
        "ids": [lease.generation_id for lease in texts],
        "epochs": [lease.epoch for lease in texts],
        "bodies": [written.body for written in texts.values()],
        "tails": [written.tail for written in texts.values()],
        "seqs": [written.seq for written in texts.values()],
        "seconds": LEASE_SECONDS,
    }
    rows = db.all_alone(SAVE, values)
    return {Lease(row[0], row[1]): row[2] for row in rows}


def _dispatch(sent: Sequence[Lease]) -> list[bool]:
    ids, epochs = [each.generation_id for each in sent], [each.epoch for each in sent]
    values = {"ids": ids, "epochs": epochs}
    are_sent = {row[0] for row in db.all_alone(DISPATCH, values, is_patient=len(sent) == 1)}
    return [each.generation_id in are_sent for each in sent]


_dispatching = Gathering(_dispatch)


def _take(statement: TextClause) -> Lease | None:
    row = db.session.execute(
        statement, {"seconds": LEASE_SECONDS, "order_seconds_max": ORDER_SECONDS_MAX}
    ).first()
    db.session.commit()
    return Lease(generation_id=row.id, epoch=row.lease_epoch) if row else None
