"""How long somebody waits: for `bin/dev` when they start it again, and for the app to be loaded.

`PYTHONPATH=site:. python -m tests.bench.start`. No figure fails the run: what they should be is
printed beside them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.stack import ROOT, running_stack

STARTS, LOADS = 3, 7
START_SECONDS_MAX, LOAD_SECONDS_MAX = 3.0, 0.8
LOAD = """
import gc, sys, time
began = time.perf_counter()
# As wsgi.py does.
gc.disable()
import potluck
loaded = time.perf_counter()
from potluck.settings import Settings
potluck.create_app(Settings.from_environment({
    "POTLUCK_VAR": sys.argv[1],
    "DATABASE_URL": "postgresql://nobody@nowhere/nothing",
    "STRIPE_SECRET_KEY": "sk_test_of_nobody", "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
}))
print(loaded - began, time.perf_counter() - began)
"""


def main() -> int:
    """The exit code: 0 unless something broke."""
    starts, (loads, makes) = list(_starts()), _loads()
    start, load = statistics.median(starts), statistics.median(loads)
    lines = [
        "| seconds | median | least | most |",
        "| --- | ---: | ---: | ---: |",
        f"| `bin/dev` again, until `/readyz` answers | {_cells(starts)} |",
        f"| the app's import | {_cells(loads)} |",
        f"| the same, and making it with its sockets | {_cells(makes)} |",
        _target(f"`bin/dev` again, under {START_SECONDS_MAX:g} s", start, START_SECONDS_MAX),
        _target(f"the app's import, under {LOAD_SECONDS_MAX:g} s", load, LOAD_SECONDS_MAX),
        f"{STARTS} starts and {LOADS} imports, a load of {os.getloadavg()[0]:.1f}",
    ]
    print("\n".join(lines))  # noqa: T201
    return 0


def _starts() -> Iterator[float]:
    """Seconds of each start after the first, which makes the database."""
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        for number in range(STARTS + 1):
            began = time.perf_counter()
            # It says so itself once `/readyz` has answered.
            with running_stack(Path(folder) / "var"):
                seconds = time.perf_counter() - began
            if number:
                yield seconds


def _loads() -> tuple[list[float], list[float]]:
    """Seconds of each import, and until the app was made, in processes of their own."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "site")}
    loads, makes = [], []
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        command = [sys.executable, "-c", LOAD, folder]
        for number in range(LOADS + 1):
            done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
            load, make = map(float, done.stdout.split())
            # The first may have to compile, and compresses the static files.
            if number:
                loads.append(load)
                makes.append(make)
    return loads, makes


def _cells(seconds: list[float]) -> str:
    figures = (statistics.median(seconds), min(seconds), max(seconds))
    return " | ".join(f"{each:.2f}" for each in figures)


def _target(title: str, seconds: float, limit: float) -> str:
    return f"target {title}: {seconds:.2f} s, {'met' if seconds < limit else 'not met'}"


if __name__ == "__main__":
    sys.exit(main())
