"""From the model's chunk to the last of eight browsers: one room, Chromium, the app as it runs.

`PYTHONPATH=site python -m tests.bench.stream`. The words of the model are the time at which they
were sent, and each page notes when they are in it. No figure fails the run: what it should be is
printed beside it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.stream.room import delays_seconds
from tests.stack import running_stack

PAGES = 8
ROUNDS = 5
TARGET_SECONDS = 0.150


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 unless something broke."""
    parser = argparse.ArgumentParser(prog="tests.bench.stream")
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    scale = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="potluck-") as folder,
        running_stack(Path(folder) / "var", SANDBOX_MODEL="scripted-clock") as stack,
    ):
        delays = delays_seconds(stack, pages=scale.pages, rounds=scale.rounds)
    hundredths = statistics.quantiles(delays, n=100)
    p50, p95 = hundredths[49], hundredths[94]
    verdict = "met" if p95 < TARGET_SECONDS else "not met"
    print(  # noqa: T201
        f"{len(delays)} chunks in {scale.rounds} rounds, to the last of {scale.pages} pages:"
        f" p50 {p50 * 1_000:.0f} ms, p95 {p95 * 1_000:.0f} ms"
        f"\ntarget p95 under {TARGET_SECONDS * 1_000:.0f} ms: {verdict}"
        f"\na load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
