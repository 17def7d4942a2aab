"""One gevent process that serves pages, sockets and generations."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys

import gevent
from flask import Flask
from gevent import socket
from gevent.pywsgi import WSGIServer
from sqlalchemy.orm import configure_mappers

from potluck import billing, crew, garbage, live, loading, logs, rooms
from potluck.answers import QuickHandler
from potluck.front_page import FrontPage
from potluck.jobs import Jobs
from potluck.live import farewell
from potluck.rooms.kept_pages import KeptPages
from potluck.settings import Settings

logger = logging.getLogger(__name__)

BACKLOG = 1024
REQUESTS_STOP_WITHIN_SECONDS = 2
# Most texts are written by then; the others are cut, and nobody pays for them.
STREAMS_END_WITHIN_SECONDS = 5
EXIT_AT_ONCE = 1


def serve(app: Flask) -> None:
    """Serves until SIGINT or SIGTERM; ends the process with a sentence if it can't begin."""
    settings: Settings = app.extensions["settings"]
    loading.load(*loading.LATER)
    server = WSGIServer(
        _listener(settings),
        FrontPage(KeptPages(app.wsgi_app, settings), settings),
        log=None,
        error_log=logger,
        handler_class=live.handler(app) or QuickHandler,
        spawn=crew.do,
    )
    server.stop_timeout = REQUESTS_STOP_WITHIN_SECONDS
    jobs = app.extensions["jobs"] = Jobs(app)
    if settings.potluck_role != "web":
        live.start(jobs)
        rooms.start(jobs)
        billing.start(jobs)
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(signal_number, _stop, server, jobs)
    # Now, or everybody waits for it at the first query.
    configure_mappers()
    garbage.put_aside()
    jobs.keep_running(garbage.collect)
    logger.info("serving %s as %s", settings.public_url, settings.potluck_role)
    logs.gather()
    server.serve_forever()


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it. Without it a small answer waits 40 ms for the last
    # packet's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"Port {settings.port} is taken. Choose another: PORT={settings.port + 1}")
    listener.listen(BACKLOG)
    return listener


def _stop(server: WSGIServer, jobs: Jobs) -> None:
    """Once it lets what runs come to its end; asked again, it ends at once."""
    if jobs.is_draining:
        logging.shutdown()
        os._exit(EXIT_AT_ONCE)
    logger.info("stopping: nothing new is begun")
    jobs.drain(within_seconds=STREAMS_END_WITHIN_SECONDS)
    jobs.stop()
    # Who is sent home shall not find the door open that is about to close.
    server.stop_accepting()
    server.socket.close()
    farewell.send_home()
    server.stop()
