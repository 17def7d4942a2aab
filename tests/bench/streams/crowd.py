"""Rooms of four that have a text written at the same time, and sockets that follow each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from sqlalchemy import func, select

from potluck.database import db
from potluck.rooms import orders, rooms, rounds, starting
from potluck.rooms.models import Room, Round
from potluck.rooms.recipes import DEFAULT_SLUG, recipe
from tests.live import population
from tests.live.server import LiveServer
from tests.live.wire import Wire, event_of

MEMBERS = "/members"
SEATS = 4
CREDITS = 1_000_000
LINE = "A lighthouse keeper who fears the dark, and the moth that keeps them company."
DELTA = b'42/members,["delta",'
SECONDS_MAX = 60
CONNECTING_MAX = 50


class Crowd:
    """The rooms of one server. Rounds are begun by the app's own code, in this process."""

    def __init__(self, server: LiveServer, connection: psycopg.Connection, *, count: int) -> None:
        self.wire = Wire(port=server.port, origin=server.origin)
        # What each room was told, and when the last of its clients heard it.
        self.heard_at: dict[bytes, float] = {}
        self.deliveries = 0
        self._rooms = self._seated(connection, count)
        self._begun = 0

    def begin_rounds(self, count: int) -> None:
        """As many more as make it so many, each in a room of its own, with a line of everybody."""
        for room_id in self._rooms[self._begun : count]:
            _begin_round(room_id)
            self.wire.read(0)
        self._begun = max(self._begun, count)

    def rounds_left(self) -> int:
        """How many are still being written, or wait for it."""
        query = select(func.count()).select_from(Round).filter_by(phase="generating")
        left = db.session.scalar(query) or 0
        db.session.remove()
        return left

    def listen(self, *, seconds: float) -> None:
        """Hears for so long."""
        until = time.monotonic() + seconds
        while (left_seconds := until - time.monotonic()) > 0:
            self.wire.read(left_seconds)

    @property
    def lost(self) -> int:
        """How many deliveries are missing of what at least one of a room was told."""
        return SEATS * len(self.heard_at) - self.deliveries

    def deltas_since(self, first: float) -> list[tuple[dict[str, Any], float]]:
        """Each delta, and when the last of its room heard it."""
        heard = [(packet, at) for packet, at in self.heard_at.items() if at >= first]
        return [(event_of(packet)[1], at) for packet, at in heard]

    def _seated(self, connection: psycopg.Connection, count: int) -> list[int]:
        people = population.make_members(connection, people=count * SEATS, credits=CREDITS)
        cookies = population.sign_in(connection, people)
        made, codes = [], []
        for at in range(0, len(people), SEATS):
            room = rooms.create_room(people[at : at + SEATS])
            rounds.open_round(room, recipe(DEFAULT_SLUG))
            made.append(room.id)
            codes += [room.code] * SEATS
            db.session.commit()
        db.session.remove()
        self._come(cookies, codes)
        return made

    def _come(self, cookies: Sequence[str], codes: Sequence[str]) -> None:
        """Everybody connects and enters their room, so many at a time."""
        for at in range(0, len(cookies), CONNECTING_MAX):
            numbers = range(at, min(at + CONNECTING_MAX, len(cookies)))
            self._let_in(numbers, cookies, codes)

    def _let_in(self, numbers: range, cookies: Sequence[str], codes: Sequence[str]) -> None:
        clients = [
            self.wire.connect(MEMBERS, cookie=cookies[n], source=population.source(n))
            for n in numbers
        ]
        self._wait(lambda: all(each.is_joined for each in clients))
        answers: list[dict[str, Any]] = []
        for number, client in zip(numbers, clients, strict=True):
            client.heard = self._hear
            wish = {"code": codes[number], "last_seq": 0}
            client.ask("enter_room", wish, namespace=MEMBERS, answered=answers.append)
        self._wait(lambda: len(answers) == len(clients))
        assert all(answer["ok"] for answer in answers), answers[:3]

    def _wait(self, until: Callable[[], bool]) -> None:
        assert self.wire.run(until, seconds_max=SECONDS_MAX), "the server answers too slowly"

    def _hear(self, packet: bytes) -> None:
        """The same bytes go to everybody in a room, so they say which delta it is."""
        if packet.startswith(DELTA):
            self.heard_at[packet] = time.time()
            self.deliveries += 1


def _begin_round(room_id: int) -> None:
    room = db.session.get_one(Room, room_id)
    for member in room.members:
        rounds.contribute(room, user_id=member.user_id, line=LINE)
    db.session.commit()
    starting.start(room, lambda: orders.order(room))
    db.session.remove()
