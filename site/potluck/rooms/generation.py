"""Runs orders: dispatch, stream, settle. One greenlet reads the model, one tells the room."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator

import gevent
from gevent.event import Event
from gevent.queue import Empty, SimpleQueue

from potluck import metrics
from potluck.announcements import announce
from potluck.credits import holds
from potluck.database import db
from potluck.jobs import Jobs
from potluck.live import broadcasts
from potluck.live.protocol import Delta, TextSince
from potluck.logs import about
from potluck.rooms import leases, model, settlement
from potluck.rooms.leases import Lease, LeaseLost
from potluck.rooms.models import Generation
from potluck.rooms.settlement import Outcome
from potluck.settings import current_settings

logger = logging.getLogger(__name__)

# Chunks are gathered for so long before the room hears of them: below what an eye notices.
BEAT_SECONDS = 0.06
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
        # Where the text stood before each of the last deltas.
        self._starts: deque[int] = deque(maxlen=MISSED_DELTAS_MAX)

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
    call = model.Call(
        model=order.price.model,
        messages=order.messages,
        output_tokens_max=order.output_tokens_max,
        room_id=running.room_id,
    )
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
    reader = _Reader(call)
    try:
        for piece in reader.beats(running):
            running.add(piece)
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


class _Reader:
    """Calls the model and reads it in a greenlet of its own.

    So the lease is renewed while a model thinks, and a silent one can be stopped.
    """

    def __init__(self, call: model.Call) -> None:
        self._call = call
        # The greenlet has no application context of its own.
        self._settings = current_settings()
        self._stream: model.ModelStream | None = None
        self._has_noted_request = False
        self._failure: model.ModelFailed | None = None
        self._queue: SimpleQueue[str | model.ModelFailed | None] = SimpleQueue()
        self._greenlet = gevent.spawn(self._read)

    def beats(self, running: Running) -> Iterator[str]:
        """Yields what came in each beat, until the end, a stop, or `ModelFailed`."""
        while not running.stop.is_set() and len(running.text) < TEXT_CHARACTERS_MAX:
            self._note_request(running.lease)
            gathered, has_ended = self._gather()
            if gathered:
                yield gathered[: TEXT_CHARACTERS_MAX - len(running.text)]
            if self._failure:
                raise self._failure
            running.save_in_time()
            if has_ended:
                return
            gevent.sleep(BEAT_SECONDS)

    def close(self) -> None:
        """Closes the call: what upstream would still write is not paid for."""
        self._greenlet.kill(block=False)
        if self._stream:
            self._stream.close()

    @property
    def usage(self) -> model.Usage | None:
        """What the provider counted, once it has said so."""
        return self._stream.usage if self._stream else None

    def _note_request(self, lease: Lease) -> None:
        if self._stream and not self._has_noted_request:
            leases.note_request(lease, self._stream.request_id)
            self._has_noted_request = True

    def _read(self) -> None:
        try:
            self._stream = model.open_stream(self._call, self._settings)
            for piece in self._stream:
                self._queue.put(piece)
            self._queue.put(None)
        except model.ModelFailed as failure:
            self._queue.put(failure)
        except Exception as error:
            # Whatever it was, whoever waits for the end must hear of it.
            logger.exception("reading the model failed")
            self._queue.put(model.ModelFailed("internal_error", repr(error)))

    def _gather(self) -> tuple[str, bool]:
        pieces: list[str] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return "".join(pieces), False
            if item is None:
                return "".join(pieces), True
            if isinstance(item, model.ModelFailed):
                # Raised by the caller, once it has shown what came before.
                self._failure = item
                return "".join(pieces), True
            pieces.append(item)
