"""The socket server, put together. It is long in loading, and not every process carries sockets."""

from __future__ import annotations

from functools import partial

from flask import Flask
from flask_socketio import SocketIO

from potluck.accounts.sessions import cookie_name
from potluck.live import broadcasts, namespaces, receiving, transport
from potluck.live.admission import Desk
from potluck.live.bus import client_manager
from potluck.live.door import Doorkeeper
from potluck.live.packets import JsonPacket
from potluck.live.places import Places
from potluck.settings import Settings


def add_to(app: Flask, settings: Settings) -> None:
    """Has the app take sockets, and tells the emitter through what it speaks."""
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    socketio = SocketIO(
        app,
        async_mode="gevent",
        serializer=JsonPacket,
        client_manager=client_manager(redis_url),
    )
    places = Places(cookie_name=cookie_name(settings))
    engine = transport.plug_into(socketio, origin=settings.origin, places=places)
    app.extensions["door"] = partial(Doorkeeper, engine, settings.is_production)
    broadcasts.connect(socketio)
    receiving.Receiver(
        socketio.server,
        Desk(settings),
        namespaces.PublicNamespace("/", app),
        namespaces.MembersNamespace("/members", app),
    )
