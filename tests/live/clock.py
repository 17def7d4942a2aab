"""The waves of the pool, by the database's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

WAVE_SECONDS = 10
SINCE_WAVE = "SELECT mod(extract(epoch FROM clock_timestamp()), 10)"
# Enough to join and look around before the next.
EARLY_SECONDS = 3


def seconds_since_wave(sql: Callable[..., list[Any]]) -> float:
    """How long ago the last wave was."""
    ((seconds,),) = sql(SINCE_WAVE)
    return float(seconds)


def wait_for_a_new_wave(sql: Callable[..., list[Any]]) -> None:
    """Returns when one has just been, so that the next is some seconds off."""
    deadline = time.monotonic() + WAVE_SECONDS
    while seconds_since_wave(sql) > EARLY_SECONDS:
        assert time.monotonic() < deadline
        time.sleep(0.1)
