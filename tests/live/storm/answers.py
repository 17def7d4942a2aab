"""What people hear in the storm, and whether it may be."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.live.storm.people import Tab
from tests.live.wire import event_of

MATCHED = b'42/members,["matched"'
# Refusals that people bring on themselves: they were matched while nobody looked.
EXPECTED_REFUSALS = {"ok", "already_in_room"}


class Answers:
    """Writes them into the log; what shouldn't have been said is a complaint."""

    def __init__(self, counted: Counter[str]) -> None:
        self.complaints: list[str] = []
        self._counted = counted

    def hear(self, tab: Tab, packet: bytes) -> None:
        """A push: of those, only being matched changes what is true."""
        if packet.startswith(MATCHED):
            assert tab.sign_in
            tab.sign_in.member.room = event_of(packet)[1]["code"]
            self._counted["matched"] += 1

    def about_pool(self, tab: Tab, event: str, answer: dict[str, Any]) -> None:
        """Joined with this tab, or left with all."""
        assert tab.sign_in
        member = tab.sign_in.member
        member.asking = None
        if self._is_fine(event, answer, tab):
            for each in member.tabs if event == "leave_pool" else [tab]:
                each.has_joined_pool = event == "join_pool"

    def entered(self, tab: Tab, code: str | None, answer: dict[str, Any]) -> None:
        """Follows a room, or none."""
        tab.is_entering = False
        if self._is_fine("enter_room" if code else "leave_room", answer, tab):
            tab.follows = code

    def _is_fine(self, event: str, answer: dict[str, Any], tab: Tab) -> bool:
        code = "ok" if answer["ok"] else answer["error"]["code"]
        self._counted[f"{event}: {code}"] += 1
        is_over = tab.is_revoked and code == "signed_out"
        if code not in EXPECTED_REFUSALS and not is_over:
            self.complaints.append(f"{event} was refused: {answer['error']}")
        return code == "ok"
