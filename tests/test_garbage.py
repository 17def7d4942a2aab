"""What only a search finds is found, and hardly anybody waits for it."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable

import gevent
import pytest

from potluck import garbage

HOUR_SECONDS = 3_600
EVERYTHING = 2


class Over(Exception):
    """So much time has passed."""


class Knot:
    """What holds itself: nobody else does, and yet it isn't freed."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], None]:
    """Searches for so many seconds, of which so great a part is work."""
    clock = {"now": 0.0, "cpu": 0.0}
    monkeypatch.setattr(time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(time, "process_time", lambda: clock["cpu"])

    def run(seconds: float, busy_part: float) -> None:
        def sleep(slept_seconds: float) -> None:
            if clock["now"] >= seconds:
                raise Over
            clock["now"] += slept_seconds
            clock["cpu"] += slept_seconds * busy_part

        monkeypatch.setattr(gevent, "sleep", sleep)
        with pytest.raises(Over):
            garbage.collect()

    return run


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Up to which generation of objects, each time."""
    searched: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda up_to=EVERYTHING: searched.append(up_to))
    return searched


@pytest.mark.parametrize(("busy_part", "times"), [(0.9, 30), (0.01, 60)])
def test_everything_is_searched_seldom_and_more_often_where_nobody_waits(
    passes: Callable[[float, float], None],
    searched: list[int],
    busy_part: float,
    times: int,
) -> None:
    passes(HOUR_SECONDS, busy_part)
    assert searched.count(EVERYTHING) == times
    assert len(searched) == HOUR_SECONDS / garbage.EVERY_SECONDS


def test_what_is_new_is_found_by_a_busy_process(passes: Callable[[float, float], None]) -> None:
    # What the tests before have left is old by now.
    gc.collect()
    knot = Knot()
    is_there = weakref.ref(knot)
    del knot
    assert is_there()
    passes(garbage.EVERY_SECONDS, 0.9)
    assert is_there() is None
