"""One person at a table: their tab on the room, what they send, and what they are told."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from tests.bench.soak.pages import Reply
from tests.bench.soak.reader import Reader
from tests.live import population
from tests.live.wire import Client, event_of

if TYPE_CHECKING:
    from tests.bench.soak.soak import Soak

MEMBERS = "/members"
OVER = {"done", "stopped", "failed"}
TOKEN = re.compile(r'"X-CSRFToken": "([^"]+)"')
SHOWN = re.compile(r'data-stream data-generation="(\d+)" data-seq="(\d+)"')
# Nobody plays so badly that a room ends, or is told that they can't pay.
UNWANTED = {"notice", "room_closed", "session_ended", "come_back"}


class Seat:
    """A member with a session of their own."""

    def __init__(self, soak: Soak, *, number: int, cookie: str) -> None:
        self.number = number
        self.code = ""
        self.round_number = 0
        self.phase = ""
        self.reader = Reader(self.complain)
        self._soak = soak
        self._cookie = cookie
        self._token = ""
        self._newest = -1
        self._client: Client | None = None
        self._is_entering = False

    @property
    def is_connected(self) -> bool:
        """Let in by the server."""
        return self._client is not None and self._client.is_joined

    @property
    def is_here(self) -> bool:
        """Follows the room, and has caught up."""
        return self.is_connected and not self._is_entering

    def is_past(self, number: int) -> bool:
        """Has the end of this round."""
        return self.is_here and self.round_number == number and self.phase in OVER

    def complain(self, what: str) -> None:
        """Says who it is that something was wrong with."""
        self._soak.complaints.append(f"seat {self.number} in {self.code}: {what}")

    def get(self, path: str) -> Reply:
        """Opens a page."""
        return self._soak.pages.get(path, cookie=self._cookie)

    def take_token(self, page: Reply) -> None:
        """A session has one for all of its forms."""
        found = TOKEN.search(page.body)
        assert found, "a page without a token"
        self._token = found[1]

    def post(self, path: str, **fields: str | int) -> Reply:
        """Sends a form."""
        return self._soak.pages.post(path, cookie=self._cookie, token=self._token, **fields)

    def act(self, what: str, **fields: str | int) -> Reply:
        """Sends a form of the room's page, as it stands."""
        return self.post(f"/rooms/{self.code}/{what}", round=self.round_number, **fields)

    def open(self) -> None:
        """Begins to connect."""
        self._is_entering = True
        self._client = self._soak.wire.connect(
            MEMBERS, cookie=self._cookie, source=population.source(self.number)
        )
        self._client.heard = self._hear
        self._client.closed = lambda: self.complain("was cut off")

    def enter(self) -> None:
        """Follows the room, and asks for what it lacks."""
        assert self._client
        wish = self.reader.wish(self.code)
        self._client.ask("enter_room", wish, namespace=MEMBERS, answered=self._enter)

    def close(self, *, with_a_word: bool) -> None:
        """Closes the tab, or loses the network."""
        assert self._client
        if with_a_word:
            self._client.leave()
        else:
            self._client.cut()
        self._client = None

    def _enter(self, answer: dict[str, Any]) -> None:
        if not answer["ok"]:
            self.complain(f"may not enter: {answer['error']}")
            return
        self.reader.catch_up(answer["generation"])
        self._is_entering = False
        if answer["round"]:
            self._take_round(answer["round"])

    def _hear(self, packet: bytes) -> None:
        heard_at = time.time()
        event, payload = event_of(packet)
        if event == "delta":
            self._soak.figures.deltas += 1
            if self.reader.hear(payload):
                self._soak.figures.hear(payload, heard_at=heard_at)
        elif event == "round":
            self._take_round(payload)
        elif event in UNWANTED:
            self.complain(f"was told {event}: {payload}")

    def _take_round(self, state: dict[str, Any]) -> None:
        if state["seq"] <= self._newest:
            return
        self._newest = state["seq"]
        before = self.round_number, self.phase
        self.round_number, self.phase = state["number"], state["phase"]
        if (self.round_number, self.phase) == before:
            return
        if before[0]:
            # As a page does that is there already.
            self.get(f"/rooms/{self.code}/composer")
        if self.phase in OVER and not self._is_entering:
            self._check_end(state["html"])

    def _check_end(self, html: str) -> None:
        """The end comes after the last delta, and says how many there were."""
        shown = SHOWN.search(html)
        ours = self.reader.generation, self.reader.seq
        if shown and (int(shown[1]), int(shown[2])) != ours:
            self.complain(f"has {ours} at the end, and the round says {shown.groups()}")
