"""What is counted while tables play."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.soak.seat import Seat

# As the scripted clock writes it.
TIME = re.compile(r"\d{10}\.\d{4}")


@dataclass
class Figures:
    """`delays_seconds` are from a chunk of the model to the last client that was there for it."""

    rounds: int = 0
    deltas: int = 0
    delays_seconds: list[float] = field(default_factory=list)
    # The text of each generation as each client had it at its end.
    texts: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    # The words of a delta, and when the last client heard them.
    _heard: dict[tuple[int, int], tuple[str, float]] = field(default_factory=dict)

    def hear(self, delta: dict[str, Any], *, heard_at: float) -> None:
        """One client heard a delta as it was told."""
        self._heard[delta["generation"], delta["seq"]] = delta["text"], heard_at

    def note_round(self, seats: Sequence[Seat]) -> None:
        """All have its end."""
        self.rounds += 1
        for seat in seats:
            if seat.reader.generation is not None:
                self.texts[seat.reader.generation].add(seat.reader.text)
        generations = {seat.reader.generation for seat in seats}
        for key in [key for key in self._heard if key[0] in generations]:
            text, heard_at = self._heard.pop(key)
            self.delays_seconds += [heard_at - float(word) for word in TIME.findall(text)]

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.rounds:,} rounds, {self.deltas:,} deltas delivered"
        if len(self.delays_seconds) > 1:
            hundredths = statistics.quantiles(self.delays_seconds, n=100)
            p50, p95, p99 = (hundredths[at - 1] * 1_000 for at in (50, 95, 99))
            yield f"from chunk to last client: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
