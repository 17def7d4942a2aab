"""A storm over one live process: `python -m tests.live.storm DATABASE_URL FOLDER SECONDS SEED`.

The database is empty, the folder too. Exits 1 and says what was wrong.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import psycopg

from tests.live.server import LiveServer
from tests.live.storm.storm import Storm


def main(database_url: str, folder: str, seconds: str, seed: str) -> int:
    """The exit code."""
    print(f"storm: seed {seed}", flush=True)  # noqa: T201
    began = time.monotonic()
    server = LiveServer(database_url=database_url, var=Path(folder))
    server.prepare()
    server.start()
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            storm = Storm(server, connection, random.Random(seed))  # noqa: S311
            complaints = storm.rage(seconds=float(seconds))
    finally:
        server.kill()
    code, said = server.flask("audit")
    if code:
        complaints.append(said)
    for line in [*storm.figures(), *dict.fromkeys(complaints)]:
        print(f"storm: {line}")  # noqa: T201
    print(f"storm: {len(complaints)} complaints, {time.monotonic() - began:.0f} s")  # noqa: T201
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
