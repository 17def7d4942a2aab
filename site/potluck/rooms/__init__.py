"""Rooms, rounds, and the text that a model writes for everybody in them."""

from __future__ import annotations

import functools

from flask import Flask

from potluck import loading
from potluck.accounts import sessions
from potluck.jobs import Jobs
from potluck.live import listener
from potluck.rooms import (
    closing,
    commands,
    departures,
    door_views,
    entrance,
    gallery_views,
    generation,
    markdown,
    matching,
    own_room,
    picture_commands,
    picture_views,
    pictures,
    pool_views,
    probing,
    quotes,
    recipes,
    round_views,
    sheet_departures,
    sheet_views,
    starting,
    views,
    window,
)
from potluck.settings import Settings

ORDERS_EVERY_SECONDS = 1
ABANDONED_EVERY_SECONDS = 5
PRESENCE_EVERY_SECONDS = 0.25
MATCH_EVERY_SECONDS = 1
CLOCK_EVERY_SECONDS = 1
UNSEAT_EVERY_SECONDS = 5
STAGES_EVERY_SECONDS = 30
CLOSE_EVERY_SECONDS = 60


def init_app(app: Flask, settings: Settings) -> None:
    """Reads the recipes, adds the pages, and what the live side does on hearing of a change."""
    recipes.init_app(app, settings)
    app.cli.add_command(commands.recipes_command)
    app.cli.add_command(picture_commands.pictures_command)
    app.register_blueprint(pool_views.blueprint)
    app.register_blueprint(door_views.blueprint)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(round_views.blueprint)
    app.add_template_filter(markdown.rendered, "rendered")
    app.add_template_global(own_room.my_room)
    sessions.bring(own_room=own_room.CODE)
    app.add_template_global(quotes.rounds_for)
    app.register_blueprint(sheet_views.blueprint)
    app.register_blueprint(gallery_views.blueprint)
    app.register_blueprint(picture_views.blueprint)
    departures.init_app()
    sheet_departures.init_app()
    listener.on("round", entrance.push_round)
    listener.on("matched", matching.tell_matched)
    listener.on("place_lost", matching.tell_place_lost)
    listener.on("stop", generation.stop)
    listener.on("short", entrance.tell_short)
    listener.on("left_out", entrance.tell_left_out)
    listener.on("room_closed", entrance.tell_room_closed)


def start(jobs: Jobs) -> None:
    """Runs generations on this process."""
    loading.load(loading.MODELS)
    listener.on("probe", lambda **_: probing.probe_all(jobs))
    jobs.spawn(probing.probe_all, jobs)
    listener.on("order", lambda **_: generation.take_orders(jobs))
    jobs.every(ORDERS_EVERY_SECONDS, functools.partial(generation.take_orders, jobs))
    jobs.every(ABANDONED_EVERY_SECONDS, generation.settle_abandoned)
    jobs.every(PRESENCE_EVERY_SECONDS, entrance.push_presence)
    jobs.every(MATCH_EVERY_SECONDS, matching.match_waiting)
    jobs.every(CLOCK_EVERY_SECONDS, starting.start_due)
    jobs.every(UNSEAT_EVERY_SECONDS, closing.unseat_banned)
    jobs.every(STAGES_EVERY_SECONDS, pictures.clear_stages)
    jobs.every(CLOSE_EVERY_SECONDS, closing.close_deserted)
    jobs.every(window.LOOK_EVERY_SECONDS, window.push_news)
    jobs.before_stop(generation.interrupt_all)
