"""What so many rounds at once cost, and how late their chunks are."""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass

import psutil

from tests.bench.spent import Meter
from tests.bench.streams.crowd import Crowd
from tests.bench.streams.upstream import Upstream

# As the upstream writes it.
TIME = re.compile(r"\d{10}\.\d{4}")
WARM_UP_SECONDS = 2.0
LOOK_SECONDS = 0.1
# A server that takes no further order for so long takes none.
START_SECONDS_MAX = 20
END_SECONDS_MAX = 90


@dataclass(frozen=True)
class Window:
    """A few seconds in which `streams` of the rounds that were begun are written.

    CPU is the server's own, and memory what it has grown by since nothing was written.
    """

    rounds: int
    streams: int
    chunks: int
    deltas: int
    seconds: float
    delays_seconds: list[float]
    cpu_seconds: float
    postgres_cpu_seconds: float
    grown_bytes: int
    # Of the clients' process and of the model's, which share a core.
    driver_cpu_seconds: float

    def delay_ms(self, percent: int) -> float:
        """From the model's chunk to the last of the room's clients."""
        return percentile_ms(self.delays_seconds, percent)


def percentile_ms(seconds: list[float], percent: int) -> float:
    """Not a number where there is too little to say."""
    if len(seconds) < percent:
        return float("nan")
    return statistics.quantiles(seconds, n=100)[percent - 1] * 1_000


def look(
    crowd: Crowd,
    upstream: Upstream,
    server: psutil.Process,
    meter: Meter,
    *,
    rounds: int,
    seconds: float,
    bytes_before: int,
) -> Window:
    """Begins what is missing of so many, and looks for so long; they go on being written."""
    crowd.begin_rounds(rounds)
    streams = _wait_for_streams(crowd, upstream, rounds)
    crowd.listen(seconds=WARM_UP_SECONDS)
    before, driver_before = cpu_seconds(server), time.process_time()
    postgres_before = meter.postgres_seconds()
    state, first = upstream.state(), time.time()
    crowd.listen(seconds=seconds)
    last, now = time.time(), upstream.state()
    cpu, driver_cpu = cpu_seconds(server) - before, time.process_time() - driver_before
    postgres_cpu = meter.postgres_seconds() - postgres_before
    grown_bytes = server.memory_info().rss - bytes_before
    # What was sent last is still on its way to the last of them.
    crowd.listen(seconds=WARM_UP_SECONDS)
    return Window(
        rounds=rounds,
        streams=streams,
        chunks=now.chunks - state.chunks,
        deltas=sum(first <= at <= last for at in crowd.heard_at.values()),
        seconds=last - first,
        delays_seconds=_delays_seconds(crowd, first, last),
        cpu_seconds=cpu,
        postgres_cpu_seconds=postgres_cpu,
        grown_bytes=grown_bytes,
        driver_cpu_seconds=driver_cpu + now.cpu_seconds - state.cpu_seconds,
    )


def end(crowd: Crowd, upstream: Upstream) -> int:
    """Lets every round end, and hears all of it; how many rounds don't end.

    Those that waited for a place end in their turn.
    """
    deadline = time.monotonic() + END_SECONDS_MAX
    while (left := crowd.rounds_left()) and time.monotonic() < deadline:
        upstream.end()
        crowd.listen(seconds=1.0)
    heard = -1
    while heard < crowd.deliveries and time.monotonic() < deadline:
        heard = crowd.deliveries
        crowd.listen(seconds=1.0)
    return left


def cpu_seconds(process: psutil.Process) -> float:
    """What it has taken so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _wait_for_streams(crowd: Crowd, upstream: Upstream, rounds: int) -> int:
    """How many are written, once it is all of them or stays as it is."""
    streams, since = 0, time.monotonic()
    while streams < rounds and time.monotonic() < since + START_SECONDS_MAX:
        crowd.listen(seconds=LOOK_SECONDS)
        now = upstream.state().streams
        if now != streams:
            streams, since = now, time.monotonic()
    return streams


def _delays_seconds(crowd: Crowd, first: float, last: float) -> list[float]:
    """Of the chunks that were sent in the window, whenever they were heard."""
    delays = []
    for delta, heard_at in crowd.deltas_since(first):
        sent = map(float, TIME.findall(delta["text"]))
        delays += [heard_at - at for at in sent if first <= at <= last]
    return delays
