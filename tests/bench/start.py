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
import gc, time
began = time.perf_counter()
# As wsgi.py does.
gc.disable()
import potluck
print(time.perf_counter() - began)
"""


def main() -> int:
    """The exit code: 0 unless something broke."""
    starts, loads = list(_starts()), [_load() for _ in range(LOADS)]
    start, load = statistics.median(starts), statistics.median(loads)
    lines = [
        "| seconds | median | least | most |",
        "| --- | ---: | ---: | ---: |",
        f"| `bin/dev` again, until `/readyz` answers | {_cells(starts)} |",
        f"| the app's import | {_cells(loads)} |",
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


def _load() -> float:
    """Seconds, in a process of its own."""
    command = [sys.executable, "-c", LOAD]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "site")}
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _cells(seconds: list[float]) -> str:
    figures = (statistics.median(seconds), min(seconds), max(seconds))
    return " | ".join(f"{each:.2f}" for each in figures)


def _target(title: str, seconds: float, limit: float) -> str:
    return f"target {title}: {seconds:.2f} s, {'met' if seconds < limit else 'not met'}"


if __name__ == "__main__":
    sys.exit(main())
