"""The only emitter: whatever a browser is told over its socket leaves here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from flask_babel import force_locale

from potluck.credits import ledger
from potluck.live import tongues
from potluck.live.protocol import (
    PUSHES,
    ComeBack,
    ConnectionCount,
    Credits,
    Delta,
    Done,
    Matched,
    Notice,
    OpenText,
    PoolCount,
    Presence,
    RoomClosed,
    RoundState,
    SessionEnded,
    WatchedRound,
)

if TYPE_CHECKING:
    from flask_socketio import SocketIO

    from potluck.live.connection import Connection

_socketio: SocketIO | None = None
# A counter of Prometheus takes a lock each time, and costs as much as the frame that is written.
_pushed: Counter[str] = Counter()


def connect(socketio: SocketIO) -> None:
    """Names the socket server to emit through."""
    global _socketio  # noqa: PLW0603 - one server a process, known once the app is built
    _socketio = socketio


def connection_count(*, connections: int, people: int) -> None:
    """To everybody who is connected to this process: each process tells its own."""
    payload: ConnectionCount = {"connections": connections, "people": people}
    _emit("connection_count", payload, namespace="/")


def pool_count(*, waiting: int) -> None:
    """To members of this process who asked for it."""
    payload: PoolCount = {"waiting": waiting}
    _emit("pool_count", payload, to=POOL_CHANNEL)


def credits(*, user_id: int) -> None:
    """To every tab of one member, their newest balance."""
    balance = ledger.committed_balance(user_id)
    payload: Credits = {
        "available": balance.available,
        "held": balance.held,
        "seq": balance.seq,
    }
    _emit("credits", payload, to=user_channel(user_id))


def matched(*, user_id: int, code: str) -> None:
    """To every tab of one member: the room that they were led to."""
    payload: Matched = {"code": code}
    _emit("matched", payload, to=user_channel(user_id))


def notice(*, user_id: int, code: str, message: Callable[[], str]) -> None:
    """To every tab of one member, in private, each in its language."""

    def payload() -> Notice:
        return {"code": code, "message": message()}

    _emit_in_each_language("notice", payload, to=user_channel(user_id))


def sessions(*, user_id: int) -> None:
    """To every tab of one member: a session of theirs began or ended; a page tells which."""
    payload: Done = {}
    _emit("sessions", payload, to=user_channel(user_id))


def presence(payload: Presence, *, room_id: int) -> None:
    """To everybody who looks at a room, as all that follow."""
    _emit("presence", payload, to=room_channel(room_id))


def round_state(payload: Callable[[], RoundState], *, room_id: int) -> None:
    """The round as it is now, to each in their language."""
    _emit_in_each_language("round", payload, to=room_channel(room_id))


def room_closed(*, code: str, room_id: int) -> None:
    """The room is over: nothing more will be said of it but the end of a text."""
    payload: RoomClosed = {"code": code}
    _emit("room_closed", payload, to=room_channel(room_id))


def delta(payload: Delta, *, room_id: int) -> None:
    """What the model wrote since the last one: one process reads it, and clients of all hear it."""
    _emit("delta", payload, to=room_channel(room_id), is_everywhere=True)


def open_round(payload: Callable[[], WatchedRound]) -> None:
    """To strangers of this process who watch: another round, or the same where more changed."""
    _emit_in_each_language("open_round", payload, to=WINDOW_CHANNEL, namespace="/")


def open_text(payload: OpenText) -> None:
    """To the same, what was written since the last time."""
    _emit("open_text", payload, to=WINDOW_CHANNEL, namespace="/")


def session_ended(sid: str, *, reason: str) -> None:
    """The last word to one socket."""
    payload: SessionEnded = {"reason": reason}
    _emit("session_ended", payload, to=sid)


def connections() -> list[Connection]:
    """Every client of this process; one that serves pages alone has none."""
    return list(_socketio.server.eio.sockets.values()) if _socketio else []


def connections_by_namespace() -> dict[str, int]:
    """How many clients of this process are in each."""
    channels = _socketio.server.manager.rooms if _socketio else {}
    return {each: len(channels.get(each, {}).get(None, ())) for each in PUSHES}


def pushes() -> dict[str, int]:
    """How often this process has told something, by event."""
    return dict(_pushed)


def closures() -> dict[str, int]:
    """How many connections of this process have ended, by why."""
    return dict(_socketio.server.eio.closures) if _socketio else {}


def come_back(connection_sid: str, *, seconds: float) -> None:
    """To one client, wherever it listens: this process ends, and when to try again."""
    payload: ComeBack = {"seconds": seconds}
    for namespace in PUSHES:
        sid = _server().server.manager.sid_from_eio_sid(connection_sid, namespace)
        if sid:
            _emit("come_back", payload, to=sid, namespace=namespace)


def bus() -> str:
    """Whether other processes can be told: "none", "here" or "away"."""
    if _socketio is None:
        return "none"
    from potluck.live.bus import SharedChannels  # noqa: PLC0415 - loaded by now

    manager = _socketio.server.manager
    if not isinstance(manager, SharedChannels):
        return "none"
    return "away" if manager.is_away else "here"


def silence(sid: str) -> None:
    """Takes a member's socket out of every channel: nothing is said to it any more."""
    _server().server.manager.leave_all(sid, "/members")


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
WINDOW_CHANNEL = "window"


def user_channel(user_id: int) -> str:
    """The channel that all tabs of a member are on."""
    return f"user:{user_id}"


def room_channel(room_id: int) -> str:
    """The channel of those who look at a room."""
    return f"room:{room_id}"


def is_heard(channel: str) -> bool:
    """Whether any member's client of this process is on it."""
    channels = _socketio.server.manager.rooms if _socketio else {}
    return bool(channels.get("/members", {}).get(channel))


def join(sid: str, channel: str, *, namespace: str = "/members") -> None:
    """Lets a socket hear what is said on a channel."""
    _server().server.enter_room(sid, channel, namespace=namespace)


def leave(sid: str, channel: str) -> None:
    """And no more."""
    _server().server.leave_room(sid, channel, namespace="/members")


def _emit(
    event: str,
    payload: Mapping[str, object],
    *,
    to: str | None = None,
    namespace: str = "/members",
    is_everywhere: bool = False,
) -> None:
    """Most is found out by every process for itself, and goes to the clients of this one alone."""
    _pushed[event] += 1
    manager = _server().server.manager
    tell = manager.tell_everywhere if is_everywhere else manager.tell
    tell(event, payload, namespace=namespace, channel=to)


def _emit_in_each_language(
    event: str,
    payload: Callable[[], Mapping[str, object]],
    *,
    to: str,
    namespace: str = "/members",
) -> None:
    """Written once for each language that somebody on the channel reads."""
    listening = _server().server.manager.get_participants(namespace, to)
    by_language = tongues.sorted_by_language(sid for sid, _ in listening)
    for language, sids in by_language.items():
        with force_locale(language):
            said = payload()
        for target in [to] if len(by_language) == 1 else sids:
            _emit(event, said, to=target, namespace=namespace)


def _server() -> SocketIO:
    assert _socketio, "this process carries no sockets"
    return _socketio
