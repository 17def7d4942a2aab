"""Rounds of four by the hundred, written at once by one process: how late, and at what cost.

`PYTHONPATH=site python -m tests.bench.streams --rounds 50 100 500`. The server has a core of its
own where there are two; the clients, the model and the database share the other. Exits 1 where a
client lacks a piece of a text, or the ledger doesn't add up; no figure fails the run.
"""

from __future__ import annotations

import argparse
import os
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
from tests.bench.live.__main__ import _leave_a_core, _take_files
from tests.bench.live.postgres import postgres
from tests.bench.spent import Meter
from tests.bench.streams.bare import read_bare
from tests.bench.streams.crowd import Crowd
from tests.bench.streams.figures import Window, idle_cpu_share, look
from tests.bench.streams.table import table, targets
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
    _take_files()
    core = _leave_a_core()
    with _stage(core) as stage:
        lost = _play(stage, given.rounds, given.seconds)
        code, said = stage.server.flask("audit")
    if lost or code:
        print(f"{lost} deltas were not heard by all of a room\n{said if code else ''}")  # noqa: T201
    return bool(lost or code)


def _play(stage: Stage, steps: Sequence[int], seconds: float) -> int:
    """Prints the figures; how many deliveries were lost."""
    bare = read_bare(stage.upstream.url, seconds=seconds)
    windows: list[Window] = []
    with psycopg.connect(stage.database_url, autocommit=True) as connection:
        crowd, meter = Crowd(stage.server, connection, count=max(steps)), Meter(connection)
        idle_share = idle_cpu_share(crowd, stage.process, seconds=seconds)
        for rounds in [1, *steps]:
            load = f"a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            print(f"{rounds} rounds, {load}", flush=True)  # noqa: T201
            scene = crowd, stage.upstream, stage.process, meter
            windows.append(look(*scene, rounds=rounds, seconds=seconds))
    lines = [*table(windows), *targets(windows, windows[0], bare, idle_share=idle_share)]
    print("\n".join(lines))  # noqa: T201
    return sum(each.lost for each in windows)


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
