"""One soak from an empty database to its audit, with a server and a scripted model of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.bench.soak.soak import Soak
from tests.live.server import LiveServer
from tests.sandbox.processes import stand_in

MODEL = "scripted-clock"


@dataclass(frozen=True)
class Found:
    """What was wrong, and the figures."""

    complaints: list[str]
    rounds: int
    lines: list[str]


def soak(
    database_url: str, folder: Path, *, rooms: int, seconds: float, seed: int, haste: float = 1
) -> Found:
    """Plays for so long; with `haste` people write and read so much faster."""
    with stand_in("sandbox.models.scripted", ready_path="/health") as model_url:
        server = LiveServer(database_url=database_url, var=folder, model=MODEL, model_url=model_url)
        server.prepare()
        server.start()
        try:
            with psycopg.connect(database_url, autocommit=True) as connection:
                play = Soak(server, connection, rooms=rooms, seed=seed, haste=haste)
                play.run(seconds=seconds)
                lines = list(play.lines())
        finally:
            server.stop()
    code, said = server.flask("audit")
    unclean = [f"the audit: {said}"] if code else []
    complaints = [*play.complaints, *_errors(server.log), *unclean]
    return Found(complaints, play.figures.rounds, lines)


def _errors(log: str) -> Iterator[str]:
    """What isn't JSON was written by something that fell over."""
    for line in log.splitlines():
        try:
            level = json.loads(line)["level"]
        except (ValueError, TypeError, KeyError):
            level = "none"
        if level != "INFO":
            yield f"the server's log: {line[:400]}"
