"""A crowd of clients, and a look at what the server spends on them."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from tests.live import population
from tests.live.wire import Client, Wire

CONNECTING_MAX = 100
SECONDS_MAX = 120


@dataclass
class Spent:
    """What something took: by the clock, and of the server's processor."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


class Driver:
    """The clients of one server."""

    def __init__(self, *, port: int, origin: str, pid: int) -> None:
        self.wire = Wire(port=port, origin=origin)
        self._process = psutil.Process(pid)
        self._cpu_clock = cpu_clock(pid)

    @contextmanager
    def spending(self) -> Iterator[Spent]:
        """Filled in at the end of the block."""
        spent = Spent()
        cpu_before, began = time.clock_gettime(self._cpu_clock), time.perf_counter()
        yield spent
        spent.seconds = time.perf_counter() - began
        spent.cpu_seconds = time.clock_gettime(self._cpu_clock) - cpu_before

    def memory_bytes(self) -> int:
        """What the server holds of it."""
        return int(self._process.memory_info().rss)

    def connect(
        self,
        number: int,
        *,
        namespace: str,
        cookies: Sequence[str] | None = None,
        begin: Callable[[int, Client], None] | None = None,
    ) -> list[Client]:
        """So many clients, some at a time, each introduced to `begin`; returns once all are in."""
        clients: list[Client] = []
        joined = 0
        while joined < number:
            while len(clients) < number and len(clients) - joined < CONNECTING_MAX:
                cookie = cookies[len(clients) % len(cookies)] if cookies else None
                source = population.source(len(clients))
                clients.append(self.wire.connect(namespace, cookie=cookie, source=source))
                if begin:
                    begin(len(clients), clients[-1])
            self.wire.read(0.01)
            for client in clients[joined:]:
                assert not client.is_closed, f"refused: {client.refused}"
                if not client.is_joined:
                    break
                joined += 1
        return clients

    def until(self, condition: Callable[[], bool]) -> None:
        """Reads for everybody until then."""
        assert self.wire.run(condition, seconds_max=SECONDS_MAX), "the server doesn't get there"

    def ask(self, client: Client, event: str, *, namespace: str = "/") -> dict[str, Any] | None:
        """What the server answers; None if it closes the connection instead."""
        answers: list[dict[str, Any]] = []
        client.ask(event, namespace=namespace, answered=answers.append)
        self.until(lambda: bool(answers) or client.is_closed)
        return answers[0] if answers else None

    def leave(self, clients: Sequence[Client]) -> None:
        """All at once, as when a network goes."""
        for client in clients:
            client.cut()


def cpu_clock(pid: int) -> int:
    """The clock of what a process has taken; the kernel's own account counts in hundredths.

    https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
    """
    clock = ctypes.c_int()
    failure = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    assert not failure, f"the process {pid} has no clock: {os.strerror(failure)}"
    return clock.value
