"""How often a room is told of what a model says."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent
import pytest
from gevent.event import Event

from potluck.rooms import model, reading, writing
from potluck.rooms.leases import Lease
from potluck.rooms.model import Usage
from potluck.rooms.provider import ModelFailed
from potluck.rooms.reading import BEAT_SECONDS, Patience, Reader
from potluck.rooms.running import Running
from tests.rooms.conftest import Table

PATIENCE = Patience(first_seconds=5, stall_seconds=5)


class Said:
    """A stream that says these, one after the other, and perhaps breaks."""

    request_id: str | None = None
    usage: Usage | None = None

    def __init__(self, *items: str, is_gathered: bool, breaks: bool = False) -> None:
        self._items = items
        self._breaks = breaks
        self.is_gathered = is_gathered

    def __iter__(self) -> Iterator[str]:
        yield from self._items
        if self._breaks:
            raise ModelFailed("stream_cut", "the script says so")

    def close(self) -> None: ...


class Silent:
    """A stream that never says anything."""

    request_id: str | None = None
    usage: Usage | None = None
    is_gathered = True

    def __iter__(self) -> Iterator[str]:
        Event().wait()
        yield ""

    def close(self) -> None: ...


def test_what_was_gathered_is_told_at_once_and_then_nothing_is_read_for_a_beat() -> None:
    told: list[list[str]] = []
    began = time.monotonic()
    reader = Reader(lambda: Said("a", "b", "c", is_gathered=True), PATIENCE, told.append)
    left = [item for items in reader.beats(lambda: True) for item in items]
    assert (told, left) == ([["a"], ["b"], ["c"]], [])
    # The loop's clock is read once a round.
    assert time.monotonic() - began >= 2.9 * BEAT_SECONDS


def test_of_what_comes_piece_by_piece_the_rest_of_a_beat_is_told_together() -> None:
    told: list[list[str]] = []
    reader = Reader(lambda: Said("a", "b", "c", is_gathered=False), PATIENCE, told.append)
    assert list(reader.beats(lambda: True)) == [["b", "c"]]
    assert told == [["a"]]


def test_what_came_before_a_break_is_taken_first() -> None:
    reader: Reader[str] = Reader(lambda: Said("a", is_gathered=False, breaks=True), PATIENCE)
    beats = reader.beats(lambda: True)
    assert next(beats) == ["a"]
    with pytest.raises(ModelFailed):
        next(beats)


def test_a_text_that_is_stopped_ends_before_the_next_look(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LOOK_SELDOM_SECONDS", 600)
    monkeypatch.setattr(reading, "LOOK_SECONDS", 600)
    monkeypatch.setattr(model, "open_stream", lambda _call, _settings: Silent())
    table.add_lines("A frog who sings.")
    table.start()
    order = table.round.generation
    assert order
    running = Running(Lease(order.id, 1), room_id=table.room_id)
    write = writing.prepare(order)
    gevent.spawn(running.stop.set)
    with gevent.Timeout(60):
        assert write(running).state == "stopped"
