"""What a developer sees of `bin/dev`, with real processes."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.children import has_ended
from tests import stack
from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One database for the whole file: making one takes the longest."""
    return tmp_path_factory.mktemp("dev") / "var"


def children(running: Stack) -> list[psutil.Process]:
    """What `running` started, and what that started."""
    return psutil.Process(running.process.pid).children(recursive=True)


def assert_gone(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + 5
    while not all(has_ended(process) for process in processes):
        assert time.monotonic() < deadline, [p for p in processes if not has_ended(p)]
        time.sleep(0.02)


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
        return int(response.status)


# Every other test ends what it started with SIGTERM.
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_asking_for_the_end_ends_everything(var: Path, number: signal.Signals) -> None:
    with running_stack(var) as running:
        assert status(f"{running.url}/readyz") == 200
        started = children(running)
        assert {"postgres"} < {process.name() for process in started}
        assert running.end(number) == 0
        assert_gone(started)
    assert "Stopped." in running.output
    assert not (var / "postgres" / "postmaster.pid").exists()
    assert not list((var / "run").glob("*.pid"))


def test_a_start_after_kill_9_works(var: Path) -> None:
    with running_stack(var) as killed:
        left_behind = children(killed)
        assert killed.end(signal.SIGKILL) == -signal.SIGKILL
    with running_stack(var) as running:
        assert status(f"{running.url}/readyz") == 200
        assert_gone(left_behind)


def test_a_taken_port_is_a_sentence_with_the_next_step(var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other_program:
        port = other_program.getsockname()[1]
        code, output = stack.run(var, PORT=str(port))
    assert code == 1
    assert output.startswith(f"Port {port} is taken by another program. Use another: PORT=")
    assert output.endswith(" bin/dev\n")
    assert output.count("\n") == 1


@pytest.fixture(scope="class")
def running(var: Path) -> Iterator[Stack]:
    with running_stack(var) as stack_:
        yield stack_


class TestWhileItRuns:
    @pytest.mark.parametrize("arguments", [(), ("--reset",)])
    def test_a_second_start_on_the_same_data_is_refused(
        self, running: Stack, arguments: tuple[str, ...]
    ) -> None:
        code, output = stack.run(running.var, *arguments)
        assert code == 1
        assert output.startswith(f"Potluck already runs on {running.var}.")
        assert status(f"{running.url}/readyz") == 200

    def test_the_server_loads_what_pages_need_before_anybody_asks(self, running: Stack) -> None:
        app = next(p for p in children(running) if "wsgi.py" in p.cmdline())
        deadline = time.monotonic() + 30
        # A library in machine code, which the kernel knows of.
        while not any("nh3" in each.path for each in app.memory_maps()):
            assert time.monotonic() < deadline, "nothing was loaded in the background"
            time.sleep(0.05)

    def test_secrets_are_neither_printed_nor_readable_by_others(self, running: Stack) -> None:
        for private in ("run/environment", "sandbox.json"):
            assert (running.var / private).stat().st_mode & 0o077 == 0
        logs = (running.var / "log").glob("*.log")
        written = running.output + "".join(log.read_text() for log in logs)
        for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SANDBOX_CLIENT_SECRET"):
            assert running.env[name] not in written


def test_a_child_that_dies_is_named_and_ends_everything(var: Path) -> None:
    with running_stack(var) as running:
        started = children(running)
        identity = next(p for p in started if "sandbox.identity" in p.cmdline())
        os.kill(identity.pid, signal.SIGKILL)
        assert running.process.wait(stack.STOP_SECONDS_MAX) == 1
        assert_gone(started)
    assert f"identity ended unexpectedly (exit code -9). The end of {var}" in running.output


def test_reset_forgets_everything(var: Path) -> None:
    forgotten = var / "forgotten"
    var.mkdir(exist_ok=True)
    forgotten.touch()
    with running_stack(var, "--reset") as running:
        assert status(f"{running.url}/readyz") == 200
    assert not forgotten.exists()


def test_a_step_that_fails_shows_the_end_of_its_log(tmp_path: Path) -> None:
    nowhere = "postgresql://postgres@127.0.0.1:1/nothing"
    code, output = stack.run(tmp_path / "var", DATABASE_URL=nowhere)
    assert code == 1
    assert f"failed. The end of {tmp_path}/var/log/migrate.log:" in output
