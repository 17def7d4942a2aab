"""The only emitter: whatever a browser is told over its socket leaves here."""

from __future__ import annotations

from typing import Any

from flask_socketio import SocketIO

from potluck.credits import ledger

_socketio: SocketIO | None = None


def connect(socketio: SocketIO) -> None:
    """Names the socket server to emit through."""
    global _socketio  # noqa: PLW0603 - one server a process, known once the app is built
    _socketio = socketio


def connection_count(*, connections: int, people: int) -> None:
    """To everybody who is connected to this process: each process tells its own."""
    payload = {"connections": connections, "people": people}
    _emit_here("connection_count", payload, namespace="/")


def pool_count(*, waiting: int) -> None:
    """To members of this process who asked for it."""
    _emit_here("pool_count", {"waiting": waiting}, to=POOL_CHANNEL)


def presence(room_id: int, payload: dict[str, Any]) -> None:
    """To those of this process who look at a room."""
    _emit_here("presence", payload, to=room_channel(room_id))


def credits(*, user_id: int) -> None:
    """To every tab of one member, their newest balance."""
    balance = ledger.balance(user_id)
    payload = {"available": balance.available, "held": balance.held, "seq": balance.seq}
    _emit("credits", payload, to=user_channel(user_id))


def to_user(user_id: int, event: str, payload: dict[str, Any]) -> None:
    """To every tab of one member."""
    _emit(event, payload, to=user_channel(user_id))


def to_room(room_id: int, event: str, payload: dict[str, Any]) -> None:
    """To everybody who is in a room."""
    _emit(event, payload, to=room_channel(room_id))


def session_ended(sid: str, *, reason: str) -> None:
    """The last word to one socket."""
    _emit("session_ended", {"reason": reason}, to=sid)


def silence(sid: str) -> None:
    """Takes a member's socket out of every channel: nothing is said to it any more."""
    server = _server().server
    for channel in server.rooms(sid, namespace="/members"):
        server.leave_room(sid, channel, namespace="/members")


def close_connection(sid: str) -> None:
    """Closes the transport under a member's socket.

    Leaving the namespace alone would keep the transport open, and with it a handshake that
    the client could come back by.
    """
    server = _server().server
    connection = server.manager.eio_sid_from_sid(sid, "/members")
    if connection:
        server.eio.disconnect(connection)


POOL_CHANNEL = "pool"


def user_channel(user_id: int) -> str:
    """The channel that all tabs of a member are on."""
    return f"user:{user_id}"


def room_channel(room_id: int) -> str:
    """The channel of those who look at a room."""
    return f"room:{room_id}"


def _emit_here(event: str, payload: dict[str, Any], **where: str) -> None:
    """What every process finds out for itself must not go to the clients of the others, too."""
    _emit(event, payload, is_everywhere=False, **where)


def _emit(
    event: str,
    payload: dict[str, Any],
    *,
    to: str | None = None,
    namespace: str = "/members",
    is_everywhere: bool = True,
) -> None:
    _server().emit(event, payload, to=to, namespace=namespace, ignore_queue=not is_everywhere)


def _server() -> SocketIO:
    assert _socketio, "this process carries no sockets"
    return _socketio
