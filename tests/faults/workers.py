"""Walks a path to each of its boundaries, in children of the zygote, several at a time."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import IO, Any, TypeVar

from tests.stack import ROOT

KILLED = -signal.SIGKILL
STOP_SECONDS_MAX = 10

T = TypeVar("T")


class ChildFailed(Exception):
    """The child of an act fell; its traceback."""


@dataclass(frozen=True)
class Site:
    """A boundary, whether a child was killed there, and what was wrong after that."""

    name: str
    was_reached: bool
    complaints: Sequence[str]


@dataclass(frozen=True)
class Worker:
    """A line to a process that forks, and a database that nobody else works on.

    Two at once on one database would take up each other's orders.
    """

    line: socket.socket
    database_url: str

    def ask(self, act: str, **facts: Any) -> Any:
        """What the child answers; None when it was killed."""
        task = {"act": act, "database_url": self.database_url, **facts}
        with self.line.makefile("rw") as line:
            print(json.dumps(task), file=line, flush=True)
            answer = json.loads(line.readline())
        if answer["status"] == KILLED:
            return None
        if answer["status"] != 0:
            raise ChildFailed(answer["said"])
        return json.loads(answer["said"])

    def first_walk(self, path: str) -> list[str]:
        """The boundaries of a path, from a walk to its end."""
        *_, scene = self.ask("restart", path=path, scene=None, goes_on=True)
        boundaries: list[str] = self.ask("run", path=path, scene=scene, kill_at=None)
        books, complaints, _ = self.ask("restart", path=path, scene=scene, goes_on=False)
        assert not books + complaints, f"without being killed: {books} {complaints}"
        return boundaries

    def kill_at_each(self, path: str, boundaries: SimpleQueue[str]) -> list[Site]:
        """Has somebody new walk to each, until none is left."""
        sites: list[Site] = []
        known: set[str] = set()
        at, scene = _next(boundaries), None
        while at:
            following = _next(boundaries)
            was_reached = True
            try:
                if scene is None:
                    *_, scene = self.ask("restart", path=path, scene=None, goes_on=True)
                was_reached = self.ask("run", path=path, scene=scene, kill_at=at) is None
                books, complaints, scene = self.ask(
                    "restart", path=path, scene=scene, goes_on=following is not None
                )
            except ChildFailed as failure:
                books, complaints, scene = [], [str(failure)], None
            # What is wrong once stays wrong, and belongs to the site where it began.
            news = [fault for fault in dict.fromkeys(books) if fault not in known]
            known.update(books)
            sites.append(Site(at, was_reached, [*news, *complaints]))
            at = following
        return sites


class Crew:
    """All workers of one zygote."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._each(lambda worker: worker.ask("migrate"))

    def kill_everywhere(self, path: str) -> list[Site]:
        """Each boundary of the path, which is walked once to find them."""
        boundaries: SimpleQueue[str] = SimpleQueue()
        for name in self._workers[0].first_walk(path):
            boundaries.put(name)
        found = self._each(lambda worker: worker.kill_at_each(path, boundaries))
        return [site for sites in found for site in sites]

    def _each(self, act: Callable[[Worker], T]) -> list[T]:
        with ThreadPoolExecutor(len(self._workers)) as pool:
            return list(pool.map(act, self._workers))


@contextmanager
def crew(
    database_urls: Sequence[str], *, environ: Mapping[str, str], log: IO[bytes]
) -> Iterator[Crew]:
    """A zygote with a worker for each database. It ends when their lines are cut."""
    pairs = [socket.socketpair() for _ in database_urls]
    theirs = [their.fileno() for _, their in pairs]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.zygote", *map(str, theirs)],
        cwd=ROOT,
        env=environ,
        pass_fds=theirs,
        stdout=log,
        stderr=log,
    )
    for _, their in pairs:
        their.close()
    try:
        yield Crew([Worker(ours, url) for (ours, _), url in zip(pairs, database_urls, strict=True)])
    finally:
        for ours, _ in pairs:
            ours.close()
        process.wait(STOP_SECONDS_MAX)


def _next(queue: SimpleQueue[str]) -> str | None:
    try:
        return queue.get_nowait()
    except Empty:
        return None
