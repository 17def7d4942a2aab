"""Work goes on while some of it waits, and nobody waits for all of it."""

from __future__ import annotations

from contextvars import ContextVar

import gevent
import pytest
from gevent.event import Event

from potluck.crew import IDLE_MAX, Crew

FEW = 5
SECONDS_MAX = 20

_said: ContextVar[str] = ContextVar("_said", default="nothing")


@pytest.fixture
def crew() -> Crew:
    return Crew()


def test_whoever_waits_holds_nobody_up(crew: Crew) -> None:
    is_there, is_done = Event(), Event()
    crew.do(is_there.wait)
    crew.do(is_done.set)
    assert is_done.wait(SECONDS_MAX)
    is_there.set()


def test_what_comes_one_after_the_other_is_done_by_one_greenlet(crew: Crew) -> None:
    workers = [_worker(crew) for _ in range(FEW)]
    assert len(set(workers)) == 1


def test_a_crowd_is_kept_no_longer_than_there_is_work(crew: Crew) -> None:
    is_there, done = Event(), []
    for _ in range(2 * IDLE_MAX):
        crew.do(lambda: done.append(is_there.wait(SECONDS_MAX)))
    _worker(crew)
    is_there.set()
    with gevent.Timeout(SECONDS_MAX):
        while len(done) < 2 * IDLE_MAX:
            gevent.sleep(0)
    assert len(crew._idle) <= IDLE_MAX


def test_the_clock_gets_its_turn_however_much_there_is_to_do(crew: Crew) -> None:
    is_over = Event()
    pieces: list[int] = []

    def go_on() -> None:
        pieces.append(len(pieces))
        if not is_over.is_set() and len(pieces) < PIECES_MAX:
            crew.do(go_on)

    gevent.spawn_later(0.01, is_over.set)
    crew.do(go_on)
    assert is_over.wait(SECONDS_MAX)
    assert len(pieces) < PIECES_MAX


PIECES_MAX = 1_000_000


def test_what_fails_is_said_and_the_next_is_done(
    crew: Crew, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("no")

    is_done = Event()
    crew.do(fail)
    crew.do(is_done.set)
    assert is_done.wait(SECONDS_MAX)
    assert "ValueError: no" in caplog.text


def test_who_ends_their_greenlet_takes_nobody_along(crew: Crew) -> None:
    def end() -> None:
        raise gevent.GreenletExit

    is_done = Event()
    crew.do(end)
    crew.do(is_done.set)
    assert is_done.wait(SECONDS_MAX)


def test_a_timeout_that_nobody_caught_takes_nobody_along(crew: Crew) -> None:
    def end() -> None:
        raise gevent.Timeout(1)

    is_done = Event()
    crew.do(end)
    crew.do(is_done.set)
    assert is_done.wait(SECONDS_MAX)


def test_what_work_says_of_itself_is_forgotten_with_it(crew: Crew) -> None:
    heard: list[str] = []
    is_done = Event()
    crew.do(_said.set, "something")
    crew.do(lambda: heard.append(_said.get()))
    crew.do(is_done.set)
    assert is_done.wait(SECONDS_MAX)
    assert heard == ["nothing"]


def _worker(crew: Crew) -> int:
    """Which greenlet does the next piece."""
    workers: list[int] = []
    is_done = Event()
    crew.do(lambda: workers.append(id(gevent.getcurrent())))
    crew.do(is_done.set)
    assert is_done.wait(SECONDS_MAX)
    return workers[0]
