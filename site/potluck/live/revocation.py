"""Closes sockets whose session is over, however it came to its end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import gevent
from sqlalchemy import text

from potluck import metrics
from potluck.database import db
from potluck.live import broadcasts

# Longer than an admission can take between its look at the row and its place in the registry.
REMEMBER_ENDED_SECONDS = 30

STILL_VALID = text("""
    SELECT s.id, u.banned_at IS NOT NULL AS is_banned, s.expires_at <= now() AS has_expired
    FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ANY(:ids)
""")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A socket in `/members`, and the session that let it in."""

    sid: str
    session_id: int
    user_id: int
    expires_at: datetime


class SessionOver(Exception):
    """The session ended while its socket was being admitted."""


_by_sid: dict[str, Admitted] = {}
_by_session: dict[int, set[str]] = {}
_ended_lately: deque[tuple[float, int]] = deque()


def register(admitted: Admitted) -> None:
    """Remembers the socket; raises `SessionOver` if the row went in the meantime."""
    _by_sid[admitted.sid] = admitted
    _by_session.setdefault(admitted.session_id, set()).add(admitted.sid)
    if any(session_id == admitted.session_id for _, session_id in _ended_lately):
        forget(admitted.sid)
        raise SessionOver


def forget(sid: str) -> Admitted | None:
    """Drops a socket that is gone; says whose it was."""
    admitted = _by_sid.pop(sid, None)
    if admitted:
        sids = _by_session[admitted.session_id]
        sids.discard(sid)
        if not sids:
            del _by_session[admitted.session_id]
    return admitted


def admitted_socket(sid: str) -> Admitted | None:
    """Whose socket this is; None once it was revoked."""
    return _by_sid.get(sid)


def end_session(session_id: int, *, reason: str) -> None:
    """Closes exactly this session's sockets."""
    now = time.monotonic()
    _ended_lately.append((now, session_id))
    while _ended_lately[0][0] < now - REMEMBER_ENDED_SECONDS:
        _ended_lately.popleft()
    for sid in list(_by_session.get(session_id, ())):
        # Revoked from here on: its next event finds no admission, and no channel leads to it,
        # whatever the network does.
        forget(sid)
        metrics.REVOCATIONS.labels(reason).inc()
        broadcasts.session_ended(sid, reason=reason)
        broadcasts.silence(sid)
        gevent.spawn(broadcasts.close_connection, sid)


def close_expired() -> None:
    """Ends sessions at the moment they said they would."""
    now = datetime.now(UTC)
    for admitted in list(_by_sid.values()):
        if admitted.expires_at <= now:
            end_session(admitted.session_id, reason="session_expired")


def sweep() -> None:
    """Reads every connected session's row: the backstop when a notification was lost."""
    connected = list(_by_session)
    if not connected:
        return
    rows = db.session.execute(STILL_VALID, {"ids": connected}).all()
    db.session.rollback()
    reasons = {
        row.id: _reason(is_banned=row.is_banned, has_expired=row.has_expired) for row in rows
    }
    _end_all(connected, reasons)


def _end_all(session_ids: Iterable[int], reasons: dict[int, str | None]) -> None:
    for session_id in session_ids:
        reason = reasons.get(session_id, "signed_out")
        if reason:
            end_session(session_id, reason=reason)


def _reason(*, is_banned: bool, has_expired: bool) -> str | None:
    if is_banned:
        return "banned"
    return "session_expired" if has_expired else None
