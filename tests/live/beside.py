"""A second process with sockets, beside an installation that runs: same database, own port."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tests.stack import ROOT, STOP_SECONDS_MAX, Stack, unused_port, wait_until_answers
from tests.visitors import COOKIE, Visitor

LOG_BYTES_MAX = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The process, and how to reach it."""

    process: subprocess.Popen[bytes]
    url: str
    output: IO[bytes]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return os.pread(self.output.fileno(), LOG_BYTES_MAX, 0).decode()

    def visit(self, person: Visitor | None = None) -> Visitor:
        """A browser at this process; with the session that somebody has at the other."""
        visitor = Visitor(self.url)
        if person:
            visitor.http.cookies.set(COOKIE, person.token)
        return visitor

    def kill(self) -> None:
        """Ends it without a word."""
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)


@contextmanager
def process_beside(stack: Stack, **env: str) -> Iterator[Beside]:
    """Starts `python wsgi.py` with the installation's settings; ends it if it still runs."""
    port = env.get("PORT") or unused_port()
    url = f"http://localhost:{port}"
    environ = {**os.environ, **stack.env, "PORT": str(port), "PUBLIC_URL": url, **env}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "wsgi.py"], cwd=ROOT, env=environ, stdout=output, stderr=output
        )
        try:
            wait_until_answers(process, f"{url}/readyz")
            yield Beside(process=process, url=url, output=output)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(STOP_SECONDS_MAX)
