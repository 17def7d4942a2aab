"""Who is in the storm, and what is true of them: the log that the server is held against.

A tab notes what it did and what it was told, never what it supposes the server to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.live.wire import Client


@dataclass(eq=False)
class Member:
    """A person with an account. They sit in a room from when they are matched."""

    user_id: int
    tabs: list[Tab] = field(default_factory=list)
    room: str | None = None
    # One question about the pool at a time: the answers to two come in either order.
    asking: tuple[Tab, str] | None = None

    @property
    def is_waiting(self) -> bool:
        """Has a place in the pool: it lasts as long as a tab that asked for it."""
        return self.room is None and any(tab.has_joined_pool for tab in self.tabs)


@dataclass(eq=False)
class SignIn:
    """A browser's session, which several tabs share."""

    member: Member
    token: str
    # The browser's next session, once this one is over.
    renewed: SignIn | None = None
    revoked_at: float = 0.0


@dataclass(eq=False)
class Tab:
    """A window that opens and closes; a stranger's has no session."""

    number: int
    sign_in: SignIn | None
    client: Client | None = None
    has_joined_pool: bool = False
    follows: str | None = None
    is_entering: bool = False

    @property
    def is_here(self) -> bool:
        """Let in, and still connected."""
        return self.client is not None and self.client.is_joined

    @property
    def person(self) -> object:
        """Whom it counts for: a member is one person, a stranger one a tab."""
        return self.sign_in.member if self.sign_in else self

    @property
    def is_revoked(self) -> bool:
        """Opened with a session that is over by now."""
        return self.sign_in is not None and self.sign_in.renewed is not None

    def forget(self) -> None:
        """The connection is gone, and with it what it was for; the next has the newest cookie."""
        self.client = None
        self.has_joined_pool = self.is_entering = False
        self.follows = None
        while self.sign_in and self.sign_in.renewed:
            self.sign_in = self.sign_in.renewed


@dataclass(frozen=True)
class Truth:
    """What the server should say, by the log."""

    connections: int
    people: int
    waiting: int
    here: dict[str, list[int]]


def truth(tabs: Sequence[Tab]) -> Truth:
    """Of this moment. Nothing may be under way."""
    here = [tab for tab in tabs if tab.is_here]
    members = {tab.sign_in.member for tab in here if tab.sign_in}
    rooms: dict[str, set[int]] = {}
    for tab in here:
        if tab.follows and tab.sign_in:
            rooms.setdefault(tab.follows, set()).add(tab.sign_in.member.user_id)
    return Truth(
        connections=len(here),
        people=len({tab.person for tab in here}),
        waiting=sum(member.is_waiting for member in members),
        here={code: sorted(user_ids) for code, user_ids in rooms.items()},
    )
