"""What is planned for more people than a machine holds: computed, written down, and played."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.bench import scale_tables
from tests.stack import ROOT

PLAN = ROOT / "docs" / "scale.md"
FEW = {"people": 2_000, "processes": 5, "stay-seconds": 40, "waiting": 60, "matched": 12}
COUNTED = 11


def test_the_plan_has_the_figures_that_the_arithmetic_gives() -> None:
    written = PLAN.read_text().splitlines()
    computed = [*scale_tables.tables(), *scale_tables.assumptions()]
    assert [line for line in computed if line not in written] == []
    figures = [line for line in written if line.startswith("|")]
    assert figures == [line for line in computed if line], "a table that nobody computes"


def test_a_few_people_over_a_few_processes_do_what_the_arithmetic_says() -> None:
    options = [f"--{name}={number}" for name, number in FEW.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.scale", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "site")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^\| (.+?) \| ([\d,]+) \| ([\d,]+) \| [\d.]+ \|$", done.stdout, re.MULTILINE)
    assert len(rows) == COUNTED, done.stdout
    assert all(int(counted.replace(",", "")) for _, _, counted in rows)
