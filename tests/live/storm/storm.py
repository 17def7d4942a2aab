"""A thousand windows that do things in random order while things go wrong."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import psycopg

from tests.live.server import LiveServer
from tests.live.storm import check
from tests.live.storm.acts import Acts
from tests.live.storm.cast import cast
from tests.live.storm.people import Tab, truth
from tests.live.wire import Wire

KILLS = 2
SILENT_PART = 0.2
ACTS_PER_SECOND = 200
OPENING_MAX = 100
UNDER_WAY_MAX = 100
OPEN_SECONDS_MAX = 60
COUNTS_WITHIN_SECONDS = 1
AFTER_KILL_SECONDS = 10
# What is promised even if the database's word is lost.
REVOKED_WITHIN_SECONDS = 5
# A reload is forgiven for so long.
GRACE_SECONDS = 5
# Two who wait are matched by then.
WAVE_SECONDS = 10
# When a peer that says nothing has surely been noticed: a ping, its time-out, a beat.
SILENCE_SECONDS = 10 + 8 + 3


class Storm:
    """One process, its clients, and their log."""

    def __init__(
        self, server: LiveServer, connection: psycopg.Connection, chance: random.Random
    ) -> None:
        self._server = server
        self._chance = chance
        self._wire = Wire(port=server.port, origin=server.origin)
        self._acts = Acts(self._wire, connection)
        self._tabs = cast(connection)
        self._checked: list[str] = []

    def rage(self, *, seconds: float) -> list[str]:
        """What was wrong: during the storm, after it, and after a last kill."""
        self._open(self._tabs)
        for _ in range(KILLS):
            self._act(seconds=seconds / (KILLS + 1))
            self._kill()
            self._start()
        self._act(seconds=seconds / (KILLS + 1))
        found = [f"after the storm, {complaint}" for complaint in self._calm()]
        found += self._aftermath() + self._acts.answers.complaints
        if self._acts.slowest_seconds > REVOKED_WITHIN_SECONDS:
            found.append(f"a session's socket outlived it by {self._acts.slowest_seconds:.1f} s")
        return found

    def figures(self) -> list[str]:
        """What happened how often."""
        happened = [f"{times:6} {what}" for what, times in sorted(self._acts.counted.items())]
        slowest = (
            f"{self._acts.slowest_seconds:.3f} s from a session's end to its sockets', at most"
        )
        return [*happened, *self._checked, slowest]

    def _act(self, *, seconds: float) -> None:
        """Those who fall silent do so at the beginning: they are missed late."""
        next_at = began = time.monotonic()
        while next_at < began + seconds:
            self._wire.run(_reached(next_at), seconds_max=seconds)
            self._let_it_catch_up()
            has_silence = next_at < began + seconds * SILENT_PART
            self._do_something(self._chance.choice(self._tabs), has_silence=has_silence)
            next_at = max(next_at + 1 / ACTS_PER_SECOND, time.monotonic())

    def _let_it_catch_up(self) -> None:
        """A server that is behind, since the machine is slow or busy, is asked nothing more first.

        What is promised of how soon things happen isn't promised of a machine that can't keep up.
        """
        self._wire.run(
            lambda: sum(map(_is_under_way, self._tabs)) < UNDER_WAY_MAX,
            seconds_max=OPEN_SECONDS_MAX,
        )

    def _do_something(self, tab: Tab, *, has_silence: bool) -> None:
        acts = self._acts
        if tab.is_here:
            often = [acts.leave, acts.cut, acts.reload, acts.join_pool, acts.enter_room] * 3
            seldom = [acts.leave_pool, acts.leave_room, acts.revoke]
            silence = [acts.fall_silent] if has_silence else []
            self._chance.choice([*often, *seldom, *silence])(tab)
        elif tab.client is None and self._opening() < OPENING_MAX:
            acts.open(tab)

    def _calm(self) -> list[str]:
        """Waits for what is under way, and for those who fell silent to be missed."""
        self._settle()
        latest = max((since for since, _ in self._acts.silent), default=0)
        self._wire.run(_reached(latest + SILENCE_SECONDS), seconds_max=SILENCE_SECONDS)
        self._settle()
        now = time.monotonic()
        so = truth(self._tabs)
        self._checked.append(
            f"checked: {so.connections} connections, {so.people} people, {so.waiting} waiting,"
            f" {len(so.here)} rooms"
        )
        return check.complaints(
            self._wire,
            self._tabs,
            counts_by=now + COUNTS_WITHIN_SECONDS,
            here_by=now + GRACE_SECONDS + COUNTS_WITHIN_SECONDS,
            waiting_by=now + GRACE_SECONDS + WAVE_SECONDS + COUNTS_WITHIN_SECONDS,
        )

    def _aftermath(self) -> list[str]:
        """A kill, and half of them come back: no ghosts, as soon as that is promised."""
        self._kill()
        killed_at = time.monotonic()
        self._start()
        self._open(self._tabs[::2])
        self._settle()
        by = max(killed_at + AFTER_KILL_SECONDS, time.monotonic() + COUNTS_WITHIN_SECONDS)
        found = check.complaints(self._wire, self._tabs, counts_by=by, here_by=by, waiting_by=by)
        return [f"after the last kill, {complaint}" for complaint in found]

    def _kill(self) -> None:
        self._acts.is_server_down = True
        self._server.kill()
        everybody_knows = self._wire.run(
            lambda: all(tab.client is None for tab in self._tabs), seconds_max=OPEN_SECONDS_MAX
        )
        assert everybody_knows
        self._acts.silent.clear()
        self._acts.counted["killed"] += 1

    def _start(self) -> None:
        self._server.start()
        self._acts.is_server_down = False

    def _open(self, tabs: list[Tab]) -> None:
        for tab in tabs:
            self._wire.run(lambda: self._opening() < OPENING_MAX, seconds_max=OPEN_SECONDS_MAX)
            self._acts.open(tab)
        self._settle()

    def _settle(self) -> None:
        """Until nobody waits for an answer, and those whose session is over are out."""

        def is_settled() -> bool:
            return not any(_is_under_way(tab) for tab in self._tabs)

        if not self._wire.run(is_settled, seconds_max=OPEN_SECONDS_MAX):
            stuck = sum(_is_under_way(tab) for tab in self._tabs)
            self._acts.answers.complaints.append(f"{stuck} tabs wait for ever")

    def _opening(self) -> int:
        return sum(tab.client is not None and not tab.is_here for tab in self._tabs)


def _is_under_way(tab: Tab) -> bool:
    if tab.client is None:
        return False
    is_asking = tab.sign_in is not None and tab.sign_in.member.asking is not None
    return not tab.is_here or tab.is_entering or is_asking or tab.is_revoked


def _reached(at: float) -> Callable[[], bool]:
    return lambda: time.monotonic() >= at
