"""One running installation for all socket tests, and its database to look into."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from potluck.settings import Settings
from tests.live.beside import Beside, process_beside
from tests.stack import Stack, running_stack
from tests.visitors import Visitor


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with (
        tempfile.TemporaryDirectory(prefix="potluck-") as folder,
        running_stack(Path(folder) / "var", SANDBOX_MODEL="scripted") as stack,
    ):
        yield stack


@pytest.fixture
def visitor(stack: Stack, sql: Callable[..., list[Any]]) -> Iterator[Callable[[], Visitor]]:
    """Opens browsers, each with its own cookies; they are closed when the test is over.

    Nobody waits or sits anywhere at first, whatever tests of other files have left behind.
    """
    sql("DELETE FROM pool_entries")
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    visitors: list[Visitor] = []

    def open_one() -> Visitor:
        visitors.append(Visitor(stack.url))
        return visitors[-1]

    yield open_one
    for each in visitors:
        each.leave()


@pytest.fixture
def sql(stack: Stack) -> Iterator[Callable[..., list[Any]]]:
    """Runs a statement as somebody with psql would."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:

        def run(statement: str, *values: object) -> list[Any]:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def database_url(app: Flask, settings: Settings) -> Iterator[str]:
    """An empty database on the server of the run."""
    assert settings.database_url
    url = make_url(settings.database_url.get_secret_value())
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"potluck_live_{secrets.token_hex(4)}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def beside(stack: Stack) -> Iterator[Beside]:
    """A second process with sockets; it may be killed."""
    with process_beside(stack) as process:
        yield process


@pytest.fixture
def nobody_waits(stack: Stack, sql: Callable[..., list[Any]]) -> Iterator[None]:
    """Whoever an earlier test left in the pool or a room is taken out."""
    sql("DELETE FROM pool_entries")
    sql("UPDATE room_members SET left_at = now() WHERE left_at IS NULL")
    yield
    sql("DELETE FROM pool_entries")
