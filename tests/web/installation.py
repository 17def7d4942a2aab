"""A second installation in the process of the tests, set up otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from potluck import create_app
from potluck.database import db
from potluck.settings import Settings
from tests.people import Browser


@contextmanager
def installed(settings: Settings) -> Iterator[Flask]:
    """The app as `settings` have it; afterwards the run's own has its database back."""
    before = db.url, db.engine
    app = create_app(settings)
    app.test_client_class = Browser
    try:
        yield app
    finally:
        db.session.remove()
        db.engine.dispose()
        db.url, db.engine = before
        db.session.configure(bind=db.engine)
        # Connections of before that are still open would not say so.
        db._outage.end()
