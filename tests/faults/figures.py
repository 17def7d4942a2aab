"""Figures that a run of the tests leaves for whoever wants to print them."""

from __future__ import annotations

import json
import os
from pathlib import Path

# A file to which each figure is added as a line of JSON; none where it isn't set.
FILE = "POTLUCK_FIGURES"


class Figures:
    """What was measured or counted, by what it is called and where."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, figure: str, *, path: str, value: int) -> None:
        self.lines.append(f"{figure}: {path} {value}")
        if os.environ.get(FILE):
            with Path(os.environ[FILE]).open("a") as file:
                print(json.dumps({"figure": figure, "path": path, "value": value}), file=file)
