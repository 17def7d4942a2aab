"""Our transport in a process of its own, which says what a test asks it to: `… speaker.py PORT`.

No budget and no database stand between: it says as much as it can, as large as need be.
"""

from __future__ import annotations

# ruff: noqa: E402
from gevent import monkey

monkey.patch_all()

import sys

import gevent
from flask import Flask
from flask_socketio import SocketIO
from gevent import socket
from gevent.pywsgi import WSGIServer

from potluck.live import transport
from potluck.live.channels import Channels
from potluck.live.packets import JsonPacket
from potluck.live.places import Places
from tests.live.said import said

SEND_BYTES = 32 * 1024
SLOW_SECONDS = transport.JOIN_WITHIN_SECONDS + 2


def serve(port: int) -> None:
    """Serves until it is ended."""
    app = Flask(__name__)
    app.add_url_rule("/readyz", "readyz", lambda: "ready")
    socketio = SocketIO(app, async_mode="gevent", serializer=JsonPacket, client_manager=Channels())
    places = Places(cookie_name="potluck")
    transport.plug_into(socketio, origin=f"http://localhost:{port}", places=places)
    _answer(socketio)
    WSGIServer(_listener(port), app, log=None).serve_forever()


def _listener(port: int) -> socket.socket:
    """Its connections take little at a time, and hold small packets back: they inherit both."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def _answer(socketio: SocketIO) -> None:
    engine: transport.Engine = socketio.server.eio

    @socketio.on("connect", namespace="/slow")
    def let_in() -> None:
        """When it is sure that whoever is silent, or joins nothing, would be gone."""
        gevent.sleep(SLOW_SECONDS)

    @socketio.on("say")
    def say(first: int, count: int) -> int:
        """Tells everybody these; how many bytes have yet to be read then."""
        for number in range(first, first + count):
            socketio.emit("said", [number, said(number)])
        return engine.waiting_bytes

    @socketio.on("waiting")
    def waiting() -> int:
        return engine.waiting_bytes

    @socketio.on("are_sent_at_once")
    def are_sent_at_once() -> list[bool]:
        """Of each connection: whether small packets are."""
        return [
            bool(each._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            for each in engine.sockets.values()
        ]


if __name__ == "__main__":
    serve(int(sys.argv[1]))
