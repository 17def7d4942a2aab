"""Has a text written: every beat's part of it goes to the room, and all of it into the outcome."""

from __future__ import annotations

from collections.abc import Callable

from potluck.rooms import capabilities, model
from potluck.rooms.model import Call, Usage
from potluck.rooms.models import Generation
from potluck.rooms.provider import ModelFailed
from potluck.rooms.reading import Patience, Reader
from potluck.rooms.running import Running
from potluck.rooms.settlement import Outcome
from potluck.settings import Settings, current_settings


def prepare(order: Generation) -> Callable[[Running], Outcome]:
    """What writes it, once the order is marked as sent."""
    call, settings = model.call(order, capabilities.of(order.price.model)), current_settings()
    return lambda running: _write(running, call, settings)


def _write(running: Running, call: Call, settings: Settings) -> Outcome:
    patience = Patience(
        first_seconds=settings.openai_first_token_seconds,
        stall_seconds=settings.openai_stall_seconds,
    )
    reader = Reader(lambda: model.open_stream(call, settings), patience, tell=running.add)
    running.stop.rawlink(reader.wake)
    try:
        for pieces in reader.beats(running.goes_on):
            running.note_request(reader.request_id)
            running.add(pieces)
            running.save_in_time()
    except ModelFailed as failure:
        return running.failed(failure)
    finally:
        reader.close()
    return _ended(running, usage=reader.usage)


def _ended(running: Running, *, usage: Usage | None) -> Outcome:
    if running.interrupted:
        return running.failed(ModelFailed("interrupted", "the server was stopped"))
    is_stopped = running.stop.is_set()
    if not (running.text.strip() or is_stopped):
        return running.failed(ModelFailed("empty", "the model said nothing"))
    state = "stopped" if is_stopped else "done"
    return Outcome(state=state, text=running.text, seq=running.seq, usage=usage)
