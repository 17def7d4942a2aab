"""Reads what a provider streams, in a greenlet of its own, and notices when it says no more."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import gevent
from gevent.event import Event

from potluck.rooms.model import Usage
from potluck.rooms.provider import ModelFailed

logger = logging.getLogger(__name__)

# The room hears of items no sooner than this after the last; what comes later is told at once.
BEAT_SECONDS = 0.05
# So soon what was not told at once is taken by the caller.
LOOK_SECONDS = 0.1
# Where everything is told at once, the caller only looks whether it is to go on.
LOOK_SELDOM_SECONDS = 0.25

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Stream(Protocol[T_co]):
    """A running call. `usage` is there once the provider said it.

    Where it is gathered, an item is all that had come by then, and needn't be looked for often.
    """

    request_id: str | None
    usage: Usage | None
    is_gathered: bool

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

    def __init__(
        self,
        open_stream: Callable[[], Stream[T]],
        patience: Patience,
        tell: Callable[[list[T]], None] | None = None,
    ) -> None:
        """`open_stream` and `tell` run without an application context, beside the caller.

        What is told needn't wait for the caller's next look.
        """
        self._open_stream = open_stream
        self._patience = patience
        self._tell = tell
        self._stream: Stream[T] | None = None
        self._failure: ModelFailed | None = None
        self._has_spoken = False
        self._heard_at = time.monotonic()
        self._told_at = 0.0
        self._untold: list[T] = []
        self._is_over = False
        self._woken = Event()
        self._greenlet = gevent.spawn(self._read)

    def beats(self, goes_on: Callable[[], bool]) -> Iterator[list[T]]:
        """Yields what came and wasn't told, maybe nothing, until its end or while `goes_on`.

        Raises `ModelFailed`, once what came before was taken.
        """
        while goes_on():
            self._woken.wait(self._look_seconds)
            self._woken.clear()
            is_over = self._is_over
            yield self._take_untold()
            if self._failure:
                raise self._failure
            if is_over:
                return
            self._check_silence()

    def wake(self, _event: object = None) -> None:
        """Has the caller look whether it goes on, and not only when it is time to."""
        self._woken.set()

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

    @property
    def _look_seconds(self) -> float:
        is_told_at_once = self._stream and self._stream.is_gathered
        return LOOK_SELDOM_SECONDS if is_told_at_once else LOOK_SECONDS

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
                self._hear(item, is_gathered=self._stream.is_gathered)
        except ModelFailed as failure:
            self._failure = failure
        except Exception as error:
            # Whatever it was, whoever waits for the end must hear of it.
            logger.exception("reading the model failed")
            self._failure = ModelFailed("internal_error", repr(error))
        finally:
            self._is_over = True
            self._woken.set()

    def _hear(self, item: T, *, is_gathered: bool) -> None:
        self._has_spoken, self._heard_at = True, time.monotonic()
        self._untold.append(item)
        if self._tell and (is_gathered or self._heard_at - self._told_at >= BEAT_SECONDS):
            self._told_at = self._heard_at
            self._tell(self._take_untold())
        if is_gathered:
            gevent.sleep(BEAT_SECONDS)

    def _take_untold(self) -> list[T]:
        untold, self._untold = self._untold, []
        return untold
