"""Who is connected, and what they are told."""

from __future__ import annotations

from flask import Flask
from flask_socketio import SocketIO

from potluck.accounts.departures import user_leaving
from potluck.accounts.models import User
from potluck.accounts.sessions import delete_expired
from potluck.jobs import Jobs
from potluck.live import broadcasts, listener, namespaces, pool, presence, revocation
from potluck.settings import Settings

PING_SECONDS = 10
PING_TIMEOUT_SECONDS = 8
MESSAGE_BYTES_MAX = 16 * 1024
COUNT_EVERY_SECONDS = 0.5
EXPIRY_EVERY_SECONDS = 1
SWEEP_EVERY_SECONDS = 5
FORGET_EVERY_SECONDS = 600


def init_app(app: Flask, settings: Settings) -> None:
    """Adds the socket server; a process that serves pages alone has none."""
    user_leaving.connect(_leave_pool)
    listener.on("credits", broadcasts.credits)
    listener.on("pool", presence.push_pool_count)
    if settings.potluck_role == "web":
        return
    socketio = SocketIO(
        app,
        async_mode="gevent",
        # Handlers of one client run in the order in which its events came.
        async_handlers=False,
        transports=["websocket"],
        cors_allowed_origins=[settings.origin],
        manage_session=False,
        max_http_buffer_size=MESSAGE_BYTES_MAX,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_TIMEOUT_SECONDS,
    )
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


def _leave_pool(user: User) -> None:
    """Whoever deletes their account waits for nobody any more."""
    pool.leave(user.id)
