"""The table of `docs/quality.md`, whose rows are written by the tests that measure them."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Mapping

from tests.stack import ROOT

DOCUMENT = ROOT / "docs" / "quality.md"


def write(figures: Mapping[str, object]) -> None:
    """Puts each into the row of its name, where a run is told to write them."""
    if os.environ.get("POTLUCK_QUALITY") != "write":
        return
    with DOCUMENT.open("r+") as document:
        fcntl.flock(document, fcntl.LOCK_EX)
        text = document.read()
        for name, figure in figures.items():
            row = re.compile(rf"^\| {re.escape(name)} \|[^|]*\|", re.MULTILINE)
            text, count = row.subn(f"| {name} | {figure} |", text)
            assert count == 1, f"{DOCUMENT} has no row of that name: {name}"
        document.seek(0)
        document.truncate()
        document.write(text)
