"""A process that is asked to end: its text is written to the end, and its clients come back."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.live.beside import Beside, process_beside
from tests.stack import STOP_SECONDS_MAX, Stack, running_stack
from tests.visitors import Visitor

COME_BACK_SECONDS_MAX = 5


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Serves pages alone, so that only the process beside it has texts written."""
    with (
        tempfile.TemporaryDirectory(prefix="potluck-") as folder,
        running_stack(Path(folder) / "var", SANDBOX_MODEL="scripted", POTLUCK_ROLE="web") as stack,
    ):
        yield stack


@pytest.fixture
def beside(stack: Stack) -> Iterator[Beside]:
    with process_beside(stack, POTLUCK_ROLE="live") as process:
        yield process


@pytest.mark.fault("S11")
def test_a_process_that_is_to_end_finishes_its_text_and_sends_its_clients_home(
    visitor: Callable[[], Visitor], beside: Beside, sql: Callable[..., list[Any]]
) -> None:
    ada = visitor().sign_in("ada").funded()
    path = ada.submit("/rooms", page="/pool").url.removeprefix(ada.url)
    socket = beside.visit(ada).connect("/members")
    assert socket.ask("enter_room", {"code": path.rpartition("/")[2]})["ok"]
    ada.submit(f"{path}/contribution", page=path, line="A frog who sings.")
    socket.hear("delta")
    beside.process.send_signal(signal.SIGTERM)
    _wait_until_it_sends_nobody_more(beside)
    assert 0 <= socket.hear("come_back")["seconds"] <= COME_BACK_SECONDS_MAX
    socket.ended.get(timeout=5)
    assert beside.process.wait(STOP_SECONDS_MAX) == 0
    ((state, text),) = sql("SELECT state, text FROM generations ORDER BY id DESC LIMIT 1")
    assert state == "done"
    assert text.endswith("in which all of this happens.")
    assert ada.balance()["held"] == 0


def test_pages_are_served_while_no_process_carries_sockets(
    visitor: Callable[[], Visitor], stack: Stack, beside: Beside
) -> None:
    ben = visitor().sign_in("ben").funded()
    beside.kill()
    path = ben.submit("/rooms", page="/pool").url.removeprefix(ben.url)
    line = {"page": path, "line": "A frog who sings."}
    assert ben.submit(f"{path}/contribution", **line).status_code == 200
    with process_beside(stack, POTLUCK_ROLE="live") as next_one:
        # Whoever comes next takes the order up.
        socket = next_one.visit(ben).connect("/members")
        code = path.rpartition("/")[2]
        deadline = time.monotonic() + 20
        while socket.ask("enter_room", {"code": code})["round"]["phase"] != "done":
            assert time.monotonic() < deadline
            time.sleep(0.3)


def _wait_until_it_sends_nobody_more(process: Beside) -> None:
    deadline = time.monotonic() + 2
    while (answer := requests.get(f"{process.url}/readyz", timeout=5)).ok:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert answer.json()["draining"] is True
