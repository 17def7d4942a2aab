"""One process of Potluck on a database that is there already: started, killed, started again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.stack import CONFIGURATION, ROOT, unused_port, wait_until_answers

STOP_SECONDS_MAX = 20
# No text is written there, but what one would cost is known.
NO_MODEL_URL = "http://127.0.0.1:9"
# One round costs 15 credits.
PRICE = ("--input-credits", "1000", "--output-credits", "40000")


class LiveServer:
    """`python wsgi.py` on a free port, on one core where one is named."""

    def __init__(
        self,
        *,
        database_url: str,
        var: Path,
        core: int | None = None,
        role: str = "",
        model: str = "scripted",
        model_url: str = NO_MODEL_URL,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.port = unused_port()
        self.origin = f"http://localhost:{self.port}"
        self._log = var / f"{role or 'server'}.log"
        self._core = core
        self._model = model
        self._environ = {
            **os.environ,
            **dict.fromkeys(CONFIGURATION, ""),
            "DATABASE_URL": database_url,
            "POTLUCK_VAR": str(var),
            "PORT": str(self.port),
            "POTLUCK_ROLE": role,
            "OPENAI_BASE_URL": f"{model_url}/v1",
            "OPENAI_API_KEY": "sandbox",
            "OPENAI_MODEL": model,
            **(environ or {}),
        }

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        """What it wrote since it was first started."""
        return self._log.read_text(errors="replace")

    def prepare(self) -> None:
        """Brings the database to this version, and sets a price for rounds."""
        for words in (("migrate",), ("price", self._model, *PRICE)):
            code, said = self.flask(*words)
            assert code == 0, said

    def flask(self, *words: str) -> tuple[int, str]:
        """Runs a command of the app: its exit code and what it printed."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environ, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def start(self) -> None:
        """Returns once it answers."""
        command = [sys.executable, "wsgi.py"]
        with self._log.open("ab") as log:
            self._process = start_on_core(command, core=self._core, environ=self._environ, log=log)
        wait_until_answers(self._process, f"http://127.0.0.1:{self.port}/readyz")

    def kill(self) -> None:
        """Ends it as a crash or the kernel would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ends it as an operator would."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def start_on_core(
    command: Sequence[str], *, core: int | None, environ: Mapping[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """A process that runs on this core alone, with all its threads."""

    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        # This process has one thread, so none can hold a lock here.
        preexec_fn=pin,  # noqa: PLW1509
    )
