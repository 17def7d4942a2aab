"""Pages and the reads behind them, beside Express, the T3 stack, and the floor.

`PYTHONPATH=site:. python -m tests.bench.pages`. Each server has a core of its own while it is
asked, and wrk shares the other with the database. All take turns, so that whatever else the
machine does hits all. No figure fails the run: what they should be is printed beside them.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import psycopg

from tests.bench.live.postgres import postgres
from tests.bench.machine import leave_a_core
from tests.bench.pages import peers, world, wrk
from tests.bench.pages.table import medians, table, targets
from tests.bench.pages.wrk import Figures, Read
from tests.bench.peer import Peer
from tests.live.server import LiveServer

ROUNDS, SECONDS = 3, 5
HOST = "potluck.example"
# As others run it: templates are compiled once, and browsers come by TLS, of which a proxy takes
# care. No key is anybody's, and nobody is asked.
PRODUCTION = {
    "PUBLIC_URL": f"https://{HOST}",
    "SECRET_KEY": secrets.token_hex(32),
    "STRIPE_SECRET_KEY": "sk_live_of_nobody",
    "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
    "OPENAI_API_KEY": "of_nobody",
    "OAUTH_PROVIDERS": "github",
    "GITHUB_CLIENT_ID": "of_nobody",
    "GITHUB_CLIENT_SECRET": "of_nobody",
}


class Bench:
    """One database for Potluck, Express and the floor; one of its own for the T3 stack."""

    def __init__(self, database_url: str, t3_url: str | None, folder: Path, seconds: int) -> None:
        core = leave_a_core()
        self._seconds = seconds
        self._potluck = LiveServer(
            database_url=database_url, var=folder, core=core, environ=PRODUCTION
        )
        self._potluck.prepare()
        with psycopg.connect(database_url, autocommit=True) as connection:
            self._world = world.make(connection)
        self._floor = peers.floor(database_url=database_url, folder=folder, core=core)
        self._express = peers.express(database_url=database_url, folder=folder, core=core)
        self._t3 = t3_url and peers.t3(database_url=t3_url, folder=folder, core=core)

    def round(self) -> dict[str, Figures]:
        """Everybody's turn."""
        cookie = f"potluck={self._world.token}"
        member = partial(Read, cookie=f"__Host-{cookie}", host=HOST)
        found = {
            **self._turn(
                self._potluck,
                {
                    "badge": member("/credits/badge"),
                    "balance": member("/credits/balance"),
                    "landing": Read("/", "nothing=here", host=HOST),
                    "room": member(self._world.room_path),
                    "room, for the first time": member(self._world.room_path, is_first_time=True),
                    "home": member("/"),
                },
            ),
            **self._turn(self._floor, {"floor": Read("/", cookie)}),
            **self._turn(
                self._express,
                {
                    "express badge": Read("/credits/badge", cookie),
                    "express balance": Read("/credits/balance", cookie),
                },
            ),
        }
        if isinstance(self._t3, Peer):
            balance, page = "/api/trpc/getBalance", "/"
            theirs = peers.T3_COOKIE
            reads = {"t3 getBalance": Read(balance, theirs), "t3 page": Read(page, theirs)}
            found |= self._turn(self._t3, reads)
        return found

    def _turn(self, server: LiveServer | Peer, reads: Mapping[str, Read]) -> dict[str, Figures]:
        server.start()
        try:
            return {
                name: wrk.measure(read, port=server.port, pid=server.pid, seconds=self._seconds)
                for name, read in reads.items()
            }
        finally:
            server.stop()


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 unless something broke."""
    given = _options(arguments)
    wrk.require()
    peers.install(peers.EXPRESS)
    if not given.without_t3:
        peers.install(peers.T3)
    rounds: list[dict[str, Figures]] = []
    with postgres() as server:
        t3_url = None if given.without_t3 else server.database()
        if t3_url:
            with psycopg.connect(t3_url, autocommit=True) as connection:
                connection.execute(peers.T3_TABLES.read_bytes())
        bench = Bench(server.database(), t3_url, server.folder, given.seconds)
        for number in range(1, given.rounds + 1):
            rounds.append(bench.round())
            print(f"round {number} of {given.rounds} is done", flush=True)  # noqa: T201
    sums = medians(rounds)
    load = f"a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print("\n".join([*table(sums), *targets(sums)]))  # noqa: T201
    print(f"medians of {given.rounds} rounds of {given.seconds} s, {load}")  # noqa: T201
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench.pages")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--without-t3", action="store_true", help="700 MB of npm less")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
