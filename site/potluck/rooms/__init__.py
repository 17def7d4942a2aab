"""Rooms, rounds, and the text that a model writes for everybody in them."""

from __future__ import annotations

import functools

from flask import Flask

from potluck.jobs import Jobs
from potluck.live import listener
from potluck.rooms import departures, entrance, generation, matching, pool_views, views

ORDERS_EVERY_SECONDS = 1
ABANDONED_EVERY_SECONDS = 5
PRESENCE_EVERY_SECONDS = 0.25
MATCH_EVERY_SECONDS = 1


def init_app(app: Flask) -> None:
    """Adds the pages, and what the live side does on hearing of a change."""
    app.register_blueprint(pool_views.blueprint)
    app.register_blueprint(views.blueprint)
    departures.init_app()
    listener.on("round", entrance.push_round)
    listener.on("matched", matching.tell_matched)
    listener.on("place_lost", matching.tell_place_lost)
    listener.on("stop", generation.stop)
    listener.on("short", entrance.tell_short)


def start(jobs: Jobs) -> None:
    """Runs generations on this process."""
    listener.on("order", lambda **_: generation.take_orders(jobs))
    jobs.every(ORDERS_EVERY_SECONDS, functools.partial(generation.take_orders, jobs))
    jobs.every(ABANDONED_EVERY_SECONDS, generation.settle_abandoned)
    jobs.every(PRESENCE_EVERY_SECONDS, entrance.push_presence)
    jobs.every(MATCH_EVERY_SECONDS, matching.match_waiting)
    jobs.before_stop(generation.interrupt_all)
