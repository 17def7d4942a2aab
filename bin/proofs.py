"""The proofs that `bin/prove` runs one after the other, and the sum of their figures."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from environment import ROOT, module_command, module_environ

PROOFS = {
    "what must go wrong without harm": ("pytest", "-q", "-m", "fault"),
    "killed at every statement and every network boundary": (
        *("pytest", "-q", "tests/faults/test_killed_anywhere.py"),
    ),
    "random interleavings against a reference": ("pytest", "-q", "tests/credits/test_model.py"),
    "a race beside pgbench": ("tests.bench.race",),
    "the audit of a million entries": ("tests.bench.audit",),
}
Figure = dict[str, Any]


def main() -> int:
    """The exit code. Every proof runs, whether or not another failed."""
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        path = Path(folder) / "figures"
        path.touch()
        environ = {**module_environ(), "POTLUCK_FIGURES": str(path)}
        failed = [name for name, words in PROOFS.items() if not _holds(name, words, environ)]
        figures = [json.loads(line) for line in path.read_text().splitlines()]
    print("\n== figures")
    for sentence in _sentences(figures):
        print(sentence)
    print(f"Not proved: {', '.join(failed)}" if failed else "Proved")
    return bool(failed)


def _holds(name: str, words: tuple[str, ...], environ: dict[str, str]) -> bool:
    print(f"\n== {name}", flush=True)
    command = module_command(*words)
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode == 0


def _sentences(figures: list[Figure]) -> Iterable[str]:
    for rows in _named(figures, "fault rows"):
        yield f"faults: {rows['value']} kinds, {rows['tests']} tests"
    yield f"sites killed: {_sum(figures, 'sites killed')}"
    for steps in _named(figures, "steps checked"):
        yield f"steps checked: {steps['value']:,} (seed {steps['seed']})"
    for race in _named(figures, "race"):
        yield (
            f"ratio to pgbench, {race['name']}: {race['value']:.2f}"
            f" ({race['ours']:,.0f} and {race['pgbench']:,.0f} cycles a second)"
        )
    for audit in _named(figures, "audit"):
        yield f"audit: {audit['entries']:,} entries in {audit['value']:.1f} s"
    drift = _sum(figures, "drift")
    seen = len(list(_named(figures, "drift")))
    yield f"drift: {drift} credits in {seen} audited ledgers"


def _named(figures: list[Figure], name: str) -> Iterable[Figure]:
    return (figure for figure in figures if figure["figure"] == name)


def _sum(figures: list[Figure], name: str) -> int:
    return sum(figure["value"] for figure in _named(figures, name))
