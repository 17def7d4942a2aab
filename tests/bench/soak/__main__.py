"""Tables that play round after round: no error, the same text for everybody, and flat memory.

`PYTHONPATH=site python -m tests.bench.soak --rooms 50 --seconds 300`. Exits 1 on any complaint.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence

from tests.bench.live.postgres import postgres
from tests.bench.soak.run import soak

COMPLAINTS_SHOWN = 40


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="tests.bench.soak")
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    scale = parser.parse_args(arguments)
    print(f"{scale.rooms} rooms for {scale.seconds:.0f} s, seed {scale.seed}", flush=True)  # noqa: T201
    with postgres() as server:
        found = soak(
            server.database(),
            server.folder,
            rooms=scale.rooms,
            seconds=scale.seconds,
            seed=scale.seed,
        )
    load = f"a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print("\n".join([*found.lines, load, f"{len(found.complaints)} complaints"]))  # noqa: T201
    print("\n".join(found.complaints[:COMPLAINTS_SHOWN]))  # noqa: T201
    return bool(found.complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
