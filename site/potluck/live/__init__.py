"""Who is connected, and what they are told."""

from __future__ import annotations

from flask import Flask
from flask_socketio import SocketIO

from potluck.accounts.sessions import cookie_name, delete_expired
from potluck.jobs import Jobs
from potluck.live import broadcasts, listener, namespaces, presence, revocation, transport
from potluck.live.channels import client_manager
from potluck.live.packets import JsonPacket
from potluck.live.places import Places
from potluck.settings import Settings

COUNT_EVERY_SECONDS = 0.5
EXPIRY_EVERY_SECONDS = 1
SWEEP_EVERY_SECONDS = 5
FORGET_EVERY_SECONDS = 600


def init_app(app: Flask, settings: Settings) -> None:
    """Adds the socket server; a process that serves pages alone has none."""
    listener.on("credits", broadcasts.credits)
    listener.on("pool", presence.push_pool_count)
    if settings.potluck_role == "web":
        return
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    socketio = SocketIO(
        app,
        async_mode="gevent",
        # Handlers of one client run in the order in which its events came.
        async_handlers=False,
        manage_session=False,
        serializer=JsonPacket,
        client_manager=client_manager(redis_url),
    )
    places = Places(cookie_name=cookie_name(settings))
    transport.plug_into(socketio, origin=settings.origin, places=places)
    broadcasts.connect(socketio)
    socketio.on_namespace(namespaces.PublicNamespace("/"))
    socketio.on_namespace(namespaces.MembersNamespace("/members"))


def start(jobs: Jobs) -> None:
    """Starts the beats and the listener of a process that carries sockets."""
    jobs.keep_running(listener.listen)
    jobs.every(COUNT_EVERY_SECONDS, presence.push_connection_count)
    jobs.every(EXPIRY_EVERY_SECONDS, revocation.close_expired)
    jobs.every(SWEEP_EVERY_SECONDS, revocation.sweep)
    jobs.every(SWEEP_EVERY_SECONDS, namespaces.keep_pool_places)
    jobs.every(EXPIRY_EVERY_SECONDS, presence.correct_pool_count)
    jobs.every(FORGET_EVERY_SECONDS, delete_expired)
