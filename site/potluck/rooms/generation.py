"""Runs orders: dispatch, stream, settle. One greenlet reads the model, one tells the room."""

from __future__ import annotations

import logging
from collections.abc import Callable

from potluck import metrics
from potluck.announcements import announce
from potluck.database import db
from potluck.jobs import Jobs
from potluck.live.protocol import TextSince
from potluck.logs import about
from potluck.rooms import drawing, leases, moderation, settlement, writing
from potluck.rooms.leases import Lease, LeaseLost
from potluck.rooms.models import Generation
from potluck.rooms.running import Running
from potluck.rooms.settlement import Outcome

logger = logging.getLogger(__name__)

_running: dict[int, Running] = {}


def take_orders(jobs: Jobs) -> None:
    """Starts every order that nobody has taken, as long as there is a place for it here.

    One that was taken and then waited for a place would be given up with its lease. A process
    that is about to end takes none.
    """
    while not (jobs.is_draining or jobs.is_full) and (lease := leases.claim()):
        jobs.spawn(run, lease)


def settle_abandoned() -> None:
    """Gives back what a process that is gone had held; its text so far stays."""
    while lease := leases.take_over():
        generation = db.session.get_one(Generation, lease.generation_id)
        outcome = Outcome(
            state="failed",
            text=generation.text,
            seq=generation.seq,
            error_code="interrupted",
            error_detail=f"the process with lease {lease.epoch - 1} is gone",
        )
        _settle(lease, outcome)


def stop(*, generation_id: int) -> None:
    """A member pressed Stop; the row remembers it for a process that doesn't hear this."""
    running = _running.get(generation_id)
    if running:
        running.stop.set()


def running_count() -> int:
    """How many texts this process is having written."""
    return len(_running)


def interrupt_all() -> None:
    """The process ends: nobody pays for a text that was cut off."""
    for running in list(_running.values()):
        running.interrupted = True
        running.stop.set()


def text_since(generation: Generation, last_seq: int) -> TextSince:
    """What a client misses that has shown `last_seq`, or the whole text where nobody can tell.

    From memory where it is being written. Elsewhere from the row, which is half a second old at
    most and may be behind the client.
    """
    running = _running.get(generation.id)
    if running:
        seq, text, rest = running.seq, running.text, running.text_after(last_seq)
    else:
        seq, text = generation.seq, generation.text
        rest = "" if last_seq == seq else None
    if rest is None:
        return {"id": generation.id, "from_seq": 0, "seq": seq, "text": text}
    return {"id": generation.id, "from_seq": last_seq, "seq": seq, "text": rest}


def run(lease: Lease) -> None:
    """One order from dispatch to settlement. Never raises for what a provider does."""
    order = db.session.get_one(Generation, lease.generation_id)
    make = drawing.prepare(order) if order.kind == "picture" else writing.prepare(order)
    running = Running(lease, room_id=order.round.room_id)
    if order.stop_requested_at:
        # Before the model was asked, so it isn't.
        running.stop.set()
    with about(generation=lease.generation_id, room=running.room_id):
        _run(lease, running, make)


def _run(lease: Lease, running: Running, make: Callable[[Running], Outcome]) -> None:
    try:
        # From here on the provider may have been paid; before it, nothing has left. What was read
        # for it keeps no connection meanwhile.
        db.session.commit()
        leases.dispatch(lease)
        _running[lease.generation_id] = running
        with running.making():
            outcome = make(running)
        _settle(lease, moderation.review(lease.generation_id, outcome))
    except LeaseLost:
        db.session.rollback()
        logger.warning("generation %s was taken over", lease.generation_id)
    finally:
        _running.pop(lease.generation_id, None)


def _settle(lease: Lease, outcome: Outcome) -> None:
    settled = settlement.settle(lease.generation_id, epoch=lease.epoch, outcome=outcome)
    if settled is None:
        return
    metrics.STREAMS.labels(outcome.state).inc()
    announce("round", room_id=settled.room_id)
    for user_id in settled.user_ids:
        announce("credits", user_id=user_id)
