"""Runs orders: dispatch, stream, settle. One greenlet reads the model, one tells the room."""

from __future__ import annotations

import logging
import time
from collections import deque

from gevent.event import Event

from potluck import metrics
from potluck.announcements import announce
from potluck.credits import holds
from potluck.database import db
from potluck.jobs import Jobs
from potluck.live import broadcasts
from potluck.live.protocol import Delta, TextSince
from potluck.logs import about
from potluck.rooms import capabilities, leases, model, settlement
from potluck.rooms.leases import Lease, LeaseLost
from potluck.rooms.models import Generation
from potluck.rooms.reading import Patience, Reader
from potluck.rooms.settlement import Outcome
from potluck.settings import current_settings

logger = logging.getLogger(__name__)

SAVE_EVERY_SECONDS = 0.5
TEXT_CHARACTERS_MAX = 100_000
# Who was away for no more than this, about a minute, gets what they missed and not the whole.
MISSED_DELTAS_MAX = 1_000


class Running:
    """A generation on this process: its text so far, and a way to end it."""

    def __init__(self, lease: Lease, *, room_id: int) -> None:
        self.lease = lease
        self.room_id = room_id
        self.text = ""
        self.seq = 0
        self.stop = Event()
        self.interrupted = False
        self.saved_at = time.monotonic()
        self._has_noted_request = False
        # Where the text stood before each of the last deltas.
        self._starts: deque[int] = deque(maxlen=MISSED_DELTAS_MAX)

    def goes_on(self) -> bool:
        """Whether anybody wants more of it."""
        return not self.stop.is_set() and len(self.text) < TEXT_CHARACTERS_MAX

    def note_request(self, request_id: str | None) -> None:
        """Keeps the provider's own id of the call, as soon as it is known."""
        if request_id and not self._has_noted_request:
            leases.note_request(self.lease, request_id)
            self._has_noted_request = True

    def add(self, piece: str) -> None:
        """Appends a beat's text and tells the room."""
        self._starts.append(len(self.text))
        self.text += piece
        self.seq += 1
        payload: Delta = {"generation": self.lease.generation_id, "seq": self.seq, "text": piece}
        broadcasts.delta(payload, room_id=self.room_id)

    def text_after(self, seq: int) -> str | None:
        """What came after this delta; None where that is forgotten, or still to come."""
        missed = self.seq - seq
        if missed == 0:
            return ""
        return self.text[self._starts[-missed] :] if 0 < missed <= len(self._starts) else None

    def save_in_time(self) -> None:
        """Writes the row and renews the lease when it is time; hears of a stop there, too."""
        if time.monotonic() - self.saved_at < SAVE_EVERY_SECONDS:
            return
        if leases.save(self.lease, text_so_far=self.text, seq=self.seq):
            self.stop.set()
        self.saved_at = time.monotonic()


_running: dict[int, Running] = {}


def take_orders(jobs: Jobs) -> None:
    """Starts every order that nobody has taken; a process that is about to end takes none."""
    while not jobs.is_draining and (lease := leases.claim()):
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
    running = Running(lease, room_id=order.round.room_id)
    call = model.call(order, capabilities.of(order.price.model))
    with about(generation=lease.generation_id, room=running.room_id):
        _run(lease, running, call)


def _run(lease: Lease, running: Running, call: model.Call) -> None:
    try:
        leases.dispatch(lease)
        holds.dispatch(lease.generation_id)
        # From the commit on the provider may have been paid; before it, nothing has left.
        db.session.commit()
        _running[lease.generation_id] = running
        _settle(lease, _stream(running, call))
    except LeaseLost:
        db.session.rollback()
        logger.warning("generation %s was taken over", lease.generation_id)
    finally:
        _running.pop(lease.generation_id, None)


def _stream(running: Running, call: model.Call) -> Outcome:
    settings = current_settings()
    patience = Patience(
        first_seconds=settings.openai_first_token_seconds,
        stall_seconds=settings.openai_stall_seconds,
    )
    reader = Reader(lambda: model.open_stream(call, settings), patience)
    try:
        for pieces in reader.beats(running.goes_on):
            running.note_request(reader.request_id)
            if piece := "".join(pieces):
                running.add(piece)
            running.save_in_time()
    except model.ModelFailed as failure:
        return _failed(running, failure)
    finally:
        reader.close()
    return _ended(running, usage=reader.usage)


def _ended(running: Running, *, usage: model.Usage | None) -> Outcome:
    if running.interrupted:
        return _failed(running, model.ModelFailed("interrupted", "the server was stopped"))
    is_stopped = running.stop.is_set()
    if not (running.text.strip() or is_stopped):
        return _failed(running, model.ModelFailed("empty", "the model said nothing"))
    state = "stopped" if is_stopped else "done"
    return Outcome(state=state, text=running.text, seq=running.seq, usage=usage)


def _failed(running: Running, failure: model.ModelFailed) -> Outcome:
    logger.warning(
        "generation %s failed: %s %s", running.lease.generation_id, failure.code, failure.detail
    )
    return Outcome(
        state="failed",
        text=running.text,
        seq=running.seq,
        error_code=failure.code,
        error_detail=failure.detail,
    )


def _settle(lease: Lease, outcome: Outcome) -> None:
    settled = db.transact(
        lambda: settlement.settle(lease.generation_id, epoch=lease.epoch, outcome=outcome)
    )
    if settled is None:
        return
    metrics.STREAMS.labels(outcome.state).inc()
    announce("round", room_id=settled.room_id)
    for user_id in settled.user_ids:
        announce("credits", user_id=user_id)
