"""Sockets, beside Node's socket.io with the same handlers.

`PYTHONPATH=site python -m tests.bench.live`. The servers have a core to themselves, and the clients
share the other with the database. Both take turns, so that whatever else the machine does hits
both. No figure fails the run: what they should be is printed beside them.
"""

from __future__ import annotations

import argparse
import sys
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path

import psycopg

from tests.bench.live import figures
from tests.bench.live.driver import Driver
from tests.bench.live.figures import Figures, Scale
from tests.bench.live.peer import socket_io
from tests.bench.live.postgres import postgres
from tests.bench.live.revocation import revocation_p99
from tests.bench.live.slow import slow_reader
from tests.bench.live.table import medians, table, targets
from tests.bench.machine import leave_a_core, load, take_files
from tests.bench.peer import Peer
from tests.live import population
from tests.live.server import LiveServer

ROUNDS = 3
# A session may have twenty sockets.
TABS_PER_SESSION = 15


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 unless something broke."""
    scale, rounds = _options(arguments)
    take_files()
    core = leave_a_core()
    ours: list[Figures] = []
    node: list[Figures] = []
    with postgres() as database_server:
        bench = Bench(database_server.database(), database_server.folder, scale, core)
        for number in range(1, rounds + 1):
            for side, found in zip((node, ours), bench.round(), strict=True):
                side.append(found)
            print(f"round {number} of {rounds} is done", flush=True)  # noqa: T201
        sums = medians(ours) | bench.potluck(), medians(node) | bench.node()
        revocation_seconds = bench.revocation()
    lines = [
        *table(*sums, asdict(scale)),
        *targets(*sums, asdict(scale), revocation_seconds=revocation_seconds),
        f"medians of {rounds} rounds, {load()}",
    ]
    print("\n".join(lines))  # noqa: T201
    return 0


class Bench:
    """The database that both read, and who is in it."""

    def __init__(self, database_url: str, folder: Path, scale: Scale, core: int | None) -> None:
        self._url = database_url
        self._folder = folder
        self._scale = scale
        self._core = core
        self._potluck = LiveServer(database_url=database_url, var=folder, core=core)
        self._potluck.prepare()
        self._connection = psycopg.connect(database_url, autocommit=True)
        three = population.make_members(self._connection, people=3)
        self._member = three[0]
        self._cookies_of_three = population.sign_in(
            self._connection, three * (scale.waiting_tabs // TABS_PER_SESSION // 3 + 1)
        )
        sessions = max(scale.clients, scale.audience) // TABS_PER_SESSION + 1
        self._cookies = population.sign_in(self._connection, [self._member] * sessions)

    def round(self) -> list[Figures]:
        """What depends on the moment most, once: of Node's and ours, each figure after the other's.

        Both are there all the time, and only one is asked anything.
        """
        with ExitStack() as stack:
            drivers = [
                _driver(stack.enter_context(_running(server)))
                for server in (self._peer(is_naive=False), self._potluck)
            ]
            steps = [[measure(driver) for driver in drivers] for measure in self._measures()]
            return [dict(ChainMap(*side)) for side in zip(*steps, strict=True)]

    def potluck(self) -> Figures:
        """The rest of ours, which has medians of its own."""
        newcomers: Figures = {"newcomers_cpu": self._newcomers(self._potluck)}
        slow = slow_reader(self._scale, self._folder, self._core)
        return newcomers | self._growth(self._potluck) | slow

    def node(self) -> Figures:
        """The rest of Node's, which can also push the count on each connect."""
        peers = [self._peer(is_naive=is_naive) for is_naive in (False, True)]
        coalesced, naive = (self._newcomers(peer) for peer in peers)
        newcomers: Figures = {"newcomers_cpu": coalesced, "newcomers_naive_cpu": naive}
        return newcomers | self._growth(peers[0])

    def revocation(self) -> float:
        """Ours alone."""
        with _running(self._potluck) as server:
            return revocation_p99(_driver(server), self._connection, self._scale)

    def _peer(self, *, is_naive: bool) -> Peer:
        return socket_io(
            database_url=self._url, folder=self._folder, core=self._core, is_naive=is_naive
        )

    def _measures(self) -> list[Callable[[Driver], Figures]]:
        scale, cookies = self._scale, self._cookies
        deliveries = partial(
            figures.deliveries,
            connection=self._connection,
            broadcasts=scale.broadcasts,
            cookies=cookies,
            user_id=self._member,
        )
        return [
            lambda driver: figures.connections(driver, scale, cookies),
            lambda driver: figures.departures(driver, scale),
            lambda driver: figures.acknowledgements(driver, scale),
            lambda driver: figures.pool(driver, scale, cookies),
            lambda driver: figures.pool_at_once(
                driver, self._connection, scale, self._cookies_of_three
            ),
            lambda driver: deliveries(driver, clients=scale.audience),
            lambda driver: deliveries(driver, clients=scale.clients),
        ]

    def _growth(self, server: LiveServer | Peer) -> Figures:
        sizes = [(self._scale.few, self._scale.many)] * self._scale.crowds
        crowds = [[self._crowd(server, size) for size in pair] for pair in sizes]
        few, many = (medians(each) for each in zip(*crowds, strict=True))
        times = self._scale.many / self._scale.few
        return {f"growth_{name}": figures.exponent(few, many, name, times=times) for name in few}

    def _crowd(self, server: LiveServer | Peer, clients: int) -> Figures:
        with _running(server):
            return figures.crowds(_driver(server), clients=clients)

    def _newcomers(self, server: LiveServer | Peer) -> float:
        with _running(server):
            return figures.newcomers(_driver(server), self._scale)


@contextmanager
def _running(server: LiveServer | Peer) -> Iterator[LiveServer | Peer]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _driver(server: LiveServer | Peer) -> Driver:
    return Driver(port=server.port, origin=server.origin, pid=server.pid)


def _options(arguments: Sequence[str]) -> tuple[Scale, int]:
    parser = argparse.ArgumentParser(prog="tests.bench.live")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    for field in fields(Scale):
        parser.add_argument(f"--{field.name}", type=int, default=field.default)
    given = vars(parser.parse_args(arguments))
    rounds = given.pop("rounds")
    return Scale(**given), rounds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
