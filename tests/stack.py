"""The whole of Potluck as a person runs it: processes of their own, on free ports, in a `var/`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from sandbox.ports import free_port
from tests import laid_down

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15
# Below the ports that outgoing connections are given, and with room for the stand-ins. Each worker
# has its own: one that is free now would else be another's once somebody listens there.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
PORTS = range(12_000, 32_000, 10)[WORKER::WORKERS]
# Set to nothing, so that neither this shell nor a .env file reaches a test with real keys.
CONFIGURATION = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "HOST", "POTLUCK_ROLE"),
    *("OPERATOR_EMAILS", "WELCOME_CREDITS", "OAUTH_PROVIDERS"),
    *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_URL"),
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"),
    *("OPENAI_IMAGE_MODEL", "OPENAI_IMAGE_BASE_URL", "OPENAI_IMAGE_API_KEY"),
    *("OPENAI_MODERATION_MODEL", "PICTURES_URL"),
    *("OPENAI_FIRST_TOKEN_SECONDS", "OPENAI_STALL_SECONDS"),
)


def wait_until_answers(process: subprocess.Popen[Any], url: str) -> None:
    """Returns once a page answers there; fails where the process gives up before."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while not _answers(url):
        assert process.poll() is None, f"{url} gave up"
        assert time.monotonic() < deadline, f"{url} is not ready"
        time.sleep(0.02)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
            return True
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True)
class Started:
    """A supervisor that may still be starting, and the file that is its terminal."""

    process: subprocess.Popen[bytes]
    var: Path
    terminal: Path

    @property
    def output(self) -> str:
        """What the terminal shows so far."""
        return self.terminal.read_text()

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends it with a signal and returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS_MAX)


@dataclass(frozen=True, kw_only=True)
class Stack(Started):
    """A supervisor that is ready. `env` is what it told its children, for commands beside them."""

    url: str
    env: Mapping[str, str]


@contextmanager
def running_stack(var: Path, *arguments: str, **env: str) -> Iterator[Stack]:
    """Starts `bin/dev ARGUMENTS` on `var`, yields once it is ready, and ends it."""
    started = start(var, *arguments, **env)
    try:
        told = _wait_until_ready(started)
        if (var / laid_down.MARK).exists():
            assert "Bringing the database" not in started.output, "it was laid down otherwise"
        yield Stack(
            process=started.process,
            var=var,
            terminal=started.terminal,
            url=told["PUBLIC_URL"],
            env=told,
        )
    finally:
        if started.process.poll() is None:
            assert started.end(signal.SIGTERM) == 0, started.output


def unused_port() -> int:
    """For a server of a test's, also when it is started again after a crowd has connected."""
    return free_port("127.0.0.1", random.choice(PORTS))  # noqa: S311 - not a secret


def run(var: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """Starts it where it is expected to give up: its exit code and what it printed."""
    started = start(var, *arguments, **env)
    return started.process.wait(START_SECONDS_MAX), started.output


def start(var: Path, *arguments: str, **env: str) -> Started:
    """Starts it without waiting; what it prints goes to a file beside `var`."""
    port = unused_port()
    environ = {
        **os.environ,
        **dict.fromkeys(CONFIGURATION, ""),
        "PORT": str(port),
        "POTLUCK_VAR": str(var),
        "PYTHONPATH": str(ROOT / "site"),
        # Quick to start, and says the same every time.
        "SANDBOX_MODEL": "scripted",
        **env,
    }
    has_database = environ["DATABASE_URL"] or (var / "postgres").exists()
    if not has_database and not arguments:
        laid_down.lay_down(var, models=environ["SANDBOX_MODEL"], environ=environ)
    number, terminal = tempfile.mkstemp(prefix="terminal-", dir=var.parent)
    with os.fdopen(number, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=environ,
        )
    return Started(process=process, var=var, terminal=Path(terminal))


def _wait_until_ready(started: Started) -> dict[str, str]:
    environment = started.var / "run" / "environment"
    ours = str(started.process.pid)
    deadline = time.monotonic() + START_SECONDS_MAX
    while (told := dotenv_values(environment)).get("SANDBOX_PID") != ours:
        assert started.process.poll() is None, f"It gave up:\n{started.output}"
        assert time.monotonic() < deadline, f"Not ready yet:\n{started.output}"
        time.sleep(0.05)
    return {name: value or "" for name, value in told.items()}
