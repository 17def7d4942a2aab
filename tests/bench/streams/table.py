"""The figures of each number of rounds, and the targets beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.streams.bare import Bare
from tests.bench.streams.crowd import SEATS
from tests.bench.streams.figures import Window, percentile_ms

ROUNDS_TARGET = 500
P99_MS_MAX = 100.0
OVERHEAD_MS_MAX = 2.0
HEAD = (
    *("rounds", "streams", "chunks/s", "deltas/s", "deliveries/s"),
    *("ms to the last client, p50", "p99", "of a core", "CPU ms a stream second"),
    *("the same of PostgreSQL", "CPU ms a chunk", "KB a stream", "clients and model, of a core"),
)


def head() -> Iterator[str]:
    """In Markdown, so that it can be kept as it is."""
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{' ---: |' * len(HEAD)}"


def row(window: Window) -> str:
    """A line of it. Where the server is too far behind to write anything, there is still one."""
    streams, chunks = max(window.streams, 1), max(window.chunks, 1)
    cells = [
        f"{window.rounds}",
        f"{window.streams}",
        f"{window.chunks / window.seconds:,.0f}",
        f"{window.deltas / window.seconds:,.0f}",
        f"{SEATS * window.deltas / window.seconds:,.0f}",
        f"{window.delay_ms(50):,.0f}",
        f"{window.delay_ms(99):,.0f}",
        f"{window.cpu_seconds / window.seconds:.2f}",
        f"{1_000 * window.cpu_seconds / window.seconds / streams:.2f}",
        f"{1_000 * window.postgres_cpu_seconds / window.seconds / streams:.2f}",
        f"{1_000 * window.cpu_seconds / chunks:.3f}",
        f"{window.grown_bytes / 1_024 / streams:.0f}",
        f"{window.driver_cpu_seconds / window.seconds:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def targets(windows: Sequence[Window], alone: Window, bare: Bare) -> Iterator[str]:
    """What they should be: met or not. A stream alone bears all that the server does besides."""
    fine = [each.rounds for each in windows if _is_in_time(each)]
    is_met = max(fine, default=0) >= ROUNDS_TARGET
    yield (
        f"target {ROUNDS_TARGET} rounds with a p99 under {P99_MS_MAX:.0f} ms: "
        f"{max(fine, default=0)} of those tried, {_verdict(is_met=is_met)}"
    )
    ours = alone.cpu_seconds / alone.chunks * 1_000
    theirs = bare.cpu_seconds / bare.chunks * 1_000
    yield (
        f"target overhead of one stream over the bare SDK under {OVERHEAD_MS_MAX:.0f} ms of CPU "
        f"a chunk: {ours - theirs:.2f} ms ({ours:.2f} against {theirs:.2f}), "
        f"{_verdict(is_met=ours - theirs < OVERHEAD_MS_MAX)}"
    )
    yield (
        f"the bare SDK has a chunk after {percentile_ms(bare.delays_seconds, 50):.1f} ms (p50), "
        f"the last of four clients after {alone.delay_ms(50):.1f} ms: the rest is the beat of 50 ms"
    )


def _is_in_time(window: Window) -> bool:
    return window.streams == window.rounds and window.delay_ms(99) < P99_MS_MAX


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "not met"
