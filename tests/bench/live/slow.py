"""One who doesn't read, among many who do: what the others notice, on our transport alone.

The app has nothing to say that is long enough to fill a network's buffers, so this is the speaker
of the tests. Those who read are told the same with and without the slow one, in turns.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.live.driver import Driver
from tests.bench.live.figures import Figures, Scale, percentile
from tests.live.raw_websocket import TEXT, RawWebSocket, frame
from tests.live.server import start_on_core
from tests.live.wire import Client
from tests.stack import ROOT, unused_port, wait_until_answers

# Events of the speaker's, by their numbers: a short one, and one of 100 KB.
SHORT, LONG = 1, 3
LONG_ONES = 6
TURNS = 15
BUFFER_BYTES = 16 * 1024


def slow_reader(scale: Scale, folder: Path, core: int | None) -> Figures:
    """Seconds to the last of the crowd, and what waited for the slow one.

    Each is the median of the turns' p99: an interruption that one event meets is a turn's p99.
    """
    alone: list[float] = []
    beside: list[float] = []
    waiting_bytes = 0
    with _speaker(folder, core) as driver:
        (asker,) = driver.connect(1, namespace="/")
        for _ in range(TURNS):
            with RawWebSocket(driver.wire.origin, buffer_bytes=BUFFER_BYTES) as slow:
                slow.join()
                for _ in range(LONG_ONES):
                    _ask(driver, asker, "say", LONG, 1)
                slow.send(frame(TEXT, b"3"))
                crowd = driver.connect(scale.audience, namespace="/")
                # That the first events are late is the crowd's doing, which has only just come.
                _p99(driver, asker, crowd, scale.broadcasts)
                beside.append(_p99(driver, asker, crowd, scale.broadcasts))
                waiting_bytes = max(waiting_bytes, _ask(driver, asker, "waiting"))
            alone.append(_p99(driver, asker, crowd, scale.broadcasts))
            driver.leave(crowd)
    return {
        "alone_p99": statistics.median(alone),
        "beside_slow_p99": statistics.median(beside),
        "waiting_bytes": waiting_bytes,
    }


@contextmanager
def _speaker(folder: Path, core: int | None) -> Iterator[Driver]:
    port = unused_port()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)])}
    command = [sys.executable, "-m", "tests.live.speaker", str(port)]
    with (folder / "speaker.log").open("ab") as log:
        process = start_on_core(command, core=core, environ=environ, log=log)
    try:
        wait_until_answers(process, f"http://127.0.0.1:{port}/readyz")
        yield Driver(port=port, origin=f"http://localhost:{port}", pid=process.pid)
    finally:
        process.terminate()
        process.wait()


def _p99(driver: Driver, asker: Client, crowd: Sequence[Client], times: int) -> float:
    """Of how late each event was at each of the crowd, in seconds."""
    delays: list[float] = []
    began = 0.0

    def hear(_packet: bytes) -> None:
        delays.append(time.perf_counter() - began)

    for each in crowd:
        each.heard = hear
    for number in range(1, times + 1):
        heard = number * len(crowd)
        began = time.perf_counter()
        _ask(driver, asker, "say", SHORT, 1)
        driver.until(lambda heard=heard: len(delays) >= heard)  # type: ignore[misc]
    return percentile(delays, 0.99)


def _ask(driver: Driver, asker: Client, event: str, *arguments: object) -> Any:
    answers: list[Any] = []
    asker.ask(event, *arguments, answered=answers.append)
    driver.until(lambda: bool(answers))
    return answers[0]
