"""Both sides beside each other, and which targets are met."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from tests.bench.live.figures import Figures

# What it is called, how it is written, and what one is divided by for that.
ROWS = {
    "connects": ("connects/s to /", "{:,.0f}", 1),
    "connects_cpu": ("connects per CPU s to /", "{:,.0f}", 1),
    "member_connects": ("connects/s to /members", "{:,.0f}", 1),
    "member_connects_cpu": ("connects per CPU s to /members", "{:,.0f}", 1),
    "memory_bytes": ("KB a signed-in connection", "{:.1f}", 1_024),
    "deliveries_{audience}": ("deliveries/s to {audience:,}", "{:,.0f}", 1),
    "deliveries_{audience}_cpu": ("deliveries per CPU s to {audience:,}", "{:,.0f}", 1),
    "delivery_{audience}_p50": ("ms to deliver to {audience:,}, p50", "{:.1f}", 0.001),
    "delivery_{audience}_p99": ("ms to deliver to {audience:,}, p99", "{:.1f}", 0.001),
    "deliveries_{clients}": ("deliveries/s to {clients:,}", "{:,.0f}", 1),
    "deliveries_{clients}_cpu": ("deliveries per CPU s to {clients:,}", "{:,.0f}", 1),
    "delivery_{clients}_p99": ("ms to deliver to {clients:,}, p99", "{:.1f}", 0.001),
    "answers": ("acknowledgements/s", "{:,.0f}", 1),
    "answers_cpu": ("acknowledgements per CPU s", "{:,.0f}", 1),
    "answer_p99": ("ms to an acknowledgement, p99", "{:.1f}", 0.001),
    "waits": ("join_pool and leave_pool/s, through PostgreSQL", "{:,.0f}", 1),
    "waits_cpu": ("join_pool and leave_pool per CPU s, through PostgreSQL", "{:,.0f}", 1),
    "lone_waits_cpu": ("the same, one after the other", "{:,.0f}", 1),
    "leaving_seconds": ("s until the count is right after {clients:,} left", "{:.2f}", 1),
    "newcomers_cpu": ("CPU s for {newcomers:,} connects, count on a beat", "{:.2f}", 1),
    "newcomers_naive_cpu": ("CPU s for {newcomers:,} connects, count on each", "{:.2f}", 1),
    "growth_cpu": ("exponent of CPU, {few:,} to {many:,} connecting", "{:.2f}", 1),
    "growth_bytes": ("exponent of memory, {few:,} to {many:,} connecting", "{:.2f}", 1),
    "alone_p99": ("ms to deliver to {audience:,}, p99, by the transport alone", "{:.1f}", 0.001),
    "beside_slow_p99": ("the same beside one who doesn't read", "{:.1f}", 0.001),
    "waiting_bytes": ("KB that wait for who doesn't read", "{:.0f}", 1_024),
}
# At least so many times what Node does, or at most.
AT_LEAST = {
    "deliveries_{audience}_cpu": 1.5,
    "deliveries_{clients}_cpu": 1.5,
    "connects_cpu": 1.0,
    "member_connects_cpu": 0.8,
    "answers_cpu": 0.6,
    "waits_cpu": 1.0,
}
AT_MOST = {"memory_bytes": 0.8}
LEAVING_SECONDS_MAX = 1.0
EXPONENT_MAX = 1.1
SLOW_PART_MAX = 1.1
REVOCATION_SECONDS_MAX = 0.25


def medians(rounds: Sequence[Figures]) -> Figures:
    """Of each figure."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def table(ours: Figures, node: Figures, scale: Mapping[str, int]) -> Iterator[str]:
    """In Markdown, so that it can be kept as it is."""
    yield "| | Potluck | Node's socket.io | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    for key, (title, form, unit) in ROWS.items():
        name = key.format(**scale)
        sides = [form.format(side[name] / unit) if name in side else "" for side in (ours, node)]
        both = name in ours and name in node
        ratio = f"{_ratio(ours[name], node[name]):.2f}" if both else ""
        yield f"| {title.format(**scale)} | {sides[0]} | {sides[1]} | {ratio} |"


def targets(
    ours: Figures, node: Figures, scale: Mapping[str, int], *, revocation_seconds: float
) -> Iterator[str]:
    """A line for each: met or not."""
    for limits, word in ((AT_LEAST, "at least"), (AT_MOST, "at most")):
        for key, limit in limits.items():
            name = key.format(**scale)
            ratio = _ratio(ours[name], node[name])
            is_met = ratio >= limit if word == "at least" else ratio <= limit
            title = ROWS[key][0].format(**scale)
            yield _line(f"{title}, {word} {limit} of Node", f"{ratio:.2f}", is_met=is_met)
    seconds = ours["leaving_seconds"]
    yield _line(
        f"{scale['clients']:,} leave at once, under {LEAVING_SECONDS_MAX} s",
        f"{seconds:.2f} s",
        is_met=seconds < LEAVING_SECONDS_MAX,
    )
    for name in ("growth_cpu", "growth_bytes"):
        title = ROWS[name][0].format(**scale)
        value = ours[name]
        yield _line(
            f"{title}, at most {EXPONENT_MAX}", f"{value:.2f}", is_met=value <= EXPONENT_MAX
        )
    part = ours["beside_slow_p99"] / ours["alone_p99"]
    yield _line(
        f"others' p99 beside one who doesn't read, at most {SLOW_PART_MAX} of theirs without",
        f"{part:.2f}",
        is_met=part <= SLOW_PART_MAX,
    )
    yield _line(
        f"a deleted session's socket closes (p99), under {REVOCATION_SECONDS_MAX * 1_000:.0f} ms",
        f"{revocation_seconds * 1_000:.0f} ms",
        is_met=revocation_seconds < REVOCATION_SECONDS_MAX,
    )


def _ratio(ours: float, node: float) -> float:
    """Of so little that a clock doesn't tell it apart from nothing there is none."""
    return ours / node if node else math.inf


def _line(title: str, value: str, *, is_met: bool) -> str:
    return f"target {title}, of the performance work: {value}, {'met' if is_met else 'not met'}"
