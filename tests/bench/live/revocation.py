"""How long a socket outlives its session: from the commit that deletes the row to its close."""

from __future__ import annotations

import random
import time
from functools import partial

import psycopg

from tests.bench.live.driver import Driver
from tests.bench.live.figures import Scale, percentile
from tests.live import population

PAUSE_SECONDS_MAX = 0.05


def revocation_p99(driver: Driver, connection: psycopg.Connection, scale: Scale) -> float:
    """Seconds: of those who are signed in, some lose their row one by one."""
    clients, revoked = scale.holders, scale.revoked
    members = population.make_members(connection, people=clients)
    cookies = population.sign_in(connection, members)
    sockets = driver.connect(clients, namespace="/members", cookies=cookies)
    closed_at: dict[int, float] = {}
    delays = []
    for number in random.sample(range(clients), revoked):
        sockets[number].closed = partial(_note, closed_at, number)
        driver.wire.run(lambda: False, seconds_max=random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311
        population.end_session(connection, cookies[number])
        committed_at = time.perf_counter()
        driver.until(partial(closed_at.__contains__, number))
        delays.append(closed_at[number] - committed_at)
    assert sum(not socket.is_closed for socket in sockets) == clients - revoked
    driver.leave([socket for socket in sockets if not socket.is_closed])
    return percentile(delays, 0.99)


def _note(closed_at: dict[int, float], number: int) -> None:
    closed_at[number] = time.perf_counter()
