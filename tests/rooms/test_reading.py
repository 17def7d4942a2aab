"""How often a room is told of what a model says."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from potluck.rooms.model import Usage
from potluck.rooms.provider import ModelFailed
from potluck.rooms.reading import BEAT_SECONDS, Patience, Reader

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
