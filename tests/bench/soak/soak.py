"""Many tables at once, on one loop: who plays, until when, and what was wrong with it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator

import psycopg

from tests.bench.soak.figures import Figures
from tests.bench.soak.pages import Pages
from tests.bench.soak.seat import Seat
from tests.bench.soak.table import Play, Table, place
from tests.bench.soak.watch import Watch
from tests.live import population
from tests.live.server import LiveServer
from tests.live.wire import Wire

SEATS = 4
CREDITS = 100_000
# Nothing that a table waits for takes longer, but by mistake.
STEP_SECONDS_MAX = 60
# Tables that fill at once: it is what is played at them that is measured.
GATHERING_MAX = 4
READ_SECONDS = 0.01
ROWS = "SELECT id, text, state FROM generations"


class Soak:
    """One server, and everybody at its tables."""

    def __init__(
        self,
        server: LiveServer,
        connection: psycopg.Connection,
        *,
        rooms: int,
        seed: int,
        haste: float,
    ) -> None:
        self.complaints: list[str] = []
        self.figures = Figures()
        self.wire = Wire(port=server.port, origin=server.origin)
        self.pages = Pages(port=server.port, origin=server.origin, complaints=self.complaints)
        self.watch = Watch(server.pid)
        self._connection = connection
        self._tables = self._seated(rooms, random.Random(seed), haste)  # noqa: S311

    def run(self, *, seconds: float) -> None:
        """Returns once every table has played to the end of its last round."""
        for at in range(0, len(self._tables), GATHERING_MAX):
            self._all(table.gather() for table in self._tables[at : at + GATHERING_MAX])
        self.watch.begin()
        until = time.monotonic() + seconds
        self._all(table.play(until=until) for table in self._tables)
        self.watch.end()
        self.pages.close()
        self.complaints += self.watch.complaints()
        self.complaints += self._wrong_texts()

    def lines(self) -> Iterator[str]:
        """The figures, for people."""
        yield from self.figures.lines()
        yield from self.watch.lines()
        cpu_seconds = self.watch.cpu_seconds
        yield f"{cpu_seconds:.1f} CPU s, {cpu_seconds / max(self.figures.rounds, 1):.3f} a round"

    def _all(self, plays: Iterable[Play]) -> None:
        turns = [_Turn(play, self.complaints) for play in plays]
        while turns:
            self.wire.read(READ_SECONDS)
            turns = [turn for turn in turns if turn.goes_on()]
            self.watch.look_in_time()

    def _seated(self, rooms: int, chance: random.Random, haste: float) -> list[Table]:
        people = population.make_members(self._connection, people=rooms * SEATS, credits=CREDITS)
        cookies = population.sign_in(self._connection, people)
        seats = [Seat(self, number=n, cookie=cookie) for n, cookie in enumerate(cookies)]
        tables = [seats[at : at + SEATS] for at in range(0, len(seats), SEATS)]
        return [
            Table(self, each, random.Random(chance.random()), haste=haste)  # noqa: S311
            for each in tables
        ]

    def _wrong_texts(self) -> Iterator[str]:
        """Every client had each text as its row keeps it, and nothing failed."""
        for number, text, state in self._connection.execute(ROWS).fetchall():
            if state not in {"done", "stopped"}:
                yield f"generation {number} is {state}"
            for other in self.figures.texts.pop(number, {text}) - {text}:
                yield (
                    f"generation {number} has {len(text)} characters, and somebody another text"
                    f" of {len(other)}"
                )
        yield from (f"there is no generation {number}" for number in self.figures.texts)


class _Turn:
    """A table's play, as far as it has come."""

    def __init__(self, play: Play, complaints: list[str]) -> None:
        self._play = play
        self._complaints = complaints
        self._is_ready: Callable[[], bool] = lambda: True
        self._since = time.monotonic()

    def goes_on(self) -> bool:
        """Takes every step whose time has come; false once there is none left."""
        while self._is_ready():
            try:
                self._is_ready = next(self._play)
            except StopIteration:
                return False
            self._since = time.monotonic()
        if time.monotonic() - self._since < STEP_SECONDS_MAX:
            return True
        self._complaints.append(f"a table is stuck: {place(self._play)}")
        return False
