"""What a client is told comes whole, in order and at once, however slowly it reads."""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from potluck.live.outbox import WAITING_BYTES_MAX
from sandbox.ports import free_port
from tests.live.raw_websocket import TEXT, RawWebSocket, frame, read_frame
from tests.live.said import said
from tests.stack import ROOT, wait_until_answers

EVENTS, EVENTS_AT_ONCE = 400, 8
BUFFER_BYTES, SIP_BYTES = 16 * 1024, 3_000
QUIET_SECONDS_MAX = 5
STILL_HERE = frame(TEXT, b"3")
ROUNDS = 30
# Whoever holds small packets back waits for an acknowledgement, which Linux delays by 40 ms.
HELD_BACK_SECONDS = 0.02


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the speaker is."""
    port = free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "tests.live.speaker", str(port)]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), str(ROOT)])}
    with subprocess.Popen(command, cwd=ROOT, env=environ) as process:
        try:
            wait_until_answers(process, f"http://127.0.0.1:{port}/readyz")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


@pytest.fixture
def client(url: str) -> Iterator[RawWebSocket]:
    with RawWebSocket(url) as client:
        yield client.join()


@pytest.mark.fault("S12")
def test_a_slow_reader_hears_everything_whole_and_in_order(url: str, client: RawWebSocket) -> None:
    heard, waited_bytes = bytearray(), 0
    with RawWebSocket(url, buffer_bytes=BUFFER_BYTES) as slow:
        slow.join()
        for first in range(0, EVENTS, EVENTS_AT_ONCE):
            waiting_bytes = _ask(client, "say", first, EVENTS_AT_ONCE)
            waited_bytes = max(waited_bytes, waiting_bytes)
            slow.send(STILL_HERE)
            while waiting_bytes > WAITING_BYTES_MAX // 2:
                heard += slow.socket.recv(SIP_BYTES)
                waiting_bytes = _ask(client, "waiting")
        _read_up_to(slow, b'"%s"]]' % said(EVENTS - 1).encode(), heard)
    assert waited_bytes > WAITING_BYTES_MAX // 2
    stream = io.BytesIO(heard)
    for number in range(EVENTS):
        opcode, payload = read_frame(stream) or (0, b"")
        assert opcode == TEXT, f"the event before {number} has another length than its frame says"
        assert json.loads(payload[2:]) == ["said", [number, said(number)]]
    assert not stream.read()


def test_an_answer_right_after_a_broadcast_is_not_held_back(client: RawWebSocket) -> None:
    alone, after_a_broadcast = [], []
    for number in range(ROUNDS):
        alone.append(_seconds_to_answer(client, "waiting"))
        after_a_broadcast.append(_seconds_to_answer(client, "say", number * 4, 1))
    late_seconds = statistics.median(after_a_broadcast) - statistics.median(alone)
    assert late_seconds < HELD_BACK_SECONDS


def test_every_connection_sends_small_packets_at_once(client: RawWebSocket) -> None:
    assert _ask(client, "are_sent_at_once") == [True]


def _ask(client: RawWebSocket, event: str, *arguments: int) -> Any:
    answer = client.ask(frame(TEXT, b"427" + json.dumps([event, *arguments]).encode()))
    (said_back,) = json.loads(answer.removeprefix("437"))
    return said_back


def _seconds_to_answer(client: RawWebSocket, event: str, *arguments: int) -> float:
    began = time.perf_counter()
    _ask(client, event, *arguments)
    return time.perf_counter() - began


def _read_up_to(client: RawWebSocket, end: bytes, heard: bytearray) -> None:
    """Or as long as something comes: what is missing shows in what was heard."""
    client.socket.settimeout(QUIET_SECONDS_MAX)
    with contextlib.suppress(TimeoutError):
        while not heard.endswith(end):
            heard += client.socket.recv(SIP_BYTES)
