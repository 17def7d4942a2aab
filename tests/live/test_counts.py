"""How many are connected, and how many people that is, whichever process they are on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from potluck.live import broadcasts, crowd
from tests.live import population
from tests.live.beside import Beside
from tests.live.wire import Wire
from tests.stack import Stack
from tests.stopped import stopped
from tests.visitors import Socket, Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]

EXACT_WITHIN_SECONDS = 1
EXACT_AFTER_A_DEATH_WITHIN_SECONDS = 10
# What the machine may add while other tests run on it.
SLACK_SECONDS = 1
LEASE_SECONDS = 6


def test_two_processes_count_together(visitor: VisitorFactory, beside: Beside) -> None:
    watchers = [visitor().connect("/"), beside.visit().connect("/")]
    before = _settled(watchers)
    newcomer = beside.visit().connect("/")
    after = {name: number + 1 for name, number in before.items()}
    for watcher in watchers:
        _hear(watcher, after, seconds=EXACT_WITHIN_SECONDS)
    newcomer.close()
    for watcher in watchers:
        _hear(watcher, before, seconds=EXACT_WITHIN_SECONDS)


@pytest.mark.fault("S7")
def test_five_tabs_two_browsers_and_a_phone_are_one_person_with_one_place_in_the_pool(
    visitor: VisitorFactory, beside: Beside, sql: Sql
) -> None:
    watcher = visitor().connect("/")
    before = _settled([watcher])
    laptop, other = visitor().sign_in("tabs@example.com").funded(), visitor()
    other.sign_in("tabs@example.com")
    phone = beside.visit(visitor().sign_in("tabs@example.com"))
    tabs = [laptop.connect("/", "/members") for _ in range(5)]
    tabs += [other.connect("/", "/members"), phone.connect("/", "/members")]
    expected = {"connections": before["connections"] + 7, "people": before["people"] + 1}
    _hear(watcher, expected, seconds=EXACT_WITHIN_SECONDS)
    assert [tab.ask("join_pool")["waiting"] for tab in tabs] == [1] * 7
    assert sql("SELECT count(*) FROM pool_entries WHERE expires_at > now()") == [(1,)]
    assert tabs[0].ask("leave_pool") == {"ok": True, "waiting": 0}


def test_a_strangers_tabs_are_one_person_on_any_process(
    visitor: VisitorFactory, beside: Beside
) -> None:
    watcher = visitor().connect("/")
    before = _settled([watcher])
    says = {"visitor": "0123456789abcdef"}
    for browser in (visitor(), visitor(), beside.visit()):
        browser.connect("/", auth=says)
    expected = {"connections": before["connections"] + 3, "people": before["people"] + 1}
    _hear(watcher, expected, seconds=EXACT_WITHIN_SECONDS)


@pytest.mark.parametrize("visitor_id", ["", "X" * 32, "a" * 33, 7, ["a"], {"a": "b"}, None])
def test_a_made_up_id_of_another_shape_is_ignored(
    visitor: VisitorFactory, visitor_id: object
) -> None:
    watcher = visitor().connect("/")
    before = _settled([watcher])
    for _ in range(2):
        visitor().connect("/", auth={"visitor": visitor_id})
    _hear(watcher, {name: number + 2 for name, number in before.items()}, seconds=2)


@pytest.mark.fault("S8")
def test_a_process_that_is_killed_takes_its_connections_out_of_the_count(
    visitor: VisitorFactory, beside: Beside, sql: Sql
) -> None:
    watcher = visitor().connect("/")
    before = _settled([watcher])
    with _crowd(beside.url, 500):
        _hear(watcher, {name: number + 500 for name, number in before.items()}, seconds=5)
        beside.kill()
        _hear(watcher, before, seconds=EXACT_AFTER_A_DEATH_WITHIN_SECONDS)
    assert sql("SELECT count(*) FROM live_people GROUP BY process_id") == [(before["people"],)]


def test_a_process_that_stops_in_order_is_out_at_once(
    visitor: VisitorFactory, beside: Beside
) -> None:
    watcher = visitor().connect("/")
    before = _settled([watcher])
    beside.visit().connect("/")
    _hear(watcher, {name: number + 1 for name, number in before.items()}, seconds=2)
    beside.process.terminate()
    _hear(watcher, before, seconds=LEASE_SECONDS - 1)


def test_a_process_that_slept_past_its_lease_counts_again_when_it_goes_on(
    visitor: VisitorFactory, beside: Beside
) -> None:
    watcher, sleeper = visitor().connect("/"), beside.visit().connect("/")
    both = _settled([watcher, sleeper])
    with stopped(beside.process):
        alone = {name: number - 1 for name, number in both.items()}
        _hear(watcher, alone, seconds=EXACT_AFTER_A_DEATH_WITHIN_SECONDS)
    _hear(watcher, both, seconds=3)
    assert sleeper.ask("get_connection_count", namespace="/") == {"ok": True, **both}


@pytest.mark.fault("S10")
def test_what_a_crash_of_postgresql_empties_is_written_again(
    visitor: VisitorFactory, beside: Beside, sql: Sql
) -> None:
    watchers = [visitor().connect("/"), beside.visit().connect("/")]
    both = _settled(watchers)
    sql("TRUNCATE live_processes CASCADE")
    deadline = time.monotonic() + 5
    while sql("SELECT sum(connections) FROM live_people") != [(both["connections"],)]:
        assert time.monotonic() < deadline
    beside.visit().connect("/")
    for watcher in watchers:
        _hear(watcher, {name: number + 1 for name, number in both.items()}, seconds=7)


@pytest.mark.fault("S10")
def test_a_process_goes_on_counting_its_own_while_the_database_does_not_answer(
    visitor: VisitorFactory, beside: Beside, stack: Stack
) -> None:
    here, there = visitor().connect("/"), beside.visit().connect("/")
    before = _settled([here, there])
    after = {name: number + 1 for name, number in before.items()}
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        connection.execute("LOCK live_people")
        visitor().connect("/")
        _hear(here, after, seconds=EXACT_WITHIN_SECONDS)
    _hear(there, after, seconds=7)


def test_a_crowd_that_comes_is_written_in_batches(
    visitor: VisitorFactory, stack: Stack, sql: Sql
) -> None:
    _settled([visitor().connect("/")])
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("LISTEN announcements")
        began = time.monotonic()
        with _crowd(stack.url, 500):
            deadline = time.monotonic() + 5
            while sql("SELECT sum(connections) >= 500 FROM live_people") != [(True,)]:
                assert time.monotonic() < deadline
            seconds = time.monotonic() - began
        heard = [json.loads(each.payload) for each in connection.notifies(timeout=0)]
    # Each write is announced once.
    writes = heard.count({"kind": "people"})
    # Five hundred came; a beat may fall on either end of the time that was measured.
    assert 1 <= writes <= seconds / 0.2 + 5


def test_a_count_that_is_dear_to_tell_is_told_again_later(clock: SimpleNamespace) -> None:
    clock.telling_takes = 0.1
    for number in range(5):
        crowd.arrive(f"{number}", person="Ada")
        crowd.push_count()
        clock.now += 1.3
    # Put off for five seconds, which is 0.1 s at a fiftieth of the processor.
    assert clock.told == [1, 5]


def test_those_who_stay_when_a_crowd_has_left_are_told_at_once(clock: SimpleNamespace) -> None:
    clock.telling_takes = 0.1
    for number in range(1_000):
        crowd.arrive(f"{number}", person="Ada")
    crowd.push_count()
    clock.now += 0.5
    for number in range(1_000 - 1):
        crowd.depart(f"{number}")
    crowd.push_count()
    assert clock.told == [1_000, 1]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The time, what telling everybody takes of the processor, and whoever is told what."""
    clock = SimpleNamespace(now=1_000.0, cpu=0.0, telling_takes=0.0, told=[])

    def tell(*, connections: int, people: int) -> None:
        assert people == 1
        clock.told.append(connections)
        clock.cpu += clock.telling_takes

    nobody_yet = crowd.Telling(at=0.0, listeners=0, cpu_seconds=0.0)
    monkeypatch.setattr(crowd, "_last_telling", nobody_yet)
    monkeypatch.setattr(broadcasts, "connection_count", tell)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(time, "thread_time", lambda: clock.cpu)
    yield clock
    for sid in list(crowd._people):
        crowd.depart(sid)


