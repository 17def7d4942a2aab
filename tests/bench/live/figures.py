"""What is measured of a server that has just started, in this order. Each is a few numbers."""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from potluck.live.pool import WAVE_SECONDS
from tests.bench.live.driver import Driver
from tests.live.wire import Client

Figures = dict[str, float]

ANNOUNCE = "SELECT pg_notify('announcements', %s)"
REST_SECONDS = 1
COUNT_PAUSE_SECONDS = 0.005
ASKING = 50
# What a connection may ask at once, and more.
WAITS_PER_TAB = 4
SECONDS_TO_WAVE = "SELECT %s - mod(extract(epoch FROM clock_timestamp()), %s)"
PAGE_BYTES = 4_096


@dataclass(frozen=True)
class Scale:
    """How much of each."""

    clients: int = 5_000
    audience: int = 2_000
    # The first sixteen cost a third more: the kernel of who hears acknowledges each at once.
    broadcasts: int = 100
    questions: int = 10_000
    newcomers: int = 1_000
    waits: int = 500
    waiting_tabs: int = 1_000
    few: int = 1_000
    many: int = 10_000
    # A small one is over so soon that whatever else the machine does then is a good part of it.
    crowds: int = 3
    holders: int = 1_000
    revoked: int = 200


def connections(driver: Driver, scale: Scale, cookies: Sequence[str]) -> Figures:
    """Signed in to `/members`, for the first time in this process: speed, and what each keeps."""
    watcher = driver.connect(1, namespace="/")
    before = driver.memory_bytes()
    with driver.spending() as spent:
        clients = driver.connect(scale.clients, namespace="/members", cookies=cookies)
    _rest(driver)
    kept = (driver.memory_bytes() - before) / scale.clients
    driver.leave(clients + watcher)
    _rest(driver)
    return {
        "member_connects": scale.clients / spent.seconds,
        "member_connects_cpu": scale.clients / spent.cpu_seconds,
        "memory_bytes": kept,
    }


def departures(driver: Driver, scale: Scale) -> Figures:
    """Anybody connects to `/`; then all leave at once, and the count is asked until it is right."""
    (watcher,) = driver.connect(1, namespace="/")
    with driver.spending() as spent:
        clients = driver.connect(scale.clients, namespace="/")
    _rest(driver)
    with driver.spending() as leaving:
        driver.leave(clients)
        while _connections(driver, watcher) != 1:
            driver.wire.read(COUNT_PAUSE_SECONDS)
            if watcher.is_closed:
                # A server that is busy for so long that it misses who is still there.
                (watcher,) = driver.connect(1, namespace="/")
    driver.leave([watcher])
    return {
        "connects": scale.clients / spent.seconds,
        "connects_cpu": scale.clients / spent.cpu_seconds,
        "leaving_seconds": leaving.seconds,
    }


def deliveries(
    driver: Driver,
    *,
    connection: psycopg.Connection,
    clients: int,
    broadcasts: int,
    cookies: Sequence[str],
    user_id: int,
) -> Figures:
    """All are tabs of one member, whose balance is announced: one read, and an event for each."""
    tabs = driver.connect(clients, namespace="/members", cookies=cookies)
    _rest(driver)
    delays: list[float] = []
    began = 0.0

    def hear(_packet: bytes) -> None:
        delays.append(time.perf_counter() - began)

    for tab in tabs:
        tab.heard = hear
    announcement = json.dumps({"kind": "credits", "user_id": user_id})
    with driver.spending() as spent:
        for number in range(1, broadcasts + 1):
            began = time.perf_counter()
            connection.execute(ANNOUNCE, [announcement])
            driver.until(lambda heard=number * clients: len(delays) >= heard)  # type: ignore[misc]
    driver.leave(tabs)
    _rest(driver)
    return {
        f"deliveries_{clients}": len(delays) / spent.seconds,
        f"deliveries_{clients}_cpu": len(delays) / spent.cpu_seconds,
        f"delivery_{clients}_p50": statistics.median(delays),
        f"delivery_{clients}_p99": percentile(delays, 0.99),
    }


def acknowledgements(driver: Driver, scale: Scale) -> Figures:
    """A few questions under way at any moment, each from another client."""
    clients = driver.connect(scale.audience, namespace="/")
    _rest(driver)
    delays: list[float] = []
    asked = 0

    def ask() -> None:
        nonlocal asked
        if asked < scale.questions:
            client, began = clients[asked % len(clients)], time.perf_counter()
            asked += 1
            client.ask("get_connection_count", answered=lambda answer: note(answer, began))

    def note(answer: Any, began: float) -> None:
        assert answer["ok"], answer
        delays.append(time.perf_counter() - began)
        ask()

    with driver.spending() as spent:
        for _ in range(ASKING):
            ask()
        driver.until(lambda: len(delays) == scale.questions)
    driver.leave(clients)
    _rest(driver)
    return {
        "answers": scale.questions / spent.seconds,
        "answers_cpu": scale.questions / spent.cpu_seconds,
        "answer_p99": percentile(delays, 0.99),
    }


