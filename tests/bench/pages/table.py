"""The figures of all, beside one another and beside what they should be."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tests.bench.pages.wrk import Figures

Reads = Mapping[str, Figures]
FRAGMENTS = ("badge", "balance")
PAGES = ("landing", "room")
P99_SECONDS_MAX = {**dict.fromkeys(FRAGMENTS, 0.06), **dict.fromkeys(PAGES, 0.1)}


class Target(NamedTuple):
    """At least so many times the requests per CPU second of another."""

    times: float
    other: str


# Express beside the same read of ours.
TARGETS = {
    **{
        name: (Target(8, "t3 getBalance"), Target(1, f"express {name}"), Target(0.55, "floor"))
        for name in FRAGMENTS
    },
    **dict.fromkeys(PAGES, (Target(5, "t3 page"),)),
}


def medians(rounds: Sequence[Reads]) -> dict[str, Figures]:
    """Of each figure of each read."""
    return {
        name: Figures(
            per_second=statistics.median(each[name].per_second for each in rounds),
            per_cpu_second=statistics.median(each[name].per_cpu_second for each in rounds),
            p99_seconds=statistics.median(each[name].p99_seconds for each in rounds),
        )
        for name in rounds[0]
    }


def table(reads: Reads) -> Iterator[str]:
    """In Markdown, so that it can be kept as it is."""
    yield "| | requests per CPU s | CPU s per 1,000 | requests/s | ms, p99 |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, figures in reads.items():
        yield (
            f"| {name} | {figures.per_cpu_second:,.0f} | {1_000 / figures.per_cpu_second:.3f} "
            f"| {figures.per_second:,.0f} | {figures.p99_seconds * 1_000:.0f} |"
        )


def targets(reads: Reads) -> Iterator[str]:
    """A line for each whose other side was measured: met or not."""
    for name, wanted in TARGETS.items():
        for times, other in wanted:
            if other in reads:
                ratio = reads[name].per_cpu_second / reads[other].per_cpu_second
                title = f"{name}, per CPU s at least {times} times {other}"
                yield _line(title, f"{ratio:.2f}", is_met=ratio >= times)
        seconds, limit = reads[name].p99_seconds, P99_SECONDS_MAX[name]
        title = f"{name}, a p99 under {limit * 1_000:.0f} ms"
        yield _line(title, f"{seconds * 1_000:.0f} ms", is_met=seconds < limit)


def _line(title: str, value: str, *, is_met: bool) -> str:
    return f"target {title}: {value}, {'met' if is_met else 'not met'}"
