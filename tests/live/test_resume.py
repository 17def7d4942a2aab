"""Whoever loses the connection in mid-stream has everything in the end, once and in order."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.live.raw import RawSocket, raw_socket
from tests.visitors import TIMEOUT_SECONDS, Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]
OVER = {"done", "failed", "stopped"}
PREFIX = "42/members,"
# In a room; others of this installation may be written at the same time.
WRITTEN = """
    SELECT g.id, g.text FROM generations g JOIN rounds ON rounds.id = g.round_id
    JOIN rooms ON rooms.id = rounds.room_id WHERE rooms.code = %s AND g.state = 'done'
"""


@dataclass
class Reader:
    """A client that keeps to the rules of docs/protocol.md, and counts what they cost it."""

    code: str
    generation: int | None = None
    seq: int = 0
    text: str = ""
    is_over: bool = False
    pieces: int = 0

    def enter(self, raw: RawSocket) -> None:
        """Says what it has, and takes the rest."""
        wish: dict[str, Any] = {"code": self.code, "last_seq": self.seq}
        if self.generation is not None:
            wish["generation"] = self.generation
        answer = raw.ask("enter_room", wish)
        assert answer["ok"], answer
        self._take_rest(answer["generation"])
        self.is_over = answer["round"]["phase"] in OVER

    def hear(self, packet: str) -> bool:
        """Takes a delta that follows; after a gap, and for the end, it enters the room again.

        Whether there may be another: after the last, nobody says anything for long.
        """
        event, payload = json.loads(packet.removeprefix(PREFIX))
        of_this = event == "delta" and payload["generation"] == self.generation
        follows = bool(of_this and payload["seq"] == self.seq + 1)
        if follows:
            self.seq, self.text = payload["seq"], self.text + payload["text"]
        return follows

    def _take_rest(self, written: dict[str, Any] | None) -> None:
        if written is None:
            return
        if written["from_seq"]:
            assert (written["id"], written["from_seq"]) == (self.generation, self.seq)
            self.pieces += 1
        kept = self.text if written["from_seq"] else ""
        self.generation, self.seq = written["id"], written["seq"]
        self.text = kept + written["text"]


@pytest.fixture
def ada(visitor: VisitorFactory, sql: Sql) -> Visitor:
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    return visitor().sign_in("ada").funded()


@pytest.mark.fault("G7")
@pytest.mark.parametrize("seed", range(3))
def test_somebody_who_drops_out_again_and_again_has_the_text_as_it_is_kept(
    ada: Visitor, sql: Sql, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - when to drop is no secret
    path = ada.submit("/rooms", page="/pool").url.removeprefix(ada.url)
    reader = Reader(code=path.rpartition("/")[2])
    with raw_socket(ada) as first:
        # Had received nothing yet when it began.
        first.join()
        reader.enter(first)
    ada.submit(f"{path}/contribution", page=path, line="A frog who sings.")
    drops = 0
    while not _is_over(reader):
        with raw_socket(ada) as raw:
            raw.join()
            reader.enter(raw)
            left = 0 if reader.is_over else chance.randrange(4)
            while left and reader.hear(raw.receive_of(PREFIX)):
                left -= 1
        drops += 1
    ((text,),) = sql("SELECT text FROM generations WHERE id = %s", reader.generation)
    assert reader.text == text
    assert drops >= 3
    assert reader.pieces >= 1


@pytest.mark.parametrize(
    "claim",
    [
        {"last_seq": 10_000},
        {"last_seq": 3, "generation": 999_999},
        {"last_seq": 3, "generation": 1},
    ],
)
def test_who_says_a_number_that_cannot_be_gets_the_whole_text(
    ada: Visitor, sql: Sql, claim: dict[str, int]
) -> None:
    path = ada.submit("/rooms", page="/pool").url.removeprefix(ada.url)
    code = path.rpartition("/")[2]
    ada.submit(f"{path}/contribution", page=path, line="A frog who sings.")
    began = time.monotonic()
    while not (rows := sql(WRITTEN, code)):
        assert time.monotonic() - began < TIMEOUT_SECONDS
        time.sleep(0.1)
    ((generation, text),) = rows
    with raw_socket(ada) as raw:
        raw.join()
        wish = {"code": code, "generation": generation, **claim}
        written = raw.ask("enter_room", wish)["generation"]
    assert (written["from_seq"], written["text"]) == (0, text)


def _is_over(reader: Reader) -> bool:
    return reader.is_over
