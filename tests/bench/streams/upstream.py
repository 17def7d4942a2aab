"""The lean model as a process of its own, and what it says of itself."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.sandbox.processes import stand_in
from tests.stack import ROOT


@dataclass(frozen=True)
class State:
    """`streams` are being written; `chunks`, `late_steps` and `cpu_seconds` only grow.

    In a step a quarter of the streams gets a chunk each.
    """

    streams: int
    chunks: int
    late_steps: int
    cpu_seconds: float


@dataclass(frozen=True)
class Upstream:
    """Where it answers."""

    url: str

    def state(self) -> State:
        """As it is now."""
        return State(**self._ask("/state"))

    def end(self) -> None:
        """Has every stream come to its end."""
        self._ask("/end", b"{}")

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + path, body) as answer:  # noqa: S310 - our own
            found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Runs as long as it is needed."""
    with stand_in("tests.bench.streams.model", ready_path="/state", folder=ROOT) as url:
        yield Upstream(url)
