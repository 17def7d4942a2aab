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
from tests.live.raw_websocket import TEXT, RawWebSocket, frame, read_frame
from tests.live.said import said
from tests.stack import ROOT, unused_port, wait_until_answers

EVENTS, EVENTS_AT_ONCE = 240, 8
BUFFER_BYTES, SIP_BYTES, SIPS_MEANWHILE = 16 * 1024, 3_000, 20
QUIET_SECONDS_MAX = 10
STILL_HERE = frame(TEXT, b"3")
ROUNDS = 30
# Whoever holds small packets back waits for an acknowledgement, which Linux delays by 40 ms.
HELD_BACK_SECONDS = 0.02


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the speaker is."""
    port = unused_port()
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
    with RawWebSocket(url, buffer_bytes=BUFFER_BYTES) as slow:
        heard = _listen_slowly(slow.join(), beside=client)
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


def test_who_waits_to_be_let_in_is_not_taken_for_silent(url: str) -> None:
    """A crowd that is back in one moment waits at the door: what they say is not read meanwhile."""
    with RawWebSocket(url) as patient:
        assert patient.text().startswith("0{")
        patient.send(frame(TEXT, b"40/slow,"))
        while (said_to_them := patient.text()) == "2":
            patient.send(STILL_HERE)
        assert said_to_them.startswith('40/slow,{"sid"')


def _listen_slowly(slow: RawWebSocket, *, beside: RawWebSocket) -> bytearray:
    """What it hears of all events, always far behind another client, for whom they are said.

    It stops where nothing more comes: what is missing shows in what was heard.
    """
    heard, waited_bytes = bytearray(), 0
    slow.socket.settimeout(QUIET_SECONDS_MAX)
    with contextlib.suppress(TimeoutError):
        for first in range(0, EVENTS, EVENTS_AT_ONCE):
            beside.send(_question("say", first, EVENTS_AT_ONCE))
            # While they are being said, so that there is room for some and none for others.
            for _ in range(SIPS_MEANWHILE):
                heard += slow.socket.recv(SIP_BYTES)
            waiting_bytes = _answer(beside)
            waited_bytes = max(waited_bytes, waiting_bytes)
            while waiting_bytes > WAITING_BYTES_MAX // 2:
                heard += slow.socket.recv(SIP_BYTES)
                waiting_bytes = _ask(beside, "waiting")
            for each in (slow, beside):
                # Neither is ever asked whether it is.
                each.send(STILL_HERE)
        assert waited_bytes > WAITING_BYTES_MAX // 2
        while not heard.endswith(b'%d "]]' % (EVENTS - 1)):
            heard += slow.socket.recv(SIP_BYTES)
    return heard


def _question(event: str, *arguments: int) -> bytes:
    return frame(TEXT, b"427" + json.dumps([event, *arguments]).encode())


def _answer(client: RawWebSocket) -> Any:
    (answer,) = json.loads(client.answer().removeprefix("437"))
    return answer


def _ask(client: RawWebSocket, event: str, *arguments: int) -> Any:
    client.send(_question(event, *arguments))
    return _answer(client)


def _seconds_to_answer(client: RawWebSocket, event: str, *arguments: int) -> float:
    began = time.perf_counter()
    _ask(client, event, *arguments)
    return time.perf_counter() - began
