"""The two namespaces: counts for anybody, the pool and the rooms for members.

The one place of `live` that reaches up into `rooms`: an event is a door like a page is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from potluck.live import broadcasts, crowd, people, presence, revocation, waiting
from potluck.live.admission import Cookie, Holder
from potluck.live.answering import COOKIE, AnsweringNamespace, refuse, sid
from potluck.live.protocol import (
    ConnectionCount,
    Done,
    EnterRoom,
    ErrorCode,
    Nothing,
    PoolCount,
    RoomState,
    WatchedRound,
)
from potluck.refusals import Refusal
from potluck.rooms import entrance, matching, window
from potluck.texts import gettext as _


class PublicNamespace(AnsweringNamespace):
    """For anybody, signed in or not."""

    def __init__(self, namespace: str, app: Flask) -> None:
        super().__init__(namespace, app)
        self.known["get_connection_count"] = _connection_count

    def on_connect(self, environ: Mapping[str, Any], auth: object) -> None:
        """Counts the socket; somebody's tabs are one person."""
        holder = environ[COOKIE].holder
        address = environ.get("REMOTE_ADDR")
        crowd.arrive(sid(), person=people.person(holder, auth=auth, address=address, sid=sid()))

    def on_disconnect(self) -> None:
        """Stops counting it."""
        crowd.depart(sid())

    def get_connection_count(self, _payload: Nothing) -> ConnectionCount:
        """`connections` and `people`, now."""
        return _connection_count()

    def watch_open_round(self, _payload: Nothing) -> WatchedRound:
        """The round in the window; from here on `open_round` and `open_text` tell of it."""
        broadcasts.join(sid(), broadcasts.WINDOW_CHANNEL, namespace="/")
        return window.told()


class MembersNamespace(AnsweringNamespace):
    """For those with a session row, and for as long as they have it."""

    def on_connect(self, environ: Mapping[str, Any], _auth: object) -> None:
        """Admits by the row alone: what the client says of itself is not even read."""
        cookie: Cookie = environ[COOKIE]
        holder = cookie.holder
        if holder is None or holder.user_id is None:
            has_ended = holder is None and cookie.is_there
            refuse(ErrorCode.SESSION_EXPIRED if has_ended else ErrorCode.SIGNED_OUT)
        elif holder.is_banned:
            refuse(ErrorCode.BANNED)
        else:
            self._admit(holder, user_id=holder.user_id)

    def on_disconnect(self) -> None:
        """Lets go of the place in the pool and of the room, each after a grace."""
        revocation.forget(sid())
        presence.depart(sid())
        waiting.stop_waiting(sid())

    def get_pool_count(self, _payload: Nothing) -> PoolCount:
        """How many wait; from here on `pool_count` tells of changes."""
        broadcasts.join(sid(), broadcasts.POOL_CHANNEL)
        return {"waiting": waiting.answer_count()}

    def join_pool(self, _payload: Nothing) -> PoolCount:
        """Takes a place for the person; a second tab shares it."""
        broadcasts.join(sid(), broadcasts.POOL_CHANNEL)
        user_id = _member().user_id
        people = matching.join_pool(user_id)
        waiting.wait(sid(), user_id=user_id)
        return {"waiting": waiting.answer_count(people)}

    def leave_pool(self, _payload: Nothing) -> PoolCount:
        """Gives the place up."""
        waiting.stop_waiting(sid())
        people = matching.leave_pool(_member().user_id)
        return {"waiting": waiting.answer_count(people)}

    def enter_room(self, wish: EnterRoom) -> RoomState:
        """Follows a room: answers with its state as it is now."""
        member = _member()
        room_id = entrance.visible_room(wish.code, member.user_id)
        broadcasts.join(sid(), broadcasts.room_channel(room_id))
        before = presence.enter_room(sid(), room_id=room_id, user_id=member.user_id)
        if before is not None and before != room_id:
            broadcasts.leave(sid(), broadcasts.room_channel(before))
        return entrance.room_state(room_id, generation_id=wish.generation, last_seq=wish.last_seq)

    def leave_room(self, _payload: Nothing) -> Done:
        """Stops following; the seat stays taken."""
        _member()
        room_id = presence.leave_room(sid())
        if room_id is not None:
            broadcasts.leave(sid(), broadcasts.room_channel(room_id))
        return {}

    def ids_of(self, sid: str) -> dict[str, object]:
        """The session and the user, never what lets them in."""
        admitted = revocation.admitted_socket(sid)
        return {"session": admitted.session_id, "user": admitted.user_id} if admitted else {}

    def admit(self) -> None:
        """Whose session is over is heard no more, however slowly their connection closes."""
        _member()

    def _admit(self, holder: Holder, *, user_id: int) -> None:
        admitted = revocation.Admitted(
            sid=sid(), session_id=holder.session_id, user_id=user_id, expires_at=holder.expires_at
        )
        try:
            revocation.register(admitted)
        except revocation.SessionOver:
            refuse(ErrorCode.SIGNED_OUT)
        broadcasts.join(sid(), broadcasts.user_channel(user_id))


def _connection_count() -> ConnectionCount:
    count = crowd.answer_count()
    return {"connections": count.connections, "people": count.people}


def _member() -> revocation.Admitted:
    admitted = revocation.admitted_socket(sid())
    if admitted is None:
        message = _("This session is over. Sign in again.")
        raise Refusal(message, code=ErrorCode.SIGNED_OUT)
    return admitted