@contextmanager
def _crowd(url: str, people: int) -> Iterator[None]:
    """So many strangers, connected to `/`."""
    port = urlsplit(url).port
    assert port
    wire = Wire(port=port, origin=url)
    clients = [wire.connect("/", source=population.source(number)) for number in range(people)]
    try:
        is_whole = wire.run(lambda: all(each.is_joined for each in clients), seconds_max=30)
        assert is_whole, "not everybody was let in"
        yield
    finally:
        for each in clients:
            if not each.is_closed:
                each.leave()


def _settled(watchers: list[Socket]) -> dict[str, int]:
    """What all of them are told, once that stays as it is.

    Sockets of the test before may be on their way out.
    """
    deadline = time.monotonic() + EXACT_AFTER_A_DEATH_WITHIN_SECONDS + SLACK_SECONDS
    told: list[dict[str, int]] = []
    while len(told) < 3 or any(each != told[-1] for each in told[-3:]):
        assert time.monotonic() < deadline, told[-3:]
        answers = [each.ask("get_connection_count", namespace="/") for each in watchers]
        if all(answer == answers[0] for answer in answers):
            told.append({name: answers[0][name] for name in ("connections", "people")})
        time.sleep(0.4)
    return told[-1]


def _hear(watcher: Socket, expected: dict[str, int], *, seconds: float) -> None:
    """Listens until exactly this is told."""
    deadline = time.monotonic() + seconds + SLACK_SECONDS
    while watcher.hear("connection_count") != expected:
        assert time.monotonic() < deadline, expected
    assert time.monotonic() < deadline, expected
