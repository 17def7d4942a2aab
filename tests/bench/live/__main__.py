"""Sockets, beside Node's socket.io with the same handlers.

`PYTHONPATH=site python -m tests.bench.live`. Each server has a core of its own, and the clients
share the other with the database. Both take turns, so that whatever else the machine does hits
both. No figure fails the run: what they should be is printed beside them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
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
            node.append(bench.round_of_node())
            ours.append(bench.round_of_potluck())
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

    def round_of_potluck(self) -> Figures:
        """What depends on the moment most, once."""
        return self._round(self._potluck)

    def round_of_node(self) -> Figures:
        """The same of Node's."""
        return self._round(self._peer(is_naive=False))

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
        self._potluck.start()
        try:
            return revocation_p99(_driver(self._potluck), self._connection, self._scale)
        finally:
            self._potluck.stop()

    def _peer(self, *, is_naive: bool) -> Peer:
        return socket_io(
            database_url=self._url, folder=self._folder, core=self._core, is_naive=is_naive
        )

    def _round(self, server: LiveServer | Peer) -> Figures:
        server.start()
        try:
            driver = _driver(server)
            found = figures.connections(driver, self._scale, self._cookies)
            found |= figures.departures(driver, self._scale)
            found |= figures.acknowledgements(driver, self._scale)
            found |= figures.pool(driver, self._scale, self._cookies)
            found |= figures.pool_at_once(
                driver, self._connection, self._scale, self._cookies_of_three
            )
            for clients in (self._scale.audience, self._scale.clients):
                found |= figures.deliveries(
                    driver,
                    self._connection,
                    clients=clients,
                    broadcasts=self._scale.broadcasts,
                    cookies=self._cookies,
                    user_id=self._member,
                )
            return found
        finally:
            server.stop()

    def _growth(self, server: LiveServer | Peer) -> Figures:
        sizes = [(self._scale.few, self._scale.many)] * self._scale.crowds
        crowds = [[self._crowd(server, size) for size in pair] for pair in sizes]
        few, many = (medians(each) for each in zip(*crowds, strict=True))
        times = self._scale.many / self._scale.few
        return {f"growth_{name}": figures.exponent(few, many, name, times=times) for name in few}

    def _crowd(self, server: LiveServer | Peer, clients: int) -> Figures:
        server.start()
        try:
            return figures.crowds(_driver(server), clients=clients)
        finally:
            server.stop()

    def _newcomers(self, server: LiveServer | Peer) -> float:
        server.start()
        try:
            return figures.newcomers(_driver(server), self._scale)
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
