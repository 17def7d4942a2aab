"""Hears from PostgreSQL what other requests and processes have committed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import psycopg

from potluck.announcements import CHANNEL
from potluck.database import db
from potluck.live import broadcasts, revocation
from potluck.outages import Outage, is_absence

logger = logging.getLogger(__name__)

SESSION_ENDED = "session_ended"
QUIET_SECONDS = 30.0

_silence = Outage("the listener's connection to the database", logger)

_handlers: dict[str, Callable[..., None]] = {}
_after_gaps: list[Callable[[], None]] = []


def on(kind: str, handler: Callable[..., None]) -> None:
    """Has `handler` called with the ids of each announcement of this kind."""
    _handlers[kind] = handler


def after_gap(handler: Callable[[], None]) -> None:
    """Has `handler` called when something may have been said that this process didn't hear."""
    _after_gaps.append(handler)


def listen() -> None:
    """Runs until the connection is lost; whoever starts it again misses nothing for long."""
    try:
        _hear()
    except psycopg.OperationalError as error:
        _silence.begin(error)


def _hear() -> None:
    for notify in db.notifications(CHANNEL, SESSION_ENDED, timeout_seconds=QUIET_SECONDS):
        if notify is None:
            _silence.end()
            # Subscribed a moment ago, or quiet for long: what was missed shows in the rows.
            revocation.sweep()
            for handler in _after_gaps:
                handler()
        elif notify.channel == SESSION_ENDED:
            # The row's id, and why where it wasn't deleted.
            session_id, _, reason = notify.payload.partition(" ")
            revocation.end_session(int(session_id), reason=reason or "signed_out")
        else:
            _handle(notify.payload)
        db.session.remove()


def _handle(payload: str) -> None:
    ids = json.loads(payload)
    kind = ids.pop("kind")
    if not _concerns_this_process(**ids):
        return
    try:
        _handlers[kind](**ids)
    except Exception as error:
        # One announcement that can't be handled must not silence the rest.
        if not is_absence(error):
            logger.exception("announcement %s failed", kind)


def _concerns_this_process(
    *, user_id: int | None = None, room_id: int | None = None, **_: object
) -> bool:
    """What is of a member or of a room is said to their clients, who may all be elsewhere.

    Each process hears of everything, so what it costs to find out what changed must not be paid by
    all of them.
    """
    if user_id is not None:
        return broadcasts.is_heard(broadcasts.user_channel(user_id))
    return room_id is None or broadcasts.is_heard(broadcasts.room_channel(room_id))
