"""Starts children, waits for them, and ends every one of them whatever happens."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import BinaryIO, Self

from sandbox.children import Child
from sandbox.terminal import say, write

BEAT_SECONDS = 0.05
# While somebody waits for the start.
LOOK_SECONDS = 0.02
# The app lets a text that is being written come to its end.
STOP_GRACE_SECONDS = 10.0
SILENCE_SECONDS = 2.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked for the end."""


class Failed(Exception):
    """Something went wrong; the text says what, and what to do."""


class Supervisor:
    """A context manager: leaving it ends what was started in it, last first."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._echoed: list[BinaryIO] = []
        self._stop_requests = 0

    def __enter__(self) -> Self:
        # A signal during select() must end the wait; a socket that it writes to does.
        self._wakeup, signalled = socket.socketpair()
        signalled.settimeout(0)
        self._signalled = signalled
        signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        app = [child for child in self._children if child.name == "app"]
        # The app goes first: while it ends it may still write to its database.
        self._stop(app)
        self._stop(child for child in self._children if child not in app)
        self._echo()

    def start(self, child: Child, *, echo: bool = False) -> Child:
        """Starts `child`; with `echo` the terminal shows what it logs."""
        child.start()
        self._children.append(child)
        if echo:
            self._echoed.append(child.log.open("rb"))
        return child

    def finish(self, child: Child, *, what: str, seconds: float) -> None:
        """Waits until a child that does one thing has done it; raises `Failed` if it could not."""
        self._wait(lambda: not child.is_running, what=what, seconds=seconds, beside=child)
        self._children.remove(child)
        child.pid_file.unlink(missing_ok=True)
        if child.process.returncode:
            raise Failed(f"{what} failed. The end of {child.log}:\n{child.tail()}")

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Waits while looking after the children; says so when it takes long."""
        self._wait(condition, what=what, seconds=seconds)

    def watch(self) -> None:
        """Looks after the children until somebody asks for the end or one of them dies."""
        while True:
            self._beat()

    def _wait(
        self,
        condition: Callable[[], bool],
        *,
        what: str,
        seconds: float,
        beside: Child | None = None,
    ) -> None:
        began = spoke = time.monotonic()
        while not condition():
            self._beat(beside, seconds=LOOK_SECONDS)
            now = time.monotonic()
            if now - began > seconds:
                raise Failed(f"{what} took longer than {seconds:.0f} s; the logs may say why.")
            if now - spoke > SILENCE_SECONDS:
                spoke = now
                say(f"  {what}: {now - began:.0f} s so far …")

    def _beat(self, beside: Child | None = None, *, seconds: float = BEAT_SECONDS) -> None:
        if select.select([self._wakeup], [], [], seconds)[0]:
            self._wakeup.recv(1024)
        self._echo()
        if self._stop_requests:
            raise Stopped
        for child in self._children:
            if child is not beside and not child.is_running:
                raise Failed(
                    f"{child.name} ended unexpectedly (exit code {child.process.returncode}). "
                    f"The end of {child.log}:\n{child.tail()}"
                )

    def _stop(self, children: Iterable[Child]) -> None:
        ending = list(children)
        for child in ending:
            child.stop()
        asked_before = self._stop_requests
        deadline = time.monotonic() + STOP_GRACE_SECONDS
        # Asking again means now.
        while time.monotonic() < deadline and self._stop_requests == asked_before:
            if not any(child.is_running for child in ending):
                break
            select.select([], [], [], BEAT_SECONDS)
        for child in ending:
            child.kill()
            child.pid_file.unlink(missing_ok=True)

    def _echo(self) -> None:
        for log in self._echoed:
            output = log.read()
            if output:
                write(output)

    def _on_signal(self, number: int, _frame: object) -> None:
        if number in STOP_SIGNALS:
            self._stop_requests += 1
