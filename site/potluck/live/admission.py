"""Whose cookie a socket came with. A crowd that is back in one moment shares the look at the rows.

One query is under way at a time. Whoever comes meanwhile is in the next, all together, so that a
crowd waits for a few queries and takes one connection from the pages.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from potluck import crew
from potluck.accounts.sessions import TOKEN_CHARACTERS_MAX, cookie_name
from potluck.database import db
from potluck.live import handshake
from potluck.settings import Settings

WAVE_MAX = 1_000

# As `sessions.FIND` finds one.
FIND = text("""
    SELECT s.token_digest, s.id, s.user_id, u.banned_at IS NOT NULL, s.expires_at
    FROM sessions s LEFT JOIN users u ON u.id = s.user_id
    WHERE s.token_digest = ANY(:digests) AND s.expires_at > now()
""")


class Holder(NamedTuple):
    """A session that is good, and the member if it has one."""

    session_id: int
    user_id: int | None
    is_banned: bool
    expires_at: datetime


class Cookie:
    """What a handshake was sent with, once the database was asked about it."""

    def __init__(
        self, *, is_there: bool, holder: Holder | None = None, error: Exception | None = None
    ) -> None:
        self.is_there = is_there
        self._holder = holder
        self._error = error

    @property
    def holder(self) -> Holder | None:
        """None for a stranger, or when the session is over; raises what the query raised."""
        if self._error:
            raise self._error
        return self._holder


Then = Callable[[Cookie], object]
Wave = list[tuple[bytes, Then]]


class Desk:
    """Where sockets wait to be known."""

    def __init__(self, settings: Settings) -> None:
        self._cookie_name = cookie_name(settings)
        self._waiting: deque[tuple[bytes, Then]] = deque()
        self._is_open = False

    def token(self, environ: Mapping[str, Any]) -> str | None:
        """The session's, as it came with the handshake.

        The browser sends its cookie along with any site's socket and says whose page it is, so a
        cookie without an origin is nobody's. Other origins have been refused already.
        """
        return handshake.cookie(environ, self._cookie_name) if "HTTP_ORIGIN" in environ else None

    def look_up(self, token: str, then: Then) -> None:
        """Has `then` called by the crew when the session's row was read."""
        self._waiting.append((hashlib.sha256(token.encode()).digest(), then))
        if not self._is_open:
            self._is_open = True
            crew.do(self._read_on)

    def _read_on(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), WAVE_MAX)
                _read([self._waiting.popleft() for _ in range(size)])
        finally:
            self._is_open = False


def is_token(token: str | None) -> bool:
    """Whether there can be a row for it at all."""
    return bool(token) and len(str(token)) <= TOKEN_CHARACTERS_MAX


def _read(wave: Wave) -> None:
    """Has everybody's row; or why there is none for anybody, for each to say."""
    holders: dict[bytes, Holder] = {}
    error: Exception | None = None
    try:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            digests = list({digest for digest, _ in wave})
            rows = connection.execute(FIND, {"digests": digests}).all()
        holders = {row[0]: Holder(*row[1:]) for row in rows}
    except Exception as raised:  # noqa: BLE001 - raised again where it is asked for
        error = raised
    for digest, then in wave:
        crew.do(then, Cookie(is_there=True, holder=holders.get(digest), error=error))
