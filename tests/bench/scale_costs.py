"""What so many connected people need: arithmetic from what was measured, and nothing else.

What people do is assumed, in `Habits`. What things cost was measured, in `Costs`, each with the
bench that says so. `scale_tables.py` has what `docs/scale.md` shows of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from potluck.database import POOL_CONNECTIONS_MAX
from potluck.live import COUNT_EVERY_SECONDS, READ_EVERY_SECONDS, WRITE_EVERY_SECONDS
from potluck.live.presence import GRACE_SECONDS
from potluck.quick_reads import CONNECTIONS_MAX
from potluck.rooms import ORDERS_EVERY_SECONDS
from potluck.rooms.matching import PEOPLE_MAX as SEATS
from potluck.rooms.running import SAVE_EVERY_SECONDS


@dataclass(frozen=True)
class Habits:
    """Of an evening: shares of the people who are connected, and seconds."""

    # Each stays so long, and whoever goes is followed by somebody who comes.
    stay_seconds: float = 600
    second_tabs: float = 0.05
    # Those who sit in rooms of four have a round every so often; its text takes so long.
    at_rooms: float = 0.2
    round_seconds: float = 60
    writing_seconds: float = 12
    # Of those who come.
    join_pool: float = 0.2
    page_seconds: float = 60


@dataclass(frozen=True)
class Costs:
    """Seconds of one core, on the machine of docs/speed.md."""

    # docs/speed.md, the sockets.
    connection_bytes: float = 29_100
    connect: float = 1 / 1_160
    delivery: float = 1 / 105_000
    # docs/performance.md, the mean of landing, home and room.
    page: float = 0.017
    # tests.bench.streams, twenty rounds: one text for a second, read and told to four people.
    stream_second: float = 0.0116
    deltas_per_stream_second: float = 17
    # tests.bench.scale: what comes from the bus, and what PostgreSQL announces, for nobody here.
    bus_message: float = 0.000_065
    notice: float = 0.000_008
    # Nothing was ordered, or somebody else has taken it.
    order_asked: float = 0.000_4
    presence_push: float = 0.003
    # The same, in PostgreSQL, but for the match, during which both work and others wait.
    row_written: float = 0.000_015
    row_counted: float = 0.000_001_2
    text_saved: float = 0.000_05
    order_looked_for: float = 0.000_1
    match: float = 0.025
    # tests.bench.race, roughly: what a share of a round takes PostgreSQL to hold and settle.
    share: float = 0.000_8


@dataclass(frozen=True)
class Limits:
    """Beyond so much of a core or a lock, each hiccup makes a queue that stays."""

    busy: float = 0.6
    # What a large machine gives PostgreSQL, and as many connections as it serves well.
    postgres_cores: float = 32
    postgres_connections: float = 1_000


HABITS, COSTS, LIMITS = Habits(), Costs(), Limits()


def notices_of_round(people: int) -> int:
    """Of each line, the order, who pays, the end, and who paid."""
    return people + 1 + people + 1 + people


@dataclass(frozen=True)
class Load:
    """So many people at once, over so many processes; rates are a second's."""

    people: float
    habits: Habits = HABITS
    costs: Costs = COSTS

    @property
    def connections(self) -> float:
        return self.people * (1 + self.habits.second_tabs)

    @property
    def arrivals(self) -> float:
        return self.people / self.habits.stay_seconds

    @property
    def rooms(self) -> float:
        return self.people * self.habits.at_rooms / SEATS

    @property
    def texts(self) -> float:
        """Written at the same moment."""
        return self.rooms * self.habits.writing_seconds / self.habits.round_seconds

    @property
    def rounds(self) -> float:
        return self.rooms / self.habits.round_seconds

    @property
    def onlooker_rows(self) -> float:
        """Whoever has left is still there for the grace."""
        return (self.people + self.arrivals * GRACE_SECONDS) * self.habits.at_rooms

    @property
    def presence_rows(self) -> float:
        return self.connections + self.onlooker_rows

    @property
    def onlooker_changes(self) -> float:
        """Somebody came to a room or went."""
        return 2 * self.arrivals * self.habits.at_rooms

    @property
    def rows_written(self) -> float:
        """Of presence: each row is made and removed."""
        return 2 * self.arrivals * (1 + self.habits.second_tabs + self.habits.at_rooms)

    @property
    def deltas(self) -> float:
        """Each of which is a message on the bus."""
        return self.texts * self.costs.deltas_per_stream_second

    def saves(self, processes: int) -> float:
        """Each writes all of its texts in one statement."""
        return min(processes, self.texts) / SAVE_EVERY_SECONDS

    @property
    def matches(self) -> float:
        """Rooms made out of the pool."""
        return self.arrivals * self.habits.join_pool / SEATS

    def batches(self, processes: int) -> float:
        """Statements that write presence: each process has one a beat, if something changed.

        People come and go by chance, so that with few of them there is nothing in some beats.
        """
        changes = self.rows_written * WRITE_EVERY_SECONDS / processes
        return (1 - math.exp(-changes)) * processes / WRITE_EVERY_SECONDS

    def presence_notices(self, processes: int) -> float:
        """What PostgreSQL tells every process: of each batch, of who comes to a room and goes."""
        return self.batches(processes) + self.onlooker_changes

    def notices(self, processes: int) -> float:
        """All of it: that a round is opened, of each line, the order and the end, and who paid."""
        return self.presence_notices(processes) + self.rounds * (1 + notices_of_round(SEATS))

    def order_questions(self, processes: int) -> float:
        """Those ask at once to whom the room's people are connected, and all on their beat."""
        return self.rounds * min(SEATS, processes) + processes / ORDERS_EVERY_SECONDS

    @property
    def live_cores(self) -> float:
        """What all live processes do together, however many they are."""
        told = self.connections / COUNT_EVERY_SECONDS
        return (
            self.arrivals * (1 + self.habits.second_tabs) * self.costs.connect
            + told * self.costs.delivery
            + self.texts * self.costs.stream_second
            + SEATS * self.onlooker_changes * self.costs.presence_push
        )

    def each_live_process(self, processes: int, *, has_channels: bool) -> float:
        """What each does besides, of a core. With `has_channels` it hears its own rooms alone."""
        heard = self.deltas
        if has_channels:
            heard *= min(1, (SEATS - 1) / processes)
        orders = self.order_questions(processes) / processes * self.costs.order_asked
        return heard * self.costs.bus_message + self.notices(processes) * self.costs.notice + orders

    def live_processes(self, *, has_channels: bool) -> int | None:
        """As few as carry it; None where more of them carry no more."""
        for processes in range(1, 10_000):
            left = LIMITS.busy - self.each_live_process(processes, has_channels=has_channels)
            if left > 0 and processes * left >= self.live_cores:
                return processes
        return None

    @property
    def web_processes(self) -> int:
        pages = self.people / self.habits.page_seconds
        return math.ceil(pages * self.costs.page / LIMITS.busy)

    def counting_cores(self, processes: int) -> float:
        """Of PostgreSQL's, for each process to count who is on the others; one after the other."""
        seconds = self.connections * self.costs.row_counted
        return processes * seconds / (READ_EVERY_SECONDS + seconds)

    @property
    def writing_cores(self) -> float:
        """Of PostgreSQL's, for rows of presence, texts and money."""
        return (
            self.rows_written * self.costs.row_written
            + self.texts / SAVE_EVERY_SECONDS * self.costs.text_saved
            + SEATS * self.rounds * self.costs.share
        )

    def postgres_connections(self, live_processes: int) -> float:
        """At most: those that are in use are fewer."""
        each = POOL_CONNECTIONS_MAX + CONNECTIONS_MAX
        return live_processes * (each + 1) + self.web_processes * each

    def strains(self, processes: int) -> dict[str, float]:
        """How much of what each part can bear; above 1 it breaks."""
        return {
            "the bus, of what a process can hear": self.deltas
            * self.costs.bus_message
            / LIMITS.busy,
            "counting people, of PostgreSQL": self.counting_cores(processes)
            / LIMITS.busy
            / LIMITS.postgres_cores,
            "matching, of its one lock": self.matches * self.costs.match / LIMITS.busy,
            "presence, texts and money, of PostgreSQL": self.writing_cores
            / LIMITS.busy
            / LIMITS.postgres_cores,
            "orders, of PostgreSQL": self.order_questions(processes)
            * self.costs.order_looked_for
            / LIMITS.busy
            / LIMITS.postgres_cores,
            "connections to PostgreSQL": self.postgres_connections(processes)
            / LIMITS.postgres_connections,
            "announcements, of what a process can hear": self.notices(processes)
            * self.costs.notice
            / LIMITS.busy,
        }
