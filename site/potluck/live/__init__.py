"""Who is connected, and what they are told."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from gevent.pywsgi import WSGIHandler

from potluck.accounts.departures import user_leaving
from potluck.accounts.models import User
from potluck.accounts.sessions import delete_expired
from potluck.jobs import Jobs
from potluck.live import (
    broadcasts,
    crowd,
    listener,
    pool,
    presence,
    processes,
    revocation,
    rows,
    waiting,
)
from potluck.settings import Settings

# A count is exact after these three: it is written, read by the others, and pushed.
WRITE_EVERY_SECONDS = 0.2
READ_EVERY_SECONDS = 0.25
COUNT_EVERY_SECONDS = 0.5
LEASE_EVERY_SECONDS = 1
EXPIRY_EVERY_SECONDS = 1
# Sessions whose end nobody heard of are out within five seconds, the sweep itself included.
SWEEP_EVERY_SECONDS = 3
FORGET_EVERY_SECONDS = 600


def init_app(app: Flask, settings: Settings) -> None:
    """Adds the socket server; a process that serves pages alone has none."""
    user_leaving.connect(_leave_pool)
    listener.on("credits", broadcasts.credits)
    listener.on("sessions", broadcasts.sessions)
    listener.on("people", crowd.others_changed)
    listener.on("presence", presence.room_changed)
    listener.after_gap(crowd.others_changed)
    listener.after_gap(presence.doubt_everything)
    if settings.potluck_role == "web":
        return
    from potluck.live import sockets  # noqa: PLC0415 - it is long in loading

    sockets.add_to(app, settings)


def handler(app: Flask) -> Callable[..., WSGIHandler] | None:
    """What handles the server's requests where it carries sockets."""
    found: Callable[..., WSGIHandler] | None = app.extensions.get("door")
    return found


def start(jobs: Jobs) -> None:
    """Starts the beats and the listener of a process that carries sockets."""
    jobs.keep_running(listener.listen)
    jobs.every(LEASE_EVERY_SECONDS, processes.keep_lease)
    jobs.before_stop(processes.end_lease)
    jobs.every(WRITE_EVERY_SECONDS, rows.write_changes)
    jobs.every(READ_EVERY_SECONDS, crowd.read_others)
    jobs.every(COUNT_EVERY_SECONDS, crowd.push_count)
    jobs.every(COUNT_EVERY_SECONDS, waiting.push_count)
    jobs.every(pool.KEEP_EVERY_SECONDS, waiting.keep_places)
    jobs.every(EXPIRY_EVERY_SECONDS, revocation.close_expired)
    jobs.every(SWEEP_EVERY_SECONDS, revocation.sweep)
    jobs.every(FORGET_EVERY_SECONDS, delete_expired)
    jobs.every(FORGET_EVERY_SECONDS, pool.forget_lapsed)


def _leave_pool(user: User) -> None:
    """Whoever deletes their account waits for nobody any more."""
    pool.leave(user.id)
