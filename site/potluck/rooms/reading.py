"""Reads what a provider streams, in a greenlet of its own, and notices when it says no more."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import gevent
from gevent.queue import Empty, SimpleQueue

from potluck.rooms.model import Usage
from potluck.rooms.provider import ModelFailed

logger = logging.getLogger(__name__)

# The room hears of items no sooner than this after the last; what comes later is told at once.
BEAT_SECONDS = 0.05

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Stream(Protocol[T_co]):
    """A running call. `usage` is there once the provider said it."""

    request_id: str | None
    usage: Usage | None

    def __iter__(self) -> Iterator[T_co]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a model may think before it begins, and pause once it has."""

    first_seconds: float
    stall_seconds: float


class Reader(Generic[T]):
    """Calls a provider and reads it beside the caller.

    So the lease is renewed while a model thinks, and a silent one can be stopped.
    """

    def __init__(self, open_stream: Callable[[], Stream[T]], patience: Patience) -> None:
        """`open_stream` runs without an application context."""
        self._open_stream = open_stream
        self._patience = patience
        self._stream: Stream[T] | None = None
        self._failure: ModelFailed | None = None
        self._has_spoken = False
        self._heard_at = time.monotonic()
        self._queue: SimpleQueue[T | ModelFailed | None] = SimpleQueue()
        self._greenlet = gevent.spawn(self._read)

    def beats(self, goes_on: Callable[[], bool]) -> Iterator[list[T]]:
        """Yields what came in each beat, maybe nothing, until its end or while `goes_on`.

        Raises `ModelFailed`, once what came before was taken.
        """
        while goes_on():
            gathered, has_ended = self._gather()
            yield gathered
            if self._failure:
                raise self._failure
            if has_ended:
                return
            self._check_silence()
            gevent.sleep(BEAT_SECONDS)
            self._wait_for_item()

    def close(self) -> None:
        """Closes the call: what upstream would still write is not paid for."""
        self._greenlet.kill(block=False)
        if self._stream:
            self._stream.close()

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, once it has said so."""
        return self._stream.usage if self._stream else None

    @property
    def request_id(self) -> str | None:
        """The provider's own id of the call, once it has begun."""
        return self._stream.request_id if self._stream else None

    def _wait_for_item(self) -> None:
        """No longer than a beat, so that a stop is heard of and the lease renewed."""
        with contextlib.suppress(Empty):
            self._queue.peek(timeout=BEAT_SECONDS)

    def _check_silence(self) -> None:
        """A server that keeps the line open with comments is as silent as one that says nothing."""
        silent_seconds = time.monotonic() - self._heard_at
        if not self._has_spoken and silent_seconds > self._patience.first_seconds:
            raise ModelFailed("provider_silent", f"nothing came in {silent_seconds:.0f} seconds")
        if self._has_spoken and silent_seconds > self._patience.stall_seconds:
            raise ModelFailed("provider_stalled", f"nothing more in {silent_seconds:.0f} seconds")

    def _read(self) -> None:
        try:
            self._stream = self._open_stream()
            for item in self._stream:
                self._has_spoken = True
                self._heard_at = time.monotonic()
                self._queue.put(item)
            self._queue.put(None)
        except ModelFailed as failure:
            self._queue.put(failure)
        except Exception as error:
            # Whatever it was, whoever waits for the end must hear of it.
            logger.exception("reading the model failed")
            self._queue.put(ModelFailed("internal_error", repr(error)))

    def _gather(self) -> tuple[list[T], bool]:
        items: list[T] = []
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return items, False
            if item is None:
                return items, True
            if isinstance(item, ModelFailed):
                # Raised by the caller, once what came before it was shown.
                self._failure = item
                return items, True
            items.append(item)