def pool(driver: Driver, scale: Scale, cookies: Sequence[str]) -> Figures:
    """One member goes into the pool and out of it, each time from another tab."""
    tabs = driver.connect(scale.waits, namespace="/members", cookies=cookies)
    _rest(driver)
    with driver.spending() as spent:
        for tab in tabs:
            for event in ("join_pool", "leave_pool"):
                answer = driver.ask(tab, event, namespace="/members")
                assert answer, "the server closed the connection"
                assert answer["ok"], answer
    driver.leave(tabs)
    _rest(driver)
    return {"lone_waits_cpu": scale.waits / spent.cpu_seconds}


def pool_at_once(
    driver: Driver, connection: psycopg.Connection, scale: Scale, cookies: Sequence[str]
) -> Figures:
    """Three members do that in many tabs, so many of which are under way at any moment.

    A fourth would make them a room, and so would a wave: it begins after one, and ends before the
    next.
    """
    tabs = driver.connect(scale.waiting_tabs, namespace="/members", cookies=cookies)
    _rest(driver)
    waits, begun, done = scale.waiting_tabs * WAITS_PER_TAB, 0, 0

    def begin() -> None:
        nonlocal begun
        if begun < waits:
            tab = tabs[begun % len(tabs)]
            begun += 1
            tab.ask("join_pool", namespace="/members", answered=lambda answer: leave(tab, answer))

    def leave(tab: Client, answer: Any) -> None:
        assert answer["ok"], answer
        tab.ask("leave_pool", namespace="/members", answered=end)

    def end(answer: Any) -> None:
        nonlocal done
        assert answer["ok"], answer
        done += 1
        begin()

    driver.until(lambda: _seconds_to_wave(connection) > WAVE_SECONDS - 1)
    with driver.spending() as spent:
        for _ in range(ASKING):
            begin()
        driver.until(lambda: done == waits)
    driver.leave(tabs)
    _rest(driver)
    return {"waits": waits / spent.seconds, "waits_cpu": waits / spent.cpu_seconds}


def newcomers(driver: Driver, scale: Scale) -> float:
    """Processor seconds until a crowd is in and everybody knows how many they are."""
    knowing: set[int] = set()

    def listen(number: int, client: Client) -> None:
        expected = f'"connections":{scale.newcomers},'.encode()

        def hear(packet: bytes) -> None:
            if expected in packet.replace(b" ", b""):
                knowing.add(number)

        client.heard = hear

    with driver.spending() as spent:
        clients = driver.connect(scale.newcomers, namespace="/", begin=listen)
        driver.until(lambda: len(knowing) == scale.newcomers)
    driver.leave(clients)
    return spent.cpu_seconds


def crowds(driver: Driver, *, clients: int) -> Figures:
    """What a server that has just started spends on a crowd that connects to `/`, by its size."""
    watcher = driver.connect(1, namespace="/")
    before = driver.memory_bytes()
    with driver.spending() as spent:
        crowd = driver.connect(clients, namespace="/")
    _rest(driver)
    # A few may fit into what the process holds already.
    kept = max(driver.memory_bytes() - before, PAGE_BYTES)
    driver.leave(crowd + watcher)
    return {"cpu": spent.cpu_seconds, "bytes": float(kept)}


def exponent(few: Figures, many: Figures, name: str, *, times: float) -> float:
    """1 where so many times the clients take so many times as much of this, 2 for its square."""
    return math.log(many[name] / few[name]) / math.log(times)


def percentile(values: Sequence[float], part: float) -> float:
    """The value that this part of them stays under."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _connections(driver: Driver, watcher: Client) -> int | None:
    """How many the server says there are; None if it closed the connection instead."""
    answer = driver.ask(watcher, "get_connection_count")
    return int(answer["connections"]) if answer else None


def _seconds_to_wave(connection: psycopg.Connection) -> float:
    row = connection.execute(SECONDS_TO_WAVE, [WAVE_SECONDS, WAVE_SECONDS]).fetchone()
    assert row
    return float(row[0])


def _rest(driver: Driver) -> None:
    """Pings are answered meanwhile, and counts are pushed to whoever is new."""
    driver.wire.run(lambda: False, seconds_max=REST_SECONDS)
