"""What we use of libraries though they promise it to nobody: a new version may have moved it.

Whoever moves to one reads here what is to be done, before a thousand tests fail without a word.
`docs/decisions/0009-our-own-transport.md` says what each is for.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any

import engineio
import gevent
import pytest
import socketio
from engineio import packet
from flask import Flask
from flask_socketio import SocketIO
from gevent import socket
from gevent.event import AsyncResult
from gevent.pywsgi import WSGIServer
from socketio.pubsub_manager import PubSubManager

from potluck.live import bus, channels, packets, transport
from tests.stack import ROOT

LIVE = ROOT / "site" / "potluck" / "live"
DECISION = ROOT / "docs" / "decisions" / "0009-our-own-transport.md"
OURS = (transport.Engine, channels.Channels, bus.SharedChannels, packets.JsonPacket)

# Whose it is, its name, and what must go on calling it, so that ours in its place is called.
PARTS: tuple[tuple[type, str, tuple[type, str] | None], ...] = (
    (engineio.Server, "_handle_connect", (engineio.Server, "handle_request")),
    (engineio.Server, "_trigger_event", None),
    (engineio.Server, "handle_request", (socketio.Server, "handle_request")),
    (socketio.Server, "handle_request", (engineio.WSGIApp, "__call__")),
    (engineio.Server, "send_packet", (socketio.Server, "_send_eio_packet")),
    (socketio.Server, "_handle_connect", None),
    (socketio.Server, "_handle_disconnect", None),
    (socketio.Manager, "get_participants", (socketio.Manager, "emit")),
    (socketio.Manager, "basic_enter_room", (socketio.Manager, "enter_room")),
    (socketio.Manager, "basic_leave_room", (socketio.Manager, "leave_room")),
    (socketio.Manager, "basic_disconnect", (socketio.Manager, "disconnect")),
    (socketio.RedisManager, "_publish", (PubSubManager, "emit")),
    (socketio.RedisManager, "_redis_listen_with_retries", (socketio.RedisManager, "_listen")),
    (socketio.RedisManager, "_redis_connect", None),
    (socketio.RedisManager, "_get_redis_module", None),
)


@pytest.mark.parametrize(("owner", "name", "caller"), PARTS)
def test_a_library_has_what_we_take_from_it(
    owner: type, name: str, caller: tuple[type, str] | None
) -> None:
    place = f"{owner.__module__}.{owner.__name__}.{name}"
    assert hasattr(owner, name), f"{place} is gone, and site/potluck/live relies on it"
    if caller:
        function = getattr(*caller, None)
        message = f"{caller[0].__name__}.{caller[1]} calls no {place} any more, nor ours instead"
        assert function, message
        assert name in function.__code__.co_names, message


def test_engine_io_gives_the_request_first_to_whoever_welcomes() -> None:
    (_, first, *_) = inspect.signature(engineio.Server._handle_connect).parameters
    assert first == "environ", "live/transport.py takes the first argument for the request"


def test_engine_io_keeps_its_connections_and_handlers_where_we_do() -> None:
    engine = engineio.Server(async_mode="gevent")
    engine.on("message", print)
    assert engine.handlers == {"message": print}, "live/connection.py calls these by name"
    assert engine.sockets == {}, "live/transport.py adds its connections here"


def test_flask_socketio_speaks_through_an_engine_that_can_be_another() -> None:
    server = SocketIO(Flask(__name__), async_mode="gevent").server
    expected = {"connect", "message", "disconnect"}
    assert set(server.eio.handlers) == expected, "live/transport.py moves these to its own engine"
    asked = socketio.Server.handle_request.__code__.co_names
    assert "eio" in asked, "live/transport.py puts its own engine in the place of this one"


def test_a_packet_of_engine_io_can_carry_its_frame() -> None:
    told = packet.Packet(packet.MESSAGE, "2")
    assert hasattr(told, "__dict__"), "live/connection.py keeps a broadcast's frame on its packet"
    assert told.encode() == "42", "live/connection.py makes a frame of this text"


def test_socket_io_names_its_channels_as_we_expect() -> None:
    manager = socketio.Manager()
    manager.basic_enter_room("sid", "/", None, eio_sid="connection")
    manager.basic_enter_room("sid", "/", "pool")
    everybody = {"sid": "connection"}
    expected = {"/": {None: everybody, "pool": everybody}}
    assert manager.rooms == expected, "live/channels.py and live/broadcasts.py look in here"
    pending = (manager.callbacks, manager.pending_connect, manager.pending_disconnect)
    assert pending == ({}, {}, {}), "live/channels.py takes those who leave out of these"


def test_the_connection_lies_under_the_stream_of_an_upgraded_request() -> None:
    taken = AsyncResult()

    def welcome(environ: dict[str, Any], _: object) -> list[bytes]:
        stream = environ["wsgi.input"]
        taken.set((stream.raw._sock, stream.peek()))
        return []

    server = WSGIServer(("127.0.0.1", 0), welcome, log=None, error_log=None)
    server.start()
    with socket.create_connection(server.address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly")
        try:
            connected, early = taken.get(timeout=5)
        except gevent.Timeout:
            pytest.fail("live/transport.py finds no connection under environ['wsgi.input']")
        finally:
            server.stop(timeout=0)
    assert isinstance(connected, socket.socket), "live/outbox.py writes to a socket of gevent's"
    assert early == b"early", "what comes with the request would be lost"


def test_a_socket_of_gevent_tells_how_much_it_took() -> None:
    named = inspect.signature(socket.socket.send).parameters
    assert list(named) == ["self", "data", "flags", "timeout"], "live/outbox.py never waits in it"
    assert hasattr(socket.socket, "sendmsg"), "live/outbox.py sends many pieces at once"


def test_nothing_else_that_is_private_is_used() -> None:
    listed = {name for _, name, _ in PARTS if name.startswith("_")} | {"_sock"}
    used = set(_private_names())
    assert used == listed, "list it above, and in the decision"
    text = DECISION.read_text()
    assert [name for name in used if f"`{name}`" not in text] == []


def _private_names() -> Iterator[str]:
    """What somebody else's objects are asked for, and what our classes share with their bases."""
    for path in sorted(LIVE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and not _is_self(node.value):
                yield from _if_private(node.attr)
    for ours in OURS:
        theirs = [base for base in ours.__mro__ if base.__module__.partition(".")[0] != "potluck"]
        for node in ast.walk(ast.parse(inspect.getsource(ours))):
            name = getattr(node, "attr", getattr(node, "name", None))
            if isinstance(name, str) and any(name in vars(base) for base in theirs):
                yield from _if_private(name)


def _if_private(name: str) -> Iterator[str]:
    if name.startswith("_") and not name.startswith("__"):
        yield name


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
