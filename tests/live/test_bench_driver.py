"""The bench of sockets still runs, and its clients still speak what both servers speak."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.stack import ROOT

FEW = {
    "clients": 40,
    "audience": 20,
    "broadcasts": 3,
    "questions": 60,
    "newcomers": 20,
    "waits": 5,
    "waiting_tabs": 100,
    "few": 10,
    "many": 20,
    "crowds": 1,
    "holders": 20,
}


def test_whoever_runs_the_bench_gets_every_figure_of_both_servers() -> None:
    options = [f"--{name}={number}" for name, number in {**FEW, "rounds": 1, "revoked": 5}.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.live", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "site")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^\| (.+?) \| (.*?) \| (.*?) \|", done.stdout, re.MULTILINE)
    figures = {title: sides for title, *sides in rows[2:]}
    assert {title for title, sides in figures.items() if not all(sides)} == {
        "CPU s for 20 connects, count on each",  # ours has no such way
        # Measured of our transport alone.
        "ms to deliver to 20, p99, by the transport alone",
        "the same beside one who doesn't read",
        "KB that wait for who doesn't read",
    }
    assert len(re.findall("^target .+, (?:not )?met$", done.stdout, re.MULTILINE)) == 12
