"""Whose network is gone without a word, and who never says what they want, are noticed.

Both take their time, and both at once: nothing here can be hurried, nor need it be.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.live.closures import await_closures, closures
from tests.live.raw_websocket import CLOSE, TEXT, RawWebSocket, frame
from tests.stack import Stack

PING_TIMEOUT = "ping timeout"
ENGINE_PING, ENGINE_PONG = "2", frame(TEXT, b"3")


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How many seconds the server put up with each."""

    silent: Future[float]
    idle: Future[float]


@pytest.fixture(scope="module")
def waits(stack: Stack) -> Iterator[Waits]:
    with ThreadPoolExecutor() as both:
        yield Waits(silent=both.submit(_silent, stack), idle=both.submit(_idle, stack))


@pytest.mark.fault("S13")
def test_who_answers_no_ping_is_counted_for_18_seconds_at_most(waits: Waits) -> None:
    # What is more is for the count to be told, twice a second, and for a slow machine.
    assert 16 < waits.silent.result() < 19.5


def test_who_joins_nothing_is_closed_after_twenty_seconds(waits: Waits) -> None:
    assert 19 < waits.idle.result() < 24


def _silent(stack: Stack) -> float:
    """Joins and answers nothing; until somebody who does answer hears that it is gone."""
    closed_before = closures(stack.url, PING_TIMEOUT)
    with RawWebSocket(stack.url) as witness, RawWebSocket(stack.url) as silent:
        alone = json.loads(witness.join().ask()[len("437") :])[0]["connections"]
        began = time.monotonic()
        silent.join()
        _hear_count(witness, alone + 1)
        _hear_count(witness, alone)
        seconds = time.monotonic() - began
        await_closures(stack.url, PING_TIMEOUT, closed_before + 1)
        while silent.text() != ENGINE_PING:
            pass
    return seconds


def _idle(stack: Stack) -> float:
    """Answers pings, and never joins a namespace; until it is shown out."""
    closed_before = closures(stack.url, "joined_nothing")
    with RawWebSocket(stack.url) as idle:
        began = time.monotonic()
        while (got := idle.receive()) and got[0] != CLOSE:
            if got[1].decode() == ENGINE_PING:
                idle.send(ENGINE_PONG)
        seconds = time.monotonic() - began
    await_closures(stack.url, "joined_nothing", closed_before + 1)
    return seconds


def _hear_count(witness: RawWebSocket, connections: int) -> None:
    while f'["connection_count",{{"connections":{connections},' not in (text := witness.text()):
        if text == ENGINE_PING:
            witness.send(ENGINE_PONG)
