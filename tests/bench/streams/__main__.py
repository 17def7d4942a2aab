"""Rounds of four by the hundred, written at once by one process: how late, and at what cost.

`PYTHONPATH=site python -m tests.bench.streams --rounds 50 100 500`. Each step begins what is
missing of so many rounds, and all end after the last. The server has a core of its own where there
are two; the clients, the model and the database share the other. Exits 1 where a client lacks a
piece of a text, a round never ends, or the ledger doesn't add up; no figure fails the run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from pydantic import SecretStr

from potluck import create_app
from potluck.database import db
from potluck.settings import Settings
from tests.bench.live.postgres import postgres
from tests.bench.machine import leave_a_core, load, take_files
from tests.bench.spent import Meter
from tests.bench.streams.bare import read_bare
from tests.bench.streams.crowd import Crowd
from tests.bench.streams.figures import Window, end, look
from tests.bench.streams.table import head, row, targets
from tests.bench.streams.upstream import Upstream, upstream
from tests.live.server import LiveServer

MODEL = "scripted-clock"
ROUNDS = [25, 50, 100, 200, 500]


@dataclass
class Stage:
    """A server with a model, and the database that both it and the crowd's rounds are in."""

    server: LiveServer
    upstream: Upstream
    database_url: str

    @property
    def process(self) -> psutil.Process:
        """The server's."""
        return psutil.Process(self.server.pid)


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="tests.bench.streams")
    parser.add_argument("--rounds", type=int, nargs="+", default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=6)
    given = parser.parse_args(arguments)
    take_files()
    core = leave_a_core()
    with _stage(core) as stage:
        faults = _play(stage, sorted(given.rounds), given.seconds)
        code, said = stage.server.flask("audit")
    if code:
        faults.append(said)
    print("\n".join(faults) or "every delta was heard by all of its room, and the books are clean")  # noqa: T201
    return bool(faults)


def _play(stage: Stage, steps: Sequence[int], seconds: float) -> list[str]:
    """Prints the figures; what is not as it must be."""
    bare = read_bare(stage.upstream.url, seconds=seconds)
    windows: list[Window] = []
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        crowd, meter = Crowd(stage.server, connection, count=max(steps)), Meter(connection)
        bytes_before = stage.process.memory_info().rss
        scene = crowd, stage.upstream, stage.process, meter
        print("\n".join(head()))  # noqa: T201
        for rounds in [1, *steps]:
            windows.append(look(*scene, rounds=rounds, seconds=seconds, bytes_before=bytes_before))
            print(row(windows[-1]), flush=True)  # noqa: T201
        left = end(crowd, stage.upstream)
    lines = [*targets(windows, windows[0], bare), load()]
    print("\n".join(lines), flush=True)  # noqa: T201
    faults = [f"{crowd.lost} deliveries are missing"] if crowd.lost else []
    return [*faults, *([f"{left} rounds never ended"] if left else [])]


@contextmanager
def _stage(core: int | None) -> Iterator[Stage]:
    with postgres() as database, upstream() as model:
        url, folder = database.database(), database.folder
        server = LiveServer(
            database_url=url, var=folder, core=core, model=MODEL, model_url=model.url
        )
        server.prepare()
        app = create_app(_settings(url, folder))
        server.start()
        try:
            with app.app_context():
                yield Stage(server, model, url)
        finally:
            db.session.remove()
            db.engine.dispose()
            server.stop()


def _settings(database_url: str, folder: Path) -> Settings:
    """Of the app in this process, which begins rounds and serves nobody."""
    return Settings(
        secret_key=SecretStr("x" * 32),
        database_url=SecretStr(database_url),
        potluck_role="web",
        potluck_var=folder,
        openai_model=MODEL,
        openai_api_key=SecretStr("sandbox"),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
