"""One does what a crowd asks for, and nobody is held up for long by one that never ends."""

from __future__ import annotations

import threading

import pytest

from potluck import turns
from potluck.turns import Turns

LONG_SECONDS = 3_600.0
OVER_SECONDS = 20


class Broken(Exception):
    """What goes wrong while it is done."""


def test_whoever_comes_meanwhile_waits_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS_MAX", LONG_SECONDS)
    each: Turns[str] = Turns()
    other = Other(each, "story")
    with each.take("story") as is_ours:
        other.start()
        assert not other.is_over.wait(0.1)
    assert is_ours
    assert other.is_over.wait(OVER_SECONDS)
    assert other.was_theirs is False


def test_another_thing_is_done_beside_it_and_the_same_again_afterwards() -> None:
    each: Turns[str] = Turns()
    with each.take("story"), each.take("poem") as is_ours:
        assert is_ours
    with each.take("story") as is_ours:
        assert is_ours


def test_one_that_fails_lets_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS_MAX", LONG_SECONDS)
    each: Turns[str] = Turns()
    other = Other(each, "story")
    with pytest.raises(Broken):
        _fail(each, other)
    assert other.is_over.wait(OVER_SECONDS)


def test_nobody_waits_for_one_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS_MAX", 0.01)
    each: Turns[str] = Turns()
    other = Other(each, "story")
    with each.take("story"):
        other.start()
        assert other.is_over.wait(OVER_SECONDS)
    assert other.was_theirs is False


def _fail(each: Turns[str], other: Other) -> None:
    with each.take("story"):
        other.start()
        raise Broken


class Other(threading.Thread):
    """Somebody who comes for the same."""

    def __init__(self, each: Turns[str], key: str) -> None:
        super().__init__(daemon=True)
        self.is_over = threading.Event()
        self.was_theirs: bool | None = None
        self._each = each
        self._key = key

    def run(self) -> None:
        with self._each.take(self._key) as self.was_theirs:
            pass
        self.is_over.set()
