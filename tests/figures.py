"""Figures that a run of the tests or a bench leaves for `bin/prove` to print."""

from __future__ import annotations

import json
import os
from pathlib import Path

# A file to which each figure is added as a line of JSON; none where it isn't set.
FILE = "POTLUCK_FIGURES"


def note(figure: str, *, value: float, **more: object) -> None:
    """Adds a figure by its name."""
    if path := os.environ.get(FILE):
        with Path(path).open("a") as file:
            print(json.dumps({"figure": figure, "value": value, **more}), file=file)
