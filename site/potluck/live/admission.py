"""Whose cookie a socket came with. A crowd that is back at once shares the look at the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from potluck import crew
from potluck.accounts.sessions import TOKEN_CHARACTERS_MAX, cookie_name
from potluck.database import db
from potluck.plain_statements import array
from potluck.request_heads import cookie
from potluck.settings import Settings
from potluck.waves import Found, Waves

# As `sessions.FIND` finds one.
FIND = f"""
    SELECT s.token_digest, s.id, s.user_id, u.banned_at IS NOT NULL, s.expires_at
    FROM sessions s LEFT JOIN users u ON u.id = s.user_id
    WHERE s.token_digest = ANY({array("digests", "bytea")}) AND s.expires_at > now()
"""  # noqa: S608 - ours


class Holder(NamedTuple):
    """A session that is good, and the member if it has one."""

    session_id: int
    user_id: int | None
    is_banned: bool
    expires_at: datetime


class Cookie:
    """What a handshake was sent with, once the database was asked about it."""

    def __init__(self, *, is_there: bool, found: Found[Holder] | None = None) -> None:
        self.is_there = is_there
        self._found = found

    @property
    def holder(self) -> Holder | None:
        """None for a stranger, or when the session is over; raises what the query raised."""
        return self._found.get() if self._found else None


class Desk:
    """Where sockets wait to be known."""

    def __init__(self, settings: Settings) -> None:
        self._cookie_name = cookie_name(settings)
        self._holders = Waves(_read)

    def token(self, environ: Mapping[str, Any]) -> str | None:
        """The session's, as it came with the handshake.

        The browser sends its cookie along with any site's socket and says whose page it is, so a
        cookie without an origin is nobody's. Other origins have been refused already.
        """
        return cookie(environ, self._cookie_name) if "HTTP_ORIGIN" in environ else None

    def look_up(self, token: str, then: Callable[[Cookie], object]) -> None:
        """Has `then` called by the crew when the session's row was read."""

        def pass_on(found: Found[Holder]) -> None:
            crew.do(then, Cookie(is_there=True, found=found))

        self._holders.ask(hashlib.sha256(token.encode()).digest(), pass_on)


def is_token(token: str | None) -> bool:
    """Whether there can be a row for it at all."""
    return bool(token) and len(str(token)) <= TOKEN_CHARACTERS_MAX


def _read(digests: Sequence[bytes]) -> dict[bytes, Holder]:
    return {digest: Holder(*row) for digest, *row in db.all(FIND, {"digests": digests})}
