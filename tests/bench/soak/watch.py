"""What the server takes meanwhile: memory every ten seconds, and processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import psutil

EVERY_SECONDS = 10
# Pages are compiled, pools fill, statements are prepared.
WARM_UP_SECONDS = 60
# Fewer say nothing about a slope.
SAMPLES_MIN = 6
# Of a hundred rounds and forty reloads a minute: 10 KB a round, or a third of what one connection
# takes. Whatever is kept of either shows, and what the allocator does by itself doesn't.
SLOPE_MB_MAX = 1.0
MB = 1024 * 1024


class Watch:
    """Looks at one process, between `begin` and `end`."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._began: float | None = None
        self.cpu_seconds = 0.0
        self.samples: list[tuple[float, float]] = []

    def begin(self) -> None:
        """Everybody is seated."""
        self._began = time.monotonic()
        self.cpu_seconds = -self._cpu()

    def end(self) -> None:
        """Nobody plays any more."""
        self._began = None
        self.cpu_seconds += self._cpu()

    def look_in_time(self) -> None:
        """Notes the memory when it is time."""
        if self._began is None:
            return
        seconds = time.monotonic() - self._began
        if seconds >= len(self.samples) * EVERY_SECONDS:
            self.samples.append((seconds, self._process.memory_info().rss / MB))

    @property
    def slope_mb(self) -> float | None:
        """By how much memory grows in a minute once it is warm; None where that can't be said."""
        warm = [sample for sample in self.samples if sample[0] >= WARM_UP_SECONDS]
        if len(warm) < SAMPLES_MIN:
            return None
        seconds, megabytes = zip(*warm, strict=True)
        return statistics.linear_regression(seconds, megabytes).slope * 60

    def complaints(self) -> Iterator[str]:
        """Memory that doesn't stay."""
        if self.slope_mb is not None and self.slope_mb > SLOPE_MB_MAX:
            yield f"memory grows by {self.slope_mb:.2f} MB a minute, {SLOPE_MB_MAX} at most"

    def lines(self) -> Iterator[str]:
        """For people."""
        rss = " ".join(f"{megabytes:.1f}" for _, megabytes in self.samples)
        yield f"MB every {EVERY_SECONDS} s: {rss}"
        if self.slope_mb is not None:
            yield f"{self.slope_mb:+.2f} MB a minute after the first, {SLOPE_MB_MAX} at most"

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
