"""What four people do at one table, round after round, each step when its time has come."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Sequence
from types import GeneratorType
from typing import TYPE_CHECKING

from tests.bench.soak.pages import Reply
from tests.bench.soak.seat import Seat

if TYPE_CHECKING:
    from tests.bench.soak.soak import Soak

# Yields what it waits for.
Play = Generator[Callable[[], bool], None, None]

LINE = "A lighthouse keeper who fears the dark, and the moth that keeps them company."
# Somebody writes for so long, looks at what came for so long, and reloads for so long.
LINE_SECONDS, READING_SECONDS, RELOAD_SECONDS = (3.0, 25.0), (2.0, 8.0), (0.0, 0.6)
# When something happens in a text that takes about three seconds.
INCIDENT_SECONDS = (0.0, 2.5)
# How often in a hundred rounds.
LEAVES, STOPS, RELOADS = 10, 10, 40


class Table:
    """A room with its people."""

    def __init__(
        self, soak: Soak, seats: Sequence[Seat], chance: random.Random, *, haste: float
    ) -> None:
        self._soak = soak
        self._haste = haste
        self._seats = list(seats)
        self._chance = chance

    def gather(self) -> Play:
        """Opens the room; the others join."""
        for seat in self._seats:
            page = seat.get("/pool")
            yield from _answered(page)
            seat.take_token(page)
        host = self._seats[0]
        made = host.post("/rooms")
        yield from _answered(made)
        for seat in self._seats:
            seat.code = made.location.rpartition("/")[2]
            if seat is not host:
                yield from _answered(seat.post(f"/rooms/{seat.code}/join"))
            yield from self._come(seat)

    def play(self, *, until: float) -> Play:
        """A round at least, and each that has begun is played to its end."""
        while True:
            yield from self._round()
            if time.monotonic() >= until:
                break
            yield from self._open_next()
        for seat in self._seats:
            seat.close(with_a_word=True)

    def _round(self) -> Play:
        number = self._seats[0].round_number
        leaver = self._chance.choice(self._seats) if self._happens(LEAVES) else None
        if leaver:
            leaver.close(with_a_word=True)
            yield from _answered(leaver.post(f"/rooms/{leaver.code}/leave"))
        writers = [seat for seat in self._seats if seat is not leaver]
        yield from self._write(writers)
        yield lambda: all(seat.phase != "collecting" for seat in writers)
        if leaver:
            yield from self._pause(INCIDENT_SECONDS)
            yield from _answered(leaver.post(f"/rooms/{leaver.code}/join"))
            yield from self._come(leaver)
        elif self._happens(STOPS):
            yield from self._pause(INCIDENT_SECONDS)
            yield from _answered(self._chance.choice(writers).act("generation/stop"))
        elif self._happens(RELOADS):
            yield from self._pause(INCIDENT_SECONDS)
            yield from self._reload(self._chance.choice(writers))
        yield lambda: all(seat.is_past(number) for seat in self._seats)
        self._soak.figures.note_round(self._seats)

    def _open_next(self) -> Play:
        number = self._seats[0].round_number
        yield from self._pause(READING_SECONDS, haste=self._haste)
        yield from _answered(self._chance.choice(self._seats).act("rounds"))
        yield lambda: all(seat.round_number == number + 1 for seat in self._seats)

    def _write(self, writers: Sequence[Seat]) -> Play:
        """Each adds a line at a time of their own; now and then all press the button at once."""
        are_together = self._happens(10)
        began = time.monotonic()
        first, last = LINE_SECONDS
        pauses = [first if are_together else self._chance.uniform(first, last) for _ in writers]
        replies = []
        for pause, seat in sorted(zip(pauses, writers, strict=True), key=lambda each: each[0]):
            yield _reached(began + pause / self._haste)
            replies.append(seat.act("contribution", line=LINE))
        for reply in replies:
            yield from _answered(reply)

    def _reload(self, seat: Seat) -> Play:
        seat.close(with_a_word=self._happens(50))
        yield from self._pause(RELOAD_SECONDS)
        yield from _answered(seat.get(f"/rooms/{seat.code}"))
        yield from self._come(seat)

    def _come(self, seat: Seat) -> Play:
        seat.open()
        yield lambda: seat.is_connected
        seat.enter()
        yield lambda: seat.is_here

    def _pause(self, seconds: tuple[float, float], *, haste: float = 1) -> Play:
        yield _reached(time.monotonic() + self._chance.uniform(*seconds) / haste)

    def _happens(self, of_hundred: int) -> bool:
        return self._chance.randrange(100) < of_hundred


def place(play: Play) -> str:
    """The step that it waits in."""
    assert isinstance(play, GeneratorType)
    while isinstance(play.gi_yieldfrom, GeneratorType):
        play = play.gi_yieldfrom
    assert play.gi_frame
    return f"{play.gi_code.co_name}, line {play.gi_frame.f_lineno}"


def _answered(reply: Reply) -> Play:
    yield lambda: reply.is_here


def _reached(at: float) -> Callable[[], bool]:
    return lambda: time.monotonic() >= at
