"""Those who ask in one moment ask together, and nobody is worse off for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from potluck import gathering
from potluck.gathering import SIZE_MAX, Gathering

WAIT_SECONDS_MAX = 10
FOR_EVER_SECONDS = 60.0
BAD, KILLING = -1, -2


class Killed(BaseException):
    """As a greenlet is."""


class Book:
    """What was written, wave by wave; the first wave takes until it may end."""

    def __init__(self) -> None:
        self.gathering = Gathering(self._write)
        self.waves: list[list[int]] = []
        self.is_writing = threading.Event()
        self.may_end = threading.Event()
        self.results: dict[int, object] = {}
        self._writers: list[threading.Thread] = []

    def begin(self, number: int) -> None:
        """Has it written by somebody who waits for it."""
        writer = threading.Thread(target=self._note, args=[number], daemon=True)
        writer.start()
        self._writers.append(writer)

    def begin_first(self, *others: int) -> None:
        """Returns while the first is being written and the others wait, in this order."""
        self.begin(0)
        assert self.is_writing.wait(WAIT_SECONDS_MAX)
        for waiting, number in enumerate(others, start=1):
            self.begin(number)
            self._wait_for(waiting)

    def end(self) -> None:
        """Lets the first be written, and waits until everybody is through."""
        self.may_end.set()
        for writer in self._writers:
            writer.join(WAIT_SECONDS_MAX)
            assert not writer.is_alive()

    def _wait_for(self, waiting: int) -> None:
        _until(lambda: len(self.gathering._waiting) == waiting)

    def _write(self, numbers: Sequence[int]) -> list[int]:
        is_first = not self.waves
        self.waves.append(list(numbers))
        if is_first:
            self.is_writing.set()
            assert self.may_end.wait(WAIT_SECONDS_MAX)
        if numbers[0] == KILLING:
            raise Killed
        if BAD in numbers:
            raise ValueError
        return [10 * number for number in numbers]

    def _note(self, number: int) -> None:
        try:
            self.results[number] = self.gathering.ask(number)
        except (ValueError, Killed) as error:
            self.results[number] = type(error)


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Book:
    """One in which nobody loses patience."""
    monkeypatch.setattr(gathering, "PATIENCE_SECONDS", FOR_EVER_SECONDS)
    return Book()


def test_who_comes_while_one_writes_is_written_with_all_who_do(book: Book) -> None:
    book.begin_first(1, 2, 3)
    book.end()
    assert book.waves == [[0], [1, 2, 3]]
    assert book.results == {0: 0, 1: 10, 2: 20, 3: 30}


def test_a_crowd_is_written_in_parts(book: Book) -> None:
    book.begin_first(*range(1, SIZE_MAX + 2))
    book.end()
    assert [len(wave) for wave in book.waves] == [1, SIZE_MAX, 1]
    assert book.results == {number: 10 * number for number in range(SIZE_MAX + 2)}


@pytest.mark.fault("M26")
def test_what_goes_wrong_for_one_goes_wrong_for_that_one_alone(
    book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    book.begin_first(1, BAD, 2)
    book.end()
    assert book.results == {0: 0, 1: 10, BAD: ValueError, 2: 20}
    assert sorted(book.waves[2:]) == [[BAD], [1], [2]]
    assert "ValueError in what 3 asked together" in caplog.text


def test_who_is_killed_while_writing_for_others_leaves_it_to_them(book: Book) -> None:
    book.begin_first(KILLING, 1, 2)
    book.end()
    assert book.waves[1] == [KILLING, 1, 2]
    assert book.results == {0: 0, KILLING: Killed, 1: 10, 2: 20}
    assert book.gathering.ask(3) == 30


def test_who_has_waited_long_writes_beside_those_who_are_held_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_SECONDS", 0.001)
    book = Book()
    book.begin(0)
    assert book.is_writing.wait(WAIT_SECONDS_MAX)
    book.begin(1)
    _until(lambda: book.results == {1: 10})
    assert book.gathering.ask(2) == 20
    book.end()
    assert book.results == {0: 0, 1: 10}


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)
