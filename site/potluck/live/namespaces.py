"""The two namespaces: counts for anybody, the pool and the rooms for members.

The one place of `live` that reaches up into `rooms`: an event is a door like a page is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from flask import request
from flask_socketio import Namespace, join_room, leave_room
from socketio.exceptions import ConnectionRefusedError as Refused

from potluck.accounts.sessions import FoundSession, cookie_name, find_session
from potluck.database import db
from potluck.live import broadcasts, crowd, people, presence, revocation, waiting
from potluck.live.protocol import EnterRoom, Nothing, parse, refused
from potluck.refusals import Refusal
from potluck.rooms import entrance, matching
from potluck.settings import current_settings

logger = logging.getLogger(__name__)

Answer = dict[str, Any]
Handler = Callable[..., Answer]


class _AcknowledgingNamespace(Namespace):
    """Answers every event through its acknowledgement, whatever comes of it."""

    # Each is the name of an event and of the method that answers it.
    events: frozenset[str]

    def trigger_event(self, event: str, *args: Any) -> Any:
        """Called by the library for each packet; `args` begin with the socket's id."""
        if event in {"connect", "disconnect"}:
            return super().trigger_event(event, *args)
        return self.socketio._handle_event(  # noqa: SLF001 - what its own namespaces call
            self._answer(event), event, self.namespace, *args
        )

    def _answer(self, event: str) -> Handler:
        def answer(*arguments: Any) -> Answer:
            try:
                return {"ok": True, **self._handle(event, arguments)}
            except Refusal as refusal:
                db.session.rollback()
                return refused(refusal.code, refusal.message)
            except Exception:
                # The client waits for an answer, and its connection is none the worse.
                logger.exception("event %s failed", event)
                db.session.rollback()
                return refused("internal_error", "Something broke on our side. Try again.")

        return answer

    def _handle(self, event: str, arguments: tuple[Any, ...]) -> Answer:
        if event not in self.events:
            message = "There is no such event here."
            raise Refusal(message, code="unknown_event")
        handler: Handler = getattr(self, event)
        return handler(*arguments)


class PublicNamespace(_AcknowledgingNamespace):
    """For anybody, signed in or not."""

    events = frozenset({"get_connection_count"})

    def on_connect(self, auth: object = None) -> None:
        """Counts the socket; somebody's tabs are one person."""
        found = _session_of_handshake()
        address = request.remote_addr
        person = people.person(found, auth=auth, address=address, sid=_sid())
        crowd.arrive(_sid(), person=person)

    def on_disconnect(self, _reason: object = None) -> None:
        """Stops counting it."""
        crowd.depart(_sid())

    def get_connection_count(self, *arguments: Any) -> Answer:
        """`connections` and `people`, now."""
        parse(Nothing, arguments)
        count = crowd.answer_count()
        return {"connections": count.connections, "people": count.people}


class MembersNamespace(_AcknowledgingNamespace):
    """For those with a session row, and for as long as they have it."""

    events = frozenset({"get_pool_count", "join_pool", "leave_pool", "enter_room", "leave_room"})

    def on_connect(self, _auth: object = None) -> None:
        """Admits by the row alone: what the client says of itself is not even read."""
        found = _session_of_handshake()
        if found is None or found.user is None:
            _refuse("session_expired" if found is None and _has_usable_cookie() else "signed_out")
        elif found.user.banned_at:
            _refuse("banned")
        else:
            self._admit(found, user_id=found.user.id)

    def on_disconnect(self, _reason: object = None) -> None:
        """Lets go of the place in the pool and of the room, each after a grace."""
        revocation.forget(_sid())
        presence.depart(_sid())
        waiting.stop_waiting(_sid())

    def get_pool_count(self, *arguments: Any) -> Answer:
        """How many wait; from here on `pool_count` tells of changes."""
        parse(Nothing, arguments)
        join_room(broadcasts.POOL_CHANNEL)
        return {"waiting": waiting.answer_count()}

    def join_pool(self, *arguments: Any) -> Answer:
        """Takes a place for the person; a second tab shares it."""
        parse(Nothing, arguments)
        join_room(broadcasts.POOL_CHANNEL)
        user_id = _member().user_id
        matching.join_pool(user_id)
        join_room(broadcasts.POOL_CHANNEL)
        waiting.wait(_sid(), user_id=user_id)
        return {"waiting": waiting.answer_count()}

    def leave_pool(self, *arguments: Any) -> Answer:
        """Gives the place up."""
        parse(Nothing, arguments)
        waiting.stop_waiting(_sid())
        matching.leave_pool(_member().user_id)
        return {"waiting": waiting.answer_count()}

    def enter_room(self, *arguments: Any) -> Answer:
        """Follows a room: answers with its state as it is now."""
        wish = parse(EnterRoom, arguments)
        member = _member()
        room = entrance.room_of_member(wish.code, member.user_id)
        join_room(broadcasts.room_channel(room.id))
        before = presence.enter_room(_sid(), room_id=room.id, user_id=member.user_id)
        if before is not None and before != room.id:
            leave_room(broadcasts.room_channel(before))
        return entrance.room_state(room)

    def leave_room(self, *arguments: Any) -> Answer:
        """Stops following; the seat stays taken."""
        parse(Nothing, arguments)
        _member()
        room_id = presence.leave_room(_sid())
        if room_id is not None:
            leave_room(broadcasts.room_channel(room_id))
        return {}

    def _handle(self, event: str, arguments: tuple[Any, ...]) -> Answer:
        _member()
        return super()._handle(event, arguments)

    def _admit(self, found: FoundSession, *, user_id: int) -> None:
        admitted = revocation.Admitted(
            sid=_sid(), session_id=found.id, user_id=user_id, expires_at=found.expires_at
        )
        try:
            revocation.register(admitted)
        except revocation.SessionOver:
            _refuse("signed_out")
        join_room(broadcasts.user_channel(user_id))


def _session_of_handshake() -> FoundSession | None:
    """The row behind the handshake's cookie.

    The browser sends its cookie along with any site's socket and says whose page it is, so a
    cookie without an origin is nobody's. The library has refused other origins already.
    """
    if not _has_usable_cookie():
        return None
    return find_session(request.cookies.get(cookie_name(current_settings())))


def _sid() -> str:
    """The id of the socket whose event is being handled."""
    sid: str = request.sid  # type: ignore[attr-defined] # put there by Flask-SocketIO
    return sid


def _has_usable_cookie() -> bool:
    has_cookie = cookie_name(current_settings()) in request.cookies
    return has_cookie and bool(request.headers.get("Origin"))


def _refuse(code: str) -> None:
    raise Refused(code, {"code": code})


def _member() -> revocation.Admitted:
    admitted = revocation.admitted_socket(_sid())
    if admitted is None:
        message = "This session is over. Sign in again."
        raise Refusal(message, code="signed_out")
    return admitted
