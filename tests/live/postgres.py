"""A PostgreSQL of a test's own, which may go away and come back on the same data."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.postgres import Cluster

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15


class Postgres:
    """The server of the wheel, on data in a folder."""

    def __init__(self, var: Path) -> None:
        self._cluster = Cluster(var)
        self._log = var / "postgres.log"
        self.url = self._cluster.url

    def make(self) -> None:
        """Lays the data down; nothing runs yet."""
        self._cluster.prepare()
        assert self._run(self._cluster.initdb).wait(START_SECONDS_MAX) == 0, self._said
        self._cluster.adopt()

    def start(self) -> None:
        """Returns once it takes connections; after a crash it has recovered by then."""
        self._server = self._run(self._cluster.serve)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._cluster.is_ready:
            assert self._server.poll() is None, self._said
            assert time.monotonic() < deadline, self._said
            time.sleep(0.02)

    def stop(self) -> None:
        """Ends it as it should end, with everything written."""
        self._server.send_signal(signal.SIGINT)
        assert self._server.wait(STOP_SECONDS_MAX) == 0, self._said

    def crash(self) -> None:
        """Ends it as losing power would: nothing is written any more, and nobody is told."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(STOP_SECONDS_MAX)

    @property
    def is_running(self) -> bool:
        return self._server.poll() is None

    @property
    def _said(self) -> str:
        return self._log.read_text(errors="replace")

    def _run(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        user = self._cluster.user
        with self._log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd="/",
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )


@contextmanager
def running_postgres(var: Path) -> Iterator[Postgres]:
    """Runs one; ends it if it still runs."""
    postgres = Postgres(var)
    postgres.make()
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.crash()
